-- +goose Up
-- What the gap of a customer resource plan asks of marketing.
ALTER TABLE mtl.campaign ADD resource_plan_id bigint;
CREATE INDEX ON mtl.campaign (resource_plan_id) WHERE resource_plan_id IS NOT NULL;
