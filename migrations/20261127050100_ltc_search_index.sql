-- +goose Up
-- Search looks into every one of these; one column without an index reads the table.
DROP INDEX ltc.lead_name_idx;
DROP INDEX ltc.lead_company_idx;
CREATE INDEX ON ltc.lead USING gin (no gin_trgm_ops, name gin_trgm_ops, company gin_trgm_ops, phone gin_trgm_ops, email gin_trgm_ops);
DROP INDEX ltc.opportunity_name_idx;
CREATE INDEX ON ltc.opportunity USING gin (no gin_trgm_ops, name gin_trgm_ops);
