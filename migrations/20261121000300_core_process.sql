-- +goose Up
-- The process engine: definitions, instances, the append-only log, approvals.
CREATE TABLE core.proc_def (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key          text NOT NULL,
    version      int  NOT NULL,
    status       text NOT NULL CHECK (status IN ('draft', 'published', 'retired')),
    effective_from timestamptz NOT NULL DEFAULT now(),
    body         jsonb NOT NULL,
    checksum     text NOT NULL,
    published_by bigint NOT NULL DEFAULT 0,
    UNIQUE (key, version)
);

CREATE TABLE core.proc_instance (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    definition_id bigint NOT NULL REFERENCES core.proc_def (id),
    process       text   NOT NULL,
    object_type   text   NOT NULL,
    object_id     bigint NOT NULL,
    stage         text   NOT NULL,
    ended         boolean NOT NULL DEFAULT false,
    seq           int    NOT NULL,
    entered_at    timestamptz NOT NULL,
    accepted_at   timestamptz,
    due_at        timestamptz,
    check_at      timestamptz,
    level         int    NOT NULL DEFAULT 0,  -- steps of the escalation ladder taken in this stage
    owner_role    text   NOT NULL DEFAULT '',
    owner_id      bigint NOT NULL DEFAULT 0,
    company_id    bigint NOT NULL,
    dept_id       bigint NOT NULL,
    pending_move  text   NOT NULL DEFAULT '',
    last_hash     bytea  NOT NULL,
    UNIQUE (object_type, object_id, process)
);
CREATE INDEX ON core.proc_instance (check_at) WHERE check_at IS NOT NULL;
CREATE INDEX ON core.proc_instance (process, stage) WHERE NOT ended;
CREATE INDEX ON core.proc_instance (owner_id) WHERE NOT ended;
CREATE INDEX ON core.proc_instance (owner_role, dept_id) WHERE NOT ended;

CREATE TABLE core.proc_event (
    id          bigint GENERATED ALWAYS AS IDENTITY,
    xid         xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at          timestamptz NOT NULL,
    instance_id bigint NOT NULL,
    seq         int    NOT NULL,
    kind        text   NOT NULL, -- move, approval, accept, timer, override
    process     text   NOT NULL,
    version     int    NOT NULL,
    object_type text   NOT NULL,
    object_id   bigint NOT NULL,
    move        text   NOT NULL,
    from_stage  text   NOT NULL,
    to_stage    text   NOT NULL,
    from_at     timestamptz,
    work_secs   bigint NOT NULL DEFAULT 0, -- working time in from_stage
    due_at      timestamptz,
    actor       bigint NOT NULL,
    on_behalf_of bigint NOT NULL DEFAULT 0,
    role        text   NOT NULL DEFAULT '',
    company_id  bigint NOT NULL,
    dept_id     bigint NOT NULL,
    flags       text   NOT NULL DEFAULT '', -- override, import, migrated, auto, late
    reason      text   NOT NULL DEFAULT '',
    data        jsonb  NOT NULL DEFAULT '{}',
    policy_version bigint NOT NULL DEFAULT 0,
    hash        bytea  NOT NULL,
    PRIMARY KEY (at, id),
    UNIQUE (at, instance_id, seq)
) PARTITION BY RANGE (at);
CREATE INDEX ON core.proc_event (xid, id);
CREATE INDEX ON core.proc_event (instance_id, seq);
CREATE INDEX ON core.proc_event (process, at);
CREATE INDEX ON core.proc_event (object_type, object_id);

