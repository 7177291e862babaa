-- +goose Up
-- Dunning: policies with levels, letters with the instalments they remind of.
CREATE TABLE ltc.dunning_policy (LIKE core.base INCLUDING ALL,
    title       text NOT NULL,
    segment     text NOT NULL DEFAULT '',             -- tier of customers; '' = every other
    min_amount  numeric(18,2) NOT NULL DEFAULT 0 CHECK (min_amount >= 0),
    carry       boolean NOT NULL DEFAULT false        -- fee and interest are charged, not waived
);
SELECT core.document('ltc', 'dunning_policy', '');
CREATE UNIQUE INDEX dunning_policy_segment_key ON ltc.dunning_policy (company_id, segment) WHERE archived_at IS NULL;
CREATE TABLE ltc.dunning_level (LIKE core.base_line INCLUDING ALL,
    delay_days int  NOT NULL,                          -- negative: a reminder before it is due
    mode       text NOT NULL CHECK (mode IN ('net', 'end_of_month', 'previous')),
    channel    text NOT NULL DEFAULT 'email' CHECK (channel IN ('email', 'letter', 'phone')),
    fee        numeric(18,2) NOT NULL DEFAULT 0 CHECK (fee >= 0),
    rate       numeric(18,6) NOT NULL DEFAULT 0 CHECK (rate BETWEEN 0 AND 1), -- interest per year
    subject    text NOT NULL,
    body       text NOT NULL DEFAULT ''
);
SELECT core.lines('ltc', 'dunning_level', 'dunning_policy');

CREATE TABLE ltc.dunning (LIKE core.base INCLUDING ALL,
    stage       text NOT NULL,
    run_on      date NOT NULL,
    customer_id bigint NOT NULL,
    policy_id   bigint NOT NULL REFERENCES ltc.dunning_policy (id),
    level       int  NOT NULL,
    channel     text NOT NULL,
    subject     text NOT NULL,
    body        text NOT NULL DEFAULT '',
    open        numeric(18,2) NOT NULL DEFAULT 0,
    fee         numeric(18,2) NOT NULL DEFAULT 0,
    interest    numeric(18,2) NOT NULL DEFAULT 0,
    sent_on     date,
    charge_id   bigint REFERENCES ltc.invoice (id)
);
SELECT core.document('ltc', 'dunning', 'proposed');
CREATE INDEX ON ltc.dunning (customer_id);
-- one letter in preparation per customer: two runs at once cannot both write
CREATE UNIQUE INDEX dunning_one_open ON ltc.dunning (company_id, customer_id) WHERE stage IN ('proposed', 'approved') AND archived_at IS NULL;
CREATE TABLE ltc.dunning_item (LIKE core.base_line INCLUDING ALL,
    invoice_id    bigint NOT NULL,
    instalment_id bigint NOT NULL,
    due_on        date NOT NULL,
    days          int  NOT NULL,
    level         int  NOT NULL,
    open          numeric(18,2) NOT NULL,
    interest      numeric(18,2) NOT NULL DEFAULT 0,
    interest_from date,
    interest_to   date
);
SELECT core.lines('ltc', 'dunning_item', 'dunning');
CREATE INDEX ON ltc.dunning_item (instalment_id);

CREATE TABLE ltc.statement (LIKE core.base INCLUDING ALL,
    customer_id bigint NOT NULL,
    as_of       date NOT NULL,
    open        numeric(18,2) NOT NULL DEFAULT 0,
    on_account  numeric(18,2) NOT NULL DEFAULT 0,
    note        text NOT NULL DEFAULT ''
);
SELECT core.document('ltc', 'statement', '');
CREATE INDEX ON ltc.statement (customer_id);
