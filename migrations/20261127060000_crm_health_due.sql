-- +goose Up
-- Customers something was told of since their health was measured last. A teller takes
-- the row; the measurement passes by the rows of those who are still telling.
CREATE TABLE crm.health_due (
    customer_id bigint PRIMARY KEY REFERENCES crm.customer (id),
    company_id  bigint NOT NULL,
    at          timestamptz NOT NULL DEFAULT clock_timestamp()
);