CREATE TABLE core.audit_entry (
    id          bigint GENERATED ALWAYS AS IDENTITY,
    xid         xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    action      text   NOT NULL, -- create, update, delete, login, login_failed, policy, export, import, reveal
    object_type text   NOT NULL DEFAULT '',
    object_id   bigint NOT NULL DEFAULT 0,
    actor       bigint NOT NULL,
    on_behalf_of bigint NOT NULL DEFAULT 0,
    company_id  bigint NOT NULL DEFAULT 0,
    request_id  text   NOT NULL DEFAULT '',
    reason      text   NOT NULL DEFAULT '', -- the trusted reason of system work
    diff        jsonb  NOT NULL DEFAULT '{}',
    PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE INDEX ON core.audit_entry (object_type, object_id, at DESC);
CREATE INDEX ON core.audit_entry (actor, at DESC);

-- make_partitions makes the partitions of the months ahead with their walls. The
-- default partition holds imported history. A partition copies the row trigger of
-- its parent but not the TRUNCATE trigger nor the grants.
-- +goose StatementBegin
CREATE FUNCTION core.make_partitions(months int) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = core AS $$
DECLARE t text; m date; p text;
BEGIN
    FOREACH t IN ARRAY ARRAY['proc_event', 'audit_entry'] LOOP
        FOR i IN -1 .. months LOOP
            m := (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => i))::date;
            p := t || to_char(m, '_YYYY_MM');
            CONTINUE WHEN to_regclass('core.' || p) IS NOT NULL;
            IF i = -1 THEN
                p := t || '_history';
                CONTINUE WHEN to_regclass('core.' || p) IS NOT NULL;
                EXECUTE format('CREATE TABLE core.%I PARTITION OF core.%I DEFAULT', p, t);
            ELSE
                EXECUTE format('CREATE TABLE core.%I PARTITION OF core.%I FOR VALUES FROM (%L) TO (%L)',
                    p, t, m::text || ' 00:00+00', (m + interval '1 month')::date::text || ' 00:00+00');
            END IF;
            EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON core.%I FROM meridian_app', p);
            EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON core.%I FOR EACH STATEMENT EXECUTE FUNCTION core.refuse_change()', p);
        END LOOP;
    END LOOP;
END $$;
-- +goose StatementEnd
SELECT core.append_only('core', 'proc_event');
SELECT core.append_only('core', 'audit_entry');
SELECT core.make_partitions(13);

CREATE TABLE core.proc_event_obj (
    event_id    bigint NOT NULL,
    at          timestamptz NOT NULL,
    object_type text   NOT NULL,
    object_id   bigint NOT NULL,
    qualifier   text   NOT NULL,
    PRIMARY KEY (event_id, object_type, object_id, qualifier)
);
CREATE INDEX ON core.proc_event_obj (object_type, object_id);
SELECT core.append_only('core', 'proc_event_obj');

CREATE TABLE core.obj_link (
    source_type text   NOT NULL,
    source_id   bigint NOT NULL,
    target_type text   NOT NULL,
    target_id   bigint NOT NULL,
    relation    text   NOT NULL DEFAULT 'created',
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (source_type, source_id, target_type, target_id, relation)
);
CREATE INDEX ON core.obj_link (target_type, target_id);
SELECT core.append_only('core', 'obj_link');

CREATE TABLE core.approval_rule (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id  bigint NOT NULL DEFAULT 0, -- 0 = every company
    matrix      text   NOT NULL,           -- ltc.order:confirm
    priority    int    NOT NULL DEFAULT 100,
    label       text   NOT NULL DEFAULT '',
    amount_from numeric(18,2) NOT NULL DEFAULT 0,
    amount_to   numeric(18,2),             -- exclusive; NULL = no end
    guard       text   NOT NULL DEFAULT '',
    steps       jsonb  NOT NULL,           -- [{mode, resolver, arg, limit_h}]
    CHECK (amount_to IS NULL OR amount_to > amount_from)
);
CREATE INDEX ON core.approval_rule (matrix, priority);

