package store

import (
	"context"
	"encoding/json"
	"fmt"

	"meridian/modules/crm"
	"meridian/modules/crm/internal/domain"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/trace"
)

// Exposure is the ledger behind credit decisions.
type Exposure struct{ DB *db.DB }

// Lock implements domain.ExposureLedger. The row is made on first use.
func (s *Exposure) Lock(ctx context.Context, customer crm.CustomerID, doc trace.Ref, today date.Date, p domain.Policy) (*domain.Standing, error) {
	if err := s.DB.Exec(ctx, `INSERT INTO crm.exposure_total (customer_id) VALUES ($1) ON CONFLICT DO NOTHING`, int64(customer)); err != nil {
		return nil, err
	}
	x := &domain.Standing{Tolerance: p.OverdueTolerance}
	ok, err := s.DB.Row(ctx, `SELECT c.credit_limit, e.orders, e.receivables, e.delivered, e.drafts, e.unapplied, CASE WHEN f.temp_until >= $2 THEN f.temp_limit ELSE 0 END, coalesce(f.insured, 0), coalesce(f.blocked, false),
			coalesce((SELECT sum(open) FROM crm.receivable_item WHERE customer_id = $1 AND open > 0 AND due_on < $2::date - $3::int), 0)
		FROM crm.exposure_total e JOIN crm.customer c ON c.id = e.customer_id LEFT JOIN crm.credit_profile f ON f.customer_id = c.id AND f.archived_at IS NULL
		WHERE e.customer_id = $1 FOR NO KEY UPDATE OF e`, []any{int64(customer), today, p.OverdueDays},
		&x.Limit, &x.Orders, &x.Receivables, &x.Delivered, &x.Drafts, &x.Unapplied, &x.Temporary, &x.Insured, &x.Blocked, &x.Overdue)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errs.Missing()
	}
	_, err = s.DB.Row(ctx, `SELECT r.id, r.amount - coalesce((SELECT sum(used) FROM (SELECT max(release_used) AS used FROM crm.credit_check k
			WHERE k.release_id = r.id AND k.object_type || '/' || k.object_id <> $3 GROUP BY k.object_type, k.object_id) u), 0) AS left_over
		FROM crm.credit_release r WHERE r.customer_id = $1 AND r.stage = 'granted' AND r.archived_at IS NULL AND r.until_on >= $2 AND r.document IN ('', $3) ORDER BY r.document = '', 2 DESC LIMIT 1`,
		[]any{int64(customer), today, doc.String()}, &x.Release, &x.Released)
	return x, err
}

// Log implements domain.ExposureLedger. What of a release a document has used already
// is not used again when the same document asks anew.
func (s *Exposure) Log(ctx context.Context, c domain.CreditCheck) error {
	parts, err := json.Marshal(c.Standing)
	if err != nil {
		return fmt.Errorf("credit check: %w", err)
	}
	decision := "hold"
	if c.Answer.Pass {
		decision = "pass"
	}
	var release any
	if c.Answer.Release.ID != 0 {
		release = c.Answer.Release.ID
	}
	const q = `INSERT INTO crm.credit_check (customer_id, object_type, object_id, point, amount, decision, reason, parts, release_id, release_used, by_user)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`
	args := []any{int64(c.Customer), c.Doc.Type, c.Doc.ID, string(c.At), c.Amount, decision, c.Answer.Reason, string(parts), release, c.Used, authz.Actor(ctx)}
	if c.Answer.Pass {
		return s.DB.Later(ctx, nil, q, args...)
	}
	_, err = s.DB.Side().ExecContext(ctx, q, args...) // the document that asked will roll back
	return err
}

