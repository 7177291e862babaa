-- +goose Up
-- A person is found by the number a call comes from.
ALTER TABLE crm.contact ADD phone_key text NOT NULL DEFAULT '';
UPDATE crm.contact SET phone_key = regexp_replace(regexp_replace(regexp_replace(regexp_replace(phone, '\D', '', 'g'), '^00', ''), '^86(?=\d{10,})', ''), '^0', '') WHERE phone <> '';
CREATE INDEX ON crm.contact (phone_key) WHERE phone_key <> '';

-- What customers say, ask or write on any channel.
CREATE TABLE crm.message (LIKE core.base INCLUDING ALL,
    stage       text NOT NULL,
    channel     text NOT NULL CHECK (channel IN ('phone', 'mail', 'sms', 'web', 'chat')),
    external_id text NOT NULL,
    sender      text NOT NULL DEFAULT '',
    address     text NOT NULL DEFAULT '',
    customer_id bigint REFERENCES crm.customer (id),
    contact_id  bigint REFERENCES crm.contact (id),
    subject     text NOT NULL DEFAULT '',
    body        text NOT NULL DEFAULT '',
    received_at timestamptz NOT NULL,
    answered_at timestamptz,
    ended_at    timestamptz,
    missed      boolean NOT NULL DEFAULT false,
    answer      text NOT NULL DEFAULT '',
    delivery    text NOT NULL DEFAULT '' CHECK (delivery IN ('', 'waiting', 'mailed', 'failed')),
    mail_error  text NOT NULL DEFAULT '',
    UNIQUE (company_id, channel, external_id)
);
SELECT core.document('crm', 'message', 'waiting');
CREATE INDEX ON crm.message (customer_id, received_at DESC);
CREATE INDEX ON crm.message (owner_id, received_at) WHERE stage IN ('waiting', 'answered') AND archived_at IS NULL;
CREATE INDEX ON crm.message (company_id, received_at) WHERE channel = 'phone' AND archived_at IS NULL;

-- How calls are counted and who gets what no owner is known for.
CREATE TABLE crm.inbox_rule (LIKE core.base INCLUDING ALL,
    answer_seconds int    NOT NULL CHECK (answer_seconds > 0),
    short_seconds  int    NOT NULL CHECK (short_seconds >= 0),
    dispatcher_id  bigint NOT NULL DEFAULT 0,
    CONSTRAINT inbox_rule_company_id_key UNIQUE (company_id)
);
SELECT core.document('crm', 'inbox_rule', '');
