-- +goose Up
-- The risk register a project team shares.
CREATE TABLE ltc.project_risk (LIKE core.base INCLUDING ALL,
    stage       text NOT NULL,
    project_id  bigint NOT NULL REFERENCES ltc.service_project (id),
    title       text NOT NULL,
    cause       text NOT NULL DEFAULT '',
    probability int NOT NULL CHECK (probability BETWEEN 1 AND 5),
    impact      int NOT NULL CHECK (impact BETWEEN 1 AND 5),
    score       int NOT NULL DEFAULT 0,
    heat        text NOT NULL DEFAULT 'low' CHECK (heat IN ('low', 'medium', 'high')),
    measure     text NOT NULL DEFAULT '',
    due_on      date,
    issue       text NOT NULL DEFAULT '',
    occurred_on date,
    told_on     date -- that the measure is overdue
);
SELECT core.document('ltc', 'project_risk', 'open');
CREATE INDEX ON ltc.project_risk (project_id, score DESC);
CREATE INDEX ON ltc.project_risk (due_on) WHERE stage IN ('treated', 'occurred');
