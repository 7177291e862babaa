-- +goose Up
CREATE TABLE itr.survey (LIKE core.base INCLUDING ALL,
    stage       text NOT NULL,
    case_id     bigint NOT NULL REFERENCES itr."case" (id),
    customer_id bigint,
    token       text NOT NULL,
    sent_at     timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    score       int  NOT NULL DEFAULT 0 CHECK (score BETWEEN 0 AND 5),
    comment     text NOT NULL DEFAULT '',
    answered_at timestamptz,
    CHECK ((stage = 'answered') = (answered_at IS NOT NULL AND score > 0)),
    CONSTRAINT survey_token_key UNIQUE (token)
);
SELECT core.document('itr', 'survey', 'sent');
CREATE INDEX ON itr.survey (case_id);
CREATE INDEX ON itr.survey (answered_at) WHERE answered_at IS NOT NULL;
CREATE UNIQUE INDEX survey_open_key ON itr.survey (case_id) WHERE stage = 'sent';

CREATE TABLE itr.hint (LIKE core.base INCLUDING ALL,
    stage       text NOT NULL,
    case_id     bigint NOT NULL REFERENCES itr."case" (id),
    customer_id bigint,
    need        text NOT NULL,
    value       numeric(18,2) NOT NULL DEFAULT 0 CHECK (value >= 0),
    lead_id     bigint, -- ltc.lead
    reason      text NOT NULL DEFAULT '',
    won_amount  numeric(18,2) NOT NULL DEFAULT 0
);
SELECT core.document('itr', 'hint', 'raised');
CREATE INDEX ON itr.hint (case_id);
CREATE INDEX ON itr.hint (lead_id) WHERE lead_id IS NOT NULL;
