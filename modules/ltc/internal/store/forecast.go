package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/money"
)

// Forecast lists the deals of a period with the part of each person of the team: won
// ones by closing date, open ones by expected close.
func (s *Deals) Forecast(ctx context.Context, f domain.DealFilter) ([]domain.ForecastDeal, error) {
	owner := f.Owner
	f.Owner = 0 // the person with a share, not the owner
	w, err := s.scope(ctx, f)
	if err != nil {
		return nil, err
	}
	w.And("CASE WHEN stage IN ('won', 'lost') THEN closed_on ELSE close_on END BETWEEN ? AND ?", f.From, f.To)
	rows, err := db.Select[domain.ForecastDeal](ctx, s.DB, `WITH o AS (SELECT * FROM ltc.opportunity WHERE stage NOT IN ('lost', 'hold') AND category <> 'omitted' AND `+w.SQL+`)
		SELECT coalesce(m.user_id, o.owner_id) AS user_id, o.stage, o.category, o.amount, coalesce(m.split, 1) AS split, o.probability
		FROM o LEFT JOIN ltc.deal_member m ON m.parent_id = o.id AND m.split > 0 WHERE CAST(? AS bigint) = 0 OR coalesce(m.user_id, o.owner_id) = ?`, append(w.Args, owner, owner)...)
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

// FrozenDeals lists the deals of a frozen week that the reader may see today.
func (s *Deals) FrozenDeals(ctx context.Context, f domain.DealFilter, week date.Date) ([]domain.Frozen, error) {
	w, err := s.frozenScope(ctx, f)
	if err != nil {
		return nil, err
	}
	return db.Select[domain.Frozen](ctx, s.DB, `SELECT opportunity_id AS id, stage, amount, close_on FROM ltc.forecast_freeze
		WHERE week = ? AND category <> 'omitted' AND opportunity_id IN (SELECT id FROM ltc.opportunity WHERE `+w.SQL+`)`, append([]any{week}, w.Args...)...)
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

// Current lists the deals as they are, for the comparison with a freeze. Omitted ones
// count as put on hold.
func (s *Deals) Current(ctx context.Context, f domain.DealFilter) ([]domain.Frozen, error) {
	w, err := s.scope(ctx, f)
	if err != nil {
		return nil, err
	}
	return db.Select[domain.Frozen](ctx, s.DB, `SELECT id, CASE WHEN category = 'omitted' AND stage <> 'lost' THEN 'hold' ELSE stage END AS stage, amount, close_on FROM ltc.opportunity WHERE `+w.SQL, w.Args...)
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
// first entry, in all and by each part of the dimension.
// Lost ones stay in the denominator; frappe/crm drops those that are lost now and counts
// re-entries twice, so that its conversion is too high. A deal that came in later than
// the first stage, by import, entered the first one when it was created.
func (s *Deals) Funnel(ctx context.Context, f domain.DealFilter, dimension string, from, to time.Time) (total, parts []domain.FunnelStep, err error) {
	w, err := s.scope(ctx, f)
	if err != nil {
		return nil, nil, err
	}
	by, ok := dimensions[dimension]
	if !ok {
		return nil, nil, fmt.Errorf("funnel: no dimension %q", dimension)
	}
	rows, err := db.Select[struct {
		domain.FunnelStep
		Part    bool
		LagSecs int64
	}](ctx, s.DB, `WITH o AS (SELECT o.id, o.stage, o.amount, o.created_at, `+by+` AS key FROM ltc.opportunity o WHERE `+w.SQL+`),
		way AS (SELECT o.key, o.stage, o.amount, least(o.created_at, t.q) AS q, t.p, t.n, CASE WHEN o.stage = 'won' THEN t.w END AS w
			FROM o LEFT JOIN (SELECT opportunity_id, min(entered_at) FILTER (WHERE stage = 'qualify') AS q, min(entered_at) FILTER (WHERE stage = 'propose') AS p,
				min(entered_at) FILTER (WHERE stage = 'negotiate') AS n, min(entered_at) FILTER (WHERE stage = 'won') AS w FROM ltc.deal_stay GROUP BY 1) t ON t.opportunity_id = o.id),
		step AS (SELECT key, way.stage AS now, amount, at >= ? AND at < ? AS ours, x.* FROM way
			CROSS JOIN LATERAL (VALUES (1, 'qualify', q, least(p, n, w), w), (2, 'propose', p, least(n, w), w), (3, 'negotiate', n, w, w)) x(k, stage, at, next, won) WHERE at IS NOT NULL)
		SELECT grouping(key) = 0 AS part, coalesce(key, '') AS key, stage, count(*) FILTER (WHERE ours) AS entered, count(next) FILTER (WHERE ours) AS reached, count(won) FILTER (WHERE ours) AS won,
			count(*) FILTER (WHERE ours AND next IS NULL AND now = 'lost') AS lost, count(*) FILTER (WHERE ours AND next IS NULL AND now <> 'lost') AS open,
			coalesce(sum(amount) FILTER (WHERE ours), 0) AS amount, coalesce(extract(epoch FROM percentile_disc(0.9) WITHIN GROUP (ORDER BY next - at)), 0)::bigint AS lag_secs
		FROM step GROUP BY GROUPING SETS ((k, stage), (key, k, stage)) ORDER BY 1, key, k`, append(append([]any{}, w.Args...), from, to)...)
	if err != nil {
		return nil, nil, fmt.Errorf("funnel: %w", err)
	}
	total = []domain.FunnelStep{{Stage: domain.DealQualify}, {Stage: domain.DealPropose}, {Stage: domain.DealNegotiate}}
	for _, r := range rows {
		r.Lag = time.Duration(r.LagSecs) * time.Second
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
	rows, err := db.Select[domain.Stay](ctx, s.DB, `WITH spent AS (
			SELECT t.stage, t.opportunity_id, sum(coalesce(t.left_at, ?) - t.entered_at) AS stay FROM ltc.deal_stay t
			WHERE t.stage IN ('qualify', 'propose', 'negotiate') AND t.opportunity_id IN (SELECT id FROM ltc.opportunity WHERE `+w.SQL+`) GROUP BY 1, 2)
		SELECT stage, count(*) AS n, `+fmt.Sprintf(days, `percentile_cont(0.5) WITHIN GROUP (ORDER BY stay)`)+` AS median, `+
		fmt.Sprintf(days, `percentile_cont(0.75) WITHIN GROUP (ORDER BY stay)`)+` AS p75, `+fmt.Sprintf(days, `percentile_cont(0.9) WITHIN GROUP (ORDER BY stay)`)+` AS p90
		FROM spent GROUP BY 1 ORDER BY array_position(ARRAY['qualify', 'propose', 'negotiate'], stage)`, append([]any{now}, w.Args...)...)
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
