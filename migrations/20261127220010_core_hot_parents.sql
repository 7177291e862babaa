-- +goose Up
-- A foreign key locks the row it names for as long as the transaction lasts. A definition,
-- a pipeline, a warehouse, an account is named by everybody at once: PostgreSQL then keeps
-- lists of who holds the lock, and reads them with every further one. These rows are never
-- deleted, which is now said where they stand; that the named row exists is checked by who
-- writes (references of fields, the engine, the ledger), as everywhere.
ALTER TABLE core.proc_instance DROP CONSTRAINT proc_instance_definition_id_fkey;
ALTER TABLE core.journal_line DROP CONSTRAINT journal_line_account_id_fkey;
CREATE TRIGGER no_delete BEFORE DELETE ON core.proc_def FOR EACH ROW EXECUTE FUNCTION core.refuse_change();
CREATE TRIGGER no_delete BEFORE DELETE ON core.account FOR EACH ROW EXECUTE FUNCTION core.refuse_change();
