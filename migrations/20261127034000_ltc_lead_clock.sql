-- +goose Up
-- When a lead was given out and first contacted, and when its silence was reported.
ALTER TABLE ltc.lead
    ADD COLUMN given_at     timestamptz,
    ADD COLUMN contacted_at timestamptz,
    ADD COLUMN alarmed_at   timestamptz;
UPDATE ltc.lead SET given_at = updated_at WHERE stage <> 'new';
UPDATE ltc.lead SET contacted_at = updated_at WHERE stage NOT IN ('new', 'assigned');
CREATE INDEX ON ltc.lead (given_at) WHERE contacted_at IS NULL AND alarmed_at IS NULL AND stage IN ('assigned', 'mql', 'sal');
