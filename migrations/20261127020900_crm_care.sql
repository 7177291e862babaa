-- +goose Up
CREATE TABLE crm.care_program (LIKE core.base INCLUDING ALL,
    name       text NOT NULL,
    occasion   text NOT NULL,
    offset_days int NOT NULL DEFAULT 0,
    tier       text NOT NULL DEFAULT '',
    class      text NOT NULL DEFAULT '',
    channel    text NOT NULL,
    todo       text NOT NULL,
    gift_limit numeric(18,2) NOT NULL DEFAULT 0,
    active     boolean NOT NULL DEFAULT true
);
SELECT core.document('crm', 'care_program', '');
CREATE TABLE crm.care_task (LIKE core.base INCLUDING ALL,
    stage       text NOT NULL,
    program_id  bigint NOT NULL REFERENCES crm.care_program (id),
    customer_id bigint NOT NULL REFERENCES crm.customer (id),
    contact_id  bigint REFERENCES crm.contact (id),
    due_on      date NOT NULL,
    channel     text NOT NULL,
    todo        text NOT NULL,
    result      text NOT NULL DEFAULT '',
    gift        text NOT NULL DEFAULT '',
    cost        numeric(18,2) NOT NULL DEFAULT 0
);
SELECT core.document('crm', 'care_task', 'due');
CREATE UNIQUE INDEX care_task_due_key ON crm.care_task (program_id, customer_id, coalesce(contact_id, 0), due_on);

-- Points, append-only: earned, burnt, expired.
CREATE TABLE crm.loyalty_entry (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES crm.customer (id),
    kind        text NOT NULL CHECK (kind IN ('earn', 'referral', 'burn', 'expire', 'adjust')),
    points      int  NOT NULL CHECK (points <> 0),
    expires_on  date,
    reason      text NOT NULL DEFAULT '',
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    by_user     bigint NOT NULL DEFAULT 0,
    idem_key    text NOT NULL UNIQUE
);
CREATE INDEX ON crm.loyalty_entry (customer_id);
SELECT core.append_only('crm', 'loyalty_entry');
CREATE TABLE crm.loyalty_balance (
    customer_id bigint PRIMARY KEY REFERENCES crm.customer (id),
    points      int NOT NULL CHECK (points >= 0)
);
CREATE TABLE crm.loyalty_rule (LIKE core.base INCLUDING ALL,
    points_per_100  int NOT NULL CHECK (points_per_100 >= 0),
    expire_months   int NOT NULL CHECK (expire_months BETWEEN 1 AND 120),
    referral_points int NOT NULL CHECK (referral_points >= 0),
    silver_from     int NOT NULL,
    gold_from       int NOT NULL
);
SELECT core.document('crm', 'loyalty_rule', '');
CREATE UNIQUE INDEX loyalty_rule_company_id_key ON crm.loyalty_rule (company_id) WHERE archived_at IS NULL;
CREATE TABLE crm.reward (LIKE core.base INCLUDING ALL,
    name   text NOT NULL,
    points int NOT NULL CHECK (points > 0),
    cost   numeric(18,2) NOT NULL DEFAULT 0,
    stock  int NOT NULL CHECK (stock >= 0),
    active boolean NOT NULL DEFAULT true
);
SELECT core.document('crm', 'reward', '');
