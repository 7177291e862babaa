-- +goose Up
-- What other modules tell of a customer, append-only; the month rows are sums of it.
CREATE TABLE crm.fact (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES crm.customer (id),
    kind        text   NOT NULL CHECK (kind IN ('order', 'receipt', 'margin', 'case', 'complaint', 'complaint_closed', 'touch', 'praise', 'cost')),
    on_day      date   NOT NULL,
    n           int    NOT NULL,
    amount      numeric(18,2) NOT NULL,
    object_type text   NOT NULL,
    object_id   bigint NOT NULL,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    idem_key    text   NOT NULL UNIQUE
);
CREATE INDEX ON crm.fact (customer_id, kind, on_day);
CREATE INDEX ON crm.fact (object_type, object_id);
SELECT core.append_only('crm', 'fact');
CREATE TABLE crm.customer_fact (
    customer_id bigint NOT NULL REFERENCES crm.customer (id),
    month       date   NOT NULL,
    kind        text   NOT NULL,
    n           int    NOT NULL,
    amount      numeric(18,2) NOT NULL,
    PRIMARY KEY (customer_id, kind, month)
);
CREATE INDEX ON crm.followup (customer_id, done_at) WHERE stage = 'done';

-- health_parts is the score of 5.2: recency, frequency, orders, complaints, need match,
-- twenty points each.
-- +goose StatementBegin
CREATE FUNCTION crm.health_parts(days numeric, per_month numeric, target numeric, orders numeric, open numeric, closed numeric, fit text) RETURNS numeric[] LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY[
        round(20 * greatest(0, least(1, (180 - coalesce(days, 180)) / 150)), 2),
        round(20 * least(1, per_month / target), 2),
        round(20 * least(1, greatest(0, orders) / 2), 2),
        greatest(0, 20 - 5 * open - 2 * closed),
        CASE fit WHEN 'high' THEN 20 WHEN 'medium' THEN 15 ELSE 10 END]
$$;
-- +goose StatementEnd

CREATE TABLE crm.health (
    customer_id bigint PRIMARY KEY REFERENCES crm.customer (id),
    parts       numeric(18,2)[] NOT NULL,
    score       int  NOT NULL,
    grade       text NOT NULL CHECK (grade IN ('low', 'medium', 'high')),
    churn       boolean NOT NULL,
    days        int,
    contacts    int NOT NULL,
    orders      int NOT NULL,
    complaints  int NOT NULL,
    as_of       date NOT NULL
);
CREATE INDEX ON crm.health (grade);
CREATE TABLE crm.health_history (
    customer_id bigint NOT NULL REFERENCES crm.customer (id),
    on_day      date NOT NULL,
    score       int  NOT NULL,
    grade       text NOT NULL,
    PRIMARY KEY (customer_id, on_day)
);

CREATE TABLE crm.risk_case (LIKE core.base INCLUDING ALL,
    stage       text NOT NULL,
    customer_id bigint NOT NULL REFERENCES crm.customer (id),
    rule        text NOT NULL,
    evidence    text NOT NULL,
    score       int  NOT NULL DEFAULT 0,
    due_on      date NOT NULL,
    cause       text NOT NULL DEFAULT '',
    measure     text NOT NULL DEFAULT '',
    result      text NOT NULL DEFAULT ''
);
SELECT core.document('crm', 'risk_case', 'open');
CREATE UNIQUE INDEX risk_case_customer_id_key ON crm.risk_case (customer_id) WHERE stage IN ('open', 'contacted') AND archived_at IS NULL;
