package store

import (
	"context"
	"fmt"

	"meridian/modules/crm"
	"meridian/modules/ltc/internal/domain"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/money"
)

// Remindable implements domain.CashBook, for the company of the actor.
func (c *Cash) Remindable(ctx context.Context, run date.Date) ([]domain.Remindable, error) {
	who, _ := authz.Of(ctx)
	items, err := db.Select[domain.Remindable](ctx, c.DB, `SELECT v.id AS invoice, i.id AS instalment, v.customer_id AS customer, v.owner_id AS owner, i.due_on AS due, i.amount, i.open, i.level, i.reminded_on, i.promised_on, i.disputed,
			(SELECT max(x.interest_to) FROM ltc.dunning_item x JOIN ltc.dunning d ON d.id = x.parent_id WHERE x.instalment_id = i.id AND x.interest > 0 AND d.stage IN ('sent', 'suspended', 'escalated', 'resolved')) AS interest_to
		FROM ltc.invoice v JOIN ltc.instalment i ON i.parent_id = v.id
		WHERE v.company_id = ? AND v.kind NOT IN ('credit', 'charge') AND v.archived_at IS NULL AND (v.stage = 'posted' AND i.open > 0
			OR v.stage IN ('posted', 'paid') AND i.open = 0 AND EXISTS (SELECT FROM ltc.allocation a WHERE a.instalment_id = i.id AND a.on_date > i.due_on AND a.on_date > CAST(? AS date) - 400))
		ORDER BY i.id`, who.Company, run)
	if err != nil {
		return nil, fmt.Errorf("items to remind of: %w", err)
	}
	ids := make([]int64, len(items))
	at := map[int64]int{}
	for i := range items {
		ids[i], at[items[i].Instalment] = items[i].Instalment, i
	}
	paid, err := db.Select[domain.Paid](ctx, c.DB, `SELECT instalment_id AS instalment, on_date AS "on", sum(amount) AS amount FROM ltc.allocation WHERE instalment_id = ANY(?) GROUP BY 1, 2`, db.Array(ids))
	for _, p := range paid {
		x := &items[at[p.Instalment]]
		x.Payments = append(x.Payments, p)
	}
	return items, err
}

// LetterState implements domain.CashBook.
func (c *Cash) LetterState(ctx context.Context, letter int64, day date.Date) (left int, stopped bool, err error) {
	_, err = c.DB.Row(ctx, `SELECT count(*) FILTER (WHERE i.open > 0) + (SELECT count(*) FROM ltc.dunning d JOIN ltc.invoice v ON v.id = d.charge_id WHERE d.id = $1 AND v.stage NOT IN ('paid', 'void')),
			coalesce(bool_or(i.open > 0 AND (i.disputed OR coalesce(i.promised_on >= $2, false))), false)
		FROM ltc.dunning_item x JOIN ltc.instalment i ON i.id = x.instalment_id WHERE x.parent_id = $1`, []any{letter, day}, &left, &stopped)
	return left, stopped, err
}

// Late implements domain.CashBook, for the company of the actor.
func (c *Cash) Late(ctx context.Context, day date.Date) ([]domain.Remindable, error) {
	who, _ := authz.Of(ctx)
	return db.Select[domain.Remindable](ctx, c.DB, `SELECT v.id AS invoice, i.id AS instalment, v.customer_id AS customer, v.owner_id AS owner, i.due_on AS due, i.amount, i.open
		FROM ltc.invoice v JOIN ltc.instalment i ON i.parent_id = v.id
		WHERE v.company_id = ? AND v.stage = 'posted' AND v.kind <> 'credit' AND i.open > 0 AND i.due_on < ? AND NOT i.reported_late AND v.archived_at IS NULL ORDER BY i.id`, who.Company, day)
}

// Statement implements domain.CashBook.
func (c *Cash) Statement(ctx context.Context, company int64, customer crm.CustomerID, day date.Date) ([]domain.StatementItem, money.Amount, error) {
	q, args := openItems(&db.Rows{SQL: "company_id = ? AND customer_id = ?", Args: []any{company, customer}}, day)
	items, err := db.Select[domain.StatementItem](ctx, c.DB, q+` SELECT CASE WHEN v.fiscal_no = '' THEN v.no ELSE v.fiscal_no END AS no, x.kind, v.invoice_date AS "on", x.due_on AS due, CASE WHEN x.kind = 'credit' THEN -i.amount ELSE i.amount END AS amount, x.open
		FROM item x JOIN ltc.invoice v ON v.id = x.invoice_id JOIN ltc.instalment i ON i.id = x.instalment_id WHERE x.open <> 0 ORDER BY x.due_on, x.instalment_id`, args...)
	if err != nil {
		return nil, money.Amount{}, fmt.Errorf("statement of customer %d: %w", customer, err)
	}
	var account money.Amount
	_, err = c.DB.Row(ctx, `SELECT coalesce(-sum(r.amount - r.settled - coalesce((SELECT sum(f.amount) FROM ltc.refund f WHERE f.receipt_id = r.id AND f.on_date <= $3), 0) - coalesce((SELECT sum(a.amount) FROM ltc.allocation a WHERE a.receipt_id = r.id AND a.on_date <= $3), 0)), 0)
		FROM ltc.receipt r WHERE r.company_id = $1 AND r.customer_id = $2 AND coalesce(r.booked_on, r.received_on) <= $3 AND r.archived_at IS NULL`, []any{company, customer, day}, &account)
	return items, account, err
}
