-- +goose Up
-- Where customers meet us, and what is done about the weak places.
CREATE TABLE crm.touch_point (LIKE core.base INCLUDING ALL,
    name         text NOT NULL,
    phase        text NOT NULL,
    channel      text NOT NULL DEFAULT '',
    object       text NOT NULL,
    step         text NOT NULL,
    target_hours numeric(18,6) NOT NULL DEFAULT 0,
    target_score numeric(18,6) NOT NULL DEFAULT 0,
    target_drop  numeric(18,6) NOT NULL DEFAULT 0,
    UNIQUE (company_id, name)
);
SELECT core.document('crm', 'touch_point', '');
CREATE TABLE crm.touch_action (LIKE core.base INCLUDING ALL,
    stage          text NOT NULL,
    touch_point_id bigint NOT NULL REFERENCES crm.touch_point (id),
    strategy       text NOT NULL,
    action         text NOT NULL,
    measure        text NOT NULL,
    due_on         date,
    started_on     date,
    baseline       numeric(18,6),
    baseline_n     bigint NOT NULL DEFAULT 0,
    finished_on    date,
    after          numeric(18,6),
    after_n        bigint NOT NULL DEFAULT 0
);
SELECT core.document('crm', 'touch_action', 'planned');
CREATE INDEX ON crm.touch_action (touch_point_id);
