package store

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/memo"
	"meridian/platform/money"
)

// Forecast sums the deals of a period by person of the team, stage and category, each
// with the part the person has the credit for: won ones by closing date, open ones by
// expected close; of very many deals some seconds old.
func (s *Deals) Forecast(ctx context.Context, f domain.DealFilter) ([]domain.ForecastPart, error) {
	owner := f.Owner
	f.Owner = 0 // the person with a share, not the owner
	w, err := s.scope(ctx, f)
	if err != nil {
		return nil, err
	}
	return s.parts.Get(ctx, w.Key()+fmt.Sprint(owner, f.From, f.To), func(ctx context.Context) ([]domain.ForecastPart, bool, error) {
		rows, err := s.forecast(ctx, w, owner, f)
		n := 0
		for i := range rows {
			n += rows[i].N
		}
		return rows, n >= memo.Many, err
	})
}

func (s *Deals) forecast(ctx context.Context, w *db.Rows, owner int64, f domain.DealFilter) ([]domain.ForecastPart, error) {
	args := append(append([]any{f.From, f.To}, w.Args...), f.From, f.To)
	rows, err := db.Select[domain.ForecastPart](ctx, s.DB, `WITH o AS (
			SELECT id, owner_id, stage, category, amount, probability FROM ltc.opportunity WHERE stage = 'won' AND closed_on BETWEEN ? AND ? AND category <> 'omitted' AND `+w.SQL+`
			UNION ALL SELECT id, owner_id, stage, category, amount, probability FROM ltc.opportunity WHERE stage IN ('qualify', 'propose', 'negotiate') AND close_on BETWEEN ? AND ? AND category <> 'omitted' AND `+w.SQL+`),
		part AS (SELECT coalesce(m.user_id, o.owner_id) AS user_id, o.stage, o.category, o.probability, CASE WHEN m.split IS NULL THEN o.amount ELSE round(o.amount * m.split, 6) END AS part
			FROM o LEFT JOIN ltc.deal_member m ON m.parent_id = o.id AND m.split > 0 WHERE CAST(? AS bigint) = 0 OR coalesce(m.user_id, o.owner_id) = ?)
		SELECT user_id, stage, category, count(*) AS n, sum(part) AS part, sum(round(part * probability, 6)) AS weighted FROM part GROUP BY 1, 2, 3`, append(append(args, w.Args...), owner, owner)...)
	if err != nil {
		return nil, fmt.Errorf("forecast: %w", err)
	}
	return rows, nil
}

// Entries returns the latest entry of a kind per person and period.
func (s *Deals) Entries(ctx context.Context, span string, start date.Date) ([]domain.ForecastEntry, error) {
	w, err := s.DB.Rows(ctx, "ltc.forecast_entry", 0)
	if err != nil {
		return nil, err
	}
	rows, err := db.Select[domain.ForecastEntry](ctx, s.DB, `SELECT DISTINCT ON (owner_id, kind) id, owner_id, kind, amount, note, created_at, created_by FROM ltc.forecast_entry
		WHERE span = ? AND period_start = ? AND `+w.SQL+` ORDER BY owner_id, kind, id DESC`, append([]any{span, start}, w.Args...)...)
	if err != nil {
		return nil, fmt.Errorf("forecast entries: %w", err)
	}
	return rows, nil
}

// Freeze keeps how the deals of a company look in a week. Repeating it changes nothing.
// It returns how many deals it kept.
func (s *Deals) Freeze(ctx context.Context, company int64, week date.Date, at time.Time) (n int64, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		n, err = s.DB.ExecN(ctx, `INSERT INTO ltc.forecast_freeze (company_id, week, opportunity_id, owner_id, stage, category, amount, probability, close_on, frozen_at)
			SELECT company_id, $2, id, owner_id, stage, category, amount, probability, close_on, $3 FROM ltc.opportunity
			WHERE company_id = $1 AND stage IN ('qualify', 'propose', 'negotiate', 'hold') AND archived_at IS NULL
				AND NOT EXISTS (SELECT FROM ltc.forecast_freeze WHERE company_id = $1 AND week = $2)`, company, week, at)
		return err
	})
	return n, err
}

// FrozenWeek is the last week before or on a day that was frozen, else the first after
// it; the zero date when none ever was.
func (s *Deals) FrozenWeek(ctx context.Context, company int64, day date.Date) (date.Date, error) {
	var week date.Date
	_, err := s.DB.Row(ctx, `SELECT coalesce(max(week) FILTER (WHERE week <= $2), min(week)) FROM ltc.forecast_freeze WHERE company_id = $1`, []any{company, day}, &week)
	return week, err
}

