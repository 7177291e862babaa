-- +goose Up
-- What a person did on a day: drafted from the follow-ups, moves and needs of the day.
CREATE TABLE crm.work_log (LIKE core.base INCLUDING ALL,
    stage    text NOT NULL,
    on_day   date NOT NULL,
    did      text NOT NULL DEFAULT '',
    plan     text NOT NULL DEFAULT '',
    problem  text NOT NULL DEFAULT '',
    answer   text NOT NULL DEFAULT '',
    contacts int  NOT NULL DEFAULT 0,
    visits   int  NOT NULL DEFAULT 0,
    deciders int  NOT NULL DEFAULT 0,
    moved_up int  NOT NULL DEFAULT 0
);
SELECT core.document('crm', 'work_log', 'draft');
CREATE UNIQUE INDEX work_log_on_day_key ON crm.work_log (owner_id, on_day) WHERE archived_at IS NULL;
CREATE INDEX ON crm.work_log (company_id, on_day);
