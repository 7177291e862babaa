-- +goose Up
CREATE TABLE crm.pool (LIKE core.base INCLUDING ALL,
    name           text NOT NULL,
    scope_dept_id  bigint,
    admin_id       bigint NOT NULL DEFAULT 0,
    claim_per_day  int NOT NULL CHECK (claim_per_day >= 0),
    cooldown_days  int NOT NULL CHECK (cooldown_days >= 0),
    hold_hours     int NOT NULL CHECK (hold_hours >= 0),
    idle_days      int NOT NULL CHECK (idle_days >= 0),
    notice_days    int NOT NULL CHECK (notice_days >= 0),
    count_signed   boolean NOT NULL DEFAULT false,
    auto_allocate  boolean NOT NULL DEFAULT false
);
SELECT core.document('crm', 'pool', '');
ALTER TABLE crm.customer ADD pool_id bigint REFERENCES crm.pool (id), ADD pooled_at timestamptz;
CREATE INDEX ON crm.customer (pool_id) WHERE pool_id IS NOT NULL;

-- Notice given to an owner that a customer goes back to the pool.
CREATE TABLE crm.recycle_notice (
    customer_id bigint PRIMARY KEY REFERENCES crm.customer (id),
    owner_id    bigint NOT NULL,
    pool_id     bigint NOT NULL REFERENCES crm.pool (id),
    why         text NOT NULL,
    given_on    date NOT NULL,
    due_on      date NOT NULL
);

CREATE TABLE crm.allocation_rule (LIKE core.base INCLUDING ALL,
    name     text NOT NULL,
    priority int  NOT NULL,
    region   text NOT NULL DEFAULT '',
    industry text NOT NULL DEFAULT '',
    source   text NOT NULL DEFAULT '',
    how      text NOT NULL,
    active   boolean NOT NULL DEFAULT true
);
SELECT core.document('crm', 'allocation_rule', '');
CREATE TABLE crm.allocation_member (LIKE core.base_line INCLUDING ALL,
    user_id bigint NOT NULL,
    max     int NOT NULL DEFAULT 0
);
SELECT core.lines('crm', 'allocation_member', 'allocation_rule');
CREATE TABLE crm.allocation_log (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES crm.customer (id),
    rule_id     bigint NOT NULL REFERENCES crm.allocation_rule (id),
    rule        text NOT NULL, -- its name and method at that time
    to_user     bigint NOT NULL,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    by_user     bigint NOT NULL DEFAULT 0
);
CREATE INDEX ON crm.allocation_log (rule_id, to_user, id DESC);
SELECT core.append_only('crm', 'allocation_log');
