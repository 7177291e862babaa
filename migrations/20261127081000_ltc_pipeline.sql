-- +goose Up
-- Several pipelines, each with its own steps. The declared process stays one: every step
-- belongs to one of its stages.
CREATE TABLE ltc.pipeline (LIKE core.base INCLUDING ALL,
    name         text NOT NULL,
    product_line text NOT NULL DEFAULT '',
    branch_id    bigint,
    serves       text NOT NULL DEFAULT '' CHECK (serves IN ('', 'new', 'existing', 'renewal', 'partner')),
    active       boolean NOT NULL DEFAULT true
);
SELECT core.document('ltc', 'pipeline', '');
CREATE UNIQUE INDEX pipeline_serves_key ON ltc.pipeline (company_id, serves) WHERE serves <> '' AND active AND archived_at IS NULL;
CREATE TABLE ltc.pipeline_step (LIKE core.base_line INCLUDING ALL,
    name        text NOT NULL,
    stage_key   text NOT NULL CHECK (stage_key IN ('qualify', 'propose', 'negotiate')),
    probability numeric(18,6) NOT NULL DEFAULT 0 CHECK (probability BETWEEN 0 AND 1),
    category    text NOT NULL DEFAULT '',
    limit_days  int  NOT NULL DEFAULT 0 CHECK (limit_days >= 0),
    enter_items text NOT NULL DEFAULT '',
    leave_items text NOT NULL DEFAULT '',
    practice    text NOT NULL DEFAULT ''
);
SELECT core.lines('ltc', 'pipeline_step', 'pipeline');

-- What was a word of a list becomes a record with the stages as its steps.
INSERT INTO ltc.pipeline (no, company_id, dept_id, owner_id, created_at, created_by, updated_at, updated_by, version, name, serves)
    SELECT 'PL-' || u.serves, u.company_id, 0, 0, now(), 0, now(), 0, 1,
        CASE WHEN c.lang LIKE 'zh%' THEN CASE u.serves WHEN 'new' THEN '新业务' WHEN 'existing' THEN '老客户' WHEN 'renewal' THEN '续约' ELSE '伙伴销售' END
            ELSE CASE u.serves WHEN 'new' THEN 'New business' WHEN 'existing' THEN 'Existing customers' WHEN 'renewal' THEN 'Renewals' ELSE 'Partner sales' END END, u.serves
    FROM (SELECT company_id, pipeline AS serves FROM ltc.opportunity UNION SELECT company_id, pipeline FROM ltc.sales_step WHERE pipeline <> ''
        UNION SELECT company_id, 'new' FROM ltc.opportunity) u LEFT JOIN core.company c ON c.id = u.company_id
    WHERE u.serves IN ('new', 'existing', 'renewal', 'partner');
INSERT INTO ltc.pipeline_step (parent_id, pos, name, stage_key)
    SELECT p.id, s.pos, CASE WHEN c.lang LIKE 'zh%' THEN s.zh ELSE s.name END, s.stage_key FROM ltc.pipeline p LEFT JOIN core.company c ON c.id = p.company_id
    CROSS JOIN (VALUES (1, 'Qualify the deal', '商机确认', 'qualify'), (2, 'Proposal', '方案与报价', 'propose'), (3, 'Negotiation', '商务谈判', 'negotiate')) s(pos, name, zh, stage_key);

ALTER TABLE ltc.opportunity ADD COLUMN pipeline_id bigint REFERENCES ltc.pipeline (id), ADD COLUMN step_id bigint NOT NULL DEFAULT 0, ADD COLUMN step text NOT NULL DEFAULT '';
UPDATE ltc.opportunity o SET pipeline_id = p.id FROM ltc.pipeline p
    WHERE p.company_id = o.company_id AND p.serves = CASE WHEN o.pipeline IN ('new', 'existing', 'renewal', 'partner') THEN o.pipeline ELSE 'new' END;
UPDATE ltc.opportunity o SET step_id = s.id, step = s.name FROM ltc.pipeline_step s
    WHERE s.parent_id = o.pipeline_id AND s.stage_key = CASE o.stage WHEN 'lost' THEN nullif(o.lost_stage, '') WHEN 'hold' THEN nullif(o.held_from, '') ELSE o.stage END;
ALTER TABLE ltc.opportunity ALTER COLUMN pipeline_id SET NOT NULL, DROP COLUMN pipeline;
CREATE INDEX opportunity_step_idx ON ltc.opportunity (pipeline_id, step_id) INCLUDE (amount, probability, owner_id, dept_id, company_id) WHERE stage IN ('qualify', 'propose', 'negotiate') AND archived_at IS NULL;

ALTER TABLE ltc.sales_step ADD COLUMN pipeline_id bigint REFERENCES ltc.pipeline (id);
UPDATE ltc.sales_step x SET pipeline_id = p.id FROM ltc.pipeline p WHERE p.company_id = x.company_id AND p.serves = x.pipeline AND x.pipeline <> '';
ALTER TABLE ltc.sales_step DROP COLUMN pipeline;

-- What somebody has made sure of for a deal, of what its steps ask for.
CREATE TABLE ltc.deal_item (LIKE core.base_line INCLUDING ALL,
    item    text   NOT NULL,
    done_on date   NOT NULL,
    by_user bigint NOT NULL,
    proof   text   NOT NULL DEFAULT '',
    UNIQUE (parent_id, item) DEFERRABLE INITIALLY DEFERRED
);
SELECT core.lines('ltc', 'deal_item', 'opportunity');

-- One row per stay in a step. The store of the deals writes it with every step.
CREATE TABLE ltc.step_stay (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    opportunity_id bigint NOT NULL REFERENCES ltc.opportunity (id) ON DELETE CASCADE,
    step_id        bigint NOT NULL,
    entered_at     timestamptz NOT NULL,
    left_at        timestamptz,
    CHECK (left_at >= entered_at)
);
CREATE INDEX ON ltc.step_stay (step_id, entered_at);
CREATE INDEX ON ltc.step_stay (opportunity_id);
CREATE UNIQUE INDEX step_stay_open_key ON ltc.step_stay (opportunity_id) WHERE left_at IS NULL;
INSERT INTO ltc.step_stay (opportunity_id, step_id, entered_at, left_at)
    SELECT t.opportunity_id, s.id, t.entered_at, t.left_at FROM ltc.deal_stay t JOIN ltc.opportunity o ON o.id = t.opportunity_id
    JOIN ltc.pipeline_step s ON s.parent_id = o.pipeline_id AND s.stage_key = t.stage;
