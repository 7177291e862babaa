-- +goose Up
-- People and what they may do.
CREATE TABLE core.company (LIKE core.base INCLUDING ALL,
    name        text NOT NULL,
    name_en     text NOT NULL DEFAULT '',
    tax_no      text NOT NULL DEFAULT '',
    address     text NOT NULL DEFAULT '',
    phone       text NOT NULL DEFAULT '',
    bank        text NOT NULL DEFAULT '',
    currency    text NOT NULL DEFAULT 'CNY' CHECK (currency ~ '^[A-Z]{3}$'),
    lang        text NOT NULL DEFAULT 'zh',
    tz          text NOT NULL DEFAULT 'Asia/Shanghai',
    calendar    jsonb NOT NULL DEFAULT '{}',
    fiscal_start int NOT NULL DEFAULT 1 CHECK (fiscal_start BETWEEN 1 AND 12)
);
SELECT core.document('core', 'company', '');

CREATE TABLE core.department (LIKE core.base INCLUDING ALL,
    name       text NOT NULL,
    parent_id  bigint REFERENCES core.department (id),
    branch     boolean NOT NULL DEFAULT false, -- this department is the head of a branch
    manager_id bigint NOT NULL DEFAULT 0,
    path       text NOT NULL DEFAULT ''        -- '/1/4/9/', kept by the trigger
);
SELECT core.document('core', 'department', '');
CREATE INDEX ON core.department (path text_pattern_ops);
-- +goose StatementBegin
CREATE FUNCTION core.department_path() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE up text := '/';
BEGIN
    IF NEW.parent_id IS NOT NULL THEN
        SELECT path INTO up FROM core.department WHERE id = NEW.parent_id;
        IF up LIKE '%/' || NEW.id || '/%' THEN
            RAISE EXCEPTION 'A department cannot stand below itself.' USING HINT = 'precondition';
        END IF;
    END IF;
    NEW.path := up || NEW.id || '/';
    IF TG_OP = 'UPDATE' AND NEW.path <> OLD.path THEN
        UPDATE core.department SET path = NEW.path || substr(path, length(OLD.path) + 1)
         WHERE path LIKE OLD.path || '_%';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER path BEFORE INSERT OR UPDATE OF parent_id ON core.department
    FOR EACH ROW EXECUTE FUNCTION core.department_path();

CREATE TABLE core."user" (LIKE core.base INCLUDING ALL,
    username     text NOT NULL,
    name         text NOT NULL,
    email        text NOT NULL DEFAULT '',
    phone        text NOT NULL DEFAULT '',
    title        text NOT NULL DEFAULT '', -- position
    manager_id   bigint NOT NULL DEFAULT 0,
    approve_limit numeric(18,2) NOT NULL DEFAULT 0, -- of the position, base currency
    lang         text NOT NULL DEFAULT 'zh',
    theme        text NOT NULL DEFAULT 'light',
    active       boolean NOT NULL DEFAULT true,
    password     text NOT NULL DEFAULT '', -- argon2id
    failed       int NOT NULL DEFAULT 0,
    locked_until timestamptz,
    CONSTRAINT user_username_key UNIQUE (username)
);
SELECT core.document('core', 'user', '');

CREATE TABLE core.role (
    code  text PRIMARY KEY,
    label text NOT NULL
);
CREATE TABLE core.user_role (
    user_id    bigint NOT NULL REFERENCES core."user" (id) ON DELETE CASCADE,
    role       text   NOT NULL REFERENCES core.role (code),
    granted_by bigint NOT NULL DEFAULT 0,
    granted_at timestamptz NOT NULL DEFAULT now(),
    until      timestamptz,
    PRIMARY KEY (user_id, role)
);
CREATE TABLE core.policy_rule (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    role   text NOT NULL REFERENCES core.role (code),
    object text NOT NULL, -- ltc.order, ltc.order#cost, page.cockpit, ltc.*, *
    action text NOT NULL, -- read, create, update, delete, export, a move, *
    scope  text NOT NULL CHECK (scope IN ('own', 'team', 'branch', 'company', 'all')),
    UNIQUE (role, object, action)
);
CREATE TABLE core.policy_version (version bigint NOT NULL);
INSERT INTO core.policy_version VALUES (1);
-- +goose StatementBegin
CREATE FUNCTION core.policy_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE v bigint;
BEGIN
    UPDATE core.policy_version SET version = version + 1 RETURNING version INTO v;
    PERFORM pg_notify('meridian_policy', v::text);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON core.policy_rule FOR EACH STATEMENT EXECUTE FUNCTION core.policy_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON core.user_role FOR EACH STATEMENT EXECUTE FUNCTION core.policy_changed();
CREATE TRIGGER changed AFTER INSERT OR DELETE OR UPDATE OF parent_id, manager_id, path ON core.department FOR EACH STATEMENT EXECUTE FUNCTION core.policy_changed();
CREATE TRIGGER changed AFTER INSERT OR DELETE OR UPDATE OF dept_id, company_id, manager_id, active, username, name, lang, theme ON core."user" FOR EACH STATEMENT EXECUTE FUNCTION core.policy_changed();

CREATE TABLE core.record_share (
    object_type text   NOT NULL,
    object_id   bigint NOT NULL,
    user_id     bigint NOT NULL,
    level       text   NOT NULL DEFAULT 'read' CHECK (level IN ('read', 'write')),
    until       timestamptz,
    PRIMARY KEY (object_type, object_id, user_id)
);
CREATE INDEX ON core.record_share (user_id, object_type);

CREATE TABLE core.session (
    token      bytea PRIMARY KEY, -- sha256 of the cookie
    user_id    bigint NOT NULL DEFAULT 0,
    data       bytea NOT NULL,
    device     text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX ON core.session (user_id);
CREATE TABLE core.api_token (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    bigint NOT NULL REFERENCES core."user" (id) ON DELETE CASCADE,
    name       text NOT NULL,
    hash       bytea NOT NULL UNIQUE, -- sha256 of the token
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at    timestamptz,
    expires_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX ON core.api_token (user_id);
CREATE TRIGGER changed AFTER DELETE OR UPDATE OF revoked_at ON core.api_token FOR EACH STATEMENT EXECUTE FUNCTION core.policy_changed();
