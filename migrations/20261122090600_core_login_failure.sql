-- +goose Up
-- Wrong passwords count per person and address: who knows a name cannot lock its
-- owner out from elsewhere.
CREATE TABLE core.login_failure (
    user_id      bigint NOT NULL REFERENCES core."user" (id) ON DELETE CASCADE,
    address      text   NOT NULL,
    failed       integer NOT NULL DEFAULT 0,
    locked_until timestamptz,
    at           timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, address)
);
ALTER TABLE core."user" DROP COLUMN failed, DROP COLUMN locked_until;
