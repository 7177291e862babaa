-- +goose Up
-- Marketing money of partners, and what they claim back of it.
CREATE TABLE crm.fund (LIKE core.base INCLUDING ALL,
    partner_id bigint NOT NULL REFERENCES crm.partner (id),
    name       text NOT NULL,
    from_on    date NOT NULL,
    to_on      date NOT NULL CHECK (to_on >= from_on),
    amount     numeric(18,2) NOT NULL CHECK (amount > 0),
    approved   numeric(18,2) NOT NULL DEFAULT 0 CHECK (approved BETWEEN 0 AND amount),
    paid       numeric(18,2) NOT NULL DEFAULT 0 CHECK (paid BETWEEN 0 AND approved)
);
SELECT core.document('crm', 'fund', '');
CREATE INDEX ON crm.fund (partner_id);

CREATE TABLE crm.fund_claim (LIKE core.base INCLUDING ALL,
    stage      text NOT NULL,
    fund_id    bigint NOT NULL REFERENCES crm.fund (id),
    partner_id bigint NOT NULL REFERENCES crm.partner (id),
    purpose    text NOT NULL,
    spent_on   date NOT NULL,
    amount     numeric(18,2) NOT NULL CHECK (amount > 0),
    paid_on    date,
    reference  text NOT NULL DEFAULT ''
);
SELECT core.document('crm', 'fund_claim', 'draft');
CREATE INDEX ON crm.fund_claim (fund_id);
CREATE INDEX ON crm.fund_claim (partner_id);
