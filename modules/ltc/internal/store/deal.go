package store

import (
	"context"
	"fmt"
	"time"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/db"
	"meridian/platform/memo"
)

// Deals is the store of the opportunities. With every stage it writes the stay in it,
// so that funnel and durations need no other source, imports included.
type Deals struct {
	*db.Store[domain.Opportunity, *domain.Opportunity]
	DB      *db.DB
	funnels memo.Memo[FunnelFacts]
	parts   memo.Memo[[]domain.ForecastPart]
}

// NewDeals returns the store of the opportunities with their lines.
func NewDeals(d *db.DB) *Deals {
	return &Deals{DB: d, Store: db.NewStore(d, "ltc.opportunity",
		db.WithLines("ltc.deal_member", func(o *domain.Opportunity) *[]domain.DealMember { return &o.Team }),
		db.WithLines("ltc.deal_contact", func(o *domain.Opportunity) *[]domain.DealContact { return &o.Contacts }),
		db.WithLines("ltc.deal_competitor", func(o *domain.Opportunity) *[]domain.DealCompetitor { return &o.Competitors }),
		db.WithLines("ltc.deal_activity", func(o *domain.Opportunity) *[]domain.DealActivity { return &o.Activities }),
		db.WithLines("ltc.deal_check", func(o *domain.Opportunity) *[]domain.DealCheck { return &o.Checks }),
		db.WithLines("ltc.deal_item", func(o *domain.Opportunity) *[]domain.DealItem { return &o.Items }))}
}

// Insert implements record.Store. A deal that comes in closed entered its stage on the
// day it was closed.
func (s *Deals) Insert(ctx context.Context, deals ...*domain.Opportunity) error {
	for _, o := range deals {
		if o.LastActivityAt == nil {
			at := o.CreatedAt
			o.LastActivityAt = &at
		}
	}
	if err := s.Store.Insert(ctx, deals...); err != nil {
		return err
	}
	for _, o := range deals {
		entered := o.CreatedAt
		if day := o.ClosedOn; !day.IsZero() && day.In(time.UTC).After(entered) {
			entered = day.In(time.UTC)
		}
		if err := s.DB.Later(ctx, nil, `INSERT INTO ltc.deal_stay (opportunity_id, stage, entered_at) VALUES ($1, $2, $3)`, o.ID, string(o.Stage), entered); err != nil {
			return err
		}
		if err := s.stepStay(ctx, o, entered); err != nil {
			return err
		}
	}
	return nil
}

// stepStay ends the stay in another step than a deal stands in and begins that in its
// own; a closed deal, or one on hold, stands in none.
func (s *Deals) stepStay(ctx context.Context, o *domain.Opportunity, at time.Time) error {
	step := o.StepID
	if o.Stage == domain.DealWon || o.Stage == domain.DealLost || o.Stage == domain.DealHold {
		step = 0
	}
	if o.Version > 1 {
		if err := s.DB.Later(ctx, nil, `UPDATE ltc.step_stay SET left_at = greatest($3, entered_at) WHERE opportunity_id = $1 AND left_at IS NULL AND step_id <> $2`, o.ID, step, at); err != nil {
			return err
		}
	}
	if step == 0 {
		return nil
	}
	return s.DB.Later(ctx, nil, `INSERT INTO ltc.step_stay (opportunity_id, step_id, entered_at) SELECT $1, $2, $3
		WHERE NOT EXISTS (SELECT FROM ltc.step_stay WHERE opportunity_id = $1 AND left_at IS NULL)`, o.ID, step, at)
}

// Update implements record.Store.
func (s *Deals) Update(ctx context.Context, o *domain.Opportunity) error {
	if err := s.Store.Update(ctx, o); err != nil {
		return err
	}
	if err := s.DB.Later(ctx, nil, `UPDATE ltc.deal_stay SET left_at = greatest($3, entered_at) WHERE opportunity_id = $1 AND left_at IS NULL AND stage <> $2`,
		o.ID, string(o.Stage), o.UpdatedAt); err != nil {
		return err
	}
	if err := s.DB.Later(ctx, nil, `INSERT INTO ltc.deal_stay (opportunity_id, stage, entered_at) SELECT $1, $2, $3
		WHERE NOT EXISTS (SELECT FROM ltc.deal_stay WHERE opportunity_id = $1 AND left_at IS NULL)`, o.ID, string(o.Stage), o.UpdatedAt); err != nil {
		return err
	}
	return s.stepStay(ctx, o, o.UpdatedAt)
}