// Add implements domain.ExposureLedger.
func (s *Exposure) Add(ctx context.Context, customer crm.CustomerID, part crm.ExposurePart, doc trace.Ref, amount money.Amount, key string) error {
	n, err := s.post(ctx, customer, part, doc, amount, key)
	if err != nil || n == 0 || part != crm.Receivables {
		return err
	}
	return s.DB.Exec(ctx, `INSERT INTO crm.receivable_item AS t (object_type, object_id, customer_id, total, open, due_on)
		SELECT $1, $2, id, $4::numeric, $4::numeric, current_date + payment_days FROM crm.customer WHERE id = $3 AND $4::numeric > 0
		UNION ALL SELECT object_type, object_id, customer_id, 0, $4::numeric, due_on FROM crm.receivable_item WHERE object_type = $1 AND object_id = $2 AND $4::numeric < 0
		ON CONFLICT (object_type, object_id) DO UPDATE SET open = t.open + excluded.open, total = t.total + excluded.total,
			settled_on = CASE WHEN t.open + excluded.open <= 0 THEN current_date END`, doc.Type, doc.ID, int64(customer), amount)
}

// post appends an entry and adds it to the totals; 0 when the key is known.
func (s *Exposure) post(ctx context.Context, customer crm.CustomerID, part crm.ExposurePart, doc trace.Ref, amount money.Amount, key string) (int64, error) {
	n, err := s.DB.ExecN(ctx, `INSERT INTO crm.exposure_entry (customer_id, part, object_type, object_id, amount, idem_key)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (idem_key) DO NOTHING`, int64(customer), string(part), doc.Type, doc.ID, amount, key)
	if err != nil || n == 0 {
		return n, err
	}
	col := map[crm.ExposurePart]string{crm.OpenOrders: "orders", crm.Receivables: "receivables", crm.Delivered: "delivered", crm.DraftInvoices: "drafts", crm.Unapplied: "unapplied"}[part]
	return n, s.DB.Exec(ctx, `INSERT INTO crm.exposure_total AS t (customer_id, `+col+`) VALUES ($1, $2)
		ON CONFLICT (customer_id) DO UPDATE SET `+col+` = t.`+col+` + excluded.`+col, int64(customer), amount)
}

// Differences lists customers whose totals are not the sum of their entries, for
// the self-check.
func (s *Exposure) Differences(ctx context.Context) ([]string, error) {
	rows, err := db.Select[struct{ Line string }](ctx, s.DB, `SELECT 'customer ' || coalesce(t.customer_id, e.customer_id) || ': exposure total differs from its entries' AS line
		FROM crm.exposure_total t FULL JOIN (SELECT customer_id, sum(amount) FILTER (WHERE part = 'order') AS o, sum(amount) FILTER (WHERE part = 'receivable') AS r,
				sum(amount) FILTER (WHERE part = 'delivered') AS d, sum(amount) FILTER (WHERE part = 'draft') AS f, sum(amount) FILTER (WHERE part = 'unapplied') AS u
			FROM crm.exposure_entry GROUP BY 1) e USING (customer_id)
		WHERE coalesce(t.orders, 0) <> coalesce(e.o, 0) OR coalesce(t.receivables, 0) <> coalesce(e.r, 0) OR coalesce(t.delivered, 0) <> coalesce(e.d, 0)
			OR coalesce(t.drafts, 0) <> coalesce(e.f, 0) OR coalesce(t.unapplied, 0) <> coalesce(e.u, 0)`)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.Line
	}
	return out, nil
}

// Expired lists the granted releases of a company whose day has passed.
func (s *Store) Expired(ctx context.Context, company int64, today date.Date) ([]int64, error) {
	rows, err := db.Select[struct{ ID int64 }](ctx, s.DB, `SELECT id FROM crm.credit_release WHERE company_id = ? AND stage = 'granted' AND archived_at IS NULL AND until_on < ? ORDER BY id`, company, today)
	out := make([]int64, len(rows))
	for i, r := range rows {
		out[i] = r.ID
	}
	return out, err
}

