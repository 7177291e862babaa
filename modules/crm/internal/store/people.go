package store

import (
	"context"
	"time"

	"meridian/modules/crm"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/money"
)

// Effort is what one owner did and brought in a period.
type Effort struct {
	OwnerID, DeptID                    int64
	Customers, Signed, Completeness    int64
	Visits, Held, Due, OnTime, MovedUp int64
	Quotes, Orders, Complaints, Praise int64
	Net, Cost                          money.Amount
}

// Efforts counts per owner over the visible customers and follow-ups of a period.
func (s *Store) Efforts(ctx context.Context, dept int64, from, to date.Date) ([]Effort, error) {
	w, err := s.DB.Rows(ctx, "crm.customer", dept)
	if err != nil {
		return nil, err
	}
	f, err := s.DB.Rows(ctx, "crm.followup", dept)
	if err != nil {
		return nil, err
	}
	f.Days("planned_on", from, to)
	loc := s.Location(ctx)
	args := append([]any{}, w.Args...)
	args = append(args, loc.String())
	args = append(args, f.Args...)
	args = append(args, from.In(loc), to.AddDays(1).In(loc), from, to)
	return db.Select[Effort](ctx, s.DB, `WITH c AS (SELECT id, owner_id, dept_id, stage, completeness FROM crm.customer WHERE owner_id <> 0 AND `+w.SQL+`),
		a AS (SELECT owner_id, min(dept_id) AS dept_id, count(*) AS customers, count(*) FILTER (WHERE stage IN ('signed', 'user', 'satisfied')) AS signed, round(avg(completeness))::bigint AS completeness FROM c GROUP BY 1),
		p AS (SELECT owner_id, count(*) FILTER (WHERE stage = 'done' AND channel = 'visit') AS visits, count(*) FILTER (WHERE stage = 'done') AS held, count(*) FILTER (WHERE stage = 'done' OR planned_on <= current_date) AS due,
				count(*) FILTER (WHERE stage = 'done' AND (done_at AT TIME ZONE ?)::date <= planned_on) AS on_time FROM crm.followup WHERE stage <> 'dropped' AND `+f.SQL+` GROUP BY 1),
		u AS (SELECT c.owner_id, count(DISTINCT l.customer_id) AS moved_up FROM crm.lifecycle_log l JOIN c ON c.id = l.customer_id WHERE l.at >= ? AND l.at < ? AND l.from_stage <> '' AND array_position(`+ladder+`, l.to_stage) > array_position(`+ladder+`, l.from_stage) GROUP BY 1),
		x AS (SELECT c.owner_id, sum(n) FILTER (WHERE kind = 'quote') AS quotes, sum(n) FILTER (WHERE kind = 'order') AS orders, sum(n) FILTER (WHERE kind = 'complaint') AS complaints, sum(n) FILTER (WHERE kind = 'praise') AS praise, sum(amount) FILTER (WHERE kind = 'order') AS net, sum(amount) FILTER (WHERE kind = 'cost') AS cost
			FROM crm.fact f JOIN c ON c.id = f.customer_id WHERE f.on_day >= ? AND f.on_day <= ? GROUP BY 1)
		SELECT owner_id, coalesce(dept_id, 0) AS dept_id, coalesce(customers, 0) AS customers, coalesce(signed, 0) AS signed, coalesce(completeness, 0) AS completeness, coalesce(visits, 0) AS visits, coalesce(held, 0) AS held, coalesce(due, 0) AS due, coalesce(on_time, 0) AS on_time,
			coalesce(moved_up, 0) AS moved_up, coalesce(quotes, 0) AS quotes, coalesce(orders, 0) AS orders, coalesce(complaints, 0) AS complaints, coalesce(praise, 0) AS praise, coalesce(net, 0) AS net, coalesce(cost, 0) AS cost
		FROM a FULL JOIN p USING (owner_id) LEFT JOIN u USING (owner_id) LEFT JOIN x USING (owner_id) ORDER BY net DESC, moved_up DESC, owner_id`, args...)
}

// Trend is a good customer with its orders of this year and the one before.
type Trend struct {
	ID, OwnerID int64
	No, Name    string
	Class       string
	Now, Before money.Amount
}

// Trends lists the visible customers of class A and B by how much their orders fell.
func (s *Store) Trends(ctx context.Context, dept int64, day date.Date, limit int) ([]Trend, error) {
	w, err := s.DB.Rows(ctx, "crm.customer", dept)
	if err != nil {
		return nil, err
	}
	args := append([]any{day, day, day}, w.Args...)
	return db.Select[Trend](ctx, s.DB, `SELECT c.id, c.owner_id, c.no, c.name, c.class, coalesce(sum(f.amount) FILTER (WHERE f.on_day > (?::date - interval '1 year')::date), 0) AS now, coalesce(sum(f.amount) FILTER (WHERE f.on_day <= (?::date - interval '1 year')::date), 0) AS before
		FROM crm.fact f JOIN crm.customer c ON c.id = f.customer_id AND f.kind = 'order' AND f.on_day > (?::date - interval '2 years')::date AND f.on_day <= current_date
		WHERE c.class IN ('a', 'b') AND c.id IN (SELECT id FROM crm.customer WHERE `+w.SQL+`) GROUP BY 1, 2, 3, 4, 5
		ORDER BY coalesce(sum(f.amount) FILTER (WHERE f.on_day > (current_date - interval '1 year')::date), 0) - coalesce(sum(f.amount) FILTER (WHERE f.on_day <= (current_date - interval '1 year')::date), 0), c.id LIMIT ?`, append(args, limit)...)
}

