-- +goose Up
CREATE TABLE isc.warehouse (LIKE core.base INCLUDING ALL,
    name       text    NOT NULL,
    address    text    NOT NULL DEFAULT '',
    is_default boolean NOT NULL DEFAULT false
);
SELECT core.document('isc', 'warehouse', '');
CREATE UNIQUE INDEX warehouse_is_default_key ON isc.warehouse (company_id) WHERE is_default AND archived_at IS NULL;

-- A place of the stock ledger: the floor of a warehouse, or one of the virtual
-- places that balance every move. Virtual ones have ids below 100; bins will be
-- more rows of kind stock.
CREATE TABLE isc.location (
    id           bigint GENERATED ALWAYS AS IDENTITY (START WITH 100) PRIMARY KEY,
    warehouse_id bigint REFERENCES isc.warehouse (id),
    kind         text NOT NULL CHECK (kind IN ('stock', 'supplier', 'customer', 'adjustment')),
    code         text NOT NULL,
    CHECK ((kind = 'stock') = (warehouse_id IS NOT NULL)),
    CHECK ((kind = 'stock') = (id >= 100)),
    UNIQUE NULLS NOT DISTINCT (warehouse_id, code)
);
INSERT INTO isc.location (id, kind, code) OVERRIDING SYSTEM VALUE
    VALUES (1, 'supplier', 'supplier'), (2, 'customer', 'customer'), (3, 'adjustment', 'adjustment');

-- Every warehouse has its floor, however it was made.
-- +goose StatementBegin
CREATE FUNCTION isc.warehouse_floor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO isc.location (warehouse_id, kind, code) VALUES (NEW.id, 'stock', 'stock');
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER floor AFTER INSERT ON isc.warehouse FOR EACH ROW EXECUTE FUNCTION isc.warehouse_floor();

-- The stock side of a product.
CREATE TABLE isc.item (LIKE core.base INCLUDING ALL,
    product_id    bigint NOT NULL,
    reorder_point numeric(18,6) NOT NULL DEFAULT 0 CHECK (reorder_point >= 0),
    safety_stock  numeric(18,6) NOT NULL DEFAULT 0 CHECK (safety_stock >= 0),
    CONSTRAINT item_company_id_product_id_key UNIQUE (company_id, product_id)
);
SELECT core.document('isc', 'item', '');
