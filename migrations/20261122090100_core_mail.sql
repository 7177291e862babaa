-- +goose Up
-- Whether a person wants notices by mail too.
ALTER TABLE core."user" ADD COLUMN mail boolean NOT NULL DEFAULT true;
