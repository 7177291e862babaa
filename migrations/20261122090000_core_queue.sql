-- +goose Up
-- The job queue keeps its own tables in this schema; the program brings them to the
-- version of the queue's library right after these files.
CREATE SCHEMA river;
GRANT USAGE ON SCHEMA river TO meridian_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA river GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO meridian_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA river GRANT USAGE, SELECT ON SEQUENCES TO meridian_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA river GRANT EXECUTE ON FUNCTIONS TO meridian_app;
