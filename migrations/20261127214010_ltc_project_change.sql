-- +goose Up
-- The team of a service project, what the customer confirmed, version by version, and the
-- requests that change it.
CREATE TABLE ltc.service_member (LIKE core.base_line INCLUDING ALL,
    user_id bigint NOT NULL,
    role    text NOT NULL DEFAULT ''
);
SELECT core.lines('ltc', 'service_member', 'service_project');
INSERT INTO core.record_share (object_type, object_id, user_id)
    SELECT DISTINCT 'ltc.service_project', t.parent_id, t.person_id FROM ltc.service_task t WHERE t.person_id > 0 ON CONFLICT DO NOTHING;
ALTER TABLE ltc.service_project ADD COLUMN revision int NOT NULL DEFAULT 0;
CREATE TABLE ltc.change_request (LIKE core.base INCLUDING ALL,
    stage         text NOT NULL,
    project_id    bigint NOT NULL REFERENCES ltc.service_project (id),
    title         text NOT NULL,
    reason        text NOT NULL,
    understanding text NOT NULL DEFAULT '',
    limits        text NOT NULL DEFAULT '',
    base_revision int NOT NULL DEFAULT 0,
    revision      int NOT NULL DEFAULT 0,
    delta_days    int NOT NULL DEFAULT 0,
    delta_hours   numeric(18,6) NOT NULL DEFAULT 0,
    delta_cost    numeric(18,2) NOT NULL DEFAULT 0,
    delta_fee     numeric(18,2) NOT NULL DEFAULT 0,
    confirmed_by  text NOT NULL DEFAULT '',
    confirmed_on  date,
    contract_change_id bigint REFERENCES ltc.contract_change (id)
);
SELECT core.document('ltc', 'change_request', 'draft');
CREATE INDEX ON ltc.change_request (project_id);
CREATE TABLE ltc.change_task (LIKE core.base_line INCLUDING ALL,
    task      int NOT NULL DEFAULT 0, -- of the plan; 0 is a new one
    content   text NOT NULL DEFAULT '',
    person_id bigint NOT NULL DEFAULT 0,
    from_on   date,
    to_on     date,
    hours     numeric(18,6) NOT NULL DEFAULT 0, -- more, or fewer
    rate      numeric(18,6) NOT NULL DEFAULT 0, -- of a new task
    fee       numeric(18,2) NOT NULL DEFAULT 0, -- more, or less
    criteria  text NOT NULL DEFAULT ''
);
SELECT core.lines('ltc', 'change_task', 'change_request');
CREATE TABLE ltc.project_baseline (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_id   bigint NOT NULL REFERENCES ltc.service_project (id),
    revision     int NOT NULL CHECK (revision > 0),
    change_id    bigint REFERENCES ltc.change_request (id),
    confirmed_by text NOT NULL,
    confirmed_on date NOT NULL,
    scope        jsonb NOT NULL,
    UNIQUE (project_id, revision)
);
SELECT core.append_only('ltc', 'project_baseline');
