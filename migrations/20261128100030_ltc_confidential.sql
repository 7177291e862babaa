-- +goose Up
-- A confidential project is seen by who works on it. Until now the mark only said that
-- confidentiality was acknowledged; nobody is locked out by an old one.
UPDATE ltc.service_project SET confidential = false WHERE confidential;
CREATE INDEX ON ltc.service_project (id) WHERE confidential;
CREATE TABLE ltc.pledge (LIKE core.base INCLUDING ALL,
    stage           text NOT NULL,
    project_id      bigint NOT NULL REFERENCES ltc.service_project (id),
    acknowledged_at timestamptz
);
SELECT core.document('ltc', 'pledge', 'asked');
CREATE INDEX ON ltc.pledge (project_id, owner_id);
