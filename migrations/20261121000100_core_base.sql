-- +goose Up
-- The platform's schema, the role the program works as, and the templates every
-- document table is made from.
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

-- +goose StatementBegin
DO $$
BEGIN
    CREATE ROLE meridian_app NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
DO $$
BEGIN
    EXECUTE format('GRANT meridian_app TO %I', current_user);
EXCEPTION WHEN OTHERS THEN NULL; -- a superuser needs no grant, and a racing start may have made it
END $$;
-- +goose StatementEnd

CREATE SCHEMA core;
CREATE SCHEMA crm;
CREATE SCHEMA mtl;
CREATE SCHEMA ipd;
CREATE SCHEMA ltc;
CREATE SCHEMA proc;
CREATE SCHEMA isc;
CREATE SCHEMA itr;
CREATE SCHEMA dste;
GRANT USAGE ON SCHEMA core, crm, mtl, ipd, ltc, proc, isc, itr, dste TO meridian_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA core, crm, mtl, ipd, ltc, proc, isc, itr, dste
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO meridian_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA core, crm, mtl, ipd, ltc, proc, isc, itr, dste
    GRANT USAGE, SELECT ON SEQUENCES TO meridian_app;

-- Every document table starts with: CREATE TABLE m.type (LIKE core.base INCLUDING ALL, ...).
CREATE TABLE core.base (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    no          text        NOT NULL,
    company_id  bigint      NOT NULL,
    dept_id     bigint      NOT NULL DEFAULT 0,
    owner_id    bigint      NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL,
    created_by  bigint      NOT NULL DEFAULT 0,
    updated_at  timestamptz NOT NULL,
    updated_by  bigint      NOT NULL DEFAULT 0,
    version     bigint      NOT NULL DEFAULT 1,
    custom      jsonb       NOT NULL DEFAULT '{}',
    archived_at timestamptz
);

-- Every table of lines starts with: CREATE TABLE m.type_line (LIKE core.base_line INCLUDING ALL, ...).
CREATE TABLE core.base_line (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parent_id bigint NOT NULL,
    pos       int    NOT NULL
);

-- guard_stage lets only the engine write a stage: it adds the row it moves to the
-- list core.moving for the length of its transaction. Inserts carry the start stage
-- unless the engine has announced an import of history.
-- +goose StatementBegin
CREATE FUNCTION core.guard_stage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.stage IS DISTINCT FROM TG_ARGV[1]
           AND position(',' || TG_ARGV[0] || ':import,' IN coalesce(current_setting('core.moving', true), '')) = 0 THEN
            RAISE EXCEPTION 'a new % starts in stage %, not %', TG_ARGV[0], TG_ARGV[1], NEW.stage;
        END IF;
    ELSIF NEW.stage IS DISTINCT FROM OLD.stage
        AND position(',' || TG_ARGV[0] || ':' || NEW.id || ',' IN coalesce(current_setting('core.moving', true), '')) = 0 THEN
        RAISE EXCEPTION 'the stage of % % is written by the process engine only', TG_ARGV[0], NEW.id;
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd

-- document finishes a document table: unique number, the indexes of the row
-- predicates, and the stage guard (start '' = a type without a process).
-- +goose StatementBegin
CREATE FUNCTION core.document(s text, t text, start text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %I.%I ADD CONSTRAINT %I UNIQUE (company_id, no)', s, t, t || '_company_id_no_key');
    EXECUTE format('CREATE INDEX ON %I.%I (owner_id, updated_at DESC)', s, t);
    EXECUTE format('CREATE INDEX ON %I.%I (dept_id, updated_at DESC)', s, t);
    EXECUTE format('CREATE INDEX ON %I.%I (updated_at DESC, id DESC)', s, t);
    IF start <> '' THEN
        EXECUTE format('CREATE INDEX ON %I.%I (stage)', s, t);
        EXECUTE format('CREATE TRIGGER guard_stage BEFORE INSERT OR UPDATE OF stage ON %I.%I
            FOR EACH ROW EXECUTE FUNCTION core.guard_stage(%L, %L)', s, t, s || '.' || t, start);
    END IF;
END $$;
-- +goose StatementEnd

-- lines finishes a table of lines.
-- +goose StatementBegin
CREATE FUNCTION core.lines(s text, t text, parent text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %I.%I ADD FOREIGN KEY (parent_id) REFERENCES %I.%I (id) ON DELETE CASCADE', s, t, s, parent);
    EXECUTE format('CREATE INDEX ON %I.%I (parent_id, pos)', s, t);
END $$;
-- +goose StatementEnd

-- append_only builds the walls of a ledger: no grant, a row trigger, a statement
-- trigger on TRUNCATE.
-- +goose StatementBegin
CREATE FUNCTION core.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME;
END $$;
CREATE FUNCTION core.append_only(s text, t text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %I.%I FROM meridian_app', s, t);
    EXECUTE format('CREATE TRIGGER no_change BEFORE UPDATE OR DELETE ON %I.%I FOR EACH ROW EXECUTE FUNCTION core.refuse_change()', s, t);
    EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %I.%I FOR EACH STATEMENT EXECUTE FUNCTION core.refuse_change()', s, t);
END $$;
-- +goose StatementEnd

CREATE TABLE core.setting (
    key   text PRIMARY KEY,
    value jsonb NOT NULL
);

CREATE TABLE core.sequence (
    company_id bigint NOT NULL,
    series     text   NOT NULL, -- type name, or type name and branch
    period     text   NOT NULL, -- year, or '' for a series that never restarts
    next       bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (company_id, series, period)
);

CREATE TABLE core.idempotency (
    user_id    bigint      NOT NULL,
    key        text        NOT NULL,
    request    bytea       NOT NULL, -- hash of method, path and body
    status     int         NOT NULL,
    response   bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, key)
);
