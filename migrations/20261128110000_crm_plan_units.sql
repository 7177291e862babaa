-- +goose Up
-- A product and the team of a partner are units of the resource plan too.
ALTER TABLE crm.resource_plan
    ADD product_id bigint,
    ADD partner_id bigint REFERENCES crm.partner (id);
CREATE INDEX ON crm.resource_plan (partner_id) WHERE partner_id IS NOT NULL;
