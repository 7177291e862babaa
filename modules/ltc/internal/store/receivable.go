package store

import (
	"context"
	"fmt"

	"meridian/modules/crm"
	"meridian/modules/ltc/internal/domain"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/kpi"
	"meridian/platform/money"
)

// openItems is the open amount of every instalment as of a day (zero = now), out of
// postings and allocations up to it, so the same day always answers the same. Credit
// notes are items of their own, open by what they were not applied for.
func openItems(w *db.Rows, day date.Date) (string, []any) {
	if day.IsZero() {
		day = forever
	}
	q := `WITH item AS (SELECT v.company_id, v.customer_id, v.id AS invoice_id, i.id AS instalment_id, i.due_on, v.kind,
			CASE WHEN v.kind = 'credit' THEN -(i.amount - coalesce((SELECT sum(a.amount) FROM ltc.allocation a WHERE a.credit_id = v.id AND a.on_date <= ?), 0))
			ELSE i.amount - CASE WHEN v.settled = v.total THEN i.amount ELSE 0 END - coalesce((SELECT sum(a.amount) FROM ltc.allocation a WHERE a.instalment_id = i.id AND a.on_date <= ?), 0) END AS open
		FROM ltc.invoice v JOIN ltc.instalment i ON i.parent_id = v.id
		WHERE coalesce(v.booked_on, v.invoice_date) <= ? AND v.stage IN ('posted', 'paid') AND v.id IN (SELECT id FROM ltc.invoice WHERE ` + w.SQL + `))`
	return q, append([]any{day, day, day}, w.Args...)
}

// Aging returns the open amounts per customer as of a day, by days overdue. Credit notes
// and money on account stand in columns of their own; they are never netted silently.
func (r *Reports) Aging(ctx context.Context, day date.Date) ([]domain.Aging, error) {
	invoices, err := r.DB.Rows(ctx, "ltc.invoice", 0)
	if err != nil {
		return nil, err
	}
	receipts, err := r.DB.Rows(ctx, "ltc.receipt", 0)
	if err != nil {
		return nil, err
	}
	q, args := openItems(invoices, day)
	q += `, bucket AS (SELECT customer_id, open, kind, (CAST(? AS date) - due_on) AS age FROM item WHERE open <> 0),
		owed AS (SELECT customer_id, coalesce(sum(open) FILTER (WHERE kind <> 'credit' AND age <= 0), 0) AS not_due, coalesce(sum(open) FILTER (WHERE kind <> 'credit' AND age BETWEEN 1 AND 30), 0) AS days30,
			coalesce(sum(open) FILTER (WHERE kind <> 'credit' AND age BETWEEN 31 AND 60), 0) AS days60, coalesce(sum(open) FILTER (WHERE kind <> 'credit' AND age BETWEEN 61 AND 90), 0) AS days90,
			coalesce(sum(open) FILTER (WHERE kind <> 'credit' AND age BETWEEN 91 AND 120), 0) AS days120, coalesce(sum(open) FILTER (WHERE kind <> 'credit' AND age > 120), 0) AS older,
			coalesce(sum(open) FILTER (WHERE kind <> 'credit'), 0) AS total, coalesce(sum(open) FILTER (WHERE kind = 'credit'), 0) AS credits FROM bucket GROUP BY 1),
		account AS (SELECT coalesce(r.customer_id, 0) AS customer_id, -sum(r.amount - r.settled - coalesce((SELECT sum(f.amount) FROM ltc.refund f WHERE f.receipt_id = r.id AND f.on_date <= ?), 0) - coalesce((SELECT sum(a.amount) FROM ltc.allocation a WHERE a.receipt_id = r.id AND a.on_date <= ?), 0)) AS on_account
			FROM ltc.receipt r WHERE coalesce(r.booked_on, r.received_on) <= ? AND r.id IN (SELECT id FROM ltc.receipt WHERE ` + receipts.SQL + `) GROUP BY 1)
		SELECT coalesce(o.customer_id, c.customer_id) AS customer, coalesce(not_due, 0) AS not_due, coalesce(days30, 0) AS days30, coalesce(days60, 0) AS days60, coalesce(days90, 0) AS days90,
			coalesce(days120, 0) AS days120, coalesce(older, 0) AS older, coalesce(total, 0) AS total, coalesce(credits, 0) AS credits, coalesce(on_account, 0) AS on_account
		FROM owed o FULL JOIN account c ON c.customer_id = o.customer_id WHERE coalesce(total, 0) <> 0 OR coalesce(credits, 0) <> 0 OR coalesce(on_account, 0) <> 0 ORDER BY 1`
	rows, err := db.Select[domain.Aging](ctx, r.DB, q, append(append(args, day, day, day, day), receipts.Args...)...)
	if err != nil {
		return nil, fmt.Errorf("aging as of %s: %w", day, err)
	}
	return rows, nil
}

// Item is an open instalment as of a day.
type Item struct {
	Invoice, Instalment int64
	No                  string
	Customer            crm.CustomerID
	Owner               int64
	Due                 date.Date
	Amount, Open        money.Amount
	Level               int
	PromisedOn          date.Date
	Disputed            bool
	Booked              bool
}

