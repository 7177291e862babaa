-- +goose Up
-- Leads, opportunities and list prices.
CREATE TABLE ltc.lead (LIKE core.base INCLUDING ALL,
    stage           text NOT NULL,
    name            text NOT NULL,
    company         text NOT NULL DEFAULT '',
    title           text NOT NULL DEFAULT '',
    phone           text NOT NULL DEFAULT '',
    phone_key       text NOT NULL DEFAULT '',
    email           text NOT NULL DEFAULT '',
    email_key       text NOT NULL DEFAULT '',
    need            text NOT NULL DEFAULT '',
    industry        text NOT NULL DEFAULT '',
    region          text NOT NULL DEFAULT '',
    source          text NOT NULL DEFAULT '',
    campaign_id     bigint,
    value           numeric(18,2) NOT NULL DEFAULT 0 CHECK (value >= 0),
    score           int  NOT NULL DEFAULT 0,
    grade           text NOT NULL DEFAULT '',
    explanation     text NOT NULL DEFAULT '',
    need_known      boolean NOT NULL DEFAULT false,
    budget_known    boolean NOT NULL DEFAULT false,
    authority_known boolean NOT NULL DEFAULT false,
    time_known      boolean NOT NULL DEFAULT false,
    customer_id     bigint,
    contact_id      bigint,
    opportunity_id  bigint
);
SELECT core.document('ltc', 'lead', 'new');
CREATE INDEX ON ltc.lead (email_key) WHERE email_key <> '';
CREATE INDEX ON ltc.lead (phone_key) WHERE phone_key <> '';
CREATE INDEX ON ltc.lead (campaign_id);
CREATE INDEX ON ltc.lead (customer_id);
CREATE INDEX ON ltc.lead (score);
CREATE INDEX ON ltc.lead USING gin (name gin_trgm_ops);
CREATE INDEX ON ltc.lead USING gin (company gin_trgm_ops);

CREATE TABLE ltc.opportunity (LIKE core.base INCLUDING ALL,
    stage       text NOT NULL,
    name        text NOT NULL,
    customer_id bigint,
    contact_id  bigint,
    lead_id     bigint REFERENCES ltc.lead (id),
    product_id  bigint,
    amount      numeric(18,2) NOT NULL DEFAULT 0 CHECK (amount >= 0),
    probability numeric(18,6) NOT NULL DEFAULT 0 CHECK (probability BETWEEN 0 AND 1),
    close_on    date,
    closed_on   date,
    competitor  text NOT NULL DEFAULT '',
    next_step   text NOT NULL DEFAULT '',
    next_on     date,
    source      text NOT NULL DEFAULT '',
    loss_reason text NOT NULL DEFAULT '',
    close_note  text NOT NULL DEFAULT '',
    CHECK ((closed_on IS NOT NULL) = (stage IN ('won', 'lost')))
);
SELECT core.document('ltc', 'opportunity', 'qualify');
ALTER TABLE ltc.lead ADD FOREIGN KEY (opportunity_id) REFERENCES ltc.opportunity (id);
CREATE INDEX ON ltc.opportunity (customer_id);
CREATE INDEX ON ltc.opportunity (lead_id);
CREATE INDEX ON ltc.opportunity (close_on);
CREATE INDEX ON ltc.opportunity (closed_on);
CREATE INDEX ON ltc.opportunity USING gin (name gin_trgm_ops);

CREATE TABLE ltc.price (LIKE core.base INCLUDING ALL,
    product_id bigint NOT NULL,
    price      numeric(18,6) NOT NULL CHECK (price >= 0),
    currency   text NOT NULL,
    valid_from date NOT NULL,
    CONSTRAINT price_company_id_product_id_currency_valid_from_key UNIQUE (company_id, product_id, currency, valid_from)
);
SELECT core.document('ltc', 'price', '');
