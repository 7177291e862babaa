package store

import (
	"context"

	"meridian/modules/crm"
	"meridian/modules/crm/internal/domain"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/trace"
)

func refOf(typ string, id int64) trace.Ref { return trace.Ref{Type: typ, ID: id} }

// Before implements domain.LifecycleLog.
func (s *Store) Before(ctx context.Context, id int64) (stage crm.Lifecycle, err error) {
	_, err = s.DB.Row(ctx, `SELECT to_stage FROM crm.lifecycle_log WHERE customer_id = $1 AND to_stage NOT IN ('dormant', 'at_risk', 'lost', 'merged') ORDER BY id DESC LIMIT 1`, []any{id}, &stage)
	return stage, err
}

// Reached implements domain.LifecycleLog.
func (s *Store) Reached(ctx context.Context, id int64, stage crm.Lifecycle) (bool, error) {
	return s.DB.Row(ctx, `SELECT 1 FROM crm.lifecycle_log WHERE customer_id = $1 AND to_stage = $2 LIMIT 1`, []any{id, string(stage)}, new(int))
}

// OpenDeal implements domain.LifecycleLog.
func (s *Store) OpenDeal(ctx context.Context, id int64, deal trace.Ref) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		return s.DB.Exec(ctx, `INSERT INTO crm.open_deal (object_type, object_id, customer_id) VALUES ($1, $2, $3)
			ON CONFLICT (object_type, object_id) DO UPDATE SET closed_at = NULL, customer_id = $3`, deal.Type, deal.ID, id)
	})
}

// CloseDeal implements domain.LifecycleLog.
func (s *Store) CloseDeal(ctx context.Context, id int64, deal trace.Ref) (left int, err error) {
	if err = s.DB.Exec(ctx, `UPDATE crm.open_deal SET closed_at = clock_timestamp() WHERE object_type = $1 AND object_id = $2 AND closed_at IS NULL`, deal.Type, deal.ID); err != nil {
		return 0, err
	}
	_, err = s.DB.Row(ctx, `SELECT count(*) FROM crm.open_deal WHERE customer_id = $1 AND closed_at IS NULL`, []any{id}, &left)
	return left, err
}

const ladder = `ARRAY['to_identify', 'target', 'potential', 'opportunity', 'signed', 'user', 'satisfied']`

// of returns the customers of a unit the reader may see, archived ones too: who is gone was
// there.
func (s *Store) of(ctx context.Context, u domain.Unit) (*db.Rows, error) {
	w, err := s.DB.Readable(ctx, "crm.customer")
	if err != nil {
		return nil, err
	}
	if who, _ := authz.Of(ctx); who.Company != 0 {
		w.And("company_id = ?", who.Company)
	}
	if u.Dept != 0 {
		w.And("dept_id = ANY(?)", db.Array(s.DB.Subtree(u.Dept)))
	}
	if u.Region != "" {
		w.And("region = ?", u.Region)
	}
	if u.Named {
		w.And("id = ANY(?)", db.Array(u.IDs))
	}
	return w, nil
}

// Flow counts customers by where they stood before a period and at its end; "" before
// is who came in it.
type Flow struct {
	From, To crm.Lifecycle
	N        int64
}

// Flows is the stock-and-flow matrix of the customers the reader may see.
func (s *Store) Flows(ctx context.Context, dept int64, from, to date.Date) ([]Flow, error) {
	w, err := s.of(ctx, domain.Unit{Dept: dept})
	if err != nil {
		return nil, err
	}
	loc := s.Location(ctx)
	args := append([]any{from.In(loc), to.AddDays(1).In(loc)}, w.Args...)
	return db.Select[Flow](ctx, s.DB, `SELECT coalesce(x.a, '') AS "from", x.z AS "to", count(*) AS n FROM (
			SELECT (array_agg(l.to_stage ORDER BY l.id DESC) FILTER (WHERE l.at < ?))[1] AS a, (array_agg(l.to_stage ORDER BY l.id DESC) FILTER (WHERE l.at < ?))[1] AS z
			FROM crm.lifecycle_log l JOIN (SELECT id FROM crm.customer WHERE `+w.SQL+`) c ON c.id = l.customer_id GROUP BY l.customer_id) x
		WHERE x.z IS NOT NULL GROUP BY 1, 2`, args...)
}

// groups are what cohorts can be split by.
var groups = map[string]string{"": `''`, "month": `''`, "owner": `owner_id::text`, "source": `source`, "region": `region`, "dept": `dept_id::text`, "class": `class`}

