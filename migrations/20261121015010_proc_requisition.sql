-- +goose Up
CREATE TABLE proc.requisition (LIKE core.base INCLUDING ALL,
    stage          text NOT NULL,
    need_by        date,
    budget_key     text NOT NULL DEFAULT '',
    budget_verdict text NOT NULL DEFAULT '' CHECK (budget_verdict IN ('', 'allow', 'warn')),
    reason         text NOT NULL DEFAULT '',
    origin         text NOT NULL DEFAULT '', -- of what it came from, in words; the links stand in the thread
    total          numeric(18,2) NOT NULL DEFAULT 0 CHECK (total >= 0)
);
SELECT core.document('proc', 'requisition', 'draft');
CREATE INDEX ON proc.requisition (need_by);
CREATE INDEX ON proc.requisition (budget_key) WHERE budget_key <> '';

CREATE TABLE proc.requisition_line (LIKE core.base_line INCLUDING ALL,
    product_id  bigint NOT NULL,
    description text   NOT NULL DEFAULT '',
    qty         numeric(18,6) NOT NULL CHECK (qty > 0),
    est_price   numeric(18,6) NOT NULL DEFAULT 0 CHECK (est_price >= 0),
    amount      numeric(18,6) NOT NULL DEFAULT 0,
    ordered     numeric(18,6) NOT NULL DEFAULT 0 CHECK (ordered BETWEEN 0 AND qty),
    origin_type text   NOT NULL DEFAULT '',
    origin_id   bigint NOT NULL DEFAULT 0
);
SELECT core.lines('proc', 'requisition_line', 'requisition');
CREATE INDEX ON proc.requisition_line (product_id);
