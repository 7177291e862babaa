-- +goose Up
-- Forecast, open pipeline, deals that need attention and what ended are read from indexes
-- alone: the open deals of a team stand together there, in the table they lie scattered.
CREATE INDEX opportunity_worked_idx ON ltc.opportunity (dept_id) INCLUDE (id, owner_id, company_id, stage, category, amount, probability, close_on, next_on, last_activity_at, next_step) WHERE stage IN ('qualify', 'propose', 'negotiate') AND archived_at IS NULL;
-- Only closed deals have a closing day: naming the stages said no more and kept the filter
-- of the list out.
DROP INDEX ltc.opportunity_closed_on_idx;
CREATE INDEX opportunity_closed_on_idx ON ltc.opportunity (closed_on) INCLUDE (stage, amount, category, probability, lost_stage, loss_reason, created_at, id, owner_id, dept_id, company_id) WHERE closed_on IS NOT NULL AND archived_at IS NULL;
-- Suggestions that became deals are few among many.
CREATE INDEX ON ltc.opportunity (source) WHERE source = 'upsell';
