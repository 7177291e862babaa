-- +goose Up
-- Price lists with tiers, discount authority, configuration, and what a quote goes
-- through until the customer says yes.
ALTER TABLE ltc.price ADD COLUMN cost numeric(18,6) NOT NULL DEFAULT 0 CHECK (cost >= 0);

CREATE TABLE ltc.price_list (LIKE core.base INCLUDING ALL,
    name        text NOT NULL,
    customer_id bigint,
    valid_from  date NOT NULL,
    valid_until date,
    priority    int  NOT NULL DEFAULT 0,
    CHECK (valid_until >= valid_from)
);
SELECT core.document('ltc', 'price_list', '');
CREATE INDEX ON ltc.price_list (company_id, customer_id, valid_from);
CREATE TABLE ltc.price_tier (LIKE core.base_line INCLUDING ALL,
    product_id bigint NOT NULL,
    min_qty    numeric(18,6) NOT NULL CHECK (min_qty > 0),
    price      numeric(18,6) NOT NULL CHECK (price >= 0),
    UNIQUE (parent_id, product_id, min_qty) DEFERRABLE INITIALLY DEFERRED
);
SELECT core.lines('ltc', 'price_tier', 'price_list');
CREATE INDEX ON ltc.price_tier (product_id);

CREATE TABLE ltc.discount_authority (LIKE core.base INCLUDING ALL,
    role         text NOT NULL,
    kind         text NOT NULL DEFAULT '' CHECK (kind IN ('', 'goods', 'service')),
    customer_id  bigint,
    max_discount numeric(18,6) NOT NULL CHECK (max_discount BETWEEN 0 AND 1)
);
SELECT core.document('ltc', 'discount_authority', '');
CREATE UNIQUE INDEX discount_authority_company_id_role_key ON ltc.discount_authority (company_id, role, kind, coalesce(customer_id, 0)) WHERE archived_at IS NULL;

CREATE TABLE ltc.config_model (LIKE core.base INCLUDING ALL,
    name       text   NOT NULL,
    product_id bigint NOT NULL,
    active     boolean NOT NULL DEFAULT true
);
SELECT core.document('ltc', 'config_model', '');
CREATE TABLE ltc.config_feature (LIKE core.base_line INCLUDING ALL,
    code    text NOT NULL,
    label   text NOT NULL,
    min_opt int  NOT NULL DEFAULT 1 CHECK (min_opt >= 0),
    max_opt int  NOT NULL DEFAULT 1 CHECK (max_opt >= 1),
    CHECK (min_opt <= max_opt)
);
SELECT core.lines('ltc', 'config_feature', 'config_model');
CREATE TABLE ltc.config_option (LIKE core.base_line INCLUDING ALL,
    feature   text NOT NULL,
    code      text NOT NULL,
    label     text NOT NULL,
    price     numeric(18,6) NOT NULL DEFAULT 0,
    cost      numeric(18,6) NOT NULL DEFAULT 0,
    lead_days int NOT NULL DEFAULT 0 CHECK (lead_days >= 0),
    component bigint
);
SELECT core.lines('ltc', 'config_option', 'config_model');
CREATE TABLE ltc.config_rule (LIKE core.base_line INCLUDING ALL,
    kind     text NOT NULL CHECK (kind IN ('requires', 'excludes')),
    if_code  text NOT NULL,
    then_code text NOT NULL,
    why      text NOT NULL DEFAULT ''
);
SELECT core.lines('ltc', 'config_rule', 'config_model');

CREATE TABLE ltc.configuration (LIKE core.base INCLUDING ALL,
    model_id   bigint NOT NULL REFERENCES ltc.config_model (id),
    product_id bigint NOT NULL,
    choices    text NOT NULL,
    hash       text NOT NULL,
    price      numeric(18,6) NOT NULL,
    cost       numeric(18,6) NOT NULL DEFAULT 0,
    lead_days  int  NOT NULL DEFAULT 0,
    summary    text NOT NULL DEFAULT ''
);
SELECT core.document('ltc', 'configuration', '');
CREATE INDEX ON ltc.configuration (hash);

ALTER TABLE ltc.quote
    ADD COLUMN payment_days   int NOT NULL DEFAULT 0 CHECK (payment_days >= 0),
    ADD COLUMN cost           numeric(18,2) NOT NULL DEFAULT 0,
    ADD COLUMN margin         numeric(18,2) NOT NULL DEFAULT 0,
    ADD COLUMN margin_rate    numeric(18,6) NOT NULL DEFAULT 0,
    ADD COLUMN cost_known     boolean NOT NULL DEFAULT false,
    ADD COLUMN over_authority boolean NOT NULL DEFAULT false,
    ADD COLUMN below_floor    boolean NOT NULL DEFAULT false,
    ADD COLUMN long_terms     boolean NOT NULL DEFAULT false,
    ADD COLUMN same_terms     boolean NOT NULL DEFAULT false,
    ADD COLUMN base_approved  boolean NOT NULL DEFAULT false,
    ADD COLUMN base_discount  numeric(18,6) NOT NULL DEFAULT 0,
    ADD COLUMN base_margin    numeric(18,6) NOT NULL DEFAULT 0,
    ADD COLUMN base_days      int NOT NULL DEFAULT 0,
    ADD COLUMN base_total     numeric(18,2) NOT NULL DEFAULT 0,
    ADD COLUMN sent_at        timestamptz,
    ADD COLUMN viewed_at      timestamptz,
    ADD COLUMN views          int NOT NULL DEFAULT 0,
    ADD COLUMN accepted_by    text NOT NULL DEFAULT '',
    ADD COLUMN accepted_at    timestamptz;
ALTER TABLE ltc.quote_line
    ADD COLUMN cost             numeric(18,6) NOT NULL DEFAULT 0,
    ADD COLUMN configuration_id bigint REFERENCES ltc.configuration (id);
CREATE TABLE ltc.quote_option (LIKE core.base_line INCLUDING ALL,
    product_id  bigint NOT NULL,
    description text NOT NULL DEFAULT '',
    qty         numeric(18,6) NOT NULL CHECK (qty > 0),
    unit_price  numeric(18,6) NOT NULL CHECK (unit_price >= 0),
    discount    numeric(18,6) NOT NULL DEFAULT 0 CHECK (discount BETWEEN 0 AND 1),
    tax_rate    numeric(18,6) NOT NULL DEFAULT 0 CHECK (tax_rate BETWEEN 0 AND 1),
    net         numeric(18,6) NOT NULL,
    instead_of  int NOT NULL DEFAULT 0
);
SELECT core.lines('ltc', 'quote_option', 'quote');
CREATE TABLE ltc.quote_round (LIKE core.base_line INCLUDING ALL,
    held_on date NOT NULL,
    by_user bigint NOT NULL,
    asked   text NOT NULL,
    given   text NOT NULL DEFAULT '',
    got     text NOT NULL DEFAULT ''
);
SELECT core.lines('ltc', 'quote_round', 'quote');
CREATE INDEX ON ltc.quote (valid_until) WHERE stage IN ('approved', 'sent', 'viewed');

-- A link lets a customer read and accept one version. Only the digest of its key is kept.
CREATE TABLE ltc.quote_link (
    digest     bytea PRIMARY KEY,
    quote_id   bigint NOT NULL REFERENCES ltc.quote (id),
    company_id bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by bigint NOT NULL
);
CREATE INDEX ON ltc.quote_link (quote_id);
