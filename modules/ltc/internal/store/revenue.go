package store

import (
	"context"
	"fmt"

	"meridian/modules/crm"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/money"
)

// ObligationRow is an obligation in a month.
type ObligationRow struct {
	ID         int64
	Title      string
	Customer   crm.CustomerID
	Method     string
	Allocated  money.Amount
	Before     money.Amount // recognised before the month
	Month      money.Amount // in it, by the day it is posted on
	Recognised money.Amount // until its end
}

// Obligations lists the obligations with revenue in a month or something left to earn.
func (r *Reports) Obligations(ctx context.Context, month date.Date, limit int) ([]ObligationRow, error) {
	w, err := r.DB.Rows(ctx, "ltc.obligation", 0)
	if err != nil {
		return nil, err
	}
	end := month.AddMonths(1).AddDays(-1)
	return db.Select[ObligationRow](ctx, r.DB, `WITH mine AS (SELECT * FROM ltc.obligation WHERE `+w.SQL+`)
		SELECT o.id, o.title, o.customer_id AS customer, o.method, o.allocated, coalesce(e.before, 0) AS before, coalesce(e.month, 0) AS month, coalesce(e.before, 0) + coalesce(e.month, 0) AS recognised
		FROM mine o LEFT JOIN (SELECT obligation_id, coalesce(sum(amount) FILTER (WHERE day < ?), 0) AS before, coalesce(sum(amount) FILTER (WHERE day >= ?), 0) AS month FROM ltc.rev_entry WHERE kind = 'recognised' AND day <= ? GROUP BY 1) e ON e.obligation_id = o.id
		WHERE o.stage = 'open' OR coalesce(e.month, 0) <> 0 ORDER BY o.id DESC LIMIT ?`, append(w.Args, month, month, end, limit)...)
}

// UnitRow is the balance of a contract, or of an order without one, as of a day.
type UnitRow struct {
	UnitType           string
	UnitID             int64
	Customer           crm.CustomerID
	Recognised, Billed money.Amount
}

// Balance is recognised less billed: above zero an asset, below a liability.
func (u *UnitRow) Balance() money.Amount { return u.Recognised.Sub(u.Billed) }

// Units lists the balances as of a day for the company of the reader.
func (r *Reports) Units(ctx context.Context, company int64, day date.Date) ([]UnitRow, error) {
	rows, err := db.Select[UnitRow](ctx, r.DB, `SELECT unit_type, unit_id, min(customer_id) AS customer, coalesce(sum(amount) FILTER (WHERE kind = 'recognised'), 0) AS recognised, coalesce(sum(amount) FILTER (WHERE kind = 'billed'), 0) AS billed
		FROM ltc.rev_entry WHERE company_id = ? AND day <= ? AND unit_type <> 'ltc.obligation' GROUP BY 1, 2 ORDER BY 1, 2`, company, day)
	if err != nil {
		return nil, fmt.Errorf("contract balances: %w", err)
	}
	return rows, nil
}

// OwedPoints is what is owed to a member in points as of a day.
type OwedPoints struct {
	Customer                crm.CustomerID
	Given, Earned, TakeBack money.Amount // TakeBack: given up by credit notes
}

// Liability is what is left to earn.
func (o *OwedPoints) Liability() money.Amount { return o.Given.Sub(o.TakeBack).Sub(o.Earned) }

// OwedInPoints lists what the company of the reader owes its members as of a day.
func (r *Reports) OwedInPoints(ctx context.Context, company int64, day date.Date) ([]OwedPoints, error) {
	return db.Select[OwedPoints](ctx, r.DB, `SELECT customer_id AS customer, coalesce(sum(amount) FILTER (WHERE kind = 'billed' AND amount > 0), 0) AS given, coalesce(-sum(amount) FILTER (WHERE kind = 'billed' AND amount < 0), 0) AS take_back, coalesce(sum(amount) FILTER (WHERE kind = 'recognised'), 0) AS earned
		FROM ltc.rev_entry WHERE company_id = ? AND day <= ? AND unit_type = 'ltc.obligation' GROUP BY 1 ORDER BY 1`, company, day)
}

// Todo counts what should be done before a month closes.
type Todo struct {
	Drafts    int64 // invoices dated in it and not posted
	Unsigned  int64 // deliveries that arrived until its end and are not accepted
	Estimates int64 // obligations by cost without an estimate
	Unpriced  int64 // obligations without a price
}

// Todo implements the check list of the close.
func (r *Reports) Todo(ctx context.Context, company int64, month date.Date) (Todo, error) {
	end := month.AddMonths(1).AddDays(-1)
	return db.One[Todo](ctx, r.DB, `SELECT (SELECT count(*) FROM ltc.invoice WHERE company_id = ? AND stage IN ('draft', 'approved') AND invoice_date BETWEEN ? AND ? AND archived_at IS NULL) AS drafts,
		(SELECT count(*) FROM ltc.acceptance WHERE company_id = ? AND stage = 'requested' AND received_on <= ? AND archived_at IS NULL) AS unsigned,
		(SELECT count(*) FROM ltc.obligation WHERE company_id = ? AND stage = 'open' AND method = 'cost' AND estimated_cost = 0 AND archived_at IS NULL) AS estimates,
		(SELECT count(*) FROM ltc.obligation WHERE company_id = ? AND stage = 'open' AND allocated = 0 AND archived_at IS NULL) AS unpriced`, company, month, end, company, end, company, company)
}

// CashMonth compares revenue, invoices and money of a month, all without tax.
type CashMonth struct {
	Month                   date.Date
	Revenue, Invoiced, Cash money.Amount
}

// CashMonths lists the months until the one of day, the oldest first. Cash is what was
// allocated to invoices in the month, in the proportion of their net.
func (r *Reports) CashMonths(ctx context.Context, company int64, day date.Date, n int) ([]CashMonth, error) {
	from := day.MonthStart().AddMonths(1 - n)
	return db.Select[CashMonth](ctx, r.DB, `SELECT m::date AS month,
			coalesce((SELECT sum(amount) FROM ltc.rev_entry e WHERE e.company_id = ? AND e.kind = 'recognised' AND date_trunc('month', e.day) = m), 0) AS revenue,
			coalesce((SELECT sum(CASE WHEN kind = 'credit' THEN -net ELSE net END) FROM ltc.invoice v WHERE v.company_id = ? AND v.stage IN ('posted', 'paid') AND date_trunc('month', v.invoice_date) = m), 0) AS invoiced,
			coalesce((SELECT round(sum(a.amount * v.net / v.total), 2) FROM ltc.allocation a JOIN ltc.invoice v ON v.id = a.invoice_id WHERE a.company_id = ? AND a.receipt_id IS NOT NULL AND v.total <> 0 AND date_trunc('month', a.on_date) = m), 0) AS cash
		FROM generate_series(CAST(? AS timestamp), CAST(? AS timestamp), interval '1 month') m ORDER BY 1`, company, company, company, from, day)
}