// Pairs compares the deals of a frozen week that the reader may see today with what they
// are now, as far as they stand or stood in the period of the filter; omitted ones count
// as put on hold. companies are all there are: the freeze is kept by company and week.
func (s *Deals) Pairs(ctx context.Context, f domain.DealFilter, week date.Date, companies []int64) ([]domain.Pair, error) {
	then, err := s.frozenScope(ctx, f)
	if err != nil {
		return nil, err
	}
	now, err := s.scope(ctx, f)
	if err != nil {
		return nil, err
	}
	args := append([]any{db.Array(companies), week, f.From, f.To}, then.Args...)
	args = append(append(args, f.From, f.To), now.Args...)
	args = append(append(args, f.From, f.To), now.Args...)
	rows, err := db.Select[domain.Pair](ctx, s.DB, `WITH was AS (
			SELECT f.opportunity_id AS id, f.amount FROM ltc.forecast_freeze f WHERE f.company_id = ANY(?) AND f.week = ? AND f.category <> 'omitted' AND f.stage IN ('qualify', 'propose', 'negotiate') AND f.close_on BETWEEN ? AND ?
				AND f.opportunity_id IN (SELECT id FROM ltc.opportunity WHERE `+then.SQL+`)),
		pair AS (SELECT true AS was_open, true AS was_in, o.id IS NOT NULL AS known, coalesce(o.stage, '') AS stage, coalesce(o.near, false) AS is_in, was.amount AS before, coalesce(o.amount, 0) AS after
				FROM was LEFT JOIN (SELECT id, CASE WHEN category = 'omitted' AND stage <> 'lost' THEN 'hold' ELSE stage END AS stage, close_on BETWEEN ? AND ? AS near, amount FROM ltc.opportunity WHERE `+now.SQL+`) o USING (id)
			UNION ALL SELECT f.opportunity_id IS NOT NULL, false, true, o.stage, true, 0, o.amount
				FROM (SELECT id, stage, amount FROM ltc.opportunity WHERE stage IN ('qualify', 'propose', 'negotiate') AND category <> 'omitted' AND close_on BETWEEN ? AND ? AND `+now.SQL+`) o
				LEFT JOIN ltc.forecast_freeze f ON f.company_id = ANY(?) AND f.week = ? AND f.opportunity_id = o.id AND f.category <> 'omitted' AND f.stage IN ('qualify', 'propose', 'negotiate')
				WHERE NOT EXISTS (SELECT FROM was WHERE was.id = o.id))
		SELECT was_open, was_in, known, stage, is_in, sum(before) AS before, sum(after) AS after FROM pair GROUP BY 1, 2, 3, 4, 5`, append(args, db.Array(companies), week)...)
	if err != nil {
		return nil, fmt.Errorf("bridge since %s: %w", week, err)
	}
	return rows, nil
}

// frozenScope is scope with the deleted deals, which a freeze still holds.
func (s *Deals) frozenScope(ctx context.Context, f domain.DealFilter) (*db.Rows, error) {
	w, err := s.DB.Readable(ctx, "ltc.opportunity")
	if err != nil {
		return nil, err
	}
	if f.Dept != 0 {
		w.And("dept_id = ANY(?)", db.Array(s.DB.Subtree(f.Dept)))
	}
	if f.Owner != 0 {
		w.And("owner_id = ?", f.Owner)
	}
	if f.Pipeline != 0 {
		w.And("pipeline_id = ?", f.Pipeline)
	}
	return w, nil
}

