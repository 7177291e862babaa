-- +goose Up
-- The index of closing days serves the list filtered by them too: only closed deals have
-- one, so naming the stages said no more and kept the filter out.
DROP INDEX ltc.opportunity_closed_on_idx;
CREATE INDEX opportunity_closed_on_idx ON ltc.opportunity (closed_on) INCLUDE (stage, owner_id, dept_id, company_id) WHERE closed_on IS NOT NULL AND archived_at IS NULL;
