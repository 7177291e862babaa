package store

import (
	"context"
	"database/sql"
	"fmt"

	"meridian/modules/crm"
	"meridian/modules/crm/internal/domain"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/money"
)

// CareDue is a customer a programme cares for on a day.
type CareDue struct {
	CustomerID, OwnerID, DeptID, CompanyID int64
	ContactID                              *int64
}

// careDays finds who a programme is for, by occasion: of customer c on day $1 with the
// offset $2.
var careDays = map[string]string{
	"birthday":    `JOIN crm.contact k ON k.customer_id = c.id AND k.archived_at IS NULL AND NOT k.has_left AND k.birthday = to_char($1::date - $2::int, 'MM-DD')`,
	"signed":      `JOIN LATERAL (SELECT min(at)::date AS d FROM crm.lifecycle_log l WHERE l.customer_id = c.id AND l.to_stage IN ('signed', 'user', 'satisfied')) l ON l.d = $1::date - $2::int`,
	"accepted":    `JOIN LATERAL (SELECT min(at)::date AS d FROM crm.lifecycle_log l WHERE l.customer_id = c.id AND l.to_stage IN ('user', 'satisfied')) l ON l.d = $1::date - $2::int`,
	"anniversary": `JOIN LATERAL (SELECT min(at)::date AS d FROM crm.lifecycle_log l WHERE l.customer_id = c.id AND l.to_stage IN ('signed', 'user', 'satisfied')) l ON l.d < $1::date - 300 AND to_char(l.d, 'MM-DD') = to_char($1::date - $2::int, 'MM-DD')`,
	"silence":     `JOIN LATERAL (SELECT coalesce(c.last_touch_at, c.created_at)::date AS d) l ON l.d = $1::date - $2::int`,
}

