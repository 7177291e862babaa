-- +goose Up
-- Sales orders and the customer's acceptance of what was delivered.
CREATE TABLE ltc."order" (LIKE core.base INCLUDING ALL,
    stage            text NOT NULL,
    customer_id      bigint NOT NULL,
    contact_id       bigint,
    contract_id      bigint REFERENCES ltc.contract (id),
    opportunity_id   bigint REFERENCES ltc.opportunity (id),
    quote_id         bigint REFERENCES ltc.quote (id),
    order_date       date NOT NULL,
    wish_date        date,
    confirmed_on     date,
    ship_to          text NOT NULL DEFAULT '',
    warehouse_id     bigint,
    note             text NOT NULL DEFAULT '',
    freight          numeric(18,2) NOT NULL DEFAULT 0 CHECK (freight >= 0),
    net              numeric(18,2) NOT NULL DEFAULT 0,
    tax              numeric(18,2) NOT NULL DEFAULT 0,
    total            numeric(18,2) NOT NULL DEFAULT 0,
    freight_invoiced numeric(18,2) NOT NULL DEFAULT 0,
    exposure         numeric(18,2) NOT NULL DEFAULT 0 CHECK (exposure >= 0),
    CHECK (total = net + tax + freight),
    CHECK (freight_invoiced BETWEEN 0 AND freight)
);
SELECT core.document('ltc', 'order', 'draft');
CREATE INDEX ON ltc."order" (customer_id, order_date DESC);
CREATE INDEX ON ltc."order" (order_date);
CREATE INDEX ON ltc."order" (contract_id);
CREATE INDEX ON ltc."order" (opportunity_id);
CREATE UNIQUE INDEX order_quote_id_key ON ltc."order" (quote_id) WHERE stage <> 'cancelled' AND archived_at IS NULL;

CREATE TABLE ltc.order_line (LIKE core.base_line INCLUDING ALL,
    product_id  bigint NOT NULL,
    description text NOT NULL DEFAULT '',
    qty         numeric(18,6) NOT NULL CHECK (qty > 0),
    unit_price  numeric(18,6) NOT NULL CHECK (unit_price >= 0),
    discount    numeric(18,6) NOT NULL DEFAULT 0 CHECK (discount BETWEEN 0 AND 1),
    tax_rate    numeric(18,6) NOT NULL DEFAULT 0 CHECK (tax_rate BETWEEN 0 AND 1),
    net         numeric(18,6) NOT NULL,
    reserved    numeric(18,6) NOT NULL DEFAULT 0,
    delivered   numeric(18,6) NOT NULL DEFAULT 0,
    accepted    numeric(18,6) NOT NULL DEFAULT 0,
    invoiced    numeric(18,6) NOT NULL DEFAULT 0,
    promised_on date,
    CHECK (delivered BETWEEN 0 AND qty),
    CHECK (accepted BETWEEN 0 AND delivered),
    CHECK (invoiced BETWEEN 0 AND accepted)
);
SELECT core.lines('ltc', 'order_line', 'order');
CREATE INDEX ON ltc.order_line (product_id);

CREATE TABLE ltc.acceptance (LIKE core.base INCLUDING ALL,
    stage       text NOT NULL,
    order_id    bigint NOT NULL REFERENCES ltc."order" (id),
    shipment_id bigint,
    customer_id bigint NOT NULL,
    received_on date NOT NULL,
    signed_by   text NOT NULL DEFAULT '',
    signed_on   date,
    note        text NOT NULL DEFAULT ''
);
SELECT core.document('ltc', 'acceptance', 'requested');
CREATE INDEX ON ltc.acceptance (order_id);
CREATE INDEX ON ltc.acceptance (customer_id);

CREATE TABLE ltc.acceptance_line (LIKE core.base_line INCLUDING ALL,
    order_line_id bigint NOT NULL,
    product_id    bigint NOT NULL,
    qty           numeric(18,6) NOT NULL CHECK (qty > 0),
    accepted      numeric(18,6) NOT NULL CHECK (accepted >= 0),
    rejected      numeric(18,6) NOT NULL CHECK (rejected >= 0),
    CHECK (accepted + rejected = qty)
);
SELECT core.lines('ltc', 'acceptance_line', 'acceptance');