CREATE TABLE core.approval_round (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    instance_id  bigint NOT NULL REFERENCES core.proc_instance (id),
    object_type  text NOT NULL,
    object_id    bigint NOT NULL,
    move         text NOT NULL,
    input        jsonb NOT NULL,
    facts_hash   text NOT NULL,
    rule_id      bigint NOT NULL,
    explanation  text NOT NULL,
    amount       numeric(18,2) NOT NULL,
    title        text NOT NULL,
    submitter    bigint NOT NULL,
    barred       bigint[] NOT NULL, -- who may not decide: creator, owner, submitter, last editor
    company_id   bigint NOT NULL,
    dept_id      bigint NOT NULL,
    steps        jsonb NOT NULL,
    step         int  NOT NULL DEFAULT 0,
    state        text NOT NULL CHECK (state IN ('open', 'approved', 'rejected', 'withdrawn', 'void')),
    opened_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    closed_at    timestamptz
);
CREATE UNIQUE INDEX ON core.approval_round (instance_id) WHERE state = 'open';
CREATE TABLE core.approval_task (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    round_id   bigint NOT NULL REFERENCES core.approval_round (id),
    step       int    NOT NULL,
    assignee   bigint NOT NULL,
    state      text   NOT NULL CHECK (state IN ('open', 'approved', 'rejected', 'void', 'transferred')),
    due_at     timestamptz,
    check_at   timestamptz,
    level      int    NOT NULL DEFAULT 0,
    decided_by bigint NOT NULL DEFAULT 0,
    decided_at timestamptz,
    on_behalf_of bigint NOT NULL DEFAULT 0,
    opinion    text   NOT NULL DEFAULT ''
);
CREATE INDEX ON core.approval_task (assignee) WHERE state = 'open';
CREATE INDEX ON core.approval_task (round_id);
CREATE INDEX ON core.approval_task (check_at) WHERE state = 'open' AND check_at IS NOT NULL;

CREATE TABLE core.delegation (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    from_user  bigint NOT NULL,
    to_user    bigint NOT NULL CHECK (to_user <> from_user),
    valid      tstzrange NOT NULL,
    max_amount numeric(18,2),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON core.delegation (to_user);

CREATE TABLE core.escalation (
    kind   text   NOT NULL, -- instance, task
    ref_id bigint NOT NULL,
    seq    int    NOT NULL, -- of the instance when the clock started; 0 for tasks
    level  int    NOT NULL,
    at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (kind, ref_id, seq, level)
);

CREATE TABLE core.notification (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id     bigint NOT NULL,
    kind        text   NOT NULL, -- approval, task, late, handover, mention, job
    message     text   NOT NULL, -- English key
    args        jsonb  NOT NULL DEFAULT '[]',
    object_type text   NOT NULL DEFAULT '',
    object_id   bigint NOT NULL DEFAULT 0,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    read_at     timestamptz,
    mailed_at   timestamptz
);
CREATE INDEX ON core.notification (user_id, at DESC);
CREATE INDEX ON core.notification (user_id) WHERE read_at IS NULL;
-- +goose StatementBegin
CREATE FUNCTION core.notified() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('meridian_bell', NEW.user_id::text);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER notified AFTER INSERT OR UPDATE OF read_at ON core.notification FOR EACH ROW EXECUTE FUNCTION core.notified();

CREATE TABLE core.comment (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    object_type text   NOT NULL,
    object_id   bigint NOT NULL,
    author      bigint NOT NULL,
    body        text   NOT NULL,
    mentions    bigint[] NOT NULL DEFAULT '{}',
    at          timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON core.comment (object_type, object_id, at);

CREATE TABLE core.attachment (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    object_type text   NOT NULL,
    object_id   bigint NOT NULL,
    name        text   NOT NULL,
    media_type  text   NOT NULL,
    size        bigint NOT NULL,
    sha256      text   NOT NULL,
    by_user     bigint NOT NULL,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    deleted_at  timestamptz
);
CREATE INDEX ON core.attachment (object_type, object_id);
CREATE TABLE core.attachment_body (
    sha256 text PRIMARY KEY,
    body   bytea NOT NULL
);