// Foreseen compares, month by month, what was committed at its start with what was won.
func (s *Deals) Foreseen(ctx context.Context, f domain.DealFilter, company int64, months []date.Date) ([]domain.Accuracy, error) {
	var out []domain.Accuracy
	for _, m := range months {
		from, to := domain.Span(domain.SpanMonth, m)
		a := domain.Accuracy{From: from}
		week, err := s.FrozenWeek(ctx, company, from)
		if err != nil {
			return nil, err
		}
		if a.Frozen = !week.IsZero() && !week.After(from.AddDays(6)); a.Frozen {
			w, err := s.frozenScope(ctx, f)
			if err != nil {
				return nil, err
			}
			x, err := db.One[struct{ Amount money.Amount }](ctx, s.DB, `SELECT coalesce(sum(amount), 0) AS amount FROM ltc.forecast_freeze
				WHERE week = ? AND category = 'commit' AND close_on BETWEEN ? AND ? AND opportunity_id IN (SELECT id FROM ltc.opportunity WHERE `+w.SQL+`)`, append([]any{week, from, to}, w.Args...)...)
			if err != nil {
				return nil, fmt.Errorf("forecast of %s: %w", from, err)
			}
			a.Forecast = x.Amount
		}
		w, err := s.scope(ctx, f)
		if err != nil {
			return nil, err
		}
		w.Days("closed_on", from, to)
		x, err := db.One[struct{ Amount money.Amount }](ctx, s.DB, `SELECT coalesce(sum(amount), 0) AS amount FROM ltc.opportunity WHERE stage = 'won' AND `+w.SQL, w.Args...)
		if err != nil {
			return nil, fmt.Errorf("won in %s: %w", from, err)
		}
		a.Actual = x.Amount
		out = append(out, a)
	}
	return out, nil
}

// dimensions are the columns a funnel may be cut by.
var dimensions = map[string]string{"": "''", "owner": "o.owner_id::text", "dept": "o.dept_id::text", "product": "coalesce(o.product_id, 0)::text", "source": "o.source", "pipeline": "o.pipeline_id::text", "region": "o.region"}

// Funnel follows cohorts: the deals that entered a stage in a period, each once by its
// first entry, in all and by each part of the dimension; now says which are maturing.
// Lost ones stay in the denominator; frappe/crm drops those that are lost now and counts
// re-entries twice, so that its conversion is too high. A deal that came in later than
// the first stage, by import, entered the first one when it was created.
//
// Every deal is read once and counted with those it is alike to in all that matters, which
// are yes or no: the database foresees few groups and shares the work among its processes.
func (s *Deals) Funnel(ctx context.Context, f domain.DealFilter, dimension string, from, to, now time.Time) (total, parts []domain.FunnelStep, err error) {
	w, err := s.scope(ctx, f)
	if err != nil {
		return nil, nil, err
	}
	by, ok := dimensions[dimension]
	if !ok {
		return nil, nil, fmt.Errorf("funnel: no dimension %q", dimension)
	}
	passed := math.Floor(now.Sub(to).Seconds()) // whole seconds; half of one more counts
	head, group := "false AS part, '' AS key", "k, stage"
	if dimension != "" {
		head, group = "grouping(key) = 0 AS part, coalesce(key, '') AS key", "GROUPING SETS ((k, stage), (key, k, stage))"
	}
	rows, err := db.Select[struct {
		domain.FunnelStep
		Part       bool
		Gone, Fast int64
	}](ctx, s.DB, `WITH p AS (SELECT CAST(? AS timestamptz) AS a, CAST(? AS timestamptz) AS z, make_interval(secs => ?) AS passed),
		way AS (SELECT `+by+` AS key, o.stage, o.amount, least(o.created_at, o.qualify_at) AS q, o.propose_at AS p, o.negotiate_at AS n, CASE WHEN o.stage = 'won' THEN o.won_at END AS w
			FROM (SELECT * FROM ltc.deal_way WHERE `+w.SQL+`) o),
		alike AS (SELECT key, q >= p.a AND q < p.z AS q_in, way.p >= p.a AND way.p < p.z AS p_in, n >= p.a AND n < p.z AS n_in, way.p IS NOT NULL AS has_p, n IS NOT NULL AS has_n, w IS NOT NULL AS won, stage = 'lost' AS lost,
				least(way.p, n, w) - q < p.passed AS q_fast, least(n, w) - way.p < p.passed AS p_fast, w - n < p.passed AS n_fast, count(*) AS c, sum(amount) AS amount
			FROM way, p GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
		SELECT `+head+`, stage, coalesce(sum(c) FILTER (WHERE ours), 0)::bigint AS entered, coalesce(sum(c) FILTER (WHERE ours AND on_), 0)::bigint AS reached, coalesce(sum(c) FILTER (WHERE ours AND won), 0)::bigint AS won,
			coalesce(sum(c) FILTER (WHERE ours AND NOT on_ AND lost), 0)::bigint AS lost, coalesce(sum(c) FILTER (WHERE ours AND NOT on_ AND NOT lost), 0)::bigint AS open, coalesce(sum(amount) FILTER (WHERE ours), 0) AS amount,
			coalesce(sum(c) FILTER (WHERE on_), 0)::bigint AS gone, coalesce(sum(c) FILTER (WHERE fast), 0)::bigint AS fast
		FROM alike CROSS JOIN LATERAL (VALUES (1, 'qualify', true, q_in, has_p OR has_n OR won, q_fast), (2, 'propose', has_p, p_in, has_n OR won, p_fast), (3, 'negotiate', has_n, n_in, won, n_fast)) x(k, stage, been, ours, on_, fast)
		WHERE been GROUP BY `+group+` ORDER BY 1, 2, k`,
		append([]any{from, to, passed + 0.5}, w.Args...)...)
	if err != nil {
		return nil, nil, fmt.Errorf("funnel: %w", err)
	}
	total = []domain.FunnelStep{{Stage: domain.DealQualify}, {Stage: domain.DealPropose}, {Stage: domain.DealNegotiate}}
	for _, r := range rows {
		r.Young = r.Fast*10 < r.Gone*9 || r.Gone == 0 && passed < 0
		if r.Part {
			parts = append(parts, r.FunnelStep)
			continue
		}
		total[slices.IndexFunc(total, func(x domain.FunnelStep) bool { return x.Stage == r.Stage })] = r.FunnelStep
	}
	return total, parts, nil
}

