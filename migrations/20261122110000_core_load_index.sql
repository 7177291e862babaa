-- +goose Up
-- The process map counts live documents out of the index alone.
DROP INDEX core.proc_instance_process_stage_idx;
CREATE INDEX proc_instance_load_idx ON core.proc_instance (process, stage) INCLUDE (due_at, company_id, owner_id, dept_id) WHERE NOT ended;
