-- +goose Up
-- Steps that a company lets the program take as soon as a document enters the stage
-- before them.
CREATE TABLE core.auto_step (LIKE core.base INCLUDING ALL,
    step  text NOT NULL,
    up_to numeric(18,2) NOT NULL DEFAULT 0 CHECK (up_to >= 0),
    note  text NOT NULL DEFAULT ''
);
SELECT core.document('core', 'auto_step', '');
CREATE UNIQUE INDEX auto_step_step ON core.auto_step (company_id, step) WHERE archived_at IS NULL;
-- Every program serving this database learns of a change like of one of the permissions.
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON core.auto_step FOR EACH STATEMENT EXECUTE FUNCTION core.policy_changed();
