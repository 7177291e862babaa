package store

import (
	"context"
	"database/sql"
	"fmt"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/money"
)

// Cash implements domain.CashBook.
type Cash struct{ DB *db.DB }

// Enter implements domain.CashBook.
func (c *Cash) Enter(ctx context.Context, e domain.RevEntry) error {
	err := c.DB.Later(ctx, nil, `INSERT INTO ltc.rev_entry (company_id, unit_type, unit_id, customer_id, obligation_id, kind, amount, earned_on, day, doc_type, doc_id, idem_key)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (idem_key) DO NOTHING`,
		e.Unit.Company, e.Unit.Ref.Type, e.Unit.Ref.ID, int64(e.Unit.Customer), e.Obligation, e.Kind, e.Amount, e.Earned, e.Day, e.Doc.Type, e.Doc.ID, e.Key)
	if err != nil {
		return fmt.Errorf("enter %s: %w", e.Key, err)
	}
	return nil
}

// Move implements domain.CashBook. The row of the unit is held until the end.
func (c *Cash) Move(ctx context.Context, u domain.Unit, by money.Amount) (before, after money.Amount, err error) {
	_, err = c.DB.Row(ctx, `INSERT INTO ltc.unit AS u (company_id, unit_type, unit_id, balance) VALUES ($1, $2, $3, $4)
		ON CONFLICT (unit_type, unit_id) DO UPDATE SET balance = u.balance + excluded.balance RETURNING balance`, []any{u.Company, u.Ref.Type, u.Ref.ID, by}, &after)
	if err != nil {
		return before, after, fmt.Errorf("balance of %s: %w", u.Ref, err)
	}
	return after.Sub(by), after, nil
}

// Credited implements domain.CashBook. A lower price credits no quantity.
func (c *Cash) Credited(ctx context.Context, invoice, except int64) (lines domain.Quantities, items, freight money.Amount, err error) {
	const notes = `FROM ltc.invoice v WHERE v.credits_id = $1 AND v.id <> $2 AND v.stage <> 'void' AND v.archived_at IS NULL`
	lines = domain.Quantities{}
	err = c.DB.Each(ctx, `SELECT l.order_line_id, sum(l.qty) FROM ltc.invoice_line l JOIN (SELECT id, why `+notes+`) n ON n.id = l.parent_id WHERE n.why <> 'price' GROUP BY 1`, []any{invoice, except}, func(r *sql.Rows) error {
		var id int64
		var qty money.Qty
		err := r.Scan(&id, &qty)
		lines[id] = qty
		return err
	})
	if err == nil {
		_, err = c.DB.Row(ctx, `SELECT coalesce((SELECT sum(i.gross) FROM ltc.invoice_item i WHERE i.parent_id IN (SELECT id `+notes+`)), 0), coalesce((SELECT sum(freight) `+notes+`), 0)`, []any{invoice, except}, &items, &freight)
	}
	return lines, items, freight, err
}

// Undeducted implements domain.CashBook: items of posted invoices, less what live
// invoices deduct and what was credited.
func (c *Cash) Undeducted(ctx context.Context, order, contract, except int64) ([]domain.Ahead, error) {
	rows, err := db.Select[domain.Ahead](ctx, c.DB, `WITH ahead AS (
			SELECT v.id AS invoice, v.fiscal_no AS no, i.tax_rate, max(i.plan_line) AS plan_line, sum(i.gross) AS gross
			FROM ltc.invoice v JOIN ltc.invoice_item i ON i.parent_id = v.id
			WHERE v.stage IN ('posted', 'paid') AND v.kind <> 'credit' AND i.deducts_id IS NULL AND (v.order_id = ? AND ? <> 0 OR v.contract_id = ? AND ? <> 0) GROUP BY 1, 2, 3),
		taken AS (SELECT i.deducts_id AS invoice, i.tax_rate, -sum(i.gross) AS gross FROM ltc.invoice_item i JOIN ltc.invoice v ON v.id = i.parent_id
			WHERE i.deducts_id IS NOT NULL AND v.stage <> 'void' AND v.archived_at IS NULL AND v.id <> ? GROUP BY 1, 2
			UNION ALL SELECT v.credits_id, i.tax_rate, sum(i.gross) FROM ltc.invoice_item i JOIN ltc.invoice v ON v.id = i.parent_id
			WHERE v.kind = 'credit' AND v.stage <> 'void' AND v.archived_at IS NULL AND v.id <> ? GROUP BY 1, 2)
		SELECT a.invoice, a.no, a.tax_rate, a.plan_line, a.gross - coalesce((SELECT sum(t.gross) FROM taken t WHERE t.invoice = a.invoice AND t.tax_rate = a.tax_rate), 0) AS gross
		FROM ahead a ORDER BY a.invoice, a.tax_rate`, order, order, contract, contract, except, except)
	if err != nil {
		return nil, fmt.Errorf("advances: %w", err)
	}
	out := rows[:0]
	for _, r := range rows {
		if r.Gross.Sign() > 0 {
			out = append(out, r)
		}
	}
	return out, nil
}

