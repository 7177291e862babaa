-- +goose Up
CREATE TABLE crm.segment (LIKE core.base INCLUDING ALL,
    name         text NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('dynamic', 'static')),
    purpose      text NOT NULL DEFAULT '',
    set_tier     text NOT NULL DEFAULT '',
    members      int NOT NULL DEFAULT 0,
    refreshed_at timestamptz
);
SELECT core.document('crm', 'segment', '');
CREATE TABLE crm.segment_rule (LIKE core.base_line INCLUDING ALL,
    grp   int  NOT NULL DEFAULT 1,
    field text NOT NULL,
    op    text NOT NULL,
    value text NOT NULL DEFAULT ''
);
SELECT core.lines('crm', 'segment_rule', 'segment');
CREATE TABLE crm.segment_member (
    segment_id  bigint NOT NULL REFERENCES crm.segment (id),
    customer_id bigint NOT NULL REFERENCES crm.customer (id),
    since       timestamptz NOT NULL,
    until       timestamptz,
    PRIMARY KEY (segment_id, customer_id, since)
);
CREATE UNIQUE INDEX ON crm.segment_member (segment_id, customer_id) WHERE until IS NULL;
CREATE INDEX ON crm.segment_member (customer_id);

-- clv is 5.5: m·r/(1 + i - r) - ac, the first margin after one year, r below 0.99.
-- +goose StatementBegin
CREATE FUNCTION crm.clv(m numeric, r numeric, i numeric, ac numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT round(m * least(r, 0.99) / (1 + i - least(r, 0.99)) - ac, 2)
$$;
-- quintile is 5.3: stable for equal values, from the share of values below.
CREATE FUNCTION crm.quintile(rank double precision) RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT least(5, floor(5 * rank)::int + 1)
$$;
CREATE FUNCTION crm.rfm_segment(r int, f int, m int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN r = 5 AND f = 5 AND m >= 4 OR r = 5 AND f = 4 AND m >= 4 THEN 'champion' WHEN r >= 4 AND f <= 2 THEN 'new' WHEN r <= 2 AND f >= 4 THEN 'at_risk_loyal' WHEN r <= 2 AND f <= 2 THEN 'hibernating' ELSE 'regular' END
$$;
-- +goose StatementEnd
CREATE TABLE crm.value (
    customer_id bigint PRIMARY KEY REFERENCES crm.customer (id),
    days        int NOT NULL,      -- since the last order of the window
    orders      int NOT NULL,      -- in the window
    margin      numeric(18,2) NOT NULL, -- of the window
    r           int NOT NULL,
    f           int NOT NULL,
    m           int NOT NULL,
    rfm         text NOT NULL,
    year_margin numeric(18,2) NOT NULL,
    year_net    numeric(18,2) NOT NULL,
    receipts    numeric(18,2) NOT NULL,
    cost        numeric(18,2) NOT NULL,
    average     numeric(18,2) NOT NULL,
    gap_days    numeric(18,2),
    next_on     date,
    alive       boolean NOT NULL,
    retention   numeric(18,6) NOT NULL,
    clv         numeric(18,2) NOT NULL,
    class       text NOT NULL,
    as_of       date NOT NULL
);
CREATE TABLE crm.value_history (
    customer_id bigint NOT NULL REFERENCES crm.customer (id),
    month       date NOT NULL,
    margin      numeric(18,2) NOT NULL,
    clv         numeric(18,2) NOT NULL,
    class       text NOT NULL,
    PRIMARY KEY (customer_id, month)
);
CREATE TABLE crm.value_model (LIKE core.base INCLUDING ALL,
    name   text NOT NULL,
    active boolean NOT NULL DEFAULT true
);
SELECT core.document('crm', 'value_model', '');
CREATE TABLE crm.value_weight (LIKE core.base_line INCLUDING ALL,
    indicator text NOT NULL,
    weight    int NOT NULL
);
SELECT core.lines('crm', 'value_weight', 'value_model');
