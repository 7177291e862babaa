-- +goose Up
-- Options how a service project can be done; the chosen one makes the service plan.
CREATE TABLE ltc.service_option (LIKE core.base INCLUDING ALL,
    stage       text NOT NULL,
    project_id  bigint NOT NULL REFERENCES ltc.service_project (id),
    name        text NOT NULL,
    description text NOT NULL DEFAULT '',
    weeks       int  NOT NULL CHECK (weeks BETWEEN 1 AND 520),
    hours       numeric(18,6) NOT NULL DEFAULT 0,
    cost        numeric(18,2) NOT NULL DEFAULT 0,
    fee         numeric(18,2) NOT NULL DEFAULT 0 CHECK (fee >= 0), -- without tax
    advantages  text NOT NULL DEFAULT '',
    drawbacks   text NOT NULL DEFAULT '',
    chosen      boolean NOT NULL DEFAULT false,
    why         text NOT NULL DEFAULT '',
    chosen_by   bigint,
    chosen_on   date
);
SELECT core.document('ltc', 'service_option', 'proposed');
CREATE INDEX ON ltc.service_option (project_id);
CREATE UNIQUE INDEX service_option_chosen ON ltc.service_option (project_id) WHERE chosen;
CREATE TABLE ltc.option_role (LIKE core.base_line INCLUDING ALL,
    role      text NOT NULL,
    person_id bigint NOT NULL DEFAULT 0,
    hours     numeric(18,6) NOT NULL CHECK (hours > 0),
    rate      numeric(18,6) NOT NULL DEFAULT 0 CHECK (rate >= 0) -- cost of an hour
);
SELECT core.lines('ltc', 'option_role', 'service_option');
ALTER TABLE ltc.service_project ADD COLUMN option_id bigint REFERENCES ltc.service_option (id);
ALTER TABLE ltc.service_task ADD COLUMN from_option boolean NOT NULL DEFAULT false;
