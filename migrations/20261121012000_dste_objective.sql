-- +goose Up
CREATE TABLE dste.objective (LIKE core.base INCLUDING ALL,
    stage       text NOT NULL,
    name        text NOT NULL,
    perspective text NOT NULL DEFAULT '',
    parent_id   bigint REFERENCES dste.objective (id) CHECK (parent_id <> id),
    kpi         text NOT NULL DEFAULT '', -- code of a registered measure
    method      text NOT NULL CHECK (method IN ('two_point', 'ratio')),
    worst       numeric(18,6) NOT NULL DEFAULT 0,
    target      numeric(18,6) NOT NULL DEFAULT 0,
    from_on     date,
    to_on       date,
    weight      numeric(18,6) NOT NULL DEFAULT 0 CHECK (weight BETWEEN 0 AND 1),
    note        text NOT NULL DEFAULT '',
    CHECK (to_on >= from_on)
);
SELECT core.document('dste', 'objective', 'draft');
CREATE INDEX ON dste.objective (parent_id);
CREATE INDEX ON dste.objective (kpi);
CREATE INDEX ON dste.objective USING gin (name gin_trgm_ops);
