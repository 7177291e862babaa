-- +goose Up
-- People and money another department lends to a deal.
CREATE TABLE ltc.lend_request (LIKE core.base INCLUDING ALL,
    stage          text NOT NULL,
    opportunity_id bigint NOT NULL REFERENCES ltc.opportunity (id),
    kind           text NOT NULL CHECK (kind IN ('people', 'money')),
    lender_dept_id bigint NOT NULL,
    lender_id      bigint,
    role           text NOT NULL DEFAULT '',
    person_id      bigint,
    from_on        date NOT NULL,
    until_on       date NOT NULL CHECK (until_on >= from_on),
    amount         numeric(18,2) NOT NULL DEFAULT 0 CHECK (amount >= 0),
    budget_key     text NOT NULL DEFAULT '',
    expense_id     bigint REFERENCES ltc.expense_request (id),
    why            text NOT NULL,
    note           text NOT NULL DEFAULT ''
);
SELECT core.document('ltc', 'lend_request', 'draft');
CREATE INDEX ON ltc.lend_request (opportunity_id);
CREATE INDEX ON ltc.lend_request (until_on) WHERE stage = 'lent';
ALTER TABLE ltc.deal_member ADD COLUMN until_on date, ADD COLUMN lend_id bigint;
