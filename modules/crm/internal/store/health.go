package store

import (
	"context"
	"fmt"

	"meridian/modules/crm"
	"meridian/modules/crm/internal/domain"
	"meridian/platform/date"
	"meridian/platform/db"
)

// Record implements domain.FactBook.
func (s *Store) Record(ctx context.Context, f crm.Fact) error {
	return s.fact(ctx, `VALUES ($1::bigint, $2, $3::date, $4::int, $5::numeric, $6, $7::bigint, $8)`, int64(f.Customer), string(f.Kind), f.On, f.N, f.Amount, f.Doc.Type, f.Doc.ID, f.Key)
}

// Undo implements domain.FactBook.
func (s *Store) Undo(ctx context.Context, kind crm.FactKind, f crm.Fact) error {
	return s.fact(ctx, `SELECT customer_id, kind, on_day, -sum(n)::int, -sum(amount), object_type, object_id, $4 FROM crm.fact
		WHERE kind = $1 AND object_type = $2 AND object_id = $3 GROUP BY customer_id, kind, on_day, object_type, object_id HAVING sum(n) <> 0 OR sum(amount) <> 0`, string(kind), f.Doc.Type, f.Doc.ID, f.Key)
}

// fact appends rows and adds them to their months.
func (s *Store) fact(ctx context.Context, rows string, args ...any) error {
	err := s.DB.Later(ctx, nil, `WITH new AS (INSERT INTO crm.fact (customer_id, kind, on_day, n, amount, object_type, object_id, idem_key) `+rows+` ON CONFLICT (idem_key) DO NOTHING RETURNING *)
		INSERT INTO crm.customer_fact AS m (customer_id, kind, month, n, amount) SELECT customer_id, kind, date_trunc('month', on_day)::date, sum(n), sum(amount) FROM new GROUP BY 1, 2, 3
		ON CONFLICT (customer_id, kind, month) DO UPDATE SET n = m.n + excluded.n, amount = m.amount + excluded.amount`, args...)
	if err != nil {
		return fmt.Errorf("fact: %w", err)
	}
	return nil
}

// HealthDue implements domain.FactBook. Each telling is a row of its own, seen when its facts
// are: nobody waits for somebody else who tells of the same customer.
func (s *Store) HealthDue(ctx context.Context, company, customer int64) error {
	err := s.DB.Later(ctx, nil, `INSERT INTO crm.health_due (company_id, customer_id) VALUES ($1, $2)`, company, customer)
	if err != nil {
		return fmt.Errorf("health due: %w", err)
	}
	return nil
}

// TakeHealthDue strikes tellings off and returns their customers, as often as told of.
func (s *Store) TakeHealthDue(ctx context.Context, company int64, limit int) ([]int64, error) {
	rows, err := db.Select[struct{ ID int64 }](ctx, s.DB, `DELETE FROM crm.health_due WHERE id IN
		(SELECT id FROM crm.health_due WHERE company_id = ? ORDER BY id LIMIT ? FOR UPDATE SKIP LOCKED) RETURNING customer_id AS id`, company, limit)
	out := make([]int64, len(rows))
	for i, r := range rows {
		out[i] = r.ID
	}
	return out, err
}

// FactDifferences lists months that are not the sum of their facts, for the self-check.
func (s *Store) FactDifferences(ctx context.Context) ([]string, error) {
	rows, err := db.Select[struct{ Line string }](ctx, s.DB, `SELECT 'customer ' || coalesce(m.customer_id, f.customer_id) || ': ' || coalesce(m.kind, f.kind) || ' of a month differs from its facts' AS line
		FROM crm.customer_fact m FULL JOIN (SELECT customer_id, kind, date_trunc('month', on_day)::date AS month, sum(n) AS n, sum(amount) AS amount FROM crm.fact GROUP BY 1, 2, 3) f USING (customer_id, kind, month)
		WHERE coalesce(m.n, 0) <> coalesce(f.n, 0) OR coalesce(m.amount, 0) <> coalesce(f.amount, 0)`)
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.Line
	}
	return out, err
}

