-- +goose Up
CREATE TABLE proc.supplier (LIKE core.base INCLUDING ALL,
    stage        text NOT NULL,
    name         text NOT NULL,
    tax_no       text NOT NULL DEFAULT '',
    category     text NOT NULL DEFAULT '',
    contact      text NOT NULL DEFAULT '',
    phone        text NOT NULL DEFAULT '',
    email        text NOT NULL DEFAULT '',
    address      text NOT NULL DEFAULT '',
    country      text NOT NULL DEFAULT '',
    bank_account text NOT NULL DEFAULT '', -- changed only by the move change_bank
    payment_days int  NOT NULL DEFAULT 30 CHECK (payment_days BETWEEN 0 AND 365),
    note         text NOT NULL DEFAULT ''
);
SELECT core.document('proc', 'supplier', 'potential');
CREATE INDEX ON proc.supplier USING gin (name gin_trgm_ops);
CREATE INDEX ON proc.supplier (category);
CREATE INDEX ON proc.supplier (tax_no) WHERE tax_no <> '';
