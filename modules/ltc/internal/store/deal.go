package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/db"
)

// Deals is the store of the opportunities. With every stage it writes the stay in it,
// so that funnel and durations need no other source, imports included.
type Deals struct {
	*db.Store[domain.Opportunity, *domain.Opportunity]
	DB *db.DB
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
	err := s.DB.Later(ctx, nil, `INSERT INTO core.record_share (object_type, object_id, user_id) SELECT 'ltc.opportunity', $1, unnest($2::bigint[]) ON CONFLICT DO NOTHING`, deal, add)
	if err != nil {
		return err
	}
	return s.DB.Later(ctx, nil, `DELETE FROM core.record_share WHERE object_type = 'ltc.opportunity' AND object_id = $1 AND user_id = ANY($2)`, deal, remove)
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
	var ids []int64
	err := s.DB.Each(ctx, `SELECT id FROM ltc.opportunity WHERE company_id = $1 AND stage IN ('qualify', 'propose', 'negotiate') AND archived_at IS NULL ORDER BY id`,
		[]any{company}, func(r *sql.Rows) error {
			var id int64
			err := r.Scan(&id)
			ids = append(ids, id)
			return err
		})
	return ids, err
}

// days is an interval in SQL as days with one digit.
const days = `round((extract(epoch FROM %s) / 86400)::numeric, 1)`

// Usual returns how many days won deals of a company stayed in each stage: median, p75
// and p90 of the sum of all stays.
func (s *Deals) Usual(ctx context.Context, company int64) (map[string]domain.Stay, error) {
	rows, err := db.Select[domain.Stay](ctx, s.DB, `WITH spent AS (
			SELECT t.stage, t.opportunity_id, sum(t.left_at - t.entered_at) AS stay FROM ltc.deal_stay t JOIN ltc.opportunity o ON o.id = t.opportunity_id
			WHERE o.company_id = ? AND o.stage = 'won' AND o.archived_at IS NULL AND t.left_at IS NOT NULL AND t.stage <> 'hold' GROUP BY 1, 2)
		SELECT stage, count(*) AS n, `+fmt.Sprintf(days, `percentile_cont(0.5) WITHIN GROUP (ORDER BY stay)`)+` AS median, `+
		fmt.Sprintf(days, `percentile_cont(0.75) WITHIN GROUP (ORDER BY stay)`)+` AS p75, `+
		fmt.Sprintf(days, `percentile_cont(0.9) WITHIN GROUP (ORDER BY stay)`)+` AS p90 FROM spent GROUP BY 1`, company)
	if err != nil {
		return nil, fmt.Errorf("usual stays: %w", err)
	}
	out := map[string]domain.Stay{}
	for _, r := range rows {
		out[r.Stage] = r
	}
	return out, nil
}

// Worked lists the deals that are worked on and the reader may see, with how long they
// have stood in their stage, all stays together.
func (s *Deals) Worked(ctx context.Context, dept int64, now time.Time) ([]domain.WorkedDeal, error) {
	w, err := s.DB.Rows(ctx, "ltc.opportunity", dept)
	if err != nil {
		return nil, err
	}
	rows, err := db.Select[domain.WorkedDeal](ctx, s.DB, `WITH o AS (SELECT * FROM ltc.opportunity WHERE stage IN ('qualify', 'propose', 'negotiate') AND `+w.SQL+`)
		SELECT o.id, o.no, o.name, o.owner_id, o.company_id, coalesce(o.customer_id, 0) AS customer_id, o.stage, o.amount, o.close_on, o.next_step, o.next_on, o.last_activity_at,
			(SELECT `+fmt.Sprintf(days, `sum(coalesce(t.left_at, ?) - t.entered_at)`)+` FROM ltc.deal_stay t WHERE t.opportunity_id = o.id AND t.stage = o.stage) AS stayed
		FROM o ORDER BY o.amount DESC, o.id`, append(w.Args, now)...)
	if err != nil {
		return nil, fmt.Errorf("deals at work: %w", err)
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
