-- +goose Up
-- Changes of signed contracts and what they do to plan and revenue.
CREATE TABLE ltc.contract_change (LIKE core.base INCLUDING ALL,
    stage        text NOT NULL,
    contract_id  bigint NOT NULL REFERENCES ltc.contract (id),
    customer_id  bigint NOT NULL,
    reason       text NOT NULL,
    effective_on date NOT NULL,
    delta        numeric(18,2) NOT NULL DEFAULT 0, -- of the amount including tax
    new_end_on   date,
    applied_on   date
);
SELECT core.document('ltc', 'contract_change', 'draft');
CREATE INDEX ON ltc.contract_change (contract_id);
CREATE TABLE ltc.contract_change_line (LIKE core.base_line INCLUDING ALL,
    obligation_id bigint REFERENCES ltc.obligation (id),
    title         text NOT NULL DEFAULT '',
    product_id    bigint,
    treatment     text NOT NULL CHECK (treatment IN ('separate', 'prospective', 'catch_up')),
    method        text NOT NULL DEFAULT 'point' CHECK (method IN ('point', 'time', 'output', 'cost')),
    start_on      date,
    end_on        date,
    ssp           numeric(18,2) NOT NULL DEFAULT 0,
    delta         numeric(18,2) NOT NULL -- of the price without tax
);
SELECT core.lines('ltc', 'contract_change_line', 'contract_change');

-- A contract whose price is divided by hand keeps it; approvals of three departments.
CREATE TABLE ltc.clause (LIKE core.base INCLUDING ALL,
    title     text NOT NULL,
    topic     text NOT NULL,
    body      text NOT NULL,
    mandatory boolean NOT NULL DEFAULT false
);
SELECT core.document('ltc', 'clause', '');
CREATE TABLE ltc.contract_clause (LIKE core.base_line INCLUDING ALL,
    clause_id bigint REFERENCES ltc.clause (id),
    topic     text NOT NULL DEFAULT '',
    body      text NOT NULL DEFAULT '',
    deviates  boolean NOT NULL DEFAULT false
);
SELECT core.lines('ltc', 'contract_clause', 'contract');