// Measure computes the health of the customers a policy holds for as of a day, nil ids of all
// of them: one statement for one customer or a million. The target of contacts is that of the
// follow-up standard over four weeks.
func (s *Store) Measure(ctx context.Context, company int64, ids []int64, day date.Date, p *domain.PolicyReach) error {
	list, err := s.rhythms(ctx, company)
	if err != nil {
		return err
	}
	cond, args := "", []any{list, day, company, p.LowFrom, p.HighBelow, p.ChurnDays, db.Array(p.Depts), p.Rest}
	if ids != nil {
		cond, args = " AND c.id = ANY($9)", append(args, db.Array(ids))
	}
	err = s.DB.Exec(ctx, `WITH old AS (SELECT customer_id, score, grade FROM crm.health), new AS (
		INSERT INTO crm.health AS h (customer_id, parts, score, grade, churn, days, contacts, orders, complaints, as_of)
		SELECT id, parts, score, CASE WHEN churn OR score < $5 THEN 'high' WHEN score >= $4 THEN 'low' ELSE 'medium' END, churn, days, contacts, orders, complaints, $2 FROM (
			SELECT *, round((SELECT sum(x) FROM unnest(parts) x))::int AS score, coalesce(days, 10000) > $6 AND NOT busy AND signed AS churn FROM (
				SELECT c.id, t.days, k.contacts, o.orders, q.open + q.closed AS complaints, crm.health_parts(t.days, k.contacts, greatest(1, coalesce(f.times, 1) * 28.0 / coalesce(f.per_days, 28)), o.orders, q.open, q.closed, c.need_fit) AS parts,
					coalesce((SELECT orders > 0 FROM crm.exposure_total e WHERE e.customer_id = c.id), false) AS busy,
					c.stage IN ('signed', 'user', 'satisfied') OR c.stage IN ('at_risk', 'dormant') AND EXISTS (SELECT 1 FROM crm.lifecycle_log l WHERE l.customer_id = c.id AND l.to_stage IN ('signed', 'user', 'satisfied')) AS signed
				FROM crm.customer c
				LEFT JOIN LATERAL (SELECT * FROM jsonb_to_recordset($1::jsonb) AS r(tier text, at_stage text, times int, per_days int, depts bigint[], rest boolean)
					WHERE (c.dept_id = ANY(depts)) <> rest AND (tier = '' OR tier = c.tier) AND (at_stage = '' OR at_stage = c.stage) ORDER BY tier <> '' DESC, at_stage <> '' DESC LIMIT 1) f ON true
				CROSS JOIN LATERAL (SELECT $2::date - c.last_touch_at::date AS days) t
				CROSS JOIN LATERAL (SELECT (SELECT count(*) FROM crm.followup x WHERE x.customer_id = c.id AND x.stage = 'done' AND x.done_at > $2::date - 30 AND x.done_at < $2::date + 1)
					+ coalesce((SELECT sum(n) FROM crm.fact x WHERE x.customer_id = c.id AND x.kind = 'touch' AND x.on_day > $2::date - 30 AND x.on_day <= $2), 0)::int AS contacts) k
				CROSS JOIN LATERAL (SELECT coalesce(sum(n), 0)::int AS orders FROM crm.fact x WHERE x.customer_id = c.id AND x.kind = 'order' AND x.on_day > ($2::date - interval '3 months')::date AND x.on_day <= $2) o
				CROSS JOIN LATERAL (SELECT greatest(0, coalesce(sum(n) FILTER (WHERE kind = 'complaint'), 0) - coalesce(sum(n) FILTER (WHERE kind = 'complaint_closed'), 0))::int AS open, coalesce(sum(n) FILTER (WHERE kind = 'complaint_closed'), 0)::int AS closed
					FROM crm.fact x WHERE x.customer_id = c.id AND x.kind IN ('complaint', 'complaint_closed') AND x.on_day > ($2::date - interval '6 months')::date AND x.on_day <= $2) q
				WHERE c.company_id = $3 AND c.archived_at IS NULL AND c.stage IN ('potential', 'opportunity', 'signed', 'user', 'satisfied', 'at_risk', 'dormant') AND (c.dept_id = ANY($7)) <> $8`+cond+`) a) b
		ON CONFLICT (customer_id) DO UPDATE SET parts = excluded.parts, score = excluded.score, grade = excluded.grade, churn = excluded.churn, days = excluded.days, contacts = excluded.contacts, orders = excluded.orders, complaints = excluded.complaints, as_of = excluded.as_of
			WHERE (h.parts, h.grade, h.churn, h.days, h.contacts, h.as_of) IS DISTINCT FROM (excluded.parts, excluded.grade, excluded.churn, excluded.days, excluded.contacts, excluded.as_of)
		RETURNING customer_id, score, grade)
		INSERT INTO crm.health_history (customer_id, on_day, score, grade) SELECT n.customer_id, $2, n.score, n.grade FROM new n LEFT JOIN old o USING (customer_id)
			WHERE (o.score, o.grade) IS DISTINCT FROM (n.score, n.grade)
		ON CONFLICT (customer_id, on_day) DO UPDATE SET score = excluded.score, grade = excluded.grade`, args...)
	if err != nil {
		return fmt.Errorf("measure health: %w", err)
	}
	return nil
}

