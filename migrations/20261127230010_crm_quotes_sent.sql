-- +goose Up
-- Quotes sent count for the work of people.
ALTER TABLE crm.fact DROP CONSTRAINT fact_kind_check,
    ADD CONSTRAINT fact_kind_check CHECK (kind IN ('order', 'receipt', 'margin', 'case', 'complaint', 'complaint_closed', 'touch', 'praise', 'cost', 'quote'));
ALTER TABLE crm.work_log ADD COLUMN quotes int NOT NULL DEFAULT 0;
