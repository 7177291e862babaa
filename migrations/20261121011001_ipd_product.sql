-- +goose Up
-- The product is the one item key of the suite: PROC, ISC, LTC and ITR refer to
-- its id. It is made by a launch, by hand or by import.
CREATE TABLE ipd.product (LIKE core.base INCLUDING ALL,
    stage             text NOT NULL,
    name              text NOT NULL,
    name_en           text NOT NULL DEFAULT '',
    kind              text NOT NULL DEFAULT 'goods' CHECK (kind IN ('goods', 'service')),
    unit              text NOT NULL DEFAULT 'pcs' CHECK (unit <> ''),
    category          text NOT NULL DEFAULT '',
    tax_rate          numeric(18,6) NOT NULL DEFAULT 0.13 CHECK (tax_rate >= 0 AND tax_rate < 1),
    quantity_per_unit text NOT NULL DEFAULT '',
    supplier          text NOT NULL DEFAULT '',
    project_id        bigint,
    note              text NOT NULL DEFAULT ''
);
SELECT core.document('ipd', 'product', 'draft');
CREATE INDEX ON ipd.product USING gin (name gin_trgm_ops);
CREATE INDEX ON ipd.product (category);
CREATE INDEX ON ipd.product (project_id) WHERE project_id IS NOT NULL;

-- What a product is made of, one level.
CREATE TABLE ipd.product_bom (LIKE core.base_line INCLUDING ALL,
    component_id bigint NOT NULL REFERENCES ipd.product (id),
    qty          numeric(18,6) NOT NULL CHECK (qty > 0),
    CHECK (component_id <> parent_id),
    UNIQUE (parent_id, component_id) DEFERRABLE INITIALLY DEFERRED
);
SELECT core.lines('ipd', 'product_bom', 'product');
CREATE INDEX ON ipd.product_bom (component_id);
