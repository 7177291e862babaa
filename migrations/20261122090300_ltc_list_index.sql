-- +goose Up
-- The board and the list of deals are read by size more than by anything else.
CREATE INDEX ON ltc.opportunity (stage, amount DESC, id DESC);
CREATE INDEX ON ltc.opportunity (amount DESC, id DESC);
-- Search by a part of the number, also of a hundred thousand orders.
CREATE INDEX ON ltc."order" USING gin (no gin_trgm_ops);
CREATE INDEX ON ltc.invoice USING gin (no gin_trgm_ops, fiscal_no gin_trgm_ops);