// Health is a line of the grid.
type Health struct {
	ID, OwnerID                         int64
	No, Name, NeedFit, Grade            string
	Stage                               crm.Lifecycle
	Score, Contacts, Orders, Complaints int
	Days                                *int
	R, Q, O, C, D                       float64
	Churn                               bool
}

const healthCols = `c.id, c.owner_id, c.no, c.name, c.need_fit, c.stage, h.score, h.grade, h.churn, h.days, h.contacts, h.orders, h.complaints, h.parts[1]::float8 AS r, h.parts[2]::float8 AS q, h.parts[3]::float8 AS o, h.parts[4]::float8 AS c, h.parts[5]::float8 AS d`

// Healths lists the visible customers with their health, the weakest first.
func (s *Store) Healths(ctx context.Context, dept int64, grade string, limit int) ([]Health, error) {
	w, err := s.DB.Rows(ctx, "crm.customer", dept)
	if err != nil {
		return nil, err
	}
	args, cond := append([]any{}, w.Args...), ""
	if grade != "" {
		cond, args = " WHERE h.grade = ?", append(args, grade)
	}
	return db.Select[Health](ctx, s.DB, `SELECT `+healthCols+` FROM (SELECT * FROM crm.customer WHERE `+w.SQL+`) c JOIN crm.health h ON h.customer_id = c.id`+cond+` ORDER BY h.score, c.id LIMIT ?`, append(args, limit)...)
}

// GradeCounts counts the visible customers by grade.
func (s *Store) GradeCounts(ctx context.Context, dept int64) (out struct{ Low, Medium, High, Average int64 }, err error) {
	w, err := s.DB.Rows(ctx, "crm.customer", dept)
	if err != nil {
		return out, err
	}
	return db.One[struct{ Low, Medium, High, Average int64 }](ctx, s.DB, `SELECT count(*) FILTER (WHERE grade = 'low') AS low, count(*) FILTER (WHERE grade = 'medium') AS medium, count(*) FILTER (WHERE grade = 'high') AS high, coalesce(round(avg(score)), 0)::bigint AS average
		FROM crm.health h JOIN (SELECT id FROM crm.customer WHERE `+w.SQL+`) c ON c.id = h.customer_id`, w.Args...)
}

// Churning lists customers the churn rule holds for and that have no open case.
func (s *Store) Churning(ctx context.Context, company int64, limit int) ([]Health, error) {
	return db.Select[Health](ctx, s.DB, `SELECT `+healthCols+` FROM crm.customer c JOIN crm.health h ON h.customer_id = c.id AND h.churn
		WHERE c.company_id = ? AND c.archived_at IS NULL AND c.stage IN ('signed', 'user', 'satisfied', 'dormant') AND NOT EXISTS (SELECT 1 FROM crm.risk_case r WHERE r.customer_id = c.id AND r.archived_at IS NULL AND (r.stage IN ('open', 'contacted') OR r.updated_at > now() - interval '30 days'))
		ORDER BY h.score, c.id LIMIT ?`, company, limit)
}

// Churn is one month: who were customers at its start and were lost in it.
type Churn struct {
	Month       date.Date
	Start, Lost int64
}

// Churns counts by month the visible customers who had signed.
func (s *Store) Churns(ctx context.Context, dept int64, from date.Date, months int) ([]Churn, error) {
	w, err := s.of(ctx, domain.Unit{Dept: dept})
	if err != nil {
		return nil, err
	}
	tz := s.Location(ctx).String()
	args := append(append([]any{}, w.Args...), tz, tz, from, from.AddMonths(months-1))
	return db.Select[Churn](ctx, s.DB, `WITH c AS (SELECT id FROM crm.customer WHERE `+w.SQL+`), `+livesOf+`
		SELECT m.month, count(*) FILTER (WHERE since < m.start AND (gone IS NULL OR gone >= m.start)) AS start, count(*) FILTER (WHERE since < m.start AND lost >= m.start AND lost < m.until) AS lost
		FROM (SELECT g::date AS month, g AT TIME ZONE ? AS start, (g + interval '1 month') AT TIME ZONE ? AS until FROM generate_series(?::timestamp, ?::timestamp, interval '1 month') g) m
		LEFT JOIN x ON true GROUP BY 1 ORDER BY 1`, args...)
}

