-- +goose Up
-- Loyalty points are an obligation of their own: earned when they are redeemed or expire.
ALTER TABLE ltc.obligation
    DROP CONSTRAINT obligation_method_check,
    ADD CONSTRAINT obligation_method_check CHECK (method IN ('point', 'time', 'output', 'cost', 'loyalty')),
    ADD invoice_id     bigint REFERENCES ltc.invoice (id), -- what was paid when the points were given
    ADD points_key     text NOT NULL DEFAULT '',           -- the entry of the points ledger
    ADD points         int  NOT NULL DEFAULT 0 CHECK (points >= 0),
    ADD redeemed       int  NOT NULL DEFAULT 0 CHECK (redeemed >= 0),
    ADD expired        int  NOT NULL DEFAULT 0 CHECK (expired >= 0),
    ADD expected_share numeric(18,6) NOT NULL DEFAULT 0 CHECK (expected_share BETWEEN 0 AND 1),
    ADD CHECK (redeemed + expired <= points),
    ADD CHECK ((method = 'loyalty') = (points_key <> ''));
CREATE UNIQUE INDEX obligation_points_key ON ltc.obligation (points_key) WHERE points_key <> '';
CREATE INDEX obligation_invoice_id_idx ON ltc.obligation (invoice_id) WHERE invoice_id IS NOT NULL;
