-- +goose Up
CREATE TABLE mtl.campaign (LIKE core.base INCLUDING ALL,
    stage          text NOT NULL,
    name           text NOT NULL,
    kind           text NOT NULL DEFAULT '',
    objective_id   bigint, -- dste.objective
    audience       text NOT NULL DEFAULT '',
    audience_size  int  NOT NULL DEFAULT 0 CHECK (audience_size >= 0),
    starts_on      date,
    ends_on        date,
    budget         numeric(18,2) NOT NULL DEFAULT 0 CHECK (budget >= 0),
    budget_key     text NOT NULL DEFAULT '',
    actual_cost    numeric(18,2) NOT NULL DEFAULT 0 CHECK (actual_cost >= 0), -- the sum of campaign_cost
    expected_leads int  NOT NULL DEFAULT 0 CHECK (expected_leads >= 0),
    mql_fit        int  NOT NULL DEFAULT 50 CHECK (mql_fit BETWEEN 0 AND 100),
    mql_engagement int  NOT NULL DEFAULT 50 CHECK (mql_engagement BETWEEN 0 AND 100),
    form_key       text NOT NULL,
    form_title     text NOT NULL DEFAULT '',
    thank_you      text NOT NULL DEFAULT '',
    form_active    boolean NOT NULL DEFAULT true,
    leads_captured int  NOT NULL DEFAULT 0 CHECK (leads_captured >= 0), -- the leads of its intakes, each once
    result         text NOT NULL DEFAULT '',
    decision       text NOT NULL DEFAULT '' CHECK (decision IN ('', 'scale', 'change', 'stop')),
    CHECK (ends_on >= starts_on),
    CHECK (budget = 0 OR budget_key <> ''),
    CONSTRAINT campaign_form_key_key UNIQUE (form_key)
);
SELECT core.document('mtl', 'campaign', 'planned');
CREATE INDEX ON mtl.campaign (objective_id) WHERE objective_id IS NOT NULL;
CREATE INDEX ON mtl.campaign (starts_on);
CREATE INDEX ON mtl.campaign USING gin (name gin_trgm_ops);

-- What a campaign cost, once each; a wrong cost is reversed by a negative one.
CREATE TABLE mtl.campaign_cost (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    campaign_id bigint NOT NULL REFERENCES mtl.campaign (id),
    kind        text   NOT NULL CHECK (kind IN ('media', 'event', 'material', 'agency', 'other')),
    amount      numeric(18,2) NOT NULL CHECK (amount <> 0),
    spent_on    date   NOT NULL,
    note        text   NOT NULL DEFAULT '',
    by_user     bigint NOT NULL,
    at          timestamptz NOT NULL,
    CHECK (amount > 0 OR note <> '')
);
CREATE INDEX ON mtl.campaign_cost (campaign_id, id);
CREATE INDEX ON mtl.campaign_cost (spent_on);
SELECT core.append_only('mtl', 'campaign_cost');
