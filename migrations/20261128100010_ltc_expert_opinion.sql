-- +goose Up
-- What experts are asked in the analysis of a service project, and what they answer.
CREATE TABLE ltc.expert_opinion (LIKE core.base INCLUDING ALL,
    stage       text NOT NULL,
    project_id  bigint NOT NULL REFERENCES ltc.service_project (id),
    expert_id   bigint NOT NULL,
    asked_by    bigint NOT NULL,
    question    text NOT NULL,
    wanted_by   date NOT NULL,
    answer      text NOT NULL DEFAULT '',
    effort      numeric(18,6) NOT NULL DEFAULT 0 CHECK (effort >= 0), -- hours
    risks       text NOT NULL DEFAULT '',
    answered_on date
);
SELECT core.document('ltc', 'expert_opinion', 'asked');
CREATE INDEX ON ltc.expert_opinion (project_id) WHERE stage = 'asked';
