-- +goose Up
CREATE TABLE crm.transfer (LIKE core.base INCLUDING ALL,
    stage        text NOT NULL,
    from_user    bigint NOT NULL,
    to_user      bigint NOT NULL CHECK (to_user <> from_user),
    cause        text NOT NULL,
    sheet        text NOT NULL DEFAULT '',
    open_issues  text NOT NULL DEFAULT '',
    frozen       text NOT NULL DEFAULT '',
    moved        int  NOT NULL DEFAULT 0
);
SELECT core.document('crm', 'transfer', 'draft');
CREATE INDEX ON crm.transfer (to_user) WHERE stage = 'handed_over';
CREATE TABLE crm.transfer_line (LIKE core.base_line INCLUDING ALL,
    customer_id bigint NOT NULL REFERENCES crm.customer (id)
);
SELECT core.lines('crm', 'transfer_line', 'transfer');
