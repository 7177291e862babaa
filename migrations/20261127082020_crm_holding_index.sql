-- +goose Up
-- What a person holds is counted from the index alone, for two hundred people at once when
-- customers are given out.
CREATE INDEX customer_holding_idx ON crm.customer (owner_id, stage) WHERE archived_at IS NULL;
