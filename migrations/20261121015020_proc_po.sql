-- +goose Up
CREATE TABLE proc.po (LIKE core.base INCLUDING ALL,
    stage            text   NOT NULL,
    supplier_id      bigint NOT NULL REFERENCES proc.supplier (id),
    requisition_id   bigint REFERENCES proc.requisition (id),
    order_date       date   NOT NULL,
    wanted_on        date   NOT NULL,
    first_confirmed  date, -- never overwritten: the basis of on-time
    latest_confirmed date,
    received_on      date,
    warehouse_id     bigint NOT NULL DEFAULT 0,
    budget_key       text   NOT NULL DEFAULT '',
    budget_verdict   text   NOT NULL DEFAULT '' CHECK (budget_verdict IN ('', 'allow', 'warn')),
    terms            text   NOT NULL DEFAULT '',
    net              numeric(18,2) NOT NULL DEFAULT 0 CHECK (net >= 0),
    tax              numeric(18,2) NOT NULL DEFAULT 0 CHECK (tax >= 0),
    total            numeric(18,2) NOT NULL DEFAULT 0
);
SELECT core.document('proc', 'po', 'draft');
CREATE INDEX ON proc.po (supplier_id, order_date DESC);
CREATE INDEX ON proc.po (requisition_id);
CREATE INDEX ON proc.po (order_date DESC);
CREATE INDEX ON proc.po (first_confirmed);

CREATE TABLE proc.po_line (LIKE core.base_line INCLUDING ALL,
    product_id          bigint NOT NULL,
    description         text   NOT NULL DEFAULT '',
    qty                 numeric(18,6) NOT NULL CHECK (qty > 0),
    price               numeric(18,6) NOT NULL CHECK (price >= 0),
    tax_rate            numeric(18,6) NOT NULL DEFAULT 0 CHECK (tax_rate >= 0 AND tax_rate < 1),
    net                 numeric(18,6) NOT NULL DEFAULT 0,
    received            numeric(18,6) NOT NULL DEFAULT 0,
    accepted            numeric(18,6) NOT NULL DEFAULT 0 CHECK (accepted >= 0),
    rejected            numeric(18,6) NOT NULL DEFAULT 0 CHECK (rejected >= 0),
    billed              numeric(18,6) NOT NULL DEFAULT 0 CHECK (billed >= 0),
    requisition_line_id bigint REFERENCES proc.requisition_line (id),
    origin_type         text   NOT NULL DEFAULT '',
    origin_id           bigint NOT NULL DEFAULT 0,
    CHECK (received BETWEEN 0 AND qty * 1.05),
    CHECK (accepted + rejected <= received),
    CHECK (billed <= accepted)
);
SELECT core.lines('proc', 'po_line', 'po');
CREATE INDEX ON proc.po_line (product_id);
CREATE INDEX ON proc.po_line (requisition_line_id) WHERE requisition_line_id IS NOT NULL;
