-- +goose Up
CREATE TABLE ipd.project (LIKE core.base INCLUDING ALL,
    stage         text NOT NULL,
    name          text NOT NULL,
    class         text NOT NULL DEFAULT 'derivative' CHECK (class IN ('platform', 'derivative', 'custom')),
    objective_id  bigint,
    target_launch date,
    revenue       numeric(18,2) NOT NULL DEFAULT 0 CHECK (revenue >= 0),
    cost          numeric(18,2) NOT NULL DEFAULT 0 CHECK (cost >= 0),
    npv           numeric(18,2) NOT NULL DEFAULT 0,
    product_name  text NOT NULL DEFAULT '',
    product_kind  text NOT NULL DEFAULT 'goods' CHECK (product_kind IN ('goods', 'service')),
    unit          text NOT NULL DEFAULT 'pcs',
    tax_rate      numeric(18,6) NOT NULL DEFAULT 0.13 CHECK (tax_rate >= 0 AND tax_rate < 1),
    price         numeric(18,6) NOT NULL DEFAULT 0 CHECK (price >= 0),
    product_id    bigint REFERENCES ipd.product (id),
    held_in       text NOT NULL DEFAULT '',
    note          text NOT NULL DEFAULT ''
);
SELECT core.document('ipd', 'project', 'charter');
CREATE INDEX ON ipd.project (objective_id) WHERE objective_id IS NOT NULL;
CREATE INDEX ON ipd.project (target_launch);
ALTER TABLE ipd.product ADD CONSTRAINT product_project_fk FOREIGN KEY (project_id) REFERENCES ipd.project (id);

CREATE TABLE ipd.project_bom (LIKE core.base_line INCLUDING ALL,
    component_id bigint NOT NULL REFERENCES ipd.product (id),
    qty          numeric(18,6) NOT NULL CHECK (qty > 0),
    UNIQUE (parent_id, component_id) DEFERRABLE INITIALLY DEFERRED
);
SELECT core.lines('ipd', 'project_bom', 'project');

-- The answers of the modules that must take a launch over before the product is
-- generally available; '' = not answered yet.
CREATE TABLE ipd.launch_ack (
    product_id  bigint NOT NULL REFERENCES ipd.product (id),
    module      text   NOT NULL,
    answer      text   NOT NULL DEFAULT '' CHECK (answer IN ('', 'yes', 'no')),
    reason      text   NOT NULL DEFAULT '',
    answered_at timestamptz,
    PRIMARY KEY (product_id, module),
    CHECK ((answer = 'no') = (reason <> ''))
);
