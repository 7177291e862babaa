-- +goose Up
-- Money for the marketing of a partner in a period, and what it claims of it.
CREATE TABLE crm.market_fund (LIKE core.base INCLUDING ALL,
    partner_id bigint NOT NULL REFERENCES crm.partner (id),
    name       text NOT NULL,
    from_on    date NOT NULL,
    to_on      date NOT NULL,
    amount     numeric(18,2) NOT NULL,
    committed  numeric(18,2) NOT NULL DEFAULT 0, -- approved and not paid, and paid
    paid       numeric(18,2) NOT NULL DEFAULT 0,
    CHECK (from_on <= to_on),
    CHECK (0 <= paid AND paid <= committed AND committed <= amount)
);
SELECT core.document('crm', 'market_fund', '');
CREATE INDEX ON crm.market_fund (partner_id);
CREATE TABLE crm.fund_claim (LIKE core.base INCLUDING ALL,
    stage      text NOT NULL,
    fund_id    bigint NOT NULL REFERENCES crm.market_fund (id),
    partner_id bigint NOT NULL REFERENCES crm.partner (id),
    activity   text NOT NULL,
    held_on    date NOT NULL,
    amount     numeric(18,2) NOT NULL CHECK (amount > 0),
    proof      text NOT NULL DEFAULT '',
    approved   numeric(18,2) NOT NULL DEFAULT 0,
    paid       numeric(18,2) NOT NULL DEFAULT 0,
    paid_on    date
);
SELECT core.document('crm', 'fund_claim', 'draft');
CREATE INDEX ON crm.fund_claim (fund_id);
CREATE INDEX ON crm.fund_claim (partner_id);

ALTER TABLE crm.deal_registration ADD won_on date;
UPDATE crm.deal_registration SET won_on = updated_at::date WHERE stage = 'converted';

ALTER TABLE crm.policy
    ADD partner_revenue       int NOT NULL DEFAULT 40,
    ADD partner_growth        int NOT NULL DEFAULT 20,
    ADD partner_certification int NOT NULL DEFAULT 20,
    ADD partner_satisfaction  int NOT NULL DEFAULT 20,
    ADD partner_target        numeric(18,2) NOT NULL DEFAULT 1000000,
    ADD partner_rise          numeric(18,6) NOT NULL DEFAULT 0.2,
    ADD partner_silver        int NOT NULL DEFAULT 50,
    ADD partner_gold          int NOT NULL DEFAULT 75;
