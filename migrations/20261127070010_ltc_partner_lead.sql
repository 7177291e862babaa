-- +goose Up
-- A lead may be handed out to a partner, who takes it or sends it back saying why.
ALTER TABLE ltc.lead
    ADD COLUMN partner_id        bigint,
    ADD COLUMN given_by          bigint NOT NULL DEFAULT 0,
    ADD COLUMN declined_by       bigint,
    ADD COLUMN decline_contacted text NOT NULL DEFAULT '',
    ADD COLUMN decline_spam      boolean NOT NULL DEFAULT false,
    ADD COLUMN decline_reason    text NOT NULL DEFAULT '';
CREATE INDEX ON ltc.lead (partner_id) WHERE partner_id IS NOT NULL;
CREATE INDEX ON ltc.commission_line (partner_id) WHERE partner_id IS NOT NULL;
