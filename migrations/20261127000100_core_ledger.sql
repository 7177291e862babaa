-- +goose Up
-- The journal: short chart, posting rules, periods, append-only entries.
CREATE TABLE core.account (LIKE core.base INCLUDING ALL,
    code    text NOT NULL,
    name    text NOT NULL,
    kind    text NOT NULL CHECK (kind IN ('asset', 'liability', 'equity', 'revenue', 'expense')),
    control text NOT NULL DEFAULT '', -- the sub-ledger it must equal
    CONSTRAINT account_company_id_code_key UNIQUE (company_id, code)
);
SELECT core.document('core', 'account', '');

CREATE TABLE core.posting_rule (LIKE core.base INCLUDING ALL,
    key        text NOT NULL,             -- receivable, revenue, ...
    class      text NOT NULL DEFAULT '',  -- product class; '' = every other
    account_id bigint NOT NULL REFERENCES core.account (id),
    CONSTRAINT posting_rule_company_id_key_class_key UNIQUE (company_id, key, class)
);
SELECT core.document('core', 'posting_rule', '');

CREATE TABLE core.period (LIKE core.base INCLUDING ALL,
    stage text NOT NULL,
    area  text NOT NULL,
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    CONSTRAINT period_company_id_area_month_key UNIQUE (company_id, area, month)
);
SELECT core.document('core', 'period', 'open');

CREATE TABLE core.journal_entry (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id  bigint NOT NULL,
    day         date   NOT NULL,
    event       text   NOT NULL,
    object_type text   NOT NULL,
    object_id   bigint NOT NULL,
    note        text   NOT NULL DEFAULT '',
    actor       bigint NOT NULL,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    idem_key    text   NOT NULL UNIQUE
);
CREATE INDEX ON core.journal_entry (object_type, object_id);
CREATE INDEX ON core.journal_entry (company_id, day);
CREATE TABLE core.journal_line (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entry_id   bigint NOT NULL REFERENCES core.journal_entry (id),
    company_id bigint NOT NULL,
    day        date   NOT NULL,
    account_id bigint NOT NULL REFERENCES core.account (id),
    party      bigint NOT NULL DEFAULT 0, -- customer or supplier of a control account
    amount     numeric(18,2) NOT NULL CHECK (amount <> 0) -- debit positive, credit negative
);
CREATE INDEX ON core.journal_line (account_id, day);
CREATE INDEX ON core.journal_line (entry_id);
SELECT core.append_only('core', 'journal_entry');
SELECT core.append_only('core', 'journal_line');

-- What leaves the transaction unbalanced was never posted.
-- +goose StatementBegin
CREATE FUNCTION core.balanced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT coalesce(sum(amount), 0) FROM core.journal_line WHERE entry_id = NEW.entry_id) <> 0 THEN
        RAISE EXCEPTION 'journal entry % does not balance', NEW.entry_id;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON core.journal_line DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION core.balanced();
