-- +goose Up
-- The sales method: what to do in a stage and what must come of it.
CREATE TABLE ltc.sales_step (LIKE core.base INCLUDING ALL,
    stage_key text NOT NULL CHECK (stage_key IN ('qualify', 'propose', 'negotiate')),
    pipeline  text NOT NULL DEFAULT '',
    seq       int  NOT NULL DEFAULT 0,
    name      text NOT NULL,
    practice  text NOT NULL DEFAULT '',
    mandatory boolean NOT NULL DEFAULT false
);
SELECT core.document('ltc', 'sales_step', '');
CREATE INDEX ON ltc.sales_step (company_id, stage_key, seq);
CREATE TABLE ltc.deal_check (LIKE core.base_line INCLUDING ALL,
    step_id bigint NOT NULL REFERENCES ltc.sales_step (id),
    done_on date   NOT NULL,
    by_user bigint NOT NULL,
    proof   text   NOT NULL DEFAULT '',
    UNIQUE (parent_id, step_id)
);
SELECT core.lines('ltc', 'deal_check', 'opportunity');
ALTER TABLE ltc.opportunity ADD COLUMN win_plan text NOT NULL DEFAULT '';

CREATE TABLE ltc.need_survey (LIKE core.base INCLUDING ALL,
    stage          text NOT NULL,
    opportunity_id bigint NOT NULL REFERENCES ltc.opportunity (id),
    customer_id    bigint,
    motive         text NOT NULL DEFAULT '',
    pain           text NOT NULL DEFAULT '',
    budget         numeric(18,2) NOT NULL DEFAULT 0 CHECK (budget >= 0),
    decision       text NOT NULL DEFAULT '',
    delivery       text NOT NULL DEFAULT '',
    scope          text NOT NULL DEFAULT '',
    done_on        date
);
SELECT core.document('ltc', 'need_survey', 'open');
CREATE INDEX ON ltc.need_survey (opportunity_id);

CREATE TABLE ltc.solution (LIKE core.base INCLUDING ALL,
    stage          text NOT NULL,
    opportunity_id bigint NOT NULL REFERENCES ltc.opportunity (id),
    revision       int  NOT NULL DEFAULT 1 CHECK (revision > 0),
    previous_id    bigint REFERENCES ltc.solution (id),
    title          text NOT NULL,
    description    text NOT NULL DEFAULT '',
    market_price   numeric(18,2) NOT NULL DEFAULT 0 CHECK (market_price >= 0),
    price          numeric(18,2) NOT NULL DEFAULT 0 CHECK (price >= 0),
    cost           numeric(18,2) NOT NULL DEFAULT 0,
    reserve        numeric(18,6) NOT NULL DEFAULT 0 CHECK (reserve BETWEEN 0 AND 1),
    margin         numeric(18,2) NOT NULL DEFAULT 0,
    margin_rate    numeric(18,6) NOT NULL DEFAULT 0
);
SELECT core.document('ltc', 'solution', 'draft');
CREATE INDEX ON ltc.solution (opportunity_id);
CREATE TABLE ltc.solution_cost (LIKE core.base_line INCLUDING ALL,
    kind text NOT NULL CHECK (kind IN ('material', 'hours', 'service', 'other')),
    what text NOT NULL,
    product_id bigint,
    qty  numeric(18,6) NOT NULL CHECK (qty > 0),
    unit_cost numeric(18,6) NOT NULL CHECK (unit_cost >= 0),
    cost numeric(18,6) NOT NULL
);
SELECT core.lines('ltc', 'solution_cost', 'solution');
CREATE TABLE ltc.solution_risk (LIKE core.base_line INCLUDING ALL,
    risk    text NOT NULL,
    level   text NOT NULL DEFAULT 'medium',
    measure text NOT NULL DEFAULT ''
);
SELECT core.lines('ltc', 'solution_risk', 'solution');
CREATE TABLE ltc.solution_concern (LIKE core.base_line INCLUDING ALL,
    concern text NOT NULL,
    answer  text NOT NULL DEFAULT '',
    closed  boolean NOT NULL DEFAULT false
);
SELECT core.lines('ltc', 'solution_concern', 'solution');
