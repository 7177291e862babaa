-- +goose Up
-- What is agreed about open items, and the policies they are followed up with.
ALTER TABLE ltc.invoice DROP CONSTRAINT invoice_kind_check, ADD CONSTRAINT invoice_kind_check CHECK (kind IN ('normal', 'advance', 'final', 'credit', 'charge'));

CREATE TABLE ltc.dispute (LIKE core.base INCLUDING ALL,
    stage         text NOT NULL,
    invoice_id    bigint NOT NULL REFERENCES ltc.invoice (id),
    instalment_id bigint NOT NULL DEFAULT 0,
    customer_id   bigint NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('quality', 'quantity', 'price', 'delivery', 'other')),
    amount        numeric(18,2) NOT NULL CHECK (amount > 0),
    note          text NOT NULL DEFAULT '',
    outcome       text NOT NULL DEFAULT ''
);
SELECT core.document('ltc', 'dispute', 'open');
CREATE INDEX ON ltc.dispute (invoice_id);

CREATE TABLE ltc.promise (LIKE core.base INCLUDING ALL,
    stage         text NOT NULL,
    invoice_id    bigint NOT NULL REFERENCES ltc.invoice (id),
    instalment_id bigint NOT NULL DEFAULT 0,
    customer_id   bigint NOT NULL,
    amount        numeric(18,2) NOT NULL CHECK (amount > 0),
    promised_on   date NOT NULL,
    made_on       date NOT NULL,
    promised_by   text NOT NULL DEFAULT ''
);
SELECT core.document('ltc', 'promise', 'open');
CREATE INDEX ON ltc.promise (invoice_id);
CREATE INDEX ON ltc.promise (promised_on) WHERE stage = 'open';

CREATE TABLE ltc.receivable_policy (LIKE core.base INCLUDING ALL,
    title       text NOT NULL,
    score       int NOT NULL CHECK (score BETWEEN 1 AND 100),
    lead        int NOT NULL CHECK (lead BETWEEN 0 AND 100),
    rounding    numeric(18,2) NOT NULL CHECK (rounding >= 0),
    not_due     numeric(18,6) NOT NULL, days30 numeric(18,6) NOT NULL, days60 numeric(18,6) NOT NULL,
    days90      numeric(18,6) NOT NULL, days120 numeric(18,6) NOT NULL, older  numeric(18,6) NOT NULL,
    warn_days   int NOT NULL DEFAULT 30 CHECK (warn_days >= 0)
);
SELECT core.document('ltc', 'receivable_policy', '');
CREATE UNIQUE INDEX receivable_policy_company_id_key ON ltc.receivable_policy (company_id) WHERE archived_at IS NULL;

CREATE TABLE ltc.allowance (LIKE core.base INCLUDING ALL,
    as_of  date NOT NULL,
    target numeric(18,2) NOT NULL,
    change numeric(18,2) NOT NULL
);
SELECT core.document('ltc', 'allowance', '');
CREATE UNIQUE INDEX allowance_company_id_as_of_key ON ltc.allowance (company_id, as_of) WHERE archived_at IS NULL;

-- What was paid back of a receipt and when.
CREATE TABLE ltc.refund (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id bigint NOT NULL,
    receipt_id bigint NOT NULL REFERENCES ltc.receipt (id),
    amount     numeric(18,2) NOT NULL CHECK (amount > 0),
    on_date    date   NOT NULL,
    by_user    bigint NOT NULL,
    at         timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON ltc.refund (receipt_id);
SELECT core.append_only('ltc', 'refund');
