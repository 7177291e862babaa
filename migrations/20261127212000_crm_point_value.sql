-- +goose Up
-- What a point is worth, and how many will be redeemed. Rules from before give points that
-- carry no price.
ALTER TABLE crm.loyalty_rule
    ADD point_value  numeric(18,6) NOT NULL DEFAULT 0 CHECK (point_value >= 0),
    ADD redeem_share numeric(18,6) NOT NULL DEFAULT 1 CHECK (redeem_share > 0 AND redeem_share <= 1),
    ADD breakage     boolean       NOT NULL DEFAULT false;
