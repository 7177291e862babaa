-- +goose Up
-- What branches may set themselves of the policy and of the standards of head office, and
-- what they have set. Standards without a branch are those of head office.
CREATE TABLE crm.policy_freedom (LIKE core.base_line INCLUDING ALL,
    field text NOT NULL,
    may   text NOT NULL CHECK (may IN ('any', 'higher', 'lower')),
    UNIQUE (parent_id, field) DEFERRABLE INITIALLY DEFERRED
);
SELECT core.lines('crm', 'policy_freedom', 'policy');
CREATE TABLE crm.branch_policy (LIKE core.base INCLUDING ALL,
    branch_id bigint NOT NULL
);
SELECT core.document('crm', 'branch_policy', '');
CREATE UNIQUE INDEX branch_policy_branch_id_key ON crm.branch_policy (company_id, branch_id) WHERE archived_at IS NULL;
CREATE TABLE crm.branch_value (LIKE core.base_line INCLUDING ALL,
    field text NOT NULL,
    value text NOT NULL,
    UNIQUE (parent_id, field) DEFERRABLE INITIALLY DEFERRED
);
SELECT core.lines('crm', 'branch_value', 'branch_policy');

ALTER TABLE crm.field_standard ADD branch_id bigint, ADD branches text NOT NULL DEFAULT '' CHECK (branches IN ('', 'stricter', 'any'));
ALTER TABLE crm.follow_standard ADD branch_id bigint, ADD branches text NOT NULL DEFAULT '' CHECK (branches IN ('', 'stricter', 'any'));
DROP INDEX crm.field_standard_company_id_field_key;
DROP INDEX crm.follow_standard_company_id_tier_key;
CREATE UNIQUE INDEX field_standard_company_id_field_key ON crm.field_standard (company_id, coalesce(branch_id, 0), kind, from_stage, field) WHERE archived_at IS NULL;
CREATE UNIQUE INDEX follow_standard_company_id_tier_key ON crm.follow_standard (company_id, coalesce(branch_id, 0), at_stage, tier) WHERE archived_at IS NULL;
