-- +goose Up
-- What the e-invoice of a supplier says, beside what order and lines make of it: the
-- match holds one to the other.
ALTER TABLE proc.invoice ADD COLUMN stated_total numeric(18,2) NOT NULL DEFAULT 0 CHECK (stated_total >= 0),
    ADD COLUMN file_name text NOT NULL DEFAULT '';
