-- +goose Up
-- Dispatch may be acceptance: control passes where the carrier takes over.
ALTER TABLE ltc.contract DROP CONSTRAINT contract_acceptance_check, ADD CONSTRAINT contract_acceptance_check CHECK (acceptance IN ('required', 'on_delivery', 'on_dispatch'));
ALTER TABLE ltc."order" DROP CONSTRAINT order_acceptance_check, ADD CONSTRAINT order_acceptance_check CHECK (acceptance IN ('required', 'on_delivery', 'on_dispatch'));
