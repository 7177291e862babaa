-- +goose Up
CREATE TABLE isc.shipment (LIKE core.base INCLUDING ALL,
    stage        text   NOT NULL,
    order_id     bigint NOT NULL DEFAULT 0,
    customer_id  bigint NOT NULL DEFAULT 0,
    warehouse_id bigint NOT NULL REFERENCES isc.warehouse (id),
    ship_to      text   NOT NULL DEFAULT '',
    promised_on  date,
    carrier      text   NOT NULL DEFAULT '',
    tracking     text   NOT NULL DEFAULT '',
    shipped_on   date,
    delivered_on date,
    signed_by    text   NOT NULL DEFAULT ''
);
SELECT core.document('isc', 'shipment', 'planned');
CREATE INDEX ON isc.shipment (order_id);
CREATE INDEX ON isc.shipment (customer_id);
CREATE INDEX ON isc.shipment (promised_on);
CREATE INDEX ON isc.shipment (coalesce(delivered_on, shipped_on)) WHERE stage IN ('shipped', 'delivered');

CREATE TABLE isc.shipment_line (LIKE core.base_line INCLUDING ALL,
    order_line bigint NOT NULL DEFAULT 0,
    product_id bigint NOT NULL,
    qty        numeric(18,6) NOT NULL CHECK (qty > 0),
    picked     numeric(18,6) NOT NULL DEFAULT 0 CHECK (picked >= 0),
    cost       numeric(18,2) NOT NULL DEFAULT 0
);
SELECT core.lines('isc', 'shipment_line', 'shipment');
CREATE INDEX ON isc.shipment_line (product_id);
