-- +goose Up
-- How a letter reached the customer: by hand, or by mail, and what went wrong with it.
ALTER TABLE ltc.dunning ADD COLUMN delivery text NOT NULL DEFAULT '' CHECK (delivery IN ('', 'by_hand', 'waiting', 'mailed', 'failed')),
    ADD COLUMN mailed_to text NOT NULL DEFAULT '',
    ADD COLUMN mail_error text NOT NULL DEFAULT '',
    ADD COLUMN mailed_at timestamptz;
