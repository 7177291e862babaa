-- +goose Up
-- As in core_hot_parents: what everybody names at once is not locked by foreign keys, and
-- is never deleted instead.
ALTER TABLE ltc.opportunity DROP CONSTRAINT opportunity_pipeline_id_fkey;
CREATE TRIGGER no_delete BEFORE DELETE ON ltc.pipeline FOR EACH ROW EXECUTE FUNCTION core.refuse_change();
