-- +goose Up
-- Thresholds of the module, one row a company.
CREATE TABLE crm.policy (LIKE core.base INCLUDING ALL,
    name_similarity     numeric(18,6) NOT NULL,
    refuse_similar      boolean NOT NULL,
    undo_days           int NOT NULL,
    verify_days         int NOT NULL,
    remind_below        int NOT NULL,
    churn_days          int NOT NULL,
    dormant_days        int NOT NULL,
    task_days           int NOT NULL,
    high_below          int NOT NULL,
    low_from            int NOT NULL,
    shrink              int NOT NULL,
    mature_days         int NOT NULL,
    capacity            int NOT NULL,
    first_contact_days  int NOT NULL,
    overdue_tolerance   numeric(18,2) NOT NULL,
    overdue_days        int NOT NULL,
    release_days        int NOT NULL,
    rfm_months          int NOT NULL,
    class_share         numeric(18,6) NOT NULL,
    discount_rate       numeric(18,6) NOT NULL,
    protect_days        int NOT NULL
);
SELECT core.document('crm', 'policy', '');
CREATE UNIQUE INDEX policy_company_id_key ON crm.policy (company_id) WHERE archived_at IS NULL;

ALTER TABLE crm.customer
    ADD phone_key     text NOT NULL DEFAULT '',
    ADD phone_ok      boolean NOT NULL DEFAULT false,
    ADD mail_domain   text NOT NULL DEFAULT '',
    ADD tax_ok        boolean NOT NULL DEFAULT false,
    ADD name_code     text NOT NULL DEFAULT '',
    ADD distinct_ok   boolean NOT NULL DEFAULT false,
    ADD first_way     text NOT NULL DEFAULT '',
    ADD referrer_id   bigint REFERENCES crm.customer (id),
    ADD core_need     text NOT NULL DEFAULT '',
    ADD need_priority text NOT NULL DEFAULT '',
    ADD need_fit      text NOT NULL DEFAULT '',
    ADD tags          text NOT NULL DEFAULT '',
    ADD preferences   text NOT NULL DEFAULT '',
    ADD class         text NOT NULL DEFAULT '',
    ADD completeness  int NOT NULL DEFAULT 0,
    ADD last_touch_at timestamptz,
    ADD merged_into   bigint REFERENCES crm.customer (id);
UPDATE crm.customer SET phone_key = right(regexp_replace(phone, '\D', '', 'g'), 11), mail_domain = split_part(lower(email), '@', 2), name_code = name_key;
CREATE INDEX ON crm.customer (phone_key) WHERE phone_key <> '';
CREATE INDEX ON crm.customer (mail_domain) WHERE mail_domain <> '';
CREATE INDEX ON crm.customer USING gin (name_code gin_trgm_ops);
CREATE INDEX ON crm.customer (merged_into) WHERE merged_into IS NOT NULL;

-- Two customers that may be one. a is the older.
CREATE TABLE crm.duplicate (
    a_id     bigint NOT NULL REFERENCES crm.customer (id),
    b_id     bigint NOT NULL REFERENCES crm.customer (id),
    why      text   NOT NULL CHECK (why IN ('tax_no', 'phone', 'mail', 'name')),
    score    numeric(18,6) NOT NULL,
    found_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    distinct_at timestamptz, -- somebody said they are two
    distinct_by bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (a_id, b_id),
    CHECK (a_id < b_id)
);
CREATE INDEX ON crm.duplicate (b_id);

-- What a merge moved, so that it can be undone.
CREATE TABLE crm.merge (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kept_id    bigint NOT NULL REFERENCES crm.customer (id),
    merged_id  bigint NOT NULL REFERENCES crm.customer (id),
    kept_was   jsonb NOT NULL, -- the fields before
    stage_was  text  NOT NULL, -- of the merged one
    moved      jsonb NOT NULL DEFAULT '{}', -- table -> ids
    merged_by  bigint NOT NULL,
    merged_at  timestamptz NOT NULL,
    undone_at  timestamptz,
    undone_by  bigint NOT NULL DEFAULT 0
);
CREATE INDEX ON crm.merge (kept_id);
CREATE INDEX ON crm.merge (merged_id);

