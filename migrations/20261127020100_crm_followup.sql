-- +goose Up
ALTER TABLE crm.followup
    ADD value_given text NOT NULL DEFAULT '',
    ADD feedback    text NOT NULL DEFAULT '',
    ADD no_value    boolean NOT NULL DEFAULT false;
CREATE INDEX ON crm.followup (planned_on) WHERE stage = 'planned' AND archived_at IS NULL;

CREATE TABLE crm.follow_standard (LIKE core.base INCLUDING ALL,
    name          text NOT NULL,
    tier          text NOT NULL DEFAULT '',
    at_stage      text NOT NULL DEFAULT '',
    times         int NOT NULL CHECK (times BETWEEN 1 AND 100),
    per_days      int NOT NULL CHECK (per_days BETWEEN 1 AND 366),
    channel       text NOT NULL DEFAULT '',
    need_value    boolean NOT NULL DEFAULT false,
    need_feedback boolean NOT NULL DEFAULT false
);
SELECT core.document('crm', 'follow_standard', '');
CREATE UNIQUE INDEX follow_standard_company_id_tier_key ON crm.follow_standard (company_id, at_stage, tier) WHERE archived_at IS NULL;