// ShareDeal implements domain.DealBook.
func (s *Deals) ShareDeal(ctx context.Context, deal int64, add, remove []int64) error {
	// whoever was shown the deal until a day keeps that day: a lent person is in the team too
	err := s.DB.Later(ctx, nil, `INSERT INTO core.record_share (object_type, object_id, user_id) SELECT 'ltc.opportunity', $1, unnest($2::bigint[]) ON CONFLICT DO NOTHING`, deal, add)
	if err != nil {
		return err
	}
	return s.DB.Hide(ctx, "ltc.opportunity", deal, remove...)
}

// Touch implements domain.DealBook.
func (s *Deals) Touch(ctx context.Context, deal int64, at time.Time) error {
	return s.DB.Later(ctx, nil, `UPDATE ltc.opportunity SET last_activity_at = greatest(last_activity_at, $2) WHERE id = $1`, deal, at)
}

// AcceptedQuote implements domain.DealBook.
func (s *Deals) AcceptedQuote(ctx context.Context, deal int64) (no string, err error) {
	_, err = s.DB.Row(ctx, `SELECT no FROM ltc.quote WHERE opportunity_id = $1 AND stage = 'accepted' AND is_current AND archived_at IS NULL ORDER BY id LIMIT 1`, []any{deal}, &no)
	return no, err
}

// Closed implements domain.DealBook.
func (s *Deals) Closed(ctx context.Context, company int64) ([]domain.ClosedDeals, error) {
	return db.Select[domain.ClosedDeals](ctx, s.DB, `SELECT dept_id AS dept, stage = 'won' AS won, lost_stage, source, pipeline_id::text AS pipeline, count(*) AS n
		FROM ltc.opportunity WHERE company_id = ? AND stage IN ('won', 'lost') AND archived_at IS NULL GROUP BY 1, 2, 3, 4, 5`, company)
}

// Outputs implements domain.DealBook.
func (s *Deals) Outputs(ctx context.Context, deal int64) (domain.Outputs, error) {
	return db.One[domain.Outputs](ctx, s.DB, `SELECT EXISTS (SELECT FROM ltc.need_survey WHERE opportunity_id = ? AND stage = 'done' AND archived_at IS NULL) AS survey_done,
		EXISTS (SELECT FROM ltc.solution WHERE opportunity_id = ? AND stage IN ('confirmed', 'agreed') AND archived_at IS NULL) AS solution_agreed,
		EXISTS (SELECT FROM ltc.quote WHERE opportunity_id = ? AND stage IN ('sent', 'viewed', 'accepted') AND archived_at IS NULL) AS quote_out,
		(SELECT count(*) FROM ltc.solution s JOIN ltc.solution_concern c ON c.parent_id = s.id WHERE s.opportunity_id = ? AND s.stage <> 'superseded' AND s.archived_at IS NULL AND NOT c.closed) AS open_concerns`,
		deal, deal, deal, deal)
}

// OpenDeals implements domain.DealBook.
func (s *Deals) OpenDeals(ctx context.Context, company int64) ([]int64, error) {
	return idsOf(ctx, s.DB, `SELECT id FROM ltc.opportunity WHERE company_id = $1 AND stage IN ('qualify', 'propose', 'negotiate') AND archived_at IS NULL ORDER BY id`, company)
}

// stayed begins a statement that gives number, median, p75 and p90 of the stays in each
// stage, in days with one digit; stayedEnd ends it. The arguments are the microseconds of a
// deal in the three stages. One sort for each, none of all by stage.
func stayed(qualify, propose, negotiate string) string {
	q := `SELECT stage, n, round((p[1] / 86400000000)::numeric, 1) AS median, round((p[2] / 86400000000)::numeric, 1) AS p75, round((p[3] / 86400000000)::numeric, 1) AS p90 FROM (SELECT `
	for i, x := range []string{qualify, propose, negotiate} {
		if i > 0 {
			q += `, `
		}
		q += fmt.Sprintf(`count(%[1]s) AS n%[2]d, percentile_cont(ARRAY[0.5, 0.75, 0.9]) WITHIN GROUP (ORDER BY %[1]s) AS p%[2]d`, x, i+1)
	}
	return q
}

