-- +goose Up
-- What the gap of a customer resource plan asks of sales, counted by when leads were accepted.
ALTER TABLE ltc.lead ADD accepted_at timestamptz;
CREATE INDEX ON ltc.lead (accepted_at) WHERE accepted_at IS NOT NULL;
CREATE TABLE ltc.lead_target (LIKE core.base INCLUDING ALL,
    stage            text   NOT NULL,
    resource_plan_id bigint NOT NULL,
    version_no       int    NOT NULL,
    published_at     timestamptz NOT NULL,
    unit_dept_id     bigint NOT NULL DEFAULT 0,
    region           text   NOT NULL DEFAULT '',
    product_id       bigint,
    from_on          date   NOT NULL,
    to_on            date   NOT NULL CHECK (to_on >= from_on),
    due_on           date,
    leads            int    NOT NULL CHECK (leads >= 0),
    deals            int    NOT NULL CHECK (deals >= 0),
    wins             int    NOT NULL CHECK (wins >= 0)
);
SELECT core.document('ltc', 'lead_target', 'open');
CREATE UNIQUE INDEX lead_target_plan ON ltc.lead_target (resource_plan_id) WHERE stage = 'open' AND archived_at IS NULL;
