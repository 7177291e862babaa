-- +goose Up
-- Invoices, receipts and the append-only ledger between them.
CREATE TABLE ltc.invoice (LIKE core.base INCLUDING ALL,
    stage         text NOT NULL,
    fiscal_no     text NOT NULL DEFAULT '',
    order_id      bigint REFERENCES ltc."order" (id),
    acceptance_id bigint REFERENCES ltc.acceptance (id),
    customer_id   bigint NOT NULL,
    invoice_date  date NOT NULL,
    due_date      date NOT NULL,
    posted_on     date,
    note          text NOT NULL DEFAULT '',
    freight       numeric(18,2) NOT NULL DEFAULT 0 CHECK (freight >= 0),
    net           numeric(18,2) NOT NULL DEFAULT 0,
    tax           numeric(18,2) NOT NULL DEFAULT 0,
    total         numeric(18,2) NOT NULL DEFAULT 0,
    settled       numeric(18,2) NOT NULL DEFAULT 0, -- paid before the import of history
    open          numeric(18,2) NOT NULL DEFAULT 0,
    CHECK (total = net + tax + freight),
    CHECK (open BETWEEN 0 AND total),
    CHECK (due_date >= invoice_date)
);
SELECT core.document('ltc', 'invoice', 'draft');
CREATE UNIQUE INDEX invoice_company_id_fiscal_no_key ON ltc.invoice (company_id, fiscal_no) WHERE fiscal_no <> '';
CREATE INDEX ON ltc.invoice (customer_id);
CREATE INDEX ON ltc.invoice (order_id);
CREATE INDEX ON ltc.invoice (acceptance_id);
CREATE INDEX ON ltc.invoice (invoice_date);
CREATE INDEX ON ltc.invoice (due_date) WHERE open > 0;

CREATE TABLE ltc.invoice_line (LIKE core.base_line INCLUDING ALL,
    order_line_id bigint NOT NULL DEFAULT 0,
    product_id    bigint NOT NULL,
    description   text NOT NULL DEFAULT '',
    qty           numeric(18,6) NOT NULL CHECK (qty > 0),
    unit_price    numeric(18,6) NOT NULL CHECK (unit_price >= 0),
    discount      numeric(18,6) NOT NULL DEFAULT 0 CHECK (discount BETWEEN 0 AND 1),
    tax_rate      numeric(18,6) NOT NULL DEFAULT 0 CHECK (tax_rate BETWEEN 0 AND 1),
    net           numeric(18,6) NOT NULL
);
SELECT core.lines('ltc', 'invoice_line', 'invoice');

-- What was posted is final: only what is paid of it may change.
-- +goose StatementBegin
CREATE FUNCTION ltc.posted_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.fiscal_no <> '' AND (NEW.fiscal_no, NEW.company_id, NEW.customer_id, NEW.order_id, NEW.acceptance_id, NEW.invoice_date, NEW.due_date, NEW.posted_on, NEW.freight, NEW.net, NEW.tax, NEW.total)
        IS DISTINCT FROM (OLD.fiscal_no, OLD.company_id, OLD.customer_id, OLD.order_id, OLD.acceptance_id, OLD.invoice_date, OLD.due_date, OLD.posted_on, OLD.freight, OLD.net, OLD.tax, OLD.total) THEN
        RAISE EXCEPTION 'A posted invoice does not change.' USING HINT = 'precondition';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION ltc.posted_line_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW IS NOT DISTINCT FROM OLD THEN
        RETURN NEW;
    END IF;
    IF EXISTS (SELECT FROM ltc.invoice i WHERE i.id = coalesce(NEW.parent_id, OLD.parent_id) AND i.fiscal_no <> '' AND i.version > 1) THEN
        RAISE EXCEPTION 'A posted invoice does not change.' USING HINT = 'precondition';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
-- +goose StatementEnd
CREATE TRIGGER posted_is_final BEFORE UPDATE ON ltc.invoice FOR EACH ROW EXECUTE FUNCTION ltc.posted_is_final();
CREATE TRIGGER posted_is_final BEFORE INSERT OR UPDATE OR DELETE ON ltc.invoice_line FOR EACH ROW EXECUTE FUNCTION ltc.posted_line_is_final();

CREATE TABLE ltc.receipt (LIKE core.base INCLUDING ALL,
    stage       text NOT NULL,
    customer_id bigint,
    payer       text NOT NULL DEFAULT '',
    bank_ref    text NOT NULL,
    received_on date NOT NULL,
    amount      numeric(18,2) NOT NULL CHECK (amount > 0),
    settled     numeric(18,2) NOT NULL DEFAULT 0, -- used before the import of history
    rest        numeric(18,2) NOT NULL CHECK (rest >= 0),
    note        text NOT NULL DEFAULT '',
    CHECK (rest <= amount - settled),
    CONSTRAINT receipt_company_id_bank_ref_key UNIQUE (company_id, bank_ref)
);
SELECT core.document('ltc', 'receipt', 'unmatched');
CREATE INDEX ON ltc.receipt (customer_id);
CREATE INDEX ON ltc.receipt (received_on);

CREATE TABLE ltc.allocation (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id bigint NOT NULL,
    receipt_id bigint NOT NULL REFERENCES ltc.receipt (id),
    invoice_id bigint NOT NULL REFERENCES ltc.invoice (id),
    amount     numeric(18,2) NOT NULL CHECK (amount > 0),
    on_date    date   NOT NULL,
    by_user    bigint NOT NULL,
    at         timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON ltc.allocation (invoice_id);
CREATE INDEX ON ltc.allocation (receipt_id);
SELECT core.append_only('ltc', 'allocation');