// CaredFor lists whom a programme cares for on a day. While a complaint is open a
// customer is left in peace.
func (s *Store) CaredFor(ctx context.Context, p *domain.CareProgram, day date.Date) ([]CareDue, error) {
	contact := "NULL::bigint"
	if p.Occasion == "birthday" {
		contact = "k.id"
	}
	depts := []int64{}
	if p.BranchID != nil {
		depts = s.Directory().Subtree(*p.BranchID)
	}
	var out []CareDue
	err := s.DB.Each(ctx, `SELECT c.id AS customer_id, c.owner_id, c.dept_id, c.company_id, `+contact+` AS contact_id FROM crm.customer c `+careDays[p.Occasion]+`
		WHERE c.company_id = $3 AND c.archived_at IS NULL AND c.stage NOT IN ('lost', 'merged', 'to_identify') AND ($4 = '' OR c.tier = $4) AND ($5 = '' OR c.class = $5) AND ($7 OR c.dept_id = ANY($8))
			AND coalesce((SELECT sum(CASE kind WHEN 'complaint' THEN n ELSE -n END) FROM crm.fact f WHERE f.customer_id = c.id AND f.kind IN ('complaint', 'complaint_closed')), 0) <= 0
			AND NOT EXISTS (SELECT 1 FROM crm.care_task t WHERE t.program_id = $6 AND t.customer_id = c.id AND t.due_on = $1 AND coalesce(t.contact_id, 0) = coalesce(`+contact+`, 0)) ORDER BY c.id LIMIT 5000`,
		[]any{day, p.OffsetDays, p.CompanyID, p.Tier, p.Class, p.ID, p.BranchID == nil, db.Array(depts)}, func(r *sql.Rows) error {
			var x CareDue
			err := r.Scan(&x.CustomerID, &x.OwnerID, &x.DeptID, &x.CompanyID, &x.ContactID)
			out = append(out, x)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("care of %s: %w", p.Name, err)
	}
	return out, nil
}

// Programme is what a care programme did in a period.
type Programme struct {
	ID                       int64
	Name                     string
	Due, Done, Skipped, Late int64
	Gifts                    int64
	Cost                     money.Amount
}

// CareResults counts the visible care tasks by programme.
func (s *Store) CareResults(ctx context.Context, dept int64, from, to date.Date) ([]Programme, error) {
	w, err := s.DB.Rows(ctx, "crm.care_task", dept)
	if err != nil {
		return nil, err
	}
	w.Days("due_on", from, to)
	return db.Select[Programme](ctx, s.DB, `SELECT p.id, p.name, count(*) FILTER (WHERE t.stage = 'due') AS due, count(*) FILTER (WHERE t.stage = 'done') AS done, count(*) FILTER (WHERE t.stage = 'skipped') AS skipped,
			count(*) FILTER (WHERE t.stage = 'due' AND t.due_on < current_date) AS late, count(*) FILTER (WHERE t.gift <> '') AS gifts, coalesce(sum(t.cost), 0) AS cost
		FROM (SELECT * FROM crm.care_task WHERE `+w.SQL+`) t JOIN crm.care_program p ON p.id = t.program_id GROUP BY 1, 2 ORDER BY 2`, w.Args...)
}

// Points implements domain.LoyaltyBook. The balance is changed under its check: points
// that are not there cannot be spent, however many try at once.
func (s *Store) Points(ctx context.Context, customer int64, kind string, points int, expires date.Date, reason, key string) (from []crm.PointsLot, ok bool, err error) {
	if err := s.DB.Exec(ctx, `INSERT INTO crm.loyalty_balance (customer_id, points) VALUES ($1, 0) ON CONFLICT DO NOTHING`, customer); err != nil {
		return nil, false, err
	}
	var have int
	if _, err := s.DB.Row(ctx, `SELECT points FROM crm.loyalty_balance WHERE customer_id = $1 FOR UPDATE`, []any{customer}, &have); err != nil || have+points < 0 {
		return nil, false, err
	}
	var until any
	if !expires.IsZero() {
		until = expires
	}
	n, err := s.DB.ExecN(ctx, `INSERT INTO crm.loyalty_entry (customer_id, kind, points, expires_on, reason, by_user, idem_key) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (idem_key) DO NOTHING`, customer, kind, points, until, reason, authz.Actor(ctx), key)
	if err != nil || n == 0 {
		return nil, true, err
	}
	if points < 0 {
		if from, err = s.oldest(ctx, customer, -points); err != nil {
			return nil, false, err
		}
	}
	return from, true, s.DB.Exec(ctx, `UPDATE crm.loyalty_balance SET points = points + $2 WHERE customer_id = $1`, customer, points)
}

// oldest says which of the points earned the last n that went were: all that went before
// were older.
func (s *Store) oldest(ctx context.Context, customer int64, n int) ([]crm.PointsLot, error) {
	return db.Select[crm.PointsLot](ctx, s.DB, `SELECT key, least(upto, gone) - greatest(upto - points, gone - ?) AS points
		FROM (SELECT id, idem_key AS key, points, sum(points) OVER (ORDER BY id) AS upto FROM crm.loyalty_entry WHERE customer_id = ? AND points > 0) e
			CROSS JOIN (SELECT -sum(points) AS gone FROM crm.loyalty_entry WHERE customer_id = ? AND points < 0) g
		WHERE upto > gone - ? AND upto - points < gone ORDER BY id`, n, customer, customer, n)
}

// FirstReceipt implements domain.LoyaltyBook.
func (s *Store) FirstReceipt(ctx context.Context, customer int64) (bool, error) {
	var n int
	_, err := s.DB.Row(ctx, `SELECT coalesce(sum(n), 0) FROM crm.customer_fact WHERE customer_id = $1 AND kind = 'receipt'`, []any{customer}, &n)
	return n == 1, err
}

// ExpiredPoints are points of a customer that have passed their day.
type ExpiredPoints struct {
	CustomerID int64
	Points     int
}

// Expiring lists what of the points of a company has passed its day and was not spent:
// what was spent or has expired is taken from the oldest points.
func (s *Store) Expiring(ctx context.Context, company int64, day date.Date) ([]ExpiredPoints, error) {
	return db.Select[ExpiredPoints](ctx, s.DB, `SELECT customer_id, points FROM (
			SELECT e.customer_id, least(b.points, coalesce(sum(e.points) FILTER (WHERE e.points > 0 AND e.expires_on < ?), 0) + coalesce(sum(e.points) FILTER (WHERE e.points < 0), 0)) AS points
			FROM crm.loyalty_entry e JOIN crm.loyalty_balance b ON b.customer_id = e.customer_id JOIN crm.customer c ON c.id = e.customer_id WHERE c.company_id = ? GROUP BY e.customer_id, b.points) x
		WHERE points > 0 ORDER BY 1`, day, company)
}

// PointDifferences lists balances that are not the sum of their entries, for the self-check.
func (s *Store) PointDifferences(ctx context.Context) ([]string, error) {
	rows, err := db.Select[struct{ Line string }](ctx, s.DB, `SELECT 'customer ' || coalesce(b.customer_id, e.customer_id) || ': points differ from their entries' AS line
		FROM crm.loyalty_balance b FULL JOIN (SELECT customer_id, sum(points) AS points FROM crm.loyalty_entry GROUP BY 1) e USING (customer_id) WHERE coalesce(b.points, 0) <> coalesce(e.points, 0)`)
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.Line
	}
	return out, err
}

// MemberPoints is a member with points.
type MemberPoints struct {
	ID                             int64
	No, Name                       string
	Points, Earned, Burnt, Brought int64
}

// MembersWithPoints lists the visible customers with points, the most first.
func (s *Store) MembersWithPoints(ctx context.Context, limit int) ([]MemberPoints, error) {
	w, err := s.DB.Rows(ctx, "crm.customer", 0)
	if err != nil {
		return nil, err
	}
	return db.Select[MemberPoints](ctx, s.DB, `SELECT c.id, c.no, c.name, b.points, coalesce((SELECT sum(points) FROM crm.loyalty_entry e WHERE e.customer_id = c.id AND e.points > 0), 0) AS earned,
			coalesce((SELECT -sum(points) FROM crm.loyalty_entry e WHERE e.customer_id = c.id AND e.kind = 'burn'), 0) AS burnt, (SELECT count(*) FROM crm.loyalty_entry e WHERE e.customer_id = c.id AND e.kind = 'referral') AS brought
		FROM (SELECT * FROM crm.customer WHERE `+w.SQL+`) c JOIN crm.loyalty_balance b ON b.customer_id = c.id ORDER BY b.points DESC, c.id LIMIT ?`, append(w.Args, limit)...)
}