// Steps measures the conversion of everybody who entered a state in a period, whenever
// they went on: each customer once, by the first entry; who skipped a state went on; who
// was lost stays in the count (5.1).
func (s *Store) Steps(ctx context.Context, u domain.Unit, from, to date.Date, by string, mature int) ([]domain.Step, error) {
	w, err := s.of(ctx, u)
	if err != nil {
		return nil, err
	}
	loc := s.Location(ctx)
	group := "grp"
	args := append([]any{}, w.Args...)
	if by == "month" {
		group = `to_char(first AT TIME ZONE ?, 'YYYY-MM')`
		args = append(args, loc.String())
	}
	args = append(args, mature, from.In(loc), to.AddDays(1).In(loc))
	return db.Select[domain.Step](ctx, s.DB, `WITH e AS (
			SELECT l.customer_id, c.grp, c.stage, array_position(`+ladder+`, l.to_stage) AS k, min(l.at) AS first
			FROM crm.lifecycle_log l JOIN (SELECT id, stage, `+groups[by]+` AS grp FROM crm.customer WHERE `+w.SQL+`) c ON c.id = l.customer_id
			WHERE l.to_stage = ANY(`+ladder+`) GROUP BY 1, 2, 3, 4),
		s AS (SELECT *, min(first) OVER (PARTITION BY customer_id ORDER BY k ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS reached FROM e)
		SELECT `+group+` AS "group", k, count(*) AS entered, count(reached) AS reached,
			count(*) FILTER (WHERE reached IS NULL AND stage NOT IN ('lost', 'merged')) AS open,
			count(*) FILTER (WHERE reached IS NULL AND stage NOT IN ('lost', 'merged') AND first > now() - ?::int * interval '1 day') AS maturing,
			percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(0, extract(epoch FROM reached - first)) / 86400) AS lag
		FROM s WHERE first >= ? AND first < ? GROUP BY 1, 2 ORDER BY 1, 2`, args...)
}

// Stock counts the visible customers that stand in each state, and those that left it
// forward since a day.
type Stock struct {
	Stage       crm.Lifecycle
	N, Advanced int64
}

// Stocks counts the customers of a unit by state.
func (s *Store) Stocks(ctx context.Context, u domain.Unit, since date.Date) ([]Stock, error) {
	w, err := s.of(ctx, u)
	if err != nil {
		return nil, err
	}
	args := append(append([]any{}, w.Args...), since.In(s.Location(ctx)))
	return db.Select[Stock](ctx, s.DB, `WITH c AS (SELECT id, stage FROM crm.customer WHERE `+w.SQL+` AND archived_at IS NULL),
		a AS (SELECT l.from_stage AS stage, count(DISTINCT l.customer_id) AS n FROM crm.lifecycle_log l JOIN c ON c.id = l.customer_id
			WHERE l.at >= ? AND array_position(`+ladder+`, l.to_stage) > array_position(`+ladder+`, l.from_stage) AND array_position(`+ladder+`, c.stage) > array_position(`+ladder+`, l.from_stage) GROUP BY 1)
		SELECT coalesce(x.stage, a.stage) AS stage, coalesce(x.n, 0) AS n, coalesce(a.n, 0) AS advanced FROM (SELECT stage, count(*) AS n FROM c GROUP BY 1) x FULL JOIN a USING (stage)`, args...)
}

// PublishGap stores what was published of a plan as its next version.
func (s *Store) PublishGap(ctx context.Context, plan int64, list []domain.StageNeed) (version int, err error) {
	if _, err = s.DB.Row(ctx, `SELECT coalesce(max(version), 0) + 1 FROM crm.resource_gap WHERE plan_id = $1`, []any{plan}, &version); err != nil {
		return 0, err
	}
	for _, g := range list {
		var due any
		if !g.DueOn.IsZero() {
			due = g.DueOn
		}
		if err := s.DB.Exec(ctx, `INSERT INTO crm.resource_gap (plan_id, version, stage, required, have, gap, due_on, by_user) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			plan, version, string(g.Stage), g.Required, g.Have, g.Short(), due, authz.Actor(ctx)); err != nil {
			return 0, err
		}
	}
	return version, nil
}

// RegisteredBy lists the customers of the deals a partner has registered, but those we
// rejected.
func (s *Store) RegisteredBy(ctx context.Context, partner int64) ([]int64, error) {
	rows, err := db.Select[struct{ ID int64 }](ctx, s.DB, `SELECT DISTINCT customer_id AS id FROM crm.deal_registration WHERE partner_id = ? AND customer_id IS NOT NULL AND stage <> 'rejected' AND archived_at IS NULL ORDER BY 1`, partner)
	out := make([]int64, len(rows))
	for i, r := range rows {
		out[i] = r.ID
	}
	return out, err
}
