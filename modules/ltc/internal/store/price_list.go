package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"meridian/modules/crm"
	"meridian/modules/ipd"
	"meridian/modules/ltc/internal/domain"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/money"
)

// Pricing implements domain.PriceBook and domain.QuoteLinks.
type Pricing struct{ DB *db.DB }

// NewQuotes returns the store of the quotes with their lines.
func NewQuotes(d *db.DB) *db.Store[domain.Quote, *domain.Quote] {
	return db.NewStore(d, "ltc.quote", db.WithLines("ltc.quote_line", func(q *domain.Quote) *[]domain.QuoteLine { return &q.Lines }),
		db.WithLines("ltc.quote_option", func(q *domain.Quote) *[]domain.QuoteOption { return &q.Options }),
		db.WithLines("ltc.quote_round", func(q *domain.Quote) *[]domain.QuoteRound { return &q.Rounds }))
}

func productIDs(list []ipd.ProductID) []int64 {
	out := make([]int64, len(list))
	for i, p := range list {
		out[i] = int64(p)
	}
	return out
}

// Tiers implements domain.PriceBook.
func (p *Pricing) Tiers(ctx context.Context, company int64, customer crm.CustomerID, products []ipd.ProductID, day date.Date) ([]domain.Tier, error) {
	return db.Select[domain.Tier](ctx, p.DB, `SELECT t.product_id, t.min_qty, t.price FROM ltc.price_list l JOIN ltc.price_tier t ON t.parent_id = l.id
		WHERE l.company_id = ? AND l.archived_at IS NULL AND (l.customer_id IS NULL OR l.customer_id = ?) AND l.valid_from <= ? AND (l.valid_until IS NULL OR l.valid_until >= ?) AND t.product_id = ANY(?)
		ORDER BY l.customer_id IS NULL, l.priority DESC, l.valid_from DESC, l.id DESC, t.min_qty DESC`, company, int64(customer), day, day, db.Array(productIDs(products)))
}

// Costs implements domain.PriceBook.
func (p *Pricing) Costs(ctx context.Context, company int64, products []ipd.ProductID, day date.Date) (map[ipd.ProductID]money.Price, error) {
	out := map[ipd.ProductID]money.Price{}
	err := p.DB.Each(ctx, `SELECT DISTINCT ON (product_id) product_id, cost FROM ltc.price WHERE company_id = $1 AND product_id = ANY($2) AND valid_from <= $3 AND cost > 0 AND archived_at IS NULL
		ORDER BY product_id, valid_from DESC`, []any{company, productIDs(products), day}, func(r *sql.Rows) error {
		var id ipd.ProductID
		var cost money.Price
		err := r.Scan(&id, &cost)
		out[id] = cost
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("standard cost: %w", err)
	}
	return out, nil
}

// Authorities implements domain.PriceBook.
func (p *Pricing) Authorities(ctx context.Context, company int64, customer crm.CustomerID) ([]domain.Authority, error) {
	return db.Select[domain.Authority](ctx, p.DB, `SELECT role, kind, coalesce(customer_id, 0) AS customer_id, max_discount FROM ltc.discount_authority
		WHERE company_id = ? AND archived_at IS NULL AND (customer_id IS NULL OR customer_id = ?)`, company, int64(customer))
}

// AddLink implements domain.QuoteLinks.
func (p *Pricing) AddLink(ctx context.Context, digest []byte, company, quote, by int64, at time.Time) error {
	return p.DB.Exec(ctx, `INSERT INTO ltc.quote_link (digest, quote_id, company_id, created_at, created_by) VALUES ($1, $2, $3, $4, $5)`, digest, quote, company, at, by)
}

// Linked implements domain.QuoteLinks.
func (p *Pricing) Linked(ctx context.Context, digest []byte) (company, quote int64, ok bool, err error) {
	ok, err = p.DB.Row(ctx, `SELECT l.company_id, l.quote_id FROM ltc.quote_link l JOIN ltc.quote q ON q.id = l.quote_id WHERE l.digest = $1 AND q.archived_at IS NULL`, []any{digest}, &company, &quote)
	return company, quote, ok, err
}

// Viewed implements domain.QuoteLinks.
func (p *Pricing) Viewed(ctx context.Context, quote int64, at time.Time) error {
	return p.DB.Exec(ctx, `UPDATE ltc.quote SET views = views + 1, viewed_at = $2 WHERE id = $1`, quote, at)
}

// Out lists the current quotes that are at customers, under the row rules of the reader.
func (p *Pricing) Out(ctx context.Context, dept int64) ([]domain.OutQuote, error) {
	w, err := p.DB.Rows(ctx, "ltc.quote", dept)
	if err != nil {
		return nil, err
	}
	return db.Select[domain.OutQuote](ctx, p.DB, `SELECT q.id, q.no, q.title, q.owner_id, q.customer_id, q.stage, q.total, q.valid_until, q.sent_at, q.viewed_at, q.views,
			(SELECT count(*) FROM ltc.quote_link l WHERE l.quote_id = q.id) AS links
		FROM (SELECT * FROM ltc.quote WHERE stage IN ('sent', 'viewed') AND is_current AND `+w.SQL+`) q ORDER BY q.valid_until, q.id`, w.Args...)
}

// Current looks for offers without exactly one current version.
func (c *Checks) Current(ctx context.Context) ([]string, error) {
	return c.lines(ctx, `SELECT 'quote ' || root || ' has ' || count(*) FILTER (WHERE is_current) || ' current versions' AS line FROM ltc.quote
		GROUP BY company_id, root HAVING count(*) FILTER (WHERE is_current) <> 1 AND bool_or(archived_at IS NULL) AND NOT bool_and(stage = 'superseded')`)
}