// Ended counts the closed deals of a period by how they ended and why.
func (s *Deals) Ended(ctx context.Context, f domain.DealFilter) ([]domain.DealEnding, error) {
	w, err := s.scope(ctx, f)
	if err != nil {
		return nil, err
	}
	w.Days("closed_on", f.From, f.To)
	rows, err := db.Select[domain.DealEnding](ctx, s.DB, `SELECT stage = 'won' AS won, lost_stage AS stage, loss_reason AS reason, count(*) AS n, sum(amount) AS amount
		FROM ltc.opportunity WHERE stage IN ('won', 'lost') AND `+w.SQL+` GROUP BY 1, 2, 3 ORDER BY array_position(ARRAY['qualify', 'propose', 'negotiate'], lost_stage), 5 DESC`, w.Args...)
	if err != nil {
		return nil, fmt.Errorf("closed deals: %w", err)
	}
	return rows, nil
}

// Spent returns how many days the deals of a filter stood in each stage; an open stay
// ends now, time on hold is left out.
func (s *Deals) Spent(ctx context.Context, f domain.DealFilter, now time.Time) ([]domain.Stay, error) {
	w, err := s.scope(ctx, f)
	if err != nil {
		return nil, err
	}
	stay := func(stage string) string {
		return `CASE WHEN in_stage = '` + stage + `' THEN coalesce(` + stage + `_us, 0) + date_part('epoch', n.at - since) * 1000000 ELSE ` + stage + `_us END`
	}
	rows, err := db.Select[domain.Stay](ctx, s.DB, stayed(stay("qualify"), stay("propose"), stay("negotiate"))+` FROM (SELECT CAST(? AS timestamptz) AS at) n, ltc.deal_way WHERE `+w.SQL+stayedEnd, append([]any{now}, w.Args...)...)
	if err != nil {
		return nil, fmt.Errorf("stage durations: %w", err)
	}
	return rows, nil
}

// Standing is the open pipeline by stage at this moment.
func (s *Deals) Standing(ctx context.Context, f domain.DealFilter) ([]domain.Standing, error) {
	w, err := s.scope(ctx, f)
	if err != nil {
		return nil, err
	}
	return db.Select[domain.Standing](ctx, s.DB, `SELECT stage, count(*) AS n, coalesce(sum(amount), 0) AS amount, coalesce(round(sum(amount * probability), 2), 0) AS weighted
		FROM ltc.opportunity WHERE stage IN ('qualify', 'propose', 'negotiate') AND `+w.SQL+` GROUP BY 1 ORDER BY array_position(ARRAY['qualify', 'propose', 'negotiate'], stage)`, w.Args...)
}

// CycleDays is the mean number of days from creation to winning of the deals won in the
// period.
func (s *Deals) CycleDays(ctx context.Context, f domain.DealFilter) (money.Qty, error) {
	w, err := s.scope(ctx, f)
	if err != nil {
		return money.Qty{}, err
	}
	w.Days("closed_on", f.From, f.To)
	x, err := db.One[struct{ Days money.Qty }](ctx, s.DB, `SELECT coalesce(round(avg(closed_on - created_at::date), 1), 0) AS days FROM ltc.opportunity WHERE stage = 'won' AND `+w.SQL, w.Args...)
	return x.Days, err
}
