-- +goose Up
-- A note for each telling, not a row for each customer: tellers of many customers waited
-- for each other's rows and deadlocked. A note is seen once what it tells of is committed.
DELETE FROM crm.health_due;
ALTER TABLE crm.health_due DROP CONSTRAINT health_due_pkey, DROP COLUMN at,
    ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;
