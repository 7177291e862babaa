-- +goose Up
CREATE TABLE crm.customer (LIKE core.base INCLUDING ALL,
    stage        text NOT NULL,
    kind         text NOT NULL DEFAULT 'company',
    name         text NOT NULL,
    name_key     text NOT NULL,
    tax_no       text NOT NULL DEFAULT '',
    industry     text NOT NULL DEFAULT '',
    size         text NOT NULL DEFAULT '',
    source       text NOT NULL DEFAULT '',
    region       text NOT NULL DEFAULT '',
    tier         text NOT NULL DEFAULT '',
    phone        text NOT NULL DEFAULT '',
    email        text NOT NULL DEFAULT '',
    website      text NOT NULL DEFAULT '',
    address      text NOT NULL DEFAULT '',
    parent_id    bigint REFERENCES crm.customer (id),
    credit_limit numeric(18,2) NOT NULL DEFAULT 0 CHECK (credit_limit >= 0),
    payment_days int NOT NULL DEFAULT 30 CHECK (payment_days BETWEEN 0 AND 365),
    note         text NOT NULL DEFAULT ''
);
SELECT core.document('crm', 'customer', 'to_identify');
CREATE INDEX ON crm.customer (name_key);
CREATE INDEX ON crm.customer (tax_no) WHERE tax_no <> '';
CREATE INDEX ON crm.customer USING gin (name gin_trgm_ops);

CREATE TABLE crm.contact (LIKE core.base INCLUDING ALL,
    customer_id bigint NOT NULL REFERENCES crm.customer (id),
    name        text NOT NULL,
    title       text NOT NULL DEFAULT '',
    role        text NOT NULL DEFAULT '',
    phone       text NOT NULL DEFAULT '',
    email       text NOT NULL DEFAULT '',
    email_key   text NOT NULL DEFAULT '',
    is_primary  boolean NOT NULL DEFAULT false,
    note        text NOT NULL DEFAULT ''
);
SELECT core.document('crm', 'contact', '');
CREATE INDEX ON crm.contact (customer_id);
CREATE INDEX ON crm.contact (email_key) WHERE email_key <> '';
CREATE INDEX ON crm.contact USING gin (name gin_trgm_ops);

CREATE TABLE crm.followup (LIKE core.base INCLUDING ALL,
    stage       text NOT NULL,
    customer_id bigint NOT NULL REFERENCES crm.customer (id),
    contact_id  bigint REFERENCES crm.contact (id),
    channel     text NOT NULL,
    planned_on  date NOT NULL,
    subject     text NOT NULL,
    conclusion  text NOT NULL DEFAULT '',
    next_step   text NOT NULL DEFAULT '',
    next_on     date,
    done_at     timestamptz
);
SELECT core.document('crm', 'followup', 'planned');
CREATE INDEX ON crm.followup (customer_id, planned_on DESC);

CREATE TABLE crm.exposure_total (
    customer_id bigint PRIMARY KEY REFERENCES crm.customer (id),
    orders      numeric(18,2) NOT NULL DEFAULT 0,
    receivables numeric(18,2) NOT NULL DEFAULT 0
);
CREATE TABLE crm.exposure_entry (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES crm.customer (id),
    part        text   NOT NULL CHECK (part IN ('order', 'receivable')),
    object_type text   NOT NULL,
    object_id   bigint NOT NULL,
    amount      numeric(18,2) NOT NULL,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    idem_key    text   NOT NULL UNIQUE
);
CREATE INDEX ON crm.exposure_entry (customer_id);
SELECT core.append_only('crm', 'exposure_entry');
