-- +goose Up
-- The board and the list of deals are read by size more than by anything else.
CREATE INDEX ON ltc.opportunity (stage, amount DESC, id DESC);
CREATE INDEX ON ltc.opportunity (amount DESC, id DESC);
