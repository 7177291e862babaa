-- +goose Up
-- Service projects: what the customer needs, the plan, the hours, what was learnt.
CREATE TABLE ltc.service_project (LIKE core.base INCLUDING ALL,
    stage          text NOT NULL,
    title          text NOT NULL,
    customer_id    bigint NOT NULL,
    opportunity_id bigint REFERENCES ltc.opportunity (id),
    contract_id    bigint REFERENCES ltc.contract (id),
    asked_by       text NOT NULL DEFAULT '',
    need           text NOT NULL DEFAULT '',
    understanding  text NOT NULL DEFAULT '',
    limits         text NOT NULL DEFAULT '',
    confidential   boolean NOT NULL DEFAULT false,
    tax_rate       numeric(18,6) NOT NULL DEFAULT 0 CHECK (tax_rate BETWEEN 0 AND 1),
    confirmed_by   text NOT NULL DEFAULT '',
    confirmed_on   date,
    started_on     date,
    closed_on      date,
    fee            numeric(18,2) NOT NULL DEFAULT 0,
    planned_cost   numeric(18,2) NOT NULL DEFAULT 0,
    actual_hours   numeric(18,6) NOT NULL DEFAULT 0,
    actual_cost    numeric(18,2) NOT NULL DEFAULT 0,
    final_cost     numeric(18,2) NOT NULL DEFAULT 0,
    clash          text NOT NULL DEFAULT '',
    lessons        text NOT NULL DEFAULT '',
    rating         int  NOT NULL DEFAULT 0 CHECK (rating BETWEEN 0 AND 5)
);
SELECT core.document('ltc', 'service_project', 'draft');
CREATE INDEX ON ltc.service_project (customer_id);
CREATE INDEX ON ltc.service_project (contract_id);
CREATE TABLE ltc.service_task (LIKE core.base_line INCLUDING ALL,
    content    text NOT NULL,
    person_id  bigint NOT NULL DEFAULT 0,
    from_on    date NOT NULL,
    to_on      date NOT NULL CHECK (to_on >= from_on),
    hours      numeric(18,6) NOT NULL CHECK (hours > 0),
    rate       numeric(18,6) NOT NULL DEFAULT 0 CHECK (rate >= 0), -- cost of an hour
    fee        numeric(18,2) NOT NULL DEFAULT 0 CHECK (fee >= 0),  -- without tax
    criteria   text NOT NULL DEFAULT '',
    plan_line  int  NOT NULL DEFAULT 0,
    actual_hours numeric(18,6) NOT NULL DEFAULT 0,
    actual_cost  numeric(18,2) NOT NULL DEFAULT 0,
    done_on    date
);
SELECT core.lines('ltc', 'service_task', 'service_project');
CREATE INDEX ON ltc.service_task (person_id, from_on);
CREATE TABLE ltc.service_feedback (LIKE core.base_line INCLUDING ALL,
    given_on date NOT NULL,
    given_by text NOT NULL DEFAULT '',
    score    int  NOT NULL DEFAULT 0 CHECK (score BETWEEN 0 AND 5),
    body     text NOT NULL
);
SELECT core.lines('ltc', 'service_feedback', 'service_project');
CREATE TABLE ltc.time_sheet (LIKE core.base INCLUDING ALL,
    project_id bigint NOT NULL REFERENCES ltc.service_project (id),
    task       int  NOT NULL,
    worked_on  date NOT NULL,
    hours      numeric(18,6) NOT NULL CHECK (hours > 0 AND hours <= 24),
    rate       numeric(18,6) NOT NULL DEFAULT 0,
    cost       numeric(18,2) NOT NULL DEFAULT 0,
    note       text NOT NULL DEFAULT ''
);
SELECT core.document('ltc', 'time_sheet', '');
CREATE INDEX ON ltc.time_sheet (project_id, task);
CREATE INDEX ON ltc.time_sheet (owner_id, worked_on);
