-- +goose Up
-- The stock ledger. Moves and cost entries are only ever added; balances and costs
-- are their sums, locked in the order of their keys and changed conditionally.
CREATE TABLE isc.stock_move (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- order of posting
    company_id    bigint NOT NULL,
    product_id    bigint NOT NULL,
    from_location bigint NOT NULL REFERENCES isc.location (id),
    from_status   text   NOT NULL CHECK (from_status IN ('', 'inspection', 'available', 'blocked')),
    to_location   bigint NOT NULL REFERENCES isc.location (id),
    to_status     text   NOT NULL CHECK (to_status IN ('', 'inspection', 'available', 'blocked')),
    qty           numeric(18,6) NOT NULL CHECK (qty > 0),
    doc_type      text   NOT NULL,
    doc_id        bigint NOT NULL,
    doc_line      bigint NOT NULL DEFAULT 0,
    supply_type   text   NOT NULL DEFAULT '', -- the purchase order the goods came by
    supply_id     bigint NOT NULL DEFAULT 0,
    day           date   NOT NULL,            -- business date
    posted_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    posted_by     bigint NOT NULL,
    idem_key      text   NOT NULL UNIQUE,
    CHECK ((from_location >= 100) = (from_status <> '')),
    CHECK ((to_location >= 100) = (to_status <> '')),
    CHECK (from_location <> to_location OR from_status <> to_status)
);
CREATE INDEX ON isc.stock_move (product_id, id);
CREATE INDEX ON isc.stock_move (doc_type, doc_id);
CREATE INDEX ON isc.stock_move (product_id, supply_type, supply_id) WHERE supply_id <> 0;
SELECT core.append_only('isc', 'stock_move');

-- Physical places only; the checks are the backstop of the conditional updates.
CREATE TABLE isc.stock_balance (
    product_id  bigint NOT NULL,
    location_id bigint NOT NULL REFERENCES isc.location (id) CHECK (location_id >= 100),
    status      text   NOT NULL CHECK (status IN ('inspection', 'available', 'blocked')),
    on_hand     numeric(18,6) NOT NULL DEFAULT 0 CHECK (on_hand >= 0),
    reserved    numeric(18,6) NOT NULL DEFAULT 0,
    PRIMARY KEY (product_id, location_id, status),
    CHECK (reserved BETWEEN 0 AND on_hand),
    CHECK (status = 'available' OR reserved = 0)
);
CREATE INDEX ON isc.stock_balance (location_id);

-- Moving average per company and product. Its row is also the gate every posting
-- and reservation of the product passes.
CREATE TABLE isc.item_cost (
    company_id bigint NOT NULL,
    product_id bigint NOT NULL,
    qty        numeric(18,6) NOT NULL DEFAULT 0 CHECK (qty >= 0),
    value      numeric(18,2) NOT NULL DEFAULT 0 CHECK (value >= 0),
    seq        bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (company_id, product_id),
    CHECK (qty > 0 OR value = 0)
);
CREATE TABLE isc.cost_entry (
    company_id      bigint NOT NULL,
    product_id      bigint NOT NULL,
    seq             bigint NOT NULL,
    move_id         bigint NOT NULL UNIQUE REFERENCES isc.stock_move (id),
    qty             numeric(18,6) NOT NULL,
    value           numeric(18,2) NOT NULL,
    qty_after       numeric(18,6) NOT NULL,
    value_after     numeric(18,2) NOT NULL,
    accounting_date date NOT NULL,
    PRIMARY KEY (company_id, product_id, seq)
);
CREATE INDEX ON isc.cost_entry (accounting_date);
SELECT core.append_only('isc', 'cost_entry');
