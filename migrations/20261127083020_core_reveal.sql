-- +goose Up
-- For how many records a person may reveal contact data a day; 0 = any number.
ALTER TABLE core.company ADD COLUMN reveal_per_day int NOT NULL DEFAULT 50 CHECK (reveal_per_day >= 0);
