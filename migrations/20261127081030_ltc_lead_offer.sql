-- +goose Up
-- To which partners a lead was offered, so that each is asked once.
CREATE TABLE ltc.lead_offer (
    lead_id    bigint NOT NULL REFERENCES ltc.lead (id) ON DELETE CASCADE,
    partner_id bigint NOT NULL,
    offered_at timestamptz NOT NULL,
    PRIMARY KEY (lead_id, partner_id)
);
INSERT INTO ltc.lead_offer (lead_id, partner_id, offered_at)
    SELECT id, partner_id, coalesce(given_at, updated_at) FROM ltc.lead WHERE partner_id IS NOT NULL
    UNION SELECT id, declined_by, updated_at FROM ltc.lead WHERE declined_by IS NOT NULL AND declined_by IS DISTINCT FROM partner_id;
