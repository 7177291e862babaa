-- +goose Up
-- Lists by stage come sorted: the index on stage alone made a list of a large stage
-- read and sort all of it. The same for types that are still to come.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION core.document(s text, t text, start text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %I.%I ADD CONSTRAINT %I UNIQUE (company_id, no)', s, t, t || '_company_id_no_key');
    EXECUTE format('CREATE INDEX ON %I.%I (owner_id, updated_at DESC)', s, t);
    EXECUTE format('CREATE INDEX ON %I.%I (dept_id, updated_at DESC)', s, t);
    EXECUTE format('CREATE INDEX ON %I.%I (updated_at DESC, id DESC)', s, t);
    IF start <> '' THEN
        EXECUTE format('CREATE INDEX ON %I.%I (stage, updated_at DESC, id DESC)', s, t);
        EXECUTE format('CREATE TRIGGER guard_stage BEFORE INSERT OR UPDATE OF stage ON %I.%I
            FOR EACH ROW EXECUTE FUNCTION core.guard_stage(%L, %L)', s, t, s || '.' || t, start);
    END IF;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
DO $$
DECLARE x record;
BEGIN
    FOR x IN SELECT n.nspname AS s, c.relname AS t FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE g.tgname = 'guard_stage' LOOP
        EXECUTE format('DROP INDEX IF EXISTS %I.%I', x.s, x.t || '_stage_idx');
        EXECUTE format('CREATE INDEX ON %I.%I (stage, updated_at DESC, id DESC)', x.s, x.t);
    END LOOP;
END $$;
-- +goose StatementEnd
