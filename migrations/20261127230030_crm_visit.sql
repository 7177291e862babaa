-- +goose Up
-- A visit has a time of day, a place in the route, and a check-in at the customer.
ALTER TABLE crm.followup
    ADD at_time       text NOT NULL DEFAULT '' CHECK (at_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$|^$'),
    ADD checked_in_at timestamptz,
    ADD checked_in_by text NOT NULL DEFAULT '';
CREATE INDEX ON crm.followup (owner_id, planned_on) WHERE channel IN ('visit', 'meeting') AND archived_at IS NULL;
