-- +goose Up
CREATE TABLE dste.budget (LIKE core.base INCLUDING ALL,
    stage         text NOT NULL,
    key           text NOT NULL CHECK (key <> ''),
    name          text NOT NULL,
    department_id bigint NOT NULL,
    year          int  NOT NULL CHECK (year BETWEEN 2000 AND 2200),
    kind          text NOT NULL CHECK (kind IN ('opex', 'capex')),
    rule          text NOT NULL CHECK (rule IN ('allow', 'warn', 'block')),
    total         numeric(18,2) NOT NULL DEFAULT 0 CHECK (total >= 0), -- sum of the months
    committed     numeric(18,2) NOT NULL DEFAULT 0 CHECK (committed >= 0), -- open pre-commitments and commitments
    actual        numeric(18,2) NOT NULL DEFAULT 0,
    CONSTRAINT budget_company_id_key_key UNIQUE (company_id, key)
);
SELECT core.document('dste', 'budget', 'draft');
CREATE INDEX ON dste.budget (year, department_id);

CREATE TABLE dste.budget_month (LIKE core.base_line INCLUDING ALL,
    month  int NOT NULL CHECK (month BETWEEN 1 AND 12),
    amount numeric(18,2) NOT NULL DEFAULT 0 CHECK (amount >= 0)
);
SELECT core.lines('dste', 'budget_month', 'budget');
-- deferred: a document is stored line by line, and two months may trade places
ALTER TABLE dste.budget_month ADD CONSTRAINT budget_month_month_key UNIQUE (parent_id, month) DEFERRABLE INITIALLY DEFERRED;

-- The only budget ledger of the suite. amount is the signed change of part; a
-- release is the negative row that sets a commitment free.
CREATE TABLE dste.budget_ledger (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    budget_id bigint NOT NULL REFERENCES dste.budget (id),
    month     int    NOT NULL CHECK (month BETWEEN 1 AND 12),
    kind      text   NOT NULL CHECK (kind IN ('precommit', 'commit', 'actual', 'release')),
    part      text   NOT NULL CHECK (part IN ('precommit', 'commit', 'actual')),
    amount    numeric(18,2) NOT NULL CHECK (amount <> 0),
    doc_type  text   NOT NULL,
    doc_id    bigint NOT NULL,
    idem_key  text   NOT NULL CHECK (idem_key <> ''),
    posted_on date   NOT NULL,
    actor     bigint NOT NULL,
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (kind = part OR kind = 'release'),
    CHECK (kind <> 'release' OR (amount < 0 AND part <> 'actual')),
    CHECK (kind NOT IN ('precommit', 'commit') OR amount > 0),
    CONSTRAINT budget_ledger_idem_key_key UNIQUE (idem_key, kind, part, month)
);
CREATE INDEX ON dste.budget_ledger (budget_id, month);
CREATE INDEX ON dste.budget_ledger (doc_type, doc_id);
SELECT core.append_only('dste', 'budget_ledger');
