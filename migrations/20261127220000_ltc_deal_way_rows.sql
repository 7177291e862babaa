-- +goose Up
-- The way of a deal follows what is written instead of being counted anew: a stay begun, a
-- stay ended, a fact of the deal. Transition tables and an array of ids had the view planned
-- with every write, a quarter of what creating a deal cost. Whatever else happens to a stay
-- counts the whole way again.
DROP TRIGGER way_in ON ltc.deal_stay;
DROP TRIGGER way_on ON ltc.deal_stay;
DROP TRIGGER way_out ON ltc.deal_stay;
DROP TRIGGER way ON ltc.opportunity;
DROP FUNCTION ltc.way_of_stays(), ltc.way_of_deals(), ltc.keep_way(bigint[]);

-- +goose StatementBegin
CREATE FUNCTION ltc.microseconds(i interval) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT (extract(epoch FROM i) * 1000000)::bigint';

CREATE FUNCTION ltc.keep_way(deal bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ltc.deal_way AS w SELECT * FROM ltc.deal_way_now WHERE id = deal
    ON CONFLICT (id) DO UPDATE SET since = excluded.since, qualify_at = excluded.qualify_at, propose_at = excluded.propose_at, negotiate_at = excluded.negotiate_at,
        won_at = excluded.won_at, qualify_us = excluded.qualify_us, propose_us = excluded.propose_us, negotiate_us = excluded.negotiate_us, in_stage = excluded.in_stage;
END $$;

CREATE FUNCTION ltc.way_begun() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ltc.deal_way AS w (id, company_id, dept_id, owner_id, product_id, amount, created_at, archived_at, stage, pipeline_id, source, region,
        since, in_stage, qualify_at, propose_at, negotiate_at, won_at, qualify_us, propose_us, negotiate_us)
    SELECT o.id, o.company_id, o.dept_id, o.owner_id, o.product_id, o.amount, o.created_at, o.archived_at, o.stage, o.pipeline_id, o.source, o.region,
        CASE WHEN NEW.left_at IS NULL THEN NEW.entered_at END, CASE WHEN NEW.left_at IS NULL THEN NEW.stage END,
        CASE NEW.stage WHEN 'qualify' THEN NEW.entered_at END, CASE NEW.stage WHEN 'propose' THEN NEW.entered_at END,
        CASE NEW.stage WHEN 'negotiate' THEN NEW.entered_at END, CASE NEW.stage WHEN 'won' THEN NEW.entered_at END,
        CASE NEW.stage WHEN 'qualify' THEN ltc.microseconds(NEW.left_at - NEW.entered_at) END, CASE NEW.stage WHEN 'propose' THEN ltc.microseconds(NEW.left_at - NEW.entered_at) END,
        CASE NEW.stage WHEN 'negotiate' THEN ltc.microseconds(NEW.left_at - NEW.entered_at) END
    FROM ltc.opportunity o WHERE o.id = NEW.opportunity_id
    ON CONFLICT (id) DO UPDATE SET since = coalesce(excluded.since, w.since), in_stage = coalesce(excluded.in_stage, w.in_stage),
        qualify_at = least(w.qualify_at, excluded.qualify_at), propose_at = least(w.propose_at, excluded.propose_at), negotiate_at = least(w.negotiate_at, excluded.negotiate_at), won_at = least(w.won_at, excluded.won_at),
        qualify_us = coalesce(w.qualify_us + excluded.qualify_us, w.qualify_us, excluded.qualify_us), propose_us = coalesce(w.propose_us + excluded.propose_us, w.propose_us, excluded.propose_us),
        negotiate_us = coalesce(w.negotiate_us + excluded.negotiate_us, w.negotiate_us, excluded.negotiate_us);
    RETURN NULL;
END $$;

CREATE FUNCTION ltc.way_ended() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE us bigint := ltc.microseconds(NEW.left_at - NEW.entered_at);
BEGIN
    UPDATE ltc.deal_way SET since = NULL, in_stage = NULL,
        qualify_us = CASE NEW.stage WHEN 'qualify' THEN coalesce(qualify_us, 0) + us ELSE qualify_us END,
        propose_us = CASE NEW.stage WHEN 'propose' THEN coalesce(propose_us, 0) + us ELSE propose_us END,
        negotiate_us = CASE NEW.stage WHEN 'negotiate' THEN coalesce(negotiate_us, 0) + us ELSE negotiate_us END
    WHERE id = NEW.opportunity_id;
    RETURN NULL;
END $$;

CREATE FUNCTION ltc.way_anew() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ltc.keep_way(OLD.opportunity_id);
    RETURN NULL;
END $$;

CREATE FUNCTION ltc.way_of_deal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ltc.deal_way SET company_id = NEW.company_id, dept_id = NEW.dept_id, owner_id = NEW.owner_id, product_id = NEW.product_id, amount = NEW.amount, created_at = NEW.created_at,
        archived_at = NEW.archived_at, stage = NEW.stage, pipeline_id = NEW.pipeline_id, source = NEW.source, region = NEW.region WHERE id = NEW.id;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER way_begun AFTER INSERT ON ltc.deal_stay FOR EACH ROW EXECUTE FUNCTION ltc.way_begun();
CREATE TRIGGER way_ended AFTER UPDATE ON ltc.deal_stay FOR EACH ROW
    WHEN (OLD.left_at IS NULL AND NEW.left_at IS NOT NULL AND (OLD.opportunity_id, OLD.stage, OLD.entered_at) = (NEW.opportunity_id, NEW.stage, NEW.entered_at)) EXECUTE FUNCTION ltc.way_ended();
CREATE TRIGGER way_anew AFTER UPDATE ON ltc.deal_stay FOR EACH ROW
    WHEN (NOT (OLD.left_at IS NULL AND NEW.left_at IS NOT NULL AND (OLD.opportunity_id, OLD.stage, OLD.entered_at) = (NEW.opportunity_id, NEW.stage, NEW.entered_at))) EXECUTE FUNCTION ltc.way_anew();
CREATE TRIGGER way_out AFTER DELETE ON ltc.deal_stay FOR EACH ROW EXECUTE FUNCTION ltc.way_anew();
CREATE TRIGGER way_of_deal AFTER UPDATE ON ltc.opportunity FOR EACH ROW
    WHEN ((NEW.company_id, NEW.dept_id, NEW.owner_id, NEW.product_id, NEW.amount, NEW.created_at, NEW.archived_at, NEW.stage, NEW.pipeline_id, NEW.source, NEW.region)
        IS DISTINCT FROM (OLD.company_id, OLD.dept_id, OLD.owner_id, OLD.product_id, OLD.amount, OLD.created_at, OLD.archived_at, OLD.stage, OLD.pipeline_id, OLD.source, OLD.region))
    EXECUTE FUNCTION ltc.way_of_deal();
