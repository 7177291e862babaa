-- +goose Up
-- The inbox reads the first of a person's and of a role's work in order; hand-overs
-- that wait are few among many; new documents are counted by their first event.
DROP INDEX core.proc_instance_owner_id_idx;
DROP INDEX core.proc_instance_owner_role_dept_id_idx;
CREATE INDEX ON core.proc_instance (owner_id, due_at, entered_at) WHERE NOT ended;
CREATE INDEX ON core.proc_instance (owner_role, due_at, entered_at) WHERE NOT ended AND owner_id = 0;
CREATE INDEX ON core.proc_instance (process, stage) WHERE NOT ended AND accepted_at IS NULL;
CREATE INDEX ON core.proc_event (process, at) WHERE seq = 1;
