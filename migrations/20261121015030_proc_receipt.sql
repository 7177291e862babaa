-- +goose Up
CREATE TABLE proc.receipt (LIKE core.base INCLUDING ALL,
    stage         text   NOT NULL,
    po_id         bigint NOT NULL REFERENCES proc.po (id),
    warehouse_id  bigint NOT NULL DEFAULT 0,
    received_on   date   NOT NULL,
    delivery_note text   NOT NULL DEFAULT '',
    posted_by     bigint NOT NULL DEFAULT 0
);
SELECT core.document('proc', 'receipt', 'draft');
CREATE INDEX ON proc.receipt (po_id);
CREATE INDEX ON proc.receipt (received_on DESC);

-- pending = qty - accepted - rejected, so the three always add up to qty
CREATE TABLE proc.receipt_line (LIKE core.base_line INCLUDING ALL,
    po_line_id bigint NOT NULL REFERENCES proc.po_line (id),
    product_id bigint NOT NULL,
    qty        numeric(18,6) NOT NULL CHECK (qty > 0),
    accepted   numeric(18,6) NOT NULL DEFAULT 0 CHECK (accepted >= 0),
    rejected   numeric(18,6) NOT NULL DEFAULT 0 CHECK (rejected >= 0),
    CHECK (accepted + rejected <= qty)
);
SELECT core.lines('proc', 'receipt_line', 'receipt');
CREATE INDEX ON proc.receipt_line (po_line_id);

CREATE TABLE proc.inspection (LIKE core.base INCLUDING ALL,
    stage           text   NOT NULL,
    receipt_id      bigint NOT NULL REFERENCES proc.receipt (id),
    receipt_line_id bigint NOT NULL REFERENCES proc.receipt_line (id) UNIQUE,
    product_id      bigint NOT NULL,
    qty             numeric(18,6) NOT NULL CHECK (qty > 0),
    accepted        numeric(18,6) NOT NULL DEFAULT 0 CHECK (accepted >= 0),
    rejected        numeric(18,6) NOT NULL DEFAULT 0 CHECK (rejected >= 0),
    note            text   NOT NULL DEFAULT '',
    CHECK (accepted + rejected = CASE WHEN stage = 'decided' THEN qty ELSE 0 END)
);
SELECT core.document('proc', 'inspection', 'planned');
CREATE INDEX ON proc.inspection (receipt_id);
CREATE INDEX ON proc.inspection (product_id);
