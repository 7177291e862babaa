-- +goose Up
-- Quotes with their versions, contracts with their execution plan.
CREATE TABLE ltc.quote (LIKE core.base INCLUDING ALL,
    stage          text NOT NULL,
    title          text NOT NULL DEFAULT '',
    customer_id    bigint NOT NULL,
    contact_id     bigint,
    opportunity_id bigint REFERENCES ltc.opportunity (id),
    previous_id    bigint REFERENCES ltc.quote (id),
    currency       text NOT NULL,
    valid_until    date NOT NULL,
    payment_terms  text NOT NULL DEFAULT '',
    revision       int  NOT NULL DEFAULT 1 CHECK (revision > 0),
    is_current     boolean NOT NULL,
    net            numeric(18,2) NOT NULL DEFAULT 0,
    tax            numeric(18,2) NOT NULL DEFAULT 0,
    total          numeric(18,2) NOT NULL DEFAULT 0,
    max_discount   numeric(18,6) NOT NULL DEFAULT 0,
    root           text GENERATED ALWAYS AS (regexp_replace(no, '/v[0-9]+$', '')) STORED,
    CHECK (total = net + tax),
    CONSTRAINT quote_company_id_root_revision_key UNIQUE (company_id, root, revision),
    -- one current version; checked at commit, since the new one is stored before the old one steps down
    CONSTRAINT quote_one_current EXCLUDE USING btree (company_id WITH =, root WITH =) WHERE (is_current) DEFERRABLE INITIALLY DEFERRED
);
SELECT core.document('ltc', 'quote', 'draft');
CREATE INDEX ON ltc.quote (customer_id);
CREATE INDEX ON ltc.quote (opportunity_id);
CREATE INDEX ON ltc.quote (valid_until) WHERE stage IN ('approved', 'sent');

CREATE TABLE ltc.quote_line (LIKE core.base_line INCLUDING ALL,
    product_id  bigint NOT NULL,
    description text NOT NULL DEFAULT '',
    qty         numeric(18,6) NOT NULL CHECK (qty > 0),
    unit_price  numeric(18,6) NOT NULL CHECK (unit_price >= 0),
    discount    numeric(18,6) NOT NULL DEFAULT 0 CHECK (discount BETWEEN 0 AND 1),
    tax_rate    numeric(18,6) NOT NULL DEFAULT 0 CHECK (tax_rate BETWEEN 0 AND 1),
    net         numeric(18,6) NOT NULL,
    list_price  numeric(18,6) NOT NULL DEFAULT 0
);
SELECT core.lines('ltc', 'quote_line', 'quote');

CREATE TABLE ltc.contract (LIKE core.base INCLUDING ALL,
    stage              text NOT NULL,
    title              text NOT NULL,
    customer_id        bigint NOT NULL,
    quote_id           bigint REFERENCES ltc.quote (id),
    opportunity_id     bigint REFERENCES ltc.opportunity (id),
    amount             numeric(18,2) NOT NULL CHECK (amount > 0),
    start_on           date NOT NULL,
    end_on             date,
    signed_by_customer text NOT NULL DEFAULT '',
    signed_by_us       text NOT NULL DEFAULT '',
    signed_on          date,
    CHECK (end_on IS NULL OR end_on >= start_on)
);
SELECT core.document('ltc', 'contract', 'draft');
CREATE INDEX ON ltc.contract (customer_id);
CREATE INDEX ON ltc.contract (opportunity_id);
CREATE UNIQUE INDEX contract_quote_id_key ON ltc.contract (quote_id) WHERE stage NOT IN ('void', 'terminated') AND archived_at IS NULL;
CREATE INDEX ON ltc.contract USING gin (title gin_trgm_ops);

CREATE TABLE ltc.contract_plan (LIKE core.base_line INCLUDING ALL,
    seq          int  NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('deliver', 'accept', 'invoice', 'collect')),
    percent      numeric(18,6) NOT NULL DEFAULT 0 CHECK (percent BETWEEN 0 AND 1),
    amount       numeric(18,2) NOT NULL DEFAULT 0 CHECK (amount >= 0),
    planned_on   date,
    trigger_line int  NOT NULL DEFAULT 0,
    offset_days  int  NOT NULL DEFAULT 0 CHECK (offset_days >= 0),
    due_on       date,
    done_on      date,
    actual       numeric(18,2) NOT NULL DEFAULT 0,
    CHECK (trigger_line BETWEEN 0 AND seq - 1)
);
SELECT core.lines('ltc', 'contract_plan', 'contract');
CREATE INDEX ON ltc.contract_plan (due_on) WHERE done_on IS NULL;
