package store

import (
	"context"
	"fmt"
	"time"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/db"
	"meridian/platform/money"
)

// Pipelines is the store of the pipelines.
type Pipelines struct {
	*db.Store[domain.Pipeline, *domain.Pipeline]
	DB *db.DB
}

// NewPipelines returns the store of the pipelines with their steps.
func NewPipelines(d *db.DB) *Pipelines {
	return &Pipelines{DB: d, Store: db.NewStore(d, "ltc.pipeline", db.WithLines("ltc.pipeline_step", func(p *domain.Pipeline) *[]domain.PipelineStep { return &p.Steps }))}
}

// Hold implements domain.PipelineBook.
func (s *Pipelines) Hold(ctx context.Context, company int64) error {
	return s.DB.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('ltc.pipeline', $1))`, company)
}

// Deals implements domain.PipelineBook.
func (s *Pipelines) Deals(ctx context.Context, pipeline int64) ([]domain.StepDeals, error) {
	return db.Select[domain.StepDeals](ctx, s.DB, `SELECT step_id, stage, count(*) AS n FROM ltc.opportunity
		WHERE pipeline_id = ? AND stage IN ('qualify', 'propose', 'negotiate', 'hold') AND step_id <> 0 AND archived_at IS NULL GROUP BY 1, 2 ORDER BY 1`, pipeline)
}

// Rename implements domain.PipelineBook.
func (s *Pipelines) Rename(ctx context.Context, pipeline int64) error {
	return s.DB.Later(ctx, nil, `UPDATE ltc.opportunity o SET step = x.name FROM ltc.pipeline_step x WHERE x.parent_id = $1 AND o.pipeline_id = $1 AND o.step_id = x.id AND o.step <> x.name`, pipeline)
}

// StepFigure is a step of a pipeline in figures: what stands in it now, and the cohort of
// the deals that entered it in the period.
type StepFigure struct {
	StepID           int64
	N                int64
	Amount, Weighted money.Amount
	Entered, Reached int64
	Lost, Open       int64
}

// Figures counts the steps of a pipeline over the deals the reader may see. A deal counts
// once in every step it entered in [from, to), by its first entry; it went on when it
// entered a later step or was won.
func (s *Deals) Figures(ctx context.Context, f domain.DealFilter, from, to time.Time) ([]StepFigure, error) {
	w, err := s.scope(ctx, f)
	if err != nil {
		return nil, err
	}
	rows, err := db.Select[StepFigure](ctx, s.DB, `WITH o AS (SELECT id, stage, step_id, amount, probability FROM ltc.opportunity WHERE `+w.SQL+`),
		first AS (SELECT o.id, o.stage, t.step_id, x.pos, min(t.entered_at) AS at FROM o JOIN ltc.step_stay t ON t.opportunity_id = o.id JOIN ltc.pipeline_step x ON x.id = t.step_id AND x.parent_id = ? GROUP BY 1, 2, 3, 4),
		far AS (SELECT id, max(pos) AS pos FROM first GROUP BY 1),
		cohort AS (SELECT step_id, count(*) AS entered, count(*) FILTER (WHERE far.pos > first.pos OR stage = 'won') AS reached,
			count(*) FILTER (WHERE far.pos = first.pos AND stage = 'lost') AS lost, count(*) FILTER (WHERE far.pos = first.pos AND stage NOT IN ('won', 'lost')) AS open
			FROM first JOIN far USING (id) WHERE at >= ? AND at < ? GROUP BY 1),
		now AS (SELECT step_id, count(*) AS n, sum(amount) AS amount, round(sum(amount * probability), 2) AS weighted FROM o WHERE stage IN ('qualify', 'propose', 'negotiate') GROUP BY 1)
		SELECT x.id AS step_id, coalesce(now.n, 0) AS n, coalesce(now.amount, 0) AS amount, coalesce(now.weighted, 0) AS weighted,
			coalesce(c.entered, 0) AS entered, coalesce(c.reached, 0) AS reached, coalesce(c.lost, 0) AS lost, coalesce(c.open, 0) AS open
		FROM ltc.pipeline_step x LEFT JOIN now ON now.step_id = x.id LEFT JOIN cohort c ON c.step_id = x.id WHERE x.parent_id = ? ORDER BY x.pos`,
		append(append([]any{}, w.Args...), f.Pipeline, from, to, f.Pipeline)...)
	if err != nil {
		return nil, fmt.Errorf("steps of pipeline %d: %w", f.Pipeline, err)
	}
	return rows, nil
}

// Carded is an open deal on the board of a pipeline.
type Carded struct {
	ID, StepID, OwnerID int64
	No, Name            string
	Amount, Weighted    money.Amount
	EnteredAt           *time.Time
}

// boardDeals is how many deals a step shows at most, the largest.
const boardDeals = 50

// Board lists the open deals of a pipeline the reader may see by step, the largest first.
func (s *Deals) Board(ctx context.Context, f domain.DealFilter) ([]Carded, error) {
	w, err := s.scope(ctx, f)
	if err != nil {
		return nil, err
	}
	rows, err := db.Select[Carded](ctx, s.DB, `WITH o AS (SELECT id, no, name, step_id, owner_id, amount, round(amount * probability, 2) AS weighted, row_number() OVER (PARTITION BY step_id ORDER BY amount DESC, id) AS rank
			FROM ltc.opportunity WHERE stage IN ('qualify', 'propose', 'negotiate') AND `+w.SQL+`)
		SELECT o.id, o.no, o.name, o.step_id, o.owner_id, o.amount, o.weighted, t.entered_at FROM o LEFT JOIN ltc.step_stay t ON t.opportunity_id = o.id AND t.left_at IS NULL
		WHERE o.rank <= ? ORDER BY o.step_id, o.rank`, append(append([]any{}, w.Args...), boardDeals)...)
	if err != nil {
		return nil, fmt.Errorf("board of pipeline %d: %w", f.Pipeline, err)
	}
	return rows, nil
}
