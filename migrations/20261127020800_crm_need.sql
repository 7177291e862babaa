-- +goose Up
CREATE TABLE crm.need (LIKE core.base INCLUDING ALL,
    stage        text NOT NULL,
    customer_id  bigint REFERENCES crm.customer (id),
    verbatim     text NOT NULL,
    kind         text NOT NULL DEFAULT '',
    source_class text NOT NULL,
    value        numeric(18,2) NOT NULL DEFAULT 0,
    importance   int NOT NULL DEFAULT 0,
    urgency      int NOT NULL DEFAULT 0,
    feasibility  int NOT NULL DEFAULT 0,
    priority     int NOT NULL DEFAULT 0,
    voices       int NOT NULL DEFAULT 1,
    tags         text NOT NULL DEFAULT '',
    target       text NOT NULL DEFAULT '',
    answer       text NOT NULL DEFAULT ''
);
SELECT core.document('crm', 'need', 'captured');
CREATE INDEX ON crm.need (customer_id);
CREATE TABLE crm.need_voice (
    need_id     bigint NOT NULL REFERENCES crm.need (id),
    user_id     bigint NOT NULL,
    customer_id bigint NOT NULL,
    note        text NOT NULL,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (need_id, user_id, customer_id)
);

CREATE TABLE crm.partner (LIKE core.base INCLUDING ALL,
    stage           text NOT NULL,
    name            text NOT NULL,
    login_id        bigint NOT NULL DEFAULT 0,
    customer_id     bigint REFERENCES crm.customer (id),
    region          text NOT NULL DEFAULT '',
    tier            text NOT NULL DEFAULT '',
    agreement       text NOT NULL DEFAULT '',
    certified_until date,
    weight          int NOT NULL DEFAULT 1
);
SELECT core.document('crm', 'partner', 'applied');
CREATE UNIQUE INDEX partner_login_id_key ON crm.partner (login_id) WHERE login_id <> 0 AND archived_at IS NULL;
CREATE TABLE crm.deal_registration (LIKE core.base INCLUDING ALL,
    stage           text NOT NULL,
    partner_id      bigint NOT NULL REFERENCES crm.partner (id),
    company         text NOT NULL,
    company_key     text NOT NULL,
    tax_no          text NOT NULL DEFAULT '',
    contact         text NOT NULL DEFAULT '',
    product         text NOT NULL,
    value           numeric(18,2) NOT NULL DEFAULT 0,
    customer_id     bigint REFERENCES crm.customer (id),
    protected_until date,
    won             numeric(18,2) NOT NULL DEFAULT 0
);
SELECT core.document('crm', 'deal_registration', 'submitted');
-- One protected registration per company: the backstop of the conflict check.
CREATE UNIQUE INDEX deal_registration_company_key ON crm.deal_registration (company_id, company_key) WHERE stage = 'approved' AND archived_at IS NULL;
