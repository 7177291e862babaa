-- +goose Up
-- How many records a person may export without asking; 0 = any number.
ALTER TABLE core.company ADD COLUMN export_rows int NOT NULL DEFAULT 10000 CHECK (export_rows >= 0);

CREATE TABLE core.export_request (LIKE core.base INCLUDING ALL,
    stage         text NOT NULL,
    doc_type      text NOT NULL,
    query         text NOT NULL DEFAULT '',
    part          text NOT NULL DEFAULT '',
    records       bigint NOT NULL CHECK (records > 0),
    reason        text NOT NULL,
    granted_until timestamptz
);
SELECT core.document('core', 'export_request', 'draft');
