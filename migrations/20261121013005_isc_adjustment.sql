-- +goose Up
CREATE TABLE isc.adjustment (LIKE core.base INCLUDING ALL,
    stage        text   NOT NULL,
    product_id   bigint NOT NULL,
    warehouse_id bigint NOT NULL REFERENCES isc.warehouse (id),
    qty          numeric(18,6) NOT NULL CHECK (qty <> 0),
    unit_cost    numeric(18,6) NOT NULL DEFAULT 0 CHECK (unit_cost >= 0),
    value        numeric(18,2) NOT NULL DEFAULT 0,
    cause        text   NOT NULL,
    day          date   NOT NULL,
    note         text   NOT NULL DEFAULT ''
);
SELECT core.document('isc', 'adjustment', 'draft');
CREATE INDEX ON isc.adjustment (product_id);
CREATE INDEX ON isc.adjustment (day);
