-- +goose Up
-- Kinds of invoices, instalments as the open items, allocations from receipts, credit
-- notes and differences, and the ledger of what is billed and recognised.
ALTER TABLE ltc.invoice
    ADD COLUMN kind        text    NOT NULL DEFAULT 'normal' CHECK (kind IN ('normal', 'advance', 'final', 'credit')),
    ADD COLUMN contract_id bigint  REFERENCES ltc.contract (id),
    ADD COLUMN credits_id  bigint  REFERENCES ltc.invoice (id),
    ADD COLUMN why         text    NOT NULL DEFAULT '',
    ADD COLUMN rebill      boolean NOT NULL DEFAULT false,
    ADD COLUMN booked_on   date, -- day of its entry in the journal; empty: history not taken over
    ADD CHECK ((kind = 'credit') = (credits_id IS NOT NULL));
UPDATE ltc.invoice v SET contract_id = o.contract_id FROM ltc."order" o WHERE o.id = v.order_id AND o.contract_id IS NOT NULL;
CREATE INDEX ON ltc.invoice (contract_id);
CREATE INDEX ON ltc.invoice (credits_id);

-- Lines without a product: a share of a contract, an advance, its deduction. Net may
-- be negative.
CREATE TABLE ltc.invoice_item (LIKE core.base_line INCLUDING ALL,
    description text NOT NULL DEFAULT '',
    plan_line   int  NOT NULL DEFAULT 0, -- number of the line in the plan of the contract
    deducts_id  bigint REFERENCES ltc.invoice (id),
    gross       numeric(18,2) NOT NULL,
    tax_rate    numeric(18,6) NOT NULL DEFAULT 0 CHECK (tax_rate BETWEEN 0 AND 1),
    net         numeric(18,2) NOT NULL,
    tax         numeric(18,2) NOT NULL,
    CHECK (gross = net + tax),
    CHECK (deducts_id IS NULL OR gross <= 0)
);
SELECT core.lines('ltc', 'invoice_item', 'invoice');
CREATE INDEX ON ltc.invoice_item (deducts_id);

CREATE TABLE ltc.instalment (LIKE core.base_line INCLUDING ALL,
    due_on        date NOT NULL,
    percent       numeric(18,6) NOT NULL DEFAULT 0 CHECK (percent BETWEEN 0 AND 1),
    amount        numeric(18,2) NOT NULL DEFAULT 0 CHECK (amount >= 0),
    open          numeric(18,2) NOT NULL DEFAULT 0,
    plan_line     int  NOT NULL DEFAULT 0, -- the collect line of the contract it fulfils
    level         int  NOT NULL DEFAULT 0, -- highest level of dunning sent
    reminded_on   date,
    promised_on   date,
    disputed      boolean NOT NULL DEFAULT false,
    reported_late boolean NOT NULL DEFAULT false,
    CHECK (open BETWEEN 0 AND amount)
);
SELECT core.lines('ltc', 'instalment', 'invoice');
CREATE INDEX ON ltc.instalment (due_on) WHERE open > 0;
INSERT INTO ltc.instalment (parent_id, pos, due_on, percent, amount, open) SELECT id, 1, due_date, 1, total, open FROM ltc.invoice;

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION ltc.posted_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.fiscal_no <> '' AND (NEW.fiscal_no, NEW.kind, NEW.company_id, NEW.customer_id, NEW.order_id, NEW.acceptance_id, NEW.contract_id, NEW.credits_id, NEW.invoice_date, NEW.due_date, NEW.posted_on, NEW.freight, NEW.net, NEW.tax, NEW.total)
        IS DISTINCT FROM (OLD.fiscal_no, OLD.kind, OLD.company_id, OLD.customer_id, OLD.order_id, OLD.acceptance_id, OLD.contract_id, OLD.credits_id, OLD.invoice_date, OLD.due_date, OLD.posted_on, OLD.freight, OLD.net, OLD.tax, OLD.total) THEN
        RAISE EXCEPTION 'A posted invoice does not change.' USING HINT = 'precondition';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION ltc.instalment_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.parent_id, NEW.due_on, NEW.amount) IS NOT DISTINCT FROM (OLD.parent_id, OLD.due_on, OLD.amount) THEN
        RETURN NEW;
    END IF;
    IF EXISTS (SELECT FROM ltc.invoice i WHERE i.id = coalesce(NEW.parent_id, OLD.parent_id) AND i.fiscal_no <> '' AND i.version > 1) THEN
        RAISE EXCEPTION 'A posted invoice does not change.' USING HINT = 'precondition';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
-- +goose StatementEnd
CREATE TRIGGER posted_is_final BEFORE INSERT OR UPDATE OR DELETE ON ltc.invoice_item FOR EACH ROW EXECUTE FUNCTION ltc.posted_line_is_final();
CREATE TRIGGER posted_is_final BEFORE INSERT OR UPDATE OR DELETE ON ltc.instalment FOR EACH ROW EXECUTE FUNCTION ltc.instalment_is_final();

-- Payments stand in the journal from the day they are entered.
ALTER TABLE ltc.receipt
    ADD COLUMN booked_on      date,
    ADD COLUMN currency       text NOT NULL DEFAULT '',
    ADD COLUMN foreign_amount numeric(18,2) NOT NULL DEFAULT 0,
    ADD COLUMN rate           numeric(18,6) NOT NULL DEFAULT 0,
    ADD COLUMN reference      text NOT NULL DEFAULT '', -- purpose of the transfer
    ADD COLUMN refunded       numeric(18,2) NOT NULL DEFAULT 0 CHECK (refunded >= 0),
    DROP CONSTRAINT receipt_check,
    ADD CONSTRAINT receipt_check CHECK (rest <= amount - settled - refunded);