const stayedEnd = `) s CROSS JOIN LATERAL (VALUES (1, 'qualify', n1, p1), (2, 'propose', n2, p2), (3, 'negotiate', n3, p3)) x(k, stage, n, p) WHERE n > 0 ORDER BY k`

// Usual returns how many days won deals of a company stayed in each stage they were worked
// on in: median, p75 and p90 of the sum of all stays.
func (s *Deals) Usual(ctx context.Context, company int64) (map[string]domain.Stay, error) {
	rows, err := db.Select[domain.Stay](ctx, s.DB, stayed("qualify_us", "propose_us", "negotiate_us")+` FROM ltc.deal_way WHERE company_id = ? AND stage = 'won' AND archived_at IS NULL`+stayedEnd, company)
	if err != nil {
		return nil, fmt.Errorf("usual stays: %w", err)
	}
	out := map[string]domain.Stay{}
	for _, r := range rows {
		out[r.Stage] = r
	}
	return out, nil
}

// needing begins a statement over the deals d that are worked on, need attention and the
// reader may see, with why.
func (s *Deals) needing(ctx context.Context, dept int64, l domain.Limits) (q string, args []any, err error) {
	w, err := s.DB.Rows(ctx, "ltc.opportunity", dept)
	if err != nil {
		return "", nil, err
	}
	stuck := `CASE o.stage`
	for _, stage := range []domain.DealStage{domain.DealQualify, domain.DealPropose, domain.DealNegotiate} {
		long := "false"
		if after, ok := l.StuckAfter(stage); ok {
			long = fmt.Sprintf(`coalesce(w.%s_us, 0) + date_part('epoch', n.at - w.since) * 1000000 >= %d`, stage, after.Microseconds())
		}
		stuck += fmt.Sprintf(` WHEN '%s' THEN %s`, stage, long)
	}
	stuck += ` END`
	return `WITH d AS (SELECT o.*, w.since, CASE o.stage WHEN 'qualify' THEN w.qualify_us WHEN 'propose' THEN w.propose_us ELSE w.negotiate_us END AS us, n.at,
			o.next_step = '' OR o.next_on IS NULL AS no_step, o.next_step <> '' AND o.next_on IS NOT NULL AND o.next_on < n.today AS step_over,
			o.last_activity_at IS NULL OR o.last_activity_at < n.stale AS is_stale, ` + stuck + ` AS is_stuck, o.close_on IS NOT NULL AND o.close_on < n.today AS close_over
		FROM (SELECT CAST(? AS timestamptz) AS at, CAST(? AS date) AS today, CAST(? AS timestamptz) AS stale) n,
			(SELECT id, no, name, owner_id, company_id, customer_id, stage, amount, close_on, next_step, next_on, last_activity_at FROM ltc.opportunity WHERE stage IN ('qualify', 'propose', 'negotiate') AND ` + w.SQL + `) o
			JOIN (SELECT id, since, qualify_us, propose_us, negotiate_us FROM ltc.deal_way WHERE ` + w.SQL + `) w ON w.id = o.id)`,
		append(append([]any{l.Now, l.Today, l.Now.Add(-time.Duration(l.StaleDays) * 24 * time.Hour)}, w.Args...), w.Args...), nil
}

// Needs counts the deals that are worked on, need attention and the reader may see, by why.
func (s *Deals) Needs(ctx context.Context, dept int64, l domain.Limits) ([]domain.Need, error) {
	q, args, err := s.needing(ctx, dept, l)
	if err != nil {
		return nil, err
	}
	rows, err := db.Select[domain.Need](ctx, s.DB, q+` SELECT no_step, step_over, is_stale, is_stuck, close_over, count(*) AS n, sum(amount) AS amount FROM d WHERE no_step OR step_over OR is_stale OR is_stuck OR close_over GROUP BY 1, 2, 3, 4, 5`, args...)
	if err != nil {
		return nil, fmt.Errorf("deals that need attention: %w", err)
	}
	return rows, nil
}

