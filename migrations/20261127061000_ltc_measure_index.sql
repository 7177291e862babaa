-- +goose Up
-- The win rate and the open pipeline are read from indexes alone, eight months for one
-- cockpit; a deal that is still open no longer stands in the index of closing days.
DROP INDEX ltc.opportunity_closed_on_idx;
CREATE INDEX opportunity_closed_on_idx ON ltc.opportunity (closed_on) INCLUDE (stage, owner_id, dept_id, company_id) WHERE stage IN ('won', 'lost') AND archived_at IS NULL;
DROP INDEX ltc.opportunity_category_idx;
CREATE INDEX opportunity_category_idx ON ltc.opportunity (category) INCLUDE (amount, owner_id, dept_id, company_id) WHERE stage IN ('qualify', 'propose', 'negotiate') AND archived_at IS NULL;
