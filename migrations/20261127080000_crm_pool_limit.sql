-- +goose Up
ALTER TABLE crm.pool
    ADD view_per_day    int  NOT NULL DEFAULT 0 CHECK (view_per_day >= 0),
    ADD deal_days       int  NOT NULL DEFAULT 0 CHECK (deal_days >= 0),
    ADD ended_days      int  NOT NULL DEFAULT 0 CHECK (ended_days >= 0),
    ADD contract_months int  NOT NULL DEFAULT 0 CHECK (contract_months >= 0),
    ADD recycle_when    text NOT NULL DEFAULT 'any' CHECK (recycle_when IN ('any', 'all'));

-- Which customers of a pool a person has opened on a day.
CREATE TABLE crm.pool_view (
    user_id     bigint NOT NULL,
    pool_id     bigint NOT NULL REFERENCES crm.pool (id),
    on_day      date   NOT NULL,
    customer_id bigint NOT NULL REFERENCES crm.customer (id),
    PRIMARY KEY (user_id, pool_id, on_day, customer_id)
);

-- Contracts as the documents that signed them told it.
CREATE TABLE crm.contract_term (
    object_type text NOT NULL,
    object_id   bigint NOT NULL,
    customer_id bigint NOT NULL REFERENCES crm.customer (id),
    signed_on   date NOT NULL,
    end_on      date, -- empty: without end
    PRIMARY KEY (object_type, object_id)
);
CREATE INDEX ON crm.contract_term (customer_id);

-- The people of a customer in a pool belong to nobody until it is claimed.
UPDATE crm.contact k SET owner_id = 0, dept_id = 0, version = k.version + 1
    FROM crm.customer c WHERE c.id = k.customer_id AND c.pool_id IS NOT NULL AND c.owner_id = 0;
