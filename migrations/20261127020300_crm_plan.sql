-- +goose Up
CREATE TABLE crm.resource_plan (LIKE core.base INCLUDING ALL,
    unit_dept_id  bigint NOT NULL DEFAULT 0,
    region        text NOT NULL DEFAULT '',
    from_on       date NOT NULL,
    to_on         date NOT NULL CHECK (to_on >= from_on),
    target        numeric(18,2) NOT NULL CHECK (target > 0),
    average_deal  numeric(18,2) NOT NULL CHECK (average_deal > 0),
    to_potential  numeric(18,6) NOT NULL DEFAULT 0,
    to_deal       numeric(18,6) NOT NULL DEFAULT 0,
    to_signature  numeric(18,6) NOT NULL DEFAULT 0
);
SELECT core.document('crm', 'resource_plan', '');

-- What was told to marketing and sales; a later version supersedes.
CREATE TABLE crm.resource_gap (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plan_id  bigint NOT NULL REFERENCES crm.resource_plan (id),
    version  int  NOT NULL,
    stage    text NOT NULL,
    required bigint NOT NULL,
    have     bigint NOT NULL,
    gap      bigint NOT NULL,
    due_on   date,
    at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    by_user  bigint NOT NULL,
    UNIQUE (plan_id, version, stage)
);
SELECT core.append_only('crm', 'resource_gap');
