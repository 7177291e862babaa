-- +goose Up
-- Less to write for every event. The table named the object of each event once more, as
-- the event does itself; what else a document belongs to stands in core.obj_link. The
-- constraint held nothing that the lock on the instance does not hold: two events of one
-- instance never share a moment.
DROP TABLE core.proc_event_obj;
ALTER TABLE core.proc_event DROP CONSTRAINT proc_event_at_instance_id_seq_key;
