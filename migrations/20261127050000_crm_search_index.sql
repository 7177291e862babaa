-- +goose Up
-- Search looks into every one of these; one column without an index reads the table.
DROP INDEX crm.customer_no_name_tax_no_phone_email_idx;
CREATE INDEX ON crm.customer USING gin (no gin_trgm_ops, name gin_trgm_ops, tax_no gin_trgm_ops, phone gin_trgm_ops, email gin_trgm_ops, tags gin_trgm_ops);
DROP INDEX crm.contact_name_idx;
CREATE INDEX ON crm.contact USING gin (no gin_trgm_ops, name gin_trgm_ops, phone gin_trgm_ops, email gin_trgm_ops);
