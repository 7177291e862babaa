-- +goose Up
-- Further people who sign in for a partner, beside the one of its record.
CREATE TABLE crm.partner_user (LIKE core.base_line INCLUDING ALL,
    user_id bigint NOT NULL
);
SELECT core.lines('crm', 'partner_user', 'partner');
CREATE INDEX ON crm.partner_user (user_id);
CREATE INDEX ON crm.deal_registration (partner_id);