// Items lists what is open as of a day, the longest overdue first; customer 0 is all.
func (r *Reports) Items(ctx context.Context, day date.Date, customer crm.CustomerID, limit int) ([]Item, error) {
	w, err := r.DB.Rows(ctx, "ltc.invoice", 0)
	if err != nil {
		return nil, err
	}
	q, args := openItems(w, day)
	return db.Select[Item](ctx, r.DB, q+` SELECT x.invoice_id AS invoice, x.instalment_id AS instalment, CASE WHEN v.fiscal_no = '' THEN v.no ELSE v.fiscal_no END AS no, x.customer_id AS customer, v.owner_id AS owner, x.due_on AS due,
			i.amount, x.open, i.level, i.promised_on, i.disputed, v.booked_on IS NOT NULL AS booked
		FROM item x JOIN ltc.invoice v ON v.id = x.invoice_id JOIN ltc.instalment i ON i.id = x.instalment_id
		WHERE x.open <> 0 AND (? = 0 OR x.customer_id = ?) ORDER BY x.due_on, x.instalment_id LIMIT ?`, append(args, customer, customer, limit)...)
}

// Months lists the sales of the months until the one of day, the latest first, with what
// was open at their start and end. The month of day ends with it.
func (r *Reports) Months(ctx context.Context, day date.Date, n, dept int) ([]domain.MonthSales, error) {
	w, err := r.DB.Rows(ctx, "ltc.invoice", int64(dept))
	if err != nil {
		return nil, err
	}
	first := day.MonthStart()
	type row struct {
		Month date.Date
		Sales money.Amount
	}
	from := first.AddMonths(1 - n)
	sales, err := db.Select[row](ctx, r.DB, `SELECT date_trunc('month', invoice_date)::date AS month, sum(CASE WHEN kind = 'credit' THEN -total ELSE total END) AS sales FROM ltc.invoice
		WHERE stage IN ('posted', 'paid') AND invoice_date BETWEEN ? AND ? AND `+w.SQL+` GROUP BY 1`, append([]any{from, day}, w.Args...)...)
	if err != nil {
		return nil, fmt.Errorf("sales by month: %w", err)
	}
	by := map[date.Date]money.Amount{}
	for _, s := range sales {
		by[s.Month] = s.Sales
	}
	out := make([]domain.MonthSales, 0, n)
	for i := range n {
		m := first.AddMonths(-i)
		end := m.AddMonths(1).AddDays(-1)
		if i == 0 {
			end = day
		}
		x := domain.MonthSales{Month: m, Sales: by[m]}
		if x.Open, x.Overdue, err = r.owed(ctx, w, end); err != nil {
			return nil, err
		}
		if x.OpenAtStart, _, err = r.owed(ctx, w, m.AddDays(-1)); err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}

// owed is what is open as of a day, and overdue of it, less open credit notes.
func (r *Reports) owed(ctx context.Context, w *db.Rows, day date.Date) (open, overdue money.Amount, err error) {
	q, args := openItems(w, day)
	f, err := db.One[struct{ Open, Overdue money.Amount }](ctx, r.DB, q+` SELECT coalesce(sum(open), 0) AS open, coalesce(sum(open) FILTER (WHERE kind <> 'credit' AND due_on < ?), 0) AS overdue FROM item`, append(args, day)...)
	if err != nil {
		return open, overdue, fmt.Errorf("open as of %s: %w", day, err)
	}
	return f.Open, f.Overdue, nil
}

// period of a measure: its days and what was open and sold in them.
type collected struct {
	days                        int
	open, overdue, start, sales money.Amount
	n                           int64
}

func (r *Reports) collected(ctx context.Context, s kpi.Scope, today date.Date) (c collected, err error) {
	w, err := r.DB.Rows(ctx, "ltc.invoice", s.Dept)
	if err != nil {
		return c, err
	}
	to, from := s.To, s.From
	if to.IsZero() || to.After(today) {
		to = today
	}
	if from.IsZero() {
		from = to.AddDays(-364)
	}
	c.days = to.Sub(from) + 1
	if c.open, c.overdue, err = r.owed(ctx, w, to); err != nil {
		return c, err
	}
	if c.start, _, err = r.owed(ctx, w, from.AddDays(-1)); err != nil {
		return c, err
	}
	f, err := db.One[struct {
		Sales money.Amount
		N     int64
	}](ctx, r.DB, `SELECT coalesce(sum(CASE WHEN kind = 'credit' THEN -total ELSE total END), 0) AS sales, count(*) AS n FROM ltc.invoice WHERE stage IN ('posted', 'paid') AND invoice_date BETWEEN ? AND ? AND `+w.SQL,
		append([]any{from, to}, w.Args...)...)
	c.sales, c.n = f.Sales, f.N
	return c, err
}

// DaysOutstanding returns the measures of the DSO family: what counts is picked by pick.
func (r *Reports) DaysOutstanding(today func(ctx context.Context) date.Date, pick func(open, overdue money.Amount) money.Amount) func(ctx context.Context, s kpi.Scope) (kpi.Value, error) {
	return func(ctx context.Context, s kpi.Scope) (kpi.Value, error) {
		c, err := r.collected(ctx, s, today(ctx))
		if err != nil {
			return kpi.Value{}, err
		}
		num := pick(c.open, c.overdue).Number().Mul(money.Units(int64(c.days)).Number())
		return kpi.Ratio(num, c.sales.Number(), c.n).At("/ltc/dso"), nil
	}
}

// Collection is the collection effectiveness of a period.
func (r *Reports) Collection(today func(ctx context.Context) date.Date) func(ctx context.Context, s kpi.Scope) (kpi.Value, error) {
	return func(ctx context.Context, s kpi.Scope) (kpi.Value, error) {
		c, err := r.collected(ctx, s, today(ctx))
		if err != nil {
			return kpi.Value{}, err
		}
		m := domain.MonthSales{Sales: c.sales, Open: c.open, Overdue: c.overdue, OpenAtStart: c.start}
		num, den := m.CEI()
		return kpi.Ratio(num, den, c.n).At("/ltc/dso"), nil
	}
}

// Overdue is the share of what is open that should have been paid.
func (r *Reports) Overdue(today func(ctx context.Context) date.Date) func(ctx context.Context, s kpi.Scope) (kpi.Value, error) {
	return func(ctx context.Context, s kpi.Scope) (kpi.Value, error) {
		c, err := r.collected(ctx, s, today(ctx))
		if err != nil {
			return kpi.Value{}, err
		}
		return kpi.Ratio(c.overdue.Number(), c.open.Number(), c.n).At("/ltc/aging"), nil
	}
}

// Unmatched lists payments with money left that the reader may see, the oldest first.
func (r *Reports) Unmatched(ctx context.Context, limit int) ([]domain.Incoming, error) {
	w, err := r.DB.Rows(ctx, "ltc.receipt", 0)
	if err != nil {
		return nil, err
	}
	return db.Select[domain.Incoming](ctx, r.DB, `WITH mine AS (SELECT * FROM ltc.receipt WHERE stage IN ('unmatched', 'partly') AND rest > 0 AND `+w.SQL+`)
		SELECT r.id AS receipt, r.no, r.bank_ref, r.payer, r.reference, coalesce(r.customer_id, 0) AS customer, r.rest,
			coalesce((SELECT CASE WHEN count(DISTINCT p.customer_id) = 1 THEN min(p.customer_id) END FROM ltc.receipt p WHERE p.company_id = r.company_id AND r.payer <> '' AND p.payer = r.payer AND p.customer_id IS NOT NULL AND p.id <> r.id), 0) AS alias
		FROM mine r ORDER BY r.received_on, r.id LIMIT ?`, append(w.Args, limit)...)
}

// Payable lists the open instalments a payment may be for.
func (r *Reports) Payable(ctx context.Context) ([]domain.OpenItem, error) {
	w, err := r.DB.Rows(ctx, "ltc.invoice", 0)
	if err != nil {
		return nil, err
	}
	return db.Select[domain.OpenItem](ctx, r.DB, `WITH mine AS (SELECT * FROM ltc.invoice WHERE stage = 'posted' AND kind <> 'credit' AND open > 0 AND `+w.SQL+`)
		SELECT v.id AS invoice, i.id AS instalment, v.no AS invoice_no, v.fiscal_no, coalesce(c.no, '') AS contract_no, v.customer_id AS customer, i.open, v.open AS invoice_open, i.plan_line > 0 AS planned
		FROM mine v JOIN ltc.instalment i ON i.parent_id = v.id LEFT JOIN ltc.contract c ON c.id = v.contract_id WHERE i.open > 0 ORDER BY i.due_on, i.id`, w.Args...)
}

// History counts the invoices and receipts that came with an import and are not in the
// journal yet, with what they have open.
func (r *Reports) History(ctx context.Context) (invoices, receipts []int64, open money.Amount, err error) {
	w, err := r.DB.Rows(ctx, "ltc.invoice", 0)
	if err != nil {
		return nil, nil, open, err
	}
	v, err := db.Select[struct {
		ID   int64
		Open money.Amount
	}](ctx, r.DB, `SELECT id, open FROM ltc.invoice WHERE stage = 'posted' AND booked_on IS NULL AND `+w.SQL+` ORDER BY id`, w.Args...)
	if err != nil {
		return nil, nil, open, err
	}
	for _, x := range v {
		invoices, open = append(invoices, x.ID), open.Add(x.Open)
	}
	if w, err = r.DB.Rows(ctx, "ltc.receipt", 0); err != nil {
		return nil, nil, open, err
	}
	rc, err := db.Select[struct{ ID int64 }](ctx, r.DB, `SELECT id FROM ltc.receipt WHERE stage IN ('unmatched', 'partly') AND booked_on IS NULL AND rest > 0 AND `+w.SQL+` ORDER BY id`, w.Args...)
	for _, x := range rc {
		receipts = append(receipts, x.ID)
	}
	return invoices, receipts, open, err
}
