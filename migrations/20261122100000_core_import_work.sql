-- +goose Up
-- Imports in the background: how far one is and what came out. A file may have a
-- second one with the lines of its documents.
ALTER TABLE core.import_run DROP CONSTRAINT import_run_state_check;
ALTER TABLE core.import_run
    ADD CONSTRAINT import_run_state_check CHECK (state IN ('uploaded', 'checking', 'checked', 'running', 'done', 'failed', 'undone')),
    ADD COLUMN lines_name text  NOT NULL DEFAULT '',
    ADD COLUMN lines_body bytea NOT NULL DEFAULT '',
    ADD COLUMN rows_of    int   NOT NULL DEFAULT 0,
    ADD COLUMN rows_done  int   NOT NULL DEFAULT 0,
    ADD COLUMN attempts   int   NOT NULL DEFAULT 0,
    ADD COLUMN started_at timestamptz,
    ADD COLUMN seen_at    timestamptz, -- last sign of life of the work
    ADD COLUMN ended_at   timestamptz;
CREATE INDEX ON core.import_run (seen_at) WHERE state IN ('checking', 'running');
