-- +goose Up
-- Forecast, open pipeline and what ended are read from indexes alone.
DROP INDEX ltc.opportunity_category_idx;
CREATE INDEX opportunity_category_idx ON ltc.opportunity (category) INCLUDE (close_on, stage, amount, probability, id, owner_id, dept_id, company_id) WHERE stage IN ('qualify', 'propose', 'negotiate') AND archived_at IS NULL;
DROP INDEX ltc.opportunity_closed_on_idx;
CREATE INDEX opportunity_closed_on_idx ON ltc.opportunity (closed_on) INCLUDE (stage, amount, category, probability, lost_stage, loss_reason, created_at, id, owner_id, dept_id, company_id) WHERE stage IN ('won', 'lost') AND archived_at IS NULL;
-- Suggestions that became deals are few among many.
CREATE INDEX ON ltc.opportunity (source) WHERE source = 'upsell';
