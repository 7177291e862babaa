-- +goose Up
-- As in core_hot_parents: what everybody names at once is not locked by foreign keys, and
-- is never deleted instead.
ALTER TABLE isc.stock_move DROP CONSTRAINT stock_move_to_location_fkey, DROP CONSTRAINT stock_move_from_location_fkey;
ALTER TABLE isc.stock_balance DROP CONSTRAINT stock_balance_location_id_fkey;
ALTER TABLE isc.reservation DROP CONSTRAINT reservation_warehouse_id_fkey, DROP CONSTRAINT reservation_location_id_fkey;
ALTER TABLE isc.shipment DROP CONSTRAINT shipment_warehouse_id_fkey;
CREATE TRIGGER no_delete BEFORE DELETE ON isc.location FOR EACH ROW EXECUTE FUNCTION core.refuse_change();
CREATE TRIGGER no_delete BEFORE DELETE ON isc.warehouse FOR EACH ROW EXECUTE FUNCTION core.refuse_change();
