-- +goose Up
-- A new branch starts as a copy of a good one: what was copied, and from where. source_id is
-- empty for positions, which are read from the people of the good branch.
ALTER TABLE crm.care_program ADD branch_id bigint;
CREATE TABLE crm.branch_position (LIKE core.base INCLUDING ALL,
    branch_id bigint NOT NULL,
    title     text NOT NULL DEFAULT '',
    roles     text NOT NULL,
    headcount int  NOT NULL CHECK (headcount > 0)
);
SELECT core.document('crm', 'branch_position', '');
CREATE UNIQUE INDEX branch_position_title_key ON crm.branch_position (company_id, branch_id, title, roles) WHERE archived_at IS NULL;
CREATE TABLE crm.branch_copy (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    branch_id      bigint NOT NULL,
    from_branch_id bigint NOT NULL,
    object_type    text   NOT NULL,
    object_id      bigint NOT NULL,
    source_id      bigint,
    by_user        bigint NOT NULL,
    at             timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON crm.branch_copy (branch_id, id);
SELECT core.append_only('crm', 'branch_copy');

-- What a branch did well, with what it brought by a measure.
CREATE TABLE crm.good_practice (LIKE core.base INCLUDING ALL,
    stage        text NOT NULL,
    name         text NOT NULL,
    how          text NOT NULL,
    branch_id    bigint NOT NULL,
    measure      text NOT NULL,
    before_from  date NOT NULL,
    before_to    date NOT NULL,
    after_from   date NOT NULL,
    after_to     date NOT NULL,
    value_before numeric(18,6) NOT NULL DEFAULT 0,
    value_after  numeric(18,6) NOT NULL DEFAULT 0,
    published_on date,
    CHECK (before_from <= before_to AND before_to < after_from AND after_from <= after_to)
);
SELECT core.document('crm', 'good_practice', 'draft');