-- +goose StatementBegin
CREATE FUNCTION ltc.booked_receipt_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.archived_at IS NOT NULL AND OLD.archived_at IS NULL AND OLD.booked_on IS NOT NULL THEN
        RAISE EXCEPTION 'A payment in the journal is not deleted; return it instead.' USING HINT = 'precondition';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER booked_receipt_stays BEFORE UPDATE OF archived_at ON ltc.receipt FOR EACH ROW EXECUTE FUNCTION ltc.booked_receipt_stays();

-- Small and large differences between what was asked and what came.
CREATE TABLE ltc.difference (LIKE core.base INCLUDING ALL,
    stage         text NOT NULL,
    invoice_id    bigint NOT NULL REFERENCES ltc.invoice (id),
    instalment_id bigint,
    receipt_id    bigint REFERENCES ltc.receipt (id),
    customer_id   bigint NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('tolerance', 'bank_fee', 'fx', 'discount', 'bad_debt')),
    amount        numeric(18,2) NOT NULL CHECK (amount > 0),
    booked_on     date,
    reason        text NOT NULL DEFAULT ''
);
SELECT core.document('ltc', 'difference', 'proposed');
CREATE INDEX ON ltc.difference (invoice_id);

ALTER TABLE ltc.allocation DISABLE TRIGGER no_change;
ALTER TABLE ltc.allocation
    ALTER COLUMN receipt_id DROP NOT NULL,
    ADD COLUMN credit_id     bigint REFERENCES ltc.invoice (id),
    ADD COLUMN difference_id bigint REFERENCES ltc.difference (id),
    ADD COLUMN instalment_id bigint,
    ADD COLUMN reverses      bigint REFERENCES ltc.allocation (id),
    DROP CONSTRAINT allocation_amount_check,
    ADD CONSTRAINT allocation_amount_check CHECK (amount <> 0 AND (amount > 0) = (reverses IS NULL)),
    ADD CONSTRAINT allocation_one_source CHECK (num_nonnulls(receipt_id, credit_id, difference_id) = 1),
    ADD CONSTRAINT allocation_reverses_key UNIQUE (reverses);
UPDATE ltc.allocation a SET instalment_id = (SELECT id FROM ltc.instalment i WHERE i.parent_id = a.invoice_id ORDER BY pos LIMIT 1);
ALTER TABLE ltc.allocation ENABLE TRIGGER no_change;
CREATE INDEX ON ltc.allocation (credit_id) WHERE credit_id IS NOT NULL;
CREATE INDEX ON ltc.allocation (instalment_id);

-- What is billed and what is recognised, per contract (or order without one).
CREATE TABLE ltc.unit (
    company_id bigint NOT NULL,
    unit_type  text   NOT NULL,
    unit_id    bigint NOT NULL,
    balance    numeric(18,2) NOT NULL, -- recognised - billed: above 0 a contract asset, below a liability
    PRIMARY KEY (unit_type, unit_id)
);
CREATE TABLE ltc.rev_entry (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id    bigint NOT NULL,
    unit_type     text   NOT NULL,
    unit_id       bigint NOT NULL,
    customer_id   bigint NOT NULL,
    obligation_id bigint NOT NULL DEFAULT 0,
    kind          text   NOT NULL CHECK (kind IN ('billed', 'recognised')),
    amount        numeric(18,2) NOT NULL CHECK (amount <> 0),
    earned_on     date   NOT NULL, -- the day it belongs to
    day           date   NOT NULL, -- the day it is posted on: later, when the period was closed
    doc_type      text   NOT NULL,
    doc_id        bigint NOT NULL,
    idem_key      text   NOT NULL UNIQUE,
    at            timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON ltc.rev_entry (unit_type, unit_id, day);
CREATE INDEX ON ltc.rev_entry (obligation_id) WHERE obligation_id <> 0;
CREATE INDEX ON ltc.rev_entry (company_id, day);
SELECT core.append_only('ltc', 'rev_entry');

-- Performance obligations: what the price of a contract or order is for.
CREATE TABLE ltc.obligation (LIKE core.base INCLUDING ALL,
    stage           text NOT NULL,
    title           text NOT NULL,
    customer_id     bigint NOT NULL,
    contract_id     bigint REFERENCES ltc.contract (id),
    order_id        bigint REFERENCES ltc."order" (id),
    order_line_id   bigint NOT NULL DEFAULT 0,
    product_id      bigint,
    method          text NOT NULL CHECK (method IN ('point', 'time', 'output', 'cost')),
    ssp             numeric(18,2) NOT NULL DEFAULT 0 CHECK (ssp >= 0),
    allocated       numeric(18,2) NOT NULL DEFAULT 0 CHECK (allocated >= 0),
    recognised      numeric(18,2) NOT NULL DEFAULT 0,
    billed          numeric(18,2) NOT NULL DEFAULT 0,
    start_on        date,
    end_on          date,
    base_on         date,                             -- start of the current stretch of a prospective change
    base_amount     numeric(18,2) NOT NULL DEFAULT 0, -- recognised before it
    progress        numeric(18,6) NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
    cost_to_date    numeric(18,2) NOT NULL DEFAULT 0 CHECK (cost_to_date >= 0),
    estimated_cost  numeric(18,2) NOT NULL DEFAULT 0 CHECK (estimated_cost >= 0),
    loss_provision  numeric(18,2) NOT NULL DEFAULT 0,
    CHECK (end_on IS NULL OR end_on >= start_on)
);
SELECT core.document('ltc', 'obligation', 'open');
CREATE INDEX ON ltc.obligation (contract_id);
CREATE INDEX ON ltc.obligation (order_id);
CREATE UNIQUE INDEX obligation_order_line_key ON ltc.obligation (order_line_id) WHERE order_line_id <> 0 AND archived_at IS NULL;
