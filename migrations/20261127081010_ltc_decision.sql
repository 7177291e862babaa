-- +goose Up
-- Decision points of a deal: start, quote, sign, change, close; somebody else than the
-- owner of the deal decides.
CREATE TABLE ltc.deal_decision (LIKE core.base INCLUDING ALL,
    stage          text NOT NULL,
    opportunity_id bigint NOT NULL REFERENCES ltc.opportunity (id),
    point          text NOT NULL CHECK (point IN ('ati', 'atb', 'atc', 'change', 'close')),
    question       text NOT NULL,
    amount         numeric(18,2) NOT NULL DEFAULT 0,
    conditions     text NOT NULL DEFAULT '',
    condition_owner_id bigint,
    condition_due_on   date,
    condition_proof    text NOT NULL DEFAULT '',
    decided_by     bigint,
    decided_at     timestamptz,
    note           text NOT NULL DEFAULT ''
);
SELECT core.document('ltc', 'deal_decision', 'draft');
CREATE INDEX ON ltc.deal_decision (opportunity_id, point, decided_at DESC);
CREATE TABLE ltc.decision_paper (LIKE core.base_line INCLUDING ALL,
    title text NOT NULL,
    ready boolean NOT NULL DEFAULT false,
    note  text NOT NULL DEFAULT ''
);
SELECT core.lines('ltc', 'decision_paper', 'deal_decision');
ALTER TABLE ltc.sales_policy ADD COLUMN decision_from numeric(18,2) NOT NULL DEFAULT 0 CHECK (decision_from >= 0);

-- What may be used again in other deals.
CREATE TABLE ltc.sales_document (LIKE core.base INCLUDING ALL,
    title       text NOT NULL,
    purpose     text NOT NULL,
    stage_key   text NOT NULL DEFAULT '' CHECK (stage_key IN ('', 'qualify', 'propose', 'negotiate')),
    customer_id bigint,
    industry    text NOT NULL DEFAULT '',
    body        text NOT NULL DEFAULT '',
    used        int NOT NULL DEFAULT 0
);
SELECT core.document('ltc', 'sales_document', '');
