-- +goose Up
-- Every instance ticks; the unique row decides who runs a tick.
CREATE TABLE core.cron_run (
    job        text        NOT NULL,
    tick       timestamptz NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at   timestamptz,
    outcome    text        NOT NULL DEFAULT '', -- '' while running, ok, or the error
    PRIMARY KEY (job, tick)
);
CREATE INDEX ON core.cron_run (job, started_at DESC);
CREATE TABLE core.cron_pause (
    job text PRIMARY KEY,
    by_user bigint NOT NULL,
    at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
