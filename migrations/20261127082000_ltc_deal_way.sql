-- +goose Up
-- The way of a deal: one row with when it first entered each stage and how long its ended
-- stays were, with what overviews choose by. Triggers keep it in the transaction that
-- writes deals and stays (a deal begins with its first stay), and the self-check ltc.way recomputes it. Without it the funnel
-- of 800,000 deals reads and groups two million stays each time.
CREATE TABLE ltc.deal_way (
    id           bigint PRIMARY KEY REFERENCES ltc.opportunity (id) ON DELETE CASCADE,
    company_id   bigint NOT NULL,
    dept_id      bigint NOT NULL,
    owner_id     bigint NOT NULL,
    product_id   bigint,
    amount       numeric(18,2) NOT NULL,
    created_at   timestamptz NOT NULL,
    archived_at  timestamptz,
    since        timestamptz, -- the present stay, in the stage the deal stands in
    qualify_at   timestamptz, -- first entries
    propose_at   timestamptz,
    negotiate_at timestamptz,
    won_at       timestamptz,
    qualify_us   bigint, -- microseconds of all ended stays
    propose_us   bigint,
    negotiate_us bigint,
    stage        text NOT NULL,
    in_stage     text, -- of the present stay
    pipeline_id  bigint NOT NULL,
    source       text NOT NULL,
    region       text NOT NULL
);

-- +goose StatementBegin
CREATE VIEW ltc.deal_way_now AS
    SELECT o.id, o.company_id, o.dept_id, o.owner_id, o.product_id, o.amount, o.created_at, o.archived_at, t.since, t.qualify_at, t.propose_at, t.negotiate_at, t.won_at,
        t.qualify_us, t.propose_us, t.negotiate_us, o.stage, t.in_stage, o.pipeline_id, o.source, o.region
    FROM ltc.opportunity o CROSS JOIN LATERAL (
        SELECT min(entered_at) FILTER (WHERE stage = 'qualify') AS qualify_at, min(entered_at) FILTER (WHERE stage = 'propose') AS propose_at,
            min(entered_at) FILTER (WHERE stage = 'negotiate') AS negotiate_at, min(entered_at) FILTER (WHERE stage = 'won') AS won_at,
            (extract(epoch FROM sum(left_at - entered_at) FILTER (WHERE stage = 'qualify')) * 1000000)::bigint AS qualify_us,
            (extract(epoch FROM sum(left_at - entered_at) FILTER (WHERE stage = 'propose')) * 1000000)::bigint AS propose_us,
            (extract(epoch FROM sum(left_at - entered_at) FILTER (WHERE stage = 'negotiate')) * 1000000)::bigint AS negotiate_us,
            max(entered_at) FILTER (WHERE left_at IS NULL) AS since, max(stage) FILTER (WHERE left_at IS NULL) AS in_stage
        FROM ltc.deal_stay WHERE opportunity_id = o.id) t;

CREATE FUNCTION ltc.keep_way(deals bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ltc.deal_way AS w SELECT * FROM ltc.deal_way_now WHERE id = ANY(deals)
    ON CONFLICT (id) DO UPDATE SET company_id = excluded.company_id, dept_id = excluded.dept_id, owner_id = excluded.owner_id, product_id = excluded.product_id, amount = excluded.amount,
        created_at = excluded.created_at, archived_at = excluded.archived_at, since = excluded.since, qualify_at = excluded.qualify_at, propose_at = excluded.propose_at, negotiate_at = excluded.negotiate_at,
        won_at = excluded.won_at, qualify_us = excluded.qualify_us, propose_us = excluded.propose_us, negotiate_us = excluded.negotiate_us, stage = excluded.stage, in_stage = excluded.in_stage,
        pipeline_id = excluded.pipeline_id, source = excluded.source, region = excluded.region;
END $$;

CREATE FUNCTION ltc.way_of_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM changed) THEN
        PERFORM ltc.keep_way(ARRAY(SELECT DISTINCT opportunity_id FROM changed));
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION ltc.way_of_deals() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE deals bigint[] := ARRAY(SELECT n.id FROM changed n JOIN before o USING (id)
    WHERE (n.company_id, n.dept_id, n.owner_id, n.product_id, n.amount, n.created_at, n.archived_at, n.stage, n.pipeline_id, n.source, n.region)
        IS DISTINCT FROM (o.company_id, o.dept_id, o.owner_id, o.product_id, o.amount, o.created_at, o.archived_at, o.stage, o.pipeline_id, o.source, o.region));
BEGIN
    IF cardinality(deals) > 0 THEN
        PERFORM ltc.keep_way(deals);
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER way_in AFTER INSERT ON ltc.deal_stay REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION ltc.way_of_stays();
CREATE TRIGGER way_on AFTER UPDATE ON ltc.deal_stay REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION ltc.way_of_stays();
CREATE TRIGGER way_out AFTER DELETE ON ltc.deal_stay REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION ltc.way_of_stays();
CREATE TRIGGER way AFTER UPDATE ON ltc.opportunity REFERENCING OLD TABLE AS before NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION ltc.way_of_deals();

INSERT INTO ltc.deal_way SELECT * FROM ltc.deal_way_now;
CREATE INDEX ON ltc.deal_way (owner_id);
CREATE INDEX deal_way_dept_idx ON ltc.deal_way (dept_id) INCLUDE (id, owner_id, company_id, stage, in_stage, amount, created_at, since, qualify_at, propose_at, negotiate_at, won_at, qualify_us, propose_us, negotiate_us, product_id, pipeline_id, source, region) WHERE archived_at IS NULL;
CREATE INDEX deal_way_won_idx ON ltc.deal_way (company_id) INCLUDE (qualify_us, propose_us, negotiate_us) WHERE stage = 'won' AND archived_at IS NULL;