// RatePayers computes how the customers of a company pay: days late weighted by amount,
// over the invoices of two years; what is open and late counts as late until today.
func (s *Store) RatePayers(ctx context.Context, company int64, today date.Date) error {
	return s.DB.Exec(ctx, `INSERT INTO crm.credit_standing (customer_id, rating, days_late, settled, overdue, as_of)
		SELECT customer_id, CASE WHEN late <= 5 THEN 'A' WHEN late <= 15 THEN 'B' WHEN late <= 30 THEN 'C' ELSE 'D' END, late, settled, overdue, $2 FROM (
			SELECT i.customer_id, round(sum(i.total * greatest(0, coalesce(i.settled_on, $2::date) - i.due_on)) / sum(i.total), 2) AS late, count(i.settled_on) AS settled,
				coalesce(sum(i.open) FILTER (WHERE i.open > 0 AND i.due_on < $2::date), 0) AS overdue
			FROM crm.receivable_item i JOIN crm.customer c ON c.id = i.customer_id WHERE c.company_id = $1 AND i.total > 0 AND i.due_on > $2::date - 730 AND (i.settled_on IS NOT NULL OR i.due_on < $2::date) GROUP BY 1) x
		ON CONFLICT (customer_id) DO UPDATE SET rating = excluded.rating, days_late = excluded.days_late, settled = excluded.settled, overdue = excluded.overdue, as_of = excluded.as_of`, company, today)
}

// Account is a customer with exposure as credit control sees it.
type Account struct {
	ID, OwnerID                                    int64
	No, Name, Rating, BlockReason                  string
	Limit, Temporary, Insured, Exposure, Available money.Amount
	Orders, Receivables, Overdue                   money.Amount
	DaysLate                                       *money.Amount
	Blocked                                        bool
}

// Accounts lists the visible customers with credit, exposure or a profile, the tightest first.
func (s *Store) Accounts(ctx context.Context, today date.Date, limit int) ([]Account, error) {
	w, err := s.DB.Rows(ctx, "crm.customer", 0)
	if err != nil {
		return nil, err
	}
	args := append([]any{today, today}, w.Args...)
	return db.Select[Account](ctx, s.DB, `SELECT x.*, "limit" + temporary - exposure AS available FROM (
			SELECT c.id, c.owner_id, c.no, c.name, coalesce(r.rating, '') AS rating, r.days_late, coalesce(f.block_reason, '') AS block_reason, coalesce(f.blocked, false) AS blocked, c.credit_limit AS "limit",
				CASE WHEN f.temp_until >= ? THEN f.temp_limit ELSE 0 END AS temporary, coalesce(f.insured, 0) AS insured, coalesce(e.orders, 0) AS orders, coalesce(e.receivables, 0) AS receivables,
				coalesce(e.receivables + e.delivered + e.orders + e.drafts - e.unapplied, 0) - coalesce(f.insured, 0) AS exposure,
				coalesce((SELECT sum(open) FROM crm.receivable_item i WHERE i.customer_id = c.id AND i.open > 0 AND i.due_on < ?), 0) AS overdue
			FROM (SELECT * FROM crm.customer WHERE `+w.SQL+`) c LEFT JOIN crm.exposure_total e ON e.customer_id = c.id LEFT JOIN crm.credit_profile f ON f.customer_id = c.id AND f.archived_at IS NULL
			LEFT JOIN crm.credit_standing r ON r.customer_id = c.id
			WHERE c.credit_limit > 0 OR f.id IS NOT NULL OR coalesce(e.orders + e.receivables + e.delivered + e.drafts, 0) <> 0) x ORDER BY blocked DESC, overdue DESC, available, id LIMIT ?`, append(args, limit)...)
}

// Decision is one line of the log of credit checks.
type Decision struct {
	ID, CustomerID, ByUser, ObjectID          int64
	Name, ObjectType, Point, Decision, Reason string
	Amount                                    money.Amount
	At                                        string
}

// HeldDocuments lists the last decisions that held a document of a company.
func (s *Store) HeldDocuments(ctx context.Context, limit int) ([]Decision, error) {
	w, err := s.DB.Rows(ctx, "crm.customer", 0)
	if err != nil {
		return nil, err
	}
	return db.Select[Decision](ctx, s.DB, `SELECT k.id, k.customer_id, k.by_user, k.object_id, c.name, k.object_type, k.point, k.decision, k.reason, k.amount, to_char(k.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at
		FROM crm.credit_check k JOIN (SELECT id, name FROM crm.customer WHERE `+w.SQL+`) c ON c.id = k.customer_id WHERE k.decision = 'hold' ORDER BY k.id DESC LIMIT ?`, append(w.Args, limit)...)
}
