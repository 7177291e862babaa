-- +goose Up
-- The invoice of a supplier.
CREATE TABLE proc.invoice (LIKE core.base INCLUDING ALL,
    stage        text   NOT NULL,
    po_id        bigint NOT NULL REFERENCES proc.po (id),
    supplier_id  bigint NOT NULL REFERENCES proc.supplier (id),
    invoice_no   text   NOT NULL,
    invoice_key  text   NOT NULL CHECK (invoice_key <> ''), -- the number without case, spaces and signs
    invoice_date date   NOT NULL,
    due_on       date   NOT NULL,
    net          numeric(18,2) NOT NULL DEFAULT 0,
    tax          numeric(18,2) NOT NULL DEFAULT 0,
    total        numeric(18,2) NOT NULL DEFAULT 0 CHECK (total >= 0),
    paid         numeric(18,2) NOT NULL DEFAULT 0,
    CHECK (paid BETWEEN 0 AND total)
);
SELECT core.document('proc', 'invoice', 'captured');
CREATE INDEX ON proc.invoice (po_id);
CREATE INDEX ON proc.invoice (invoice_date DESC);
CREATE INDEX ON proc.invoice (due_on);
CREATE UNIQUE INDEX invoice_invoice_no_key ON proc.invoice (supplier_id, invoice_key) WHERE stage <> 'cancelled' AND archived_at IS NULL;

CREATE TABLE proc.invoice_line (LIKE core.base_line INCLUDING ALL,
    po_line_id bigint NOT NULL REFERENCES proc.po_line (id),
    product_id bigint NOT NULL,
    qty        numeric(18,6) NOT NULL CHECK (qty > 0),
    price      numeric(18,6) NOT NULL CHECK (price >= 0),
    tax_rate   numeric(18,6) NOT NULL DEFAULT 0,
    net        numeric(18,6) NOT NULL DEFAULT 0,
    outcome    text NOT NULL DEFAULT '' CHECK (outcome IN ('', 'matched', 'price', 'quantity'))
);
SELECT core.lines('proc', 'invoice_line', 'invoice');
CREATE INDEX ON proc.invoice_line (po_line_id);

CREATE TABLE proc.payment (LIKE core.base INCLUDING ALL,
    stage        text   NOT NULL,
    invoice_id   bigint NOT NULL REFERENCES proc.invoice (id),
    supplier_id  bigint NOT NULL REFERENCES proc.supplier (id),
    amount       numeric(18,2) NOT NULL CHECK (amount > 0),
    bank_account text   NOT NULL,
    approved_by  bigint NOT NULL DEFAULT 0,
    paid_on      date,
    bank_ref     text   NOT NULL DEFAULT ''
);
SELECT core.document('proc', 'payment', 'draft');
CREATE INDEX ON proc.payment (invoice_id);
CREATE INDEX ON proc.payment (supplier_id);
