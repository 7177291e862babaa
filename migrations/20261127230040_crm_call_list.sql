-- +goose Up
-- A call list gives the customers of a segment to people who call them, one after another.
CREATE TABLE crm.call_list (LIKE core.base INCLUDING ALL,
    stage      text NOT NULL,
    name       text NOT NULL,
    segment_id bigint NOT NULL REFERENCES crm.segment (id),
    script     text NOT NULL DEFAULT '',
    until_on   date,
    calls      int NOT NULL DEFAULT 0
);
SELECT core.document('crm', 'call_list', 'draft');
CREATE TABLE crm.caller (LIKE core.base_line INCLUDING ALL,
    user_id bigint NOT NULL,
    UNIQUE (parent_id, user_id) DEFERRABLE INITIALLY DEFERRED
);
SELECT core.lines('crm', 'caller', 'call_list');
CREATE TABLE crm.call (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    list_id     bigint NOT NULL REFERENCES crm.call_list (id),
    customer_id bigint NOT NULL REFERENCES crm.customer (id),
    caller_id   bigint NOT NULL,
    tries       int    NOT NULL DEFAULT 0,
    due_on      date   NOT NULL,
    outcome     text   NOT NULL DEFAULT '' CHECK (outcome IN ('', 'reached', 'qualified', 'not_interested', 'wrong_number', 'no_answer')),
    done_at     timestamptz,
    UNIQUE (list_id, customer_id)
);
CREATE INDEX ON crm.call (caller_id, due_on, id) WHERE done_at IS NULL;