// Billed implements domain.CashBook.
func (c *Cash) Billed(ctx context.Context, contract, except int64) (a money.Amount, err error) {
	_, err = c.DB.Row(ctx, `SELECT coalesce(sum(CASE WHEN kind = 'credit' THEN freight - total ELSE total - freight END), 0) FROM ltc.invoice
		WHERE contract_id = $1 AND id <> $2 AND stage <> 'void' AND archived_at IS NULL`, []any{contract, except}, &a)
	return a, err
}

// Advanced implements domain.CashBook.
func (c *Cash) Advanced(ctx context.Context, order, except int64) (a money.Amount, err error) {
	_, err = c.DB.Row(ctx, `SELECT coalesce(sum(CASE WHEN v.kind = 'credit' THEN -i.gross ELSE i.gross END), 0) FROM ltc.invoice v JOIN ltc.invoice_item i ON i.parent_id = v.id
		WHERE v.order_id = $1 AND v.id <> $2 AND i.deducts_id IS NULL AND v.stage <> 'void' AND v.archived_at IS NULL`, []any{order, except}, &a)
	return a, err
}

// Booked implements domain.CashBook.
func (c *Cash) Booked(ctx context.Context, receipt int64, day date.Date) error {
	return c.DB.Exec(ctx, `UPDATE ltc.receipt SET booked_on = $2 WHERE id = $1`, receipt, day)
}

// Allocations implements domain.CashBook.
func (c *Cash) Allocations(ctx context.Context, invoice int64) ([]domain.Allocation, error) {
	return db.Select[domain.Allocation](ctx, c.DB, `SELECT a.id, a.company_id AS company, coalesce(a.receipt_id, 0) AS receipt, coalesce(a.credit_id, 0) AS credit, coalesce(a.difference_id, 0) AS difference,
			a.invoice_id AS invoice, coalesce(a.instalment_id, 0) AS instalment, a.amount, a.on_date AS "on", a.by_user AS "by"
		FROM ltc.allocation a WHERE a.invoice_id = ? AND a.reverses IS NULL AND NOT EXISTS (SELECT FROM ltc.allocation r WHERE r.reverses = a.id) ORDER BY a.id`, invoice)
}

// ObligationsOf implements domain.CashBook. Line 0 is no line: history has such.
func (c *Cash) ObligationsOf(ctx context.Context, lines ...int64) (map[int64]int64, error) {
	out := map[int64]int64{}
	err := c.DB.Each(ctx, `SELECT order_line_id, id FROM ltc.obligation WHERE order_line_id = ANY($1) AND order_line_id <> 0 AND archived_at IS NULL`, []any{db.Array(lines)}, func(r *sql.Rows) error {
		var line, id int64
		err := r.Scan(&line, &id)
		out[line] = id
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("obligations of lines: %w", err)
	}
	return out, nil
}

// PaidBetween implements domain.CashBook.
func (c *Cash) PaidBetween(ctx context.Context, invoice, instalment int64, from, to date.Date) (a money.Amount, err error) {
	_, err = c.DB.Row(ctx, `SELECT coalesce(sum(amount), 0) FROM ltc.allocation WHERE invoice_id = $1 AND ($2 = 0 OR instalment_id = $2) AND on_date BETWEEN $3 AND $4`, []any{invoice, instalment, from, to}, &a)
	return a, err
}

// Allowed implements domain.CashBook.
func (c *Cash) Allowed(ctx context.Context, company int64) (a money.Amount, until date.Date, err error) {
	if err := c.DB.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('ltc.allowance', $1))`, company); err != nil {
		return a, until, err
	}
	_, err = c.DB.Row(ctx, `SELECT coalesce(sum(change), 0), coalesce(max(as_of), '0001-01-01') FROM ltc.allowance WHERE company_id = $1 AND archived_at IS NULL`, []any{company}, &a, &until)
	return a, until, err
}

// Refund implements domain.CashBook.
func (c *Cash) Refund(ctx context.Context, a domain.Allocation) error {
	return c.DB.Exec(ctx, `INSERT INTO ltc.refund (company_id, receipt_id, amount, on_date, by_user) VALUES ($1, $2, $3, $4, $5)`, a.Company, a.Receipt, a.Amount, a.On, a.By)
}