// Worked lists the deals Needs counts, the largest first, with how long they have stood in
// their stage, all stays together.
func (s *Deals) Worked(ctx context.Context, dept int64, l domain.Limits, limit int) ([]domain.WorkedDeal, error) {
	q, args, err := s.needing(ctx, dept, l)
	if err != nil {
		return nil, err
	}
	rows, err := db.Select[domain.WorkedDeal](ctx, s.DB, q+` SELECT id, no, name, owner_id, company_id, coalesce(customer_id, 0) AS customer_id, stage, amount, close_on, next_step, next_on, last_activity_at,
			round((coalesce(us, 0) + extract(epoch FROM at - since) * 1000000) / 86400000000, 1) AS stayed, no_step, step_over, is_stale, is_stuck, close_over
		FROM d WHERE no_step OR step_over OR is_stale OR is_stuck OR close_over ORDER BY amount DESC, id LIMIT ?`, append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("deals that need attention: %w", err)
	}
	return rows, nil
}

// Finished lists the closed deals of a period the reader may see.
func (s *Deals) Finished(ctx context.Context, f domain.DealFilter) ([]domain.FinishedDeal, error) {
	w, err := s.scope(ctx, f)
	if err != nil {
		return nil, err
	}
	w.Days("closed_on", f.From, f.To)
	rows, err := db.Select[domain.FinishedDeal](ctx, s.DB, `SELECT id, no, name, owner_id, coalesce(customer_id, 0) AS customer_id, stage = 'won' AS won, amount, closed_on, loss_reason, win_reason, lost_stage,
			competitor, price_gap, evidence, close_note, source, win_back_on, coalesce(reviewed_by, 0) AS reviewed_by, review_note
		FROM ltc.opportunity WHERE stage IN ('won', 'lost') AND `+w.SQL+` ORDER BY closed_on DESC, id DESC`, w.Args...)
	if err != nil {
		return nil, fmt.Errorf("closed deals: %w", err)
	}
	return rows, nil
}

// Met counts how closed deals went against each competitor.
func (s *Deals) Met(ctx context.Context, f domain.DealFilter) ([]domain.Met, error) {
	w, err := s.scope(ctx, f)
	if err != nil {
		return nil, err
	}
	w.Days("closed_on", f.From, f.To)
	rows, err := db.Select[domain.Met](ctx, s.DB, `WITH o AS (SELECT id, stage, amount FROM ltc.opportunity WHERE stage IN ('won', 'lost') AND `+w.SQL+`)
		SELECT min(c.name) AS name, count(*) AS met, count(*) FILTER (WHERE o.stage = 'won') AS won, count(*) FILTER (WHERE c.status = 'won') AS lost_to,
			coalesce(sum(o.amount) FILTER (WHERE c.status = 'won'), 0) AS lost_amount, count(*) FILTER (WHERE c.price > 0 AND o.amount > 0) AS priced,
			coalesce(round(avg(1 - c.price / nullif(o.amount, 0)) FILTER (WHERE c.price > 0 AND o.amount > 0), 6), 0) AS gap
		FROM o JOIN ltc.deal_competitor c ON c.parent_id = o.id GROUP BY c.name_key ORDER BY met DESC, name`, w.Args...)
	if err != nil {
		return nil, fmt.Errorf("competitors met: %w", err)
	}
	return rows, nil
}

// scope is the deals a filter names that the reader may see.
func (s *Deals) scope(ctx context.Context, f domain.DealFilter) (*db.Rows, error) {
	w, err := s.DB.Rows(ctx, "ltc.opportunity", f.Dept)
	if err != nil {
		return nil, err
	}
	if f.Owner != 0 {
		w.And("owner_id = ?", f.Owner)
	}
	if f.Pipeline != 0 {
		w.And("pipeline_id = ?", f.Pipeline)
	}
	if f.Product != 0 {
		w.And("product_id = ?", f.Product)
	}
	return w, nil
}
