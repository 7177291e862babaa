// Package store is the SQL of leads to cash.
package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"meridian/modules/crm"
	"meridian/modules/ipd"
	"meridian/modules/ltc/internal/domain"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/money"
)

// Book implements domain.Book.
type Book struct{ DB *db.DB }

// OpenLead implements domain.Book. The advisory locks are taken in one order, so
// two captures never wait for each other crosswise.
func (b *Book) OpenLead(ctx context.Context, company int64, email, phone string) (int64, error) {
	keys := slices.DeleteFunc([]string{"e:" + email, "p:" + phone}, func(k string) bool { return len(k) == 2 })
	for _, k := range keys {
		if err := b.DB.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, $2))`, "ltc.lead "+k, company); err != nil {
			return 0, fmt.Errorf("hold lead key: %w", err)
		}
	}
	if len(keys) == 0 {
		return 0, nil
	}
	return b.id(ctx, `SELECT id FROM ltc.lead WHERE company_id = $1 AND archived_at IS NULL AND stage NOT IN ('converted', 'disqualified')
		AND (($2 <> '' AND email_key = $2) OR ($3 <> '' AND phone_key = $3)) ORDER BY id LIMIT 1`, company, email, phone)
}

// id reads one id, 0 when there is none.
func (b *Book) id(ctx context.Context, q string, args ...any) (int64, error) {
	var id int64
	_, err := b.DB.Row(ctx, q, args, &id)
	return id, err
}

// LeadLoad implements domain.Book.
func (b *Book) LeadLoad(ctx context.Context, owners []int64) (map[int64]int, error) {
	out := map[int64]int{}
	err := b.DB.Each(ctx, `SELECT owner_id, count(*) FROM ltc.lead WHERE owner_id = ANY($1) AND archived_at IS NULL
		AND stage NOT IN ('converted', 'disqualified', 'nurture') GROUP BY 1`, []any{owners}, func(r *sql.Rows) error {
		var owner int64
		var n int
		err := r.Scan(&owner, &n)
		out[owner] = n
		return err
	})
	return out, err
}

// ListPrices implements domain.Book.
func (b *Book) ListPrices(ctx context.Context, company int64, currency string, products []ipd.ProductID, day date.Date) (map[ipd.ProductID]money.Price, error) {
	ids := make([]int64, len(products))
	for i, p := range products {
		ids[i] = int64(p)
	}
	out := map[ipd.ProductID]money.Price{}
	err := b.DB.Each(ctx, `SELECT DISTINCT ON (product_id) product_id, price FROM ltc.price WHERE company_id = $1 AND currency = $2 AND product_id = ANY($3)
		AND valid_from <= $4 AND archived_at IS NULL ORDER BY product_id, valid_from DESC`, []any{company, currency, ids, day}, func(r *sql.Rows) error {
		var id ipd.ProductID
		var price money.Price
		err := r.Scan(&id, &price)
		out[id] = price
		return err
	})
	return out, err
}

// PriceOf implements domain.Book.
func (b *Book) PriceOf(ctx context.Context, company int64, currency string, product ipd.ProductID, from date.Date) (int64, error) {
	return b.id(ctx, `SELECT id FROM ltc.price WHERE company_id = $1 AND currency = $2 AND product_id = $3 AND valid_from = $4`, company, currency, int64(product), from)
}

// Backed implements domain.Book.
func (b *Book) Backed(ctx context.Context, opportunity int64) (bool, error) {
	var ok bool
	_, err := b.DB.Row(ctx, `SELECT EXISTS (SELECT FROM ltc.contract WHERE opportunity_id = $1 AND stage IN ('signed', 'in_execution', 'completed'))
		OR EXISTS (SELECT FROM ltc."order" WHERE opportunity_id = $1 AND stage NOT IN ('draft', 'cancelled'))`, []any{opportunity}, &ok)
	return ok, err
}

// ContractOf implements domain.Book.
func (b *Book) ContractOf(ctx context.Context, quote int64) (no string, err error) {
	_, err = b.DB.Row(ctx, `SELECT no FROM ltc.contract WHERE quote_id = $1 AND stage NOT IN ('void', 'terminated') AND archived_at IS NULL`, []any{quote}, &no)
	return no, err
}

// OrderOf implements domain.Book.
func (b *Book) OrderOf(ctx context.Context, quote int64) (no string, err error) {
	_, err = b.DB.Row(ctx, `SELECT no FROM ltc."order" WHERE quote_id = $1 AND stage <> 'cancelled' AND archived_at IS NULL`, []any{quote}, &no)
	return no, err
}

// Expiring implements domain.Book.
func (b *Book) Expiring(ctx context.Context, day date.Date) ([]int64, error) {
	return idsOf(ctx, b.DB, `SELECT id FROM ltc.quote WHERE stage IN ('approved', 'sent', 'viewed') AND valid_until < $1 AND archived_at IS NULL ORDER BY id`, day)
}

// LastOrder implements domain.Book.
func (b *Book) LastOrder(ctx context.Context, customer crm.CustomerID, product ipd.ProductID) (int64, error) {
	return b.id(ctx, `SELECT o.id FROM ltc."order" o WHERE o.customer_id = $1 AND o.stage NOT IN ('draft', 'cancelled') AND o.archived_at IS NULL
		AND ($2::bigint = 0 OR EXISTS (SELECT FROM ltc.order_line l WHERE l.parent_id = o.id AND l.product_id = $2)) ORDER BY o.order_date DESC, o.id DESC LIMIT 1`,
		int64(customer), int64(product))
}

// Arrived implements domain.Book.
func (b *Book) Arrived(ctx context.Context, order int64) (domain.Quantities, error) {
	return b.quantities(ctx, `SELECT l.order_line_id, sum(l.qty) FROM ltc.acceptance a JOIN ltc.acceptance_line l ON l.parent_id = a.id WHERE a.order_id = $1 GROUP BY 1`, order)
}

func (b *Book) quantities(ctx context.Context, q string, args ...any) (domain.Quantities, error) {
	out := domain.Quantities{}
	err := b.DB.Each(ctx, q, args, func(r *sql.Rows) error {
		var line int64
		var qty money.Qty
		err := r.Scan(&line, &qty)
		out[line] = qty
		return err
	})
	return out, err
}

// Drafted implements domain.Book.
func (b *Book) Drafted(ctx context.Context, order, except int64) (domain.Quantities, domain.Freight, error) {
	var freight domain.Freight
	out, err := b.quantities(ctx, `SELECT l.order_line_id, sum(l.qty) FROM ltc.invoice v JOIN ltc.invoice_line l ON l.parent_id = v.id
		WHERE v.order_id = $1 AND v.id <> $2 AND v.stage IN ('draft', 'approved') AND v.archived_at IS NULL GROUP BY 1`, order, except)
	if err == nil {
		_, err = b.DB.Row(ctx, `SELECT coalesce(sum(freight), 0) FROM ltc.invoice WHERE order_id = $1 AND id <> $2 AND stage IN ('draft', 'approved') AND archived_at IS NULL`,
			[]any{order, except}, &freight)
	}
	return out, freight, err
}

// Allocate implements domain.Book.
func (b *Book) Allocate(ctx context.Context, a domain.Allocation) error {
	err := b.DB.Exec(ctx, `INSERT INTO ltc.allocation (company_id, receipt_id, credit_id, difference_id, invoice_id, instalment_id, reverses, amount, on_date, by_user)
		VALUES ($1, nullif($2::bigint, 0), nullif($3::bigint, 0), nullif($4::bigint, 0), $5, $6, nullif($7::bigint, 0), $8, $9, $10)`,
		a.Company, a.Receipt, a.Credit, a.Difference, a.Invoice, a.Instalment, a.Reverses, a.Amount, a.On, a.By)
	if err != nil {
		return fmt.Errorf("allocate: %w", err)
	}
	return nil
}

// idsOf reads the ids a query answers.
func idsOf(ctx context.Context, d *db.DB, q string, args ...any) (ids []int64, err error) {
	err = d.Each(ctx, q, args, func(r *sql.Rows) error {
		var id int64
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}
