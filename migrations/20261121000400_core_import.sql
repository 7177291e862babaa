-- +goose Up
-- Imports: the file, what it was mapped to, and the records it made, for undo.
CREATE TABLE core.import_run (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    object_type text   NOT NULL,
    file_name   text   NOT NULL,
    body        bytea  NOT NULL DEFAULT '',
    map         jsonb  NOT NULL DEFAULT '{}',
    state       text   NOT NULL CHECK (state IN ('uploaded', 'checked', 'running', 'done', 'failed', 'undone')),
    report      jsonb  NOT NULL DEFAULT '{}',
    by_user     bigint NOT NULL,
    at          timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON core.import_run (by_user, at DESC);
CREATE TABLE core.import_row (
    run_id    bigint NOT NULL REFERENCES core.import_run (id) ON DELETE CASCADE,
    object_id bigint NOT NULL,
    PRIMARY KEY (run_id, object_id)
);
