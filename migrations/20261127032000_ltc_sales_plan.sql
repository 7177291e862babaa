-- +goose Up
-- The sales plan: targets by period over company, branch, person, product, customer.
CREATE TABLE ltc.sales_plan (LIKE core.base INCLUDING ALL,
    stage       text NOT NULL,
    name        text NOT NULL,
    year        int  NOT NULL CHECK (year BETWEEN 2000 AND 2200),
    metric      text NOT NULL CHECK (metric IN ('contract', 'order', 'invoice', 'receipt')),
    revision    int  NOT NULL DEFAULT 1 CHECK (revision > 0),
    previous_id bigint REFERENCES ltc.sales_plan (id),
    total       numeric(18,2) NOT NULL DEFAULT 0
);
SELECT core.document('ltc', 'sales_plan', 'draft');
CREATE UNIQUE INDEX sales_plan_company_id_year_metric_key ON ltc.sales_plan (company_id, year, metric) WHERE stage = 'approved';

CREATE TABLE ltc.sales_target (LIKE core.base_line INCLUDING ALL,
    span         text NOT NULL CHECK (span IN ('month', 'quarter', 'year')),
    period_start date NOT NULL,
    dept_id      bigint,
    user_id      bigint,
    product_id   bigint,
    customer_id  bigint,
    amount       numeric(18,2) NOT NULL CHECK (amount >= 0)
);
SELECT core.lines('ltc', 'sales_target', 'sales_plan');