// livesOf follows every customer from its first signature to its loss; a merged one is
// gone but not lost.
const livesOf = `s AS (SELECT l.customer_id, min(l.at) AS since FROM crm.lifecycle_log l JOIN c ON c.id = l.customer_id WHERE l.to_stage IN ('signed', 'user', 'satisfied') GROUP BY 1),
		x AS (SELECT s.customer_id, s.since, min(l.at) FILTER (WHERE l.to_stage IN ('lost', 'merged')) AS gone, min(l.at) FILTER (WHERE l.to_stage = 'lost') AS lost
			FROM s LEFT JOIN crm.lifecycle_log l ON l.customer_id = s.customer_id AND l.at > s.since GROUP BY 1, 2)`

// RuleQuality is how well the churn rule foresaw who left in a period.
type RuleQuality struct{ Opened, Saved, Lost, FalseAlarms, Left, Foreseen int64 }

// Quality judges the churn rule over the visible customers.
func (s *Store) Quality(ctx context.Context, dept int64, from, to date.Date) (RuleQuality, error) {
	w, err := s.of(ctx, domain.Unit{Dept: dept})
	if err != nil {
		return RuleQuality{}, err
	}
	loc := s.Location(ctx)
	a, z := from.In(loc), to.AddDays(1).In(loc)
	args := append(append([]any{}, w.Args...), a, z, a, z, a, z)
	return db.One[RuleQuality](ctx, s.DB, `WITH c AS (SELECT id FROM crm.customer WHERE `+w.SQL+`), `+livesOf+`,
		k AS (SELECT count(*) AS opened, count(*) FILTER (WHERE stage = 'saved') AS saved, count(*) FILTER (WHERE stage = 'lost') AS lost, count(*) FILTER (WHERE stage = 'false_alarm') AS false_alarms
			FROM crm.risk_case r JOIN c ON c.id = r.customer_id WHERE r.archived_at IS NULL AND r.created_at >= ? AND r.created_at < ?)
		SELECT k.*, (SELECT count(*) FROM x WHERE lost >= ? AND lost < ?) AS "left",
			(SELECT count(*) FROM x WHERE lost >= ? AND lost < ? AND EXISTS (SELECT 1 FROM crm.risk_case r WHERE r.customer_id = x.customer_id AND r.created_at < x.lost)) AS foreseen FROM k`, args...)
}

// Cause counts the risk cases that ended with a cause.
type Cause struct {
	Cause       string
	Lost, Saved int64
}

// ChurnCauses counts the causes of the visible cases of a period.
func (s *Store) ChurnCauses(ctx context.Context, dept int64, from, to date.Date) ([]Cause, error) {
	w, err := s.DB.Rows(ctx, "crm.risk_case", dept)
	if err != nil {
		return nil, err
	}
	w.Moments("created_at", from, to, s.Location(ctx))
	return db.Select[Cause](ctx, s.DB, `SELECT cause, count(*) FILTER (WHERE stage = 'lost') AS lost, count(*) FILTER (WHERE stage = 'saved') AS saved FROM crm.risk_case WHERE cause <> '' AND `+w.SQL+` GROUP BY 1 ORDER BY 2 DESC, 1`, w.Args...)
}

// Outcome is how many customers of a grade at a day were lost in the 90 days after it.
type Outcome struct {
	Grade   string
	N, Lost int64
}

// Outcomes tests the grades of a day against what came after.
func (s *Store) Outcomes(ctx context.Context, dept int64, day date.Date) ([]Outcome, error) {
	w, err := s.of(ctx, domain.Unit{Dept: dept})
	if err != nil {
		return nil, err
	}
	args := append(append([]any{day, day}, w.Args...), day)
	return db.Select[Outcome](ctx, s.DB, `SELECT grade, count(*) AS n, count(*) FILTER (WHERE EXISTS (SELECT 1 FROM crm.lifecycle_log l WHERE l.customer_id = g.customer_id AND l.to_stage = 'lost' AND l.at > ?::date AND l.at < ?::date + 90)) AS lost
		FROM (SELECT DISTINCT ON (h.customer_id) h.customer_id, h.grade FROM (SELECT id FROM crm.customer WHERE `+w.SQL+`) c JOIN crm.health_history h ON h.customer_id = c.id WHERE h.on_day <= ? ORDER BY h.customer_id, h.on_day DESC) g GROUP BY 1 ORDER BY array_position(ARRAY['high', 'medium', 'low'], grade)`, args...)
}
