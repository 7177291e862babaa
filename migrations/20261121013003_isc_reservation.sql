-- +goose Up
-- A claim of a document line: hard on stock, or a soft peg on a purchase order.
CREATE TABLE isc.reservation (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id   bigint NOT NULL,
    warehouse_id bigint NOT NULL REFERENCES isc.warehouse (id),
    location_id  bigint REFERENCES isc.location (id),
    doc_type     text   NOT NULL,
    doc_id       bigint NOT NULL,
    doc_line     bigint NOT NULL,
    product_id   bigint NOT NULL,
    qty          numeric(18,6) NOT NULL CHECK (qty > 0),
    priority     int    NOT NULL DEFAULT 0,
    need_by      date,
    owner_id     bigint NOT NULL DEFAULT 0,
    state        text   NOT NULL CHECK (state IN ('soft', 'hard', 'consumed', 'released')),
    supply_type  text   NOT NULL DEFAULT '',
    supply_id    bigint NOT NULL DEFAULT 0,
    supply_on    date,
    at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (state NOT IN ('hard', 'consumed') OR location_id IS NOT NULL),
    CHECK (state <> 'soft' OR supply_id <> 0)
);
CREATE INDEX ON isc.reservation (doc_type, doc_id);
CREATE INDEX ON isc.reservation (product_id, state) WHERE state IN ('soft', 'hard');

CREATE TABLE isc.shortage (LIKE core.base INCLUDING ALL,
    stage        text   NOT NULL,
    product_id   bigint NOT NULL,
    warehouse_id bigint NOT NULL REFERENCES isc.warehouse (id),
    qty          numeric(18,6) NOT NULL CHECK (qty > 0),
    covered      numeric(18,6) NOT NULL DEFAULT 0,
    need_by      date,
    priority     int    NOT NULL DEFAULT 0,
    doc_type     text   NOT NULL,
    doc_id       bigint NOT NULL,
    doc_line     bigint NOT NULL,
    origin       text   NOT NULL DEFAULT '',
    CHECK (covered BETWEEN 0 AND qty)
);
SELECT core.document('isc', 'shortage', 'open');
CREATE INDEX ON isc.shortage (product_id) WHERE stage IN ('open', 'requested');
CREATE INDEX ON isc.shortage (doc_type, doc_id);
CREATE INDEX ON isc.shortage (need_by);

-- A warehouse that holds stock or owes some stays.
-- +goose StatementBegin
CREATE FUNCTION isc.warehouse_idle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.archived_at IS NULL THEN
        RETURN NEW;
    END IF;
    IF EXISTS (SELECT FROM isc.stock_balance b JOIN isc.location l ON l.id = b.location_id WHERE l.warehouse_id = NEW.id AND b.on_hand > 0) THEN
        RAISE EXCEPTION 'A warehouse that holds stock cannot be deleted.' USING HINT = 'precondition';
    END IF;
    IF EXISTS (SELECT FROM isc.reservation WHERE warehouse_id = NEW.id AND state IN ('soft', 'hard'))
        OR EXISTS (SELECT FROM isc.shortage WHERE warehouse_id = NEW.id AND stage IN ('open', 'requested')) THEN
        RAISE EXCEPTION 'A warehouse that documents still wait for cannot be deleted.' USING HINT = 'precondition';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER idle BEFORE UPDATE OF archived_at ON isc.warehouse FOR EACH ROW EXECUTE FUNCTION isc.warehouse_idle();