-- Every life-cycle move, written by the table itself so that no path misses it.
CREATE TABLE crm.lifecycle_log (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES crm.customer (id),
    from_stage  text NOT NULL,
    to_stage    text NOT NULL,
    at          timestamptz NOT NULL
);
CREATE INDEX ON crm.lifecycle_log (customer_id, at);
CREATE INDEX ON crm.lifecycle_log (at);
INSERT INTO crm.lifecycle_log (customer_id, from_stage, to_stage, at) SELECT id, '', stage, created_at FROM crm.customer;
SELECT core.append_only('crm', 'lifecycle_log');

-- Who owned a customer from when to when, and how it came to that.
CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;
CREATE TABLE crm.ownership (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES crm.customer (id),
    owner_id    bigint NOT NULL,
    held        tstzrange NOT NULL,
    how         text NOT NULL,
    reason      text NOT NULL DEFAULT '',
    by_user     bigint NOT NULL DEFAULT 0,
    EXCLUDE USING gist (customer_id WITH =, held WITH &&)
);
CREATE INDEX ON crm.ownership (owner_id, (lower(held)));
INSERT INTO crm.ownership (customer_id, owner_id, held, how) SELECT id, owner_id, tstzrange(created_at, NULL), 'create' FROM crm.customer;

-- +goose StatementBegin
CREATE FUNCTION crm.follow_customer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    how    text := coalesce(nullif(current_setting('crm.how', true), ''), 'assign');
    reason text := coalesce(current_setting('crm.reason', true), '');
    began  timestamptz;
    moment timestamptz := clock_timestamp();
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO crm.lifecycle_log (customer_id, from_stage, to_stage, at) VALUES (NEW.id, '', NEW.stage, NEW.created_at);
        INSERT INTO crm.ownership (customer_id, owner_id, held, how, by_user) VALUES (NEW.id, NEW.owner_id, tstzrange(NEW.created_at, NULL), 'create', NEW.created_by);
        RETURN NULL;
    END IF;
    IF NEW.stage IS DISTINCT FROM OLD.stage THEN
        INSERT INTO crm.lifecycle_log (customer_id, from_stage, to_stage, at) VALUES (NEW.id, OLD.stage, NEW.stage, moment);
    END IF;
    IF NEW.owner_id IS DISTINCT FROM OLD.owner_id THEN
        SELECT lower(held) INTO began FROM crm.ownership WHERE customer_id = NEW.id AND upper_inf(held);
        moment := greatest(moment, began + interval '1 microsecond');
        UPDATE crm.ownership SET held = tstzrange(began, moment) WHERE customer_id = NEW.id AND upper_inf(held);
        INSERT INTO crm.ownership (customer_id, owner_id, held, how, reason, by_user) VALUES (NEW.id, NEW.owner_id, tstzrange(moment, NULL), how, reason, NEW.updated_by);
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER follow_customer AFTER INSERT OR UPDATE OF stage, owner_id ON crm.customer FOR EACH ROW EXECUTE FUNCTION crm.follow_customer();

CREATE TABLE crm.field_standard (LIKE core.base INCLUDING ALL,
    kind       text NOT NULL DEFAULT '',
    from_stage text NOT NULL,
    field      text NOT NULL,
    weight     int  NOT NULL CHECK (weight BETWEEN 1 AND 100),
    required   boolean NOT NULL DEFAULT false
);
SELECT core.document('crm', 'field_standard', '');
CREATE UNIQUE INDEX field_standard_company_id_field_key ON crm.field_standard (company_id, kind, from_stage, field) WHERE archived_at IS NULL;

-- Deals that are open, as the documents that opened and ended them told it.
CREATE TABLE crm.open_deal (
    object_type text NOT NULL,
    object_id   bigint NOT NULL,
    customer_id bigint NOT NULL REFERENCES crm.customer (id),
    opened_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    closed_at   timestamptz,
    PRIMARY KEY (object_type, object_id)
);
CREATE INDEX ON crm.open_deal (customer_id) WHERE closed_at IS NULL;

ALTER TABLE crm.contact
    ADD has_left          boolean NOT NULL DEFAULT false,
    ADD stale             boolean NOT NULL DEFAULT false,
    ADD verified_on       date,
    ADD birthday          text NOT NULL DEFAULT '', -- MM-DD
    ADD preferred_channel text NOT NULL DEFAULT '',
    ADD preferred_time    text NOT NULL DEFAULT '',
    ADD superior_id       bigint REFERENCES crm.contact (id),
    ADD influence         int NOT NULL DEFAULT 0 CHECK (influence BETWEEN 0 AND 3),
    ADD attitude          int NOT NULL DEFAULT 0 CHECK (attitude BETWEEN -2 AND 2);