// Quiet counts the visible customers without contact for days, and those of class A.
func (s *Store) Quiet(ctx context.Context, dept int64, now time.Time, days int) (out struct{ N, Good int64 }, err error) {
	w, err := s.DB.Rows(ctx, "crm.customer", dept)
	if err != nil {
		return out, err
	}
	return db.One[struct{ N, Good int64 }](ctx, s.DB, `SELECT count(*) AS n, count(*) FILTER (WHERE class = 'a') AS good FROM crm.customer WHERE stage NOT IN ('lost', 'merged') AND coalesce(last_touch_at, created_at) < ?::timestamptz - ?::int * interval '1 day' AND `+w.SQL, append([]any{now, days}, w.Args...)...)
}

// Seat is a person in the decisions of a customer.
type Seat struct {
	ID                  int64
	Name, Title, Role   string
	Attitude, Influence int
	SuperiorID          *int64
	Superior            string
	HasLeft, Stale      bool
	LastTouch           *time.Time
}

// Seats lists the people of a customer the reader may see, the most influential first.
func (s *Store) Seats(ctx context.Context, customer int64) ([]Seat, error) {
	w, err := s.DB.Rows(ctx, "crm.contact", 0)
	if err != nil {
		return nil, err
	}
	return db.Select[Seat](ctx, s.DB, `SELECT k.id, k.name, k.title, k.role, k.attitude, k.influence, k.superior_id, coalesce(u.name, '') AS superior, k.has_left, k.stale, (SELECT max(done_at) FROM crm.followup f WHERE f.contact_id = k.id AND f.stage = 'done') AS last_touch
		FROM (SELECT * FROM crm.contact WHERE `+w.SQL+`) k LEFT JOIN crm.contact u ON u.id = k.superior_id WHERE k.customer_id = ? ORDER BY k.has_left, k.influence DESC, k.id`, append(w.Args, customer)...)
}

// Coverage is how many of the roles in decisions are known at a customer with a deal.
type Coverage struct {
	ID, OwnerID    int64
	No, Name       string
	Roles, Against int64
	Decider        bool
}

// Coverages lists the visible customers in a deal, those with the fewest roles first.
func (s *Store) Coverages(ctx context.Context, limit int) ([]Coverage, error) {
	w, err := s.DB.Rows(ctx, "crm.customer", 0)
	if err != nil {
		return nil, err
	}
	return db.Select[Coverage](ctx, s.DB, `SELECT c.id, c.owner_id, c.no, c.name, count(DISTINCT k.role) FILTER (WHERE k.role IN ('decider', 'buyer', 'technical', 'user', 'sponsor')) AS roles, count(*) FILTER (WHERE k.attitude < 0) AS against, coalesce(bool_or(k.role = 'decider'), false) AS decider
		FROM (SELECT * FROM crm.customer WHERE stage = 'opportunity' AND `+w.SQL+`) c LEFT JOIN crm.contact k ON k.customer_id = c.id AND k.archived_at IS NULL AND NOT k.has_left GROUP BY 1, 2, 3, 4 ORDER BY roles, c.id LIMIT ?`, append(w.Args, limit)...)
}

// Card is the standing of one customer for its page.
type Card struct {
	Stage                crm.Lifecycle
	Completeness         int
	Score                *int
	Grade                string
	Exposure, Available  money.Amount
	Credit               bool // there is a limit or an exposure
	NextOn               date.Date
	NextStep             string
	Points               *int
	Clv                  *money.Amount
	OpenNeeds, OpenRisks int64
}

// CardOf reads the standing of a customer.
func (s *Store) CardOf(ctx context.Context, id int64) (Card, error) {
	return db.One[Card](ctx, s.DB, `SELECT c.stage, c.completeness, h.score, coalesce(h.grade, '') AS grade, c.credit_limit > 0 OR coalesce(e.orders + e.receivables, 0) > 0 AS credit,
			coalesce(e.receivables + e.delivered + e.orders + e.drafts - e.unapplied, 0) AS exposure, c.credit_limit - coalesce(e.receivables + e.delivered + e.orders + e.drafts - e.unapplied, 0) AS available,
			n.planned_on AS next_on, coalesce(n.subject, '') AS next_step, b.points, v.clv,
			(SELECT count(*) FROM crm.need x WHERE x.customer_id = c.id AND x.archived_at IS NULL AND x.stage NOT IN ('confirmed', 'rejected')) AS open_needs, (SELECT count(*) FROM crm.risk_case x WHERE x.customer_id = c.id AND x.archived_at IS NULL AND x.stage IN ('open', 'contacted')) AS open_risks
		FROM crm.customer c LEFT JOIN crm.health h ON h.customer_id = c.id LEFT JOIN crm.exposure_total e ON e.customer_id = c.id LEFT JOIN crm.loyalty_balance b ON b.customer_id = c.id LEFT JOIN crm.value v ON v.customer_id = c.id
		LEFT JOIN LATERAL (SELECT planned_on, subject FROM crm.followup f WHERE f.customer_id = c.id AND f.stage = 'planned' AND f.archived_at IS NULL ORDER BY planned_on LIMIT 1) n ON true WHERE c.id = ?`, id)
}
