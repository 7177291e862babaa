-- +goose Up
-- Renewals of contracts; commission on collected margin; deals sold through partners.
CREATE TABLE ltc.renewal (LIKE core.base INCLUDING ALL,
    stage          text NOT NULL,
    contract_id    bigint NOT NULL REFERENCES ltc.contract (id),
    customer_id    bigint NOT NULL,
    opportunity_id bigint REFERENCES ltc.opportunity (id),
    title          text NOT NULL DEFAULT '',
    ends_on        date NOT NULL,
    baseline       numeric(18,2) NOT NULL CHECK (baseline >= 0),
    monthly        numeric(18,2) NOT NULL CHECK (monthly >= 0),
    price_rise     numeric(18,6) NOT NULL DEFAULT 0,
    new_value      numeric(18,2) NOT NULL DEFAULT 0 CHECK (new_value >= 0),
    new_monthly    numeric(18,2) NOT NULL DEFAULT 0 CHECK (new_monthly >= 0),
    new_ends_on    date,
    churn_reason   text NOT NULL DEFAULT '',
    note           text NOT NULL DEFAULT '',
    decided_on     date,
    CONSTRAINT renewal_contract_id_key UNIQUE (contract_id)
);
SELECT core.document('ltc', 'renewal', 'upcoming');
CREATE INDEX ON ltc.renewal (ends_on);
CREATE INDEX ON ltc.renewal (customer_id);

ALTER TABLE ltc.opportunity ADD COLUMN partner_id bigint;
CREATE INDEX ON ltc.opportunity (partner_id);
CREATE TABLE ltc.commission_plan (LIKE core.base INCLUDING ALL,
    payee      text NOT NULL CHECK (payee IN ('person', 'partner')),
    user_id    bigint,
    partner_id bigint,
    rate       numeric(18,6) NOT NULL CHECK (rate BETWEEN 0 AND 1),
    valid_from date NOT NULL
);
SELECT core.document('ltc', 'commission_plan', '');
CREATE TABLE ltc.commission_line (LIKE core.base INCLUDING ALL,
    kind           text   NOT NULL CHECK (kind IN ('earned', 'clawback')),
    payee          text   NOT NULL CHECK (payee IN ('person', 'partner')),
    partner_id     bigint,
    opportunity_id bigint NOT NULL REFERENCES ltc.opportunity (id),
    invoice_id     bigint NOT NULL REFERENCES ltc.invoice (id),
    allocation_id  bigint NOT NULL REFERENCES ltc.allocation (id),
    reverses_id    bigint REFERENCES ltc.commission_line (id),
    on_date        date   NOT NULL,
    collected      numeric(18,2) NOT NULL,
    margin         numeric(18,2) NOT NULL,
    split          numeric(18,6) NOT NULL,
    rate           numeric(18,6) NOT NULL,
    amount         numeric(18,2) NOT NULL,
    note           text   NOT NULL DEFAULT ''
);
SELECT core.document('ltc', 'commission_line', '');
CREATE UNIQUE INDEX commission_line_once ON ltc.commission_line (allocation_id, payee, owner_id, coalesce(partner_id, 0)) WHERE kind = 'earned';
CREATE UNIQUE INDEX commission_line_reverses_id_key ON ltc.commission_line (reverses_id) WHERE reverses_id IS NOT NULL;
CREATE INDEX ON ltc.commission_line (on_date);
