-- +goose Up
ALTER TABLE crm.exposure_entry DROP CONSTRAINT exposure_entry_part_check;
ALTER TABLE crm.exposure_entry ADD CONSTRAINT exposure_entry_part_check CHECK (part IN ('order', 'receivable', 'delivered', 'draft', 'unapplied'));
ALTER TABLE crm.exposure_total
    ADD delivered numeric(18,2) NOT NULL DEFAULT 0,
    ADD drafts    numeric(18,2) NOT NULL DEFAULT 0,
    ADD unapplied numeric(18,2) NOT NULL DEFAULT 0;

-- What a customer owes by document, with the day it falls due by the payment term: the
-- cache behind overdue amounts and the facts behind the rating.
CREATE TABLE crm.receivable_item (
    object_type text   NOT NULL,
    object_id   bigint NOT NULL,
    customer_id bigint NOT NULL REFERENCES crm.customer (id),
    total       numeric(18,2) NOT NULL,
    open        numeric(18,2) NOT NULL,
    due_on      date NOT NULL,
    settled_on  date,
    PRIMARY KEY (object_type, object_id)
);
CREATE INDEX ON crm.receivable_item (customer_id, due_on) WHERE open > 0;
CREATE INDEX ON crm.receivable_item (customer_id, settled_on);
INSERT INTO crm.receivable_item (object_type, object_id, customer_id, total, open, due_on, settled_on)
    SELECT e.object_type, e.object_id, e.customer_id, sum(e.amount) FILTER (WHERE e.amount > 0), sum(e.amount), min(e.at)::date + c.payment_days, CASE WHEN sum(e.amount) <= 0 THEN max(e.at)::date END
    FROM crm.exposure_entry e JOIN crm.customer c ON c.id = e.customer_id WHERE e.part = 'receivable' GROUP BY 1, 2, 3, c.payment_days HAVING sum(e.amount) FILTER (WHERE e.amount > 0) > 0;

CREATE TABLE crm.credit_profile (LIKE core.base INCLUDING ALL,
    customer_id  bigint NOT NULL REFERENCES crm.customer (id),
    temp_limit   numeric(18,2) NOT NULL DEFAULT 0 CHECK (temp_limit >= 0),
    temp_until   date,
    insured      numeric(18,2) NOT NULL DEFAULT 0 CHECK (insured >= 0),
    blocked      boolean NOT NULL DEFAULT false,
    block_reason text NOT NULL DEFAULT ''
);
SELECT core.document('crm', 'credit_profile', '');
CREATE UNIQUE INDEX credit_profile_customer_id_key ON crm.credit_profile (customer_id) WHERE archived_at IS NULL;

CREATE TABLE crm.credit_release (LIKE core.base INCLUDING ALL,
    stage        text NOT NULL,
    customer_id  bigint NOT NULL REFERENCES crm.customer (id),
    document     text NOT NULL DEFAULT '',
    amount       numeric(18,2) NOT NULL CHECK (amount > 0),
    until_on     date NOT NULL,
    why          text NOT NULL,
    granted_by   bigint NOT NULL DEFAULT 0
);
SELECT core.document('crm', 'credit_release', 'requested');
CREATE INDEX ON crm.credit_release (customer_id) WHERE stage = 'granted';

CREATE TABLE crm.credit_check (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL,
    object_type text   NOT NULL,
    object_id   bigint NOT NULL,
    point       text   NOT NULL,
    amount      numeric(18,2) NOT NULL,
    decision    text   NOT NULL CHECK (decision IN ('pass', 'hold')),
    reason      text   NOT NULL,
    parts       jsonb  NOT NULL,
    release_id  bigint,
    release_used numeric(18,2) NOT NULL DEFAULT 0,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    by_user     bigint NOT NULL
);
CREATE INDEX ON crm.credit_check (customer_id, id DESC);
CREATE INDEX ON crm.credit_check (release_id) WHERE release_id IS NOT NULL;
SELECT core.append_only('crm', 'credit_check');

-- How a customer pays: recomputed by night.
CREATE TABLE crm.credit_standing (
    customer_id bigint PRIMARY KEY REFERENCES crm.customer (id),
    rating      text NOT NULL,
    days_late   numeric(18,2) NOT NULL,
    settled     bigint NOT NULL,
    overdue     numeric(18,2) NOT NULL,
    as_of       date NOT NULL
);
