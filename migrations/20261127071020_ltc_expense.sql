-- +goose Up
-- Expenses are asked for before the money is spent: request, commitment, actual.
CREATE TABLE ltc.expense_request (LIKE core.base INCLUDING ALL,
    stage          text NOT NULL,
    title          text NOT NULL,
    kind           text NOT NULL,
    customer_id    bigint,
    opportunity_id bigint REFERENCES ltc.opportunity (id),
    campaign_id    bigint,
    budget_key     text NOT NULL,
    needed_on      date,
    note           text NOT NULL DEFAULT '',
    amount         numeric(18,2) NOT NULL CHECK (amount > 0),
    actual         numeric(18,2) NOT NULL DEFAULT 0 CHECK (actual >= 0),
    spent_on       date,
    receipt_no     text NOT NULL DEFAULT '',
    verdict        text NOT NULL DEFAULT '' CHECK (verdict IN ('', 'allow', 'warn')),
    budget_used    numeric(18,6) NOT NULL DEFAULT 0
);
SELECT core.document('ltc', 'expense_request', 'draft');
CREATE INDEX ON ltc.expense_request (opportunity_id);
CREATE INDEX ON ltc.expense_request (customer_id);
CREATE INDEX ON ltc.expense_request (budget_key);
