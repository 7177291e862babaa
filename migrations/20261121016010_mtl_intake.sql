-- +goose Up
CREATE TABLE mtl.intake (LIKE core.base INCLUDING ALL,
    stage          text NOT NULL,
    campaign_id    bigint NOT NULL REFERENCES mtl.campaign (id),
    source         text NOT NULL,
    name           text NOT NULL DEFAULT '',
    company        text NOT NULL DEFAULT '',
    title          text NOT NULL DEFAULT '',
    email          text NOT NULL DEFAULT '',
    phone          text NOT NULL DEFAULT '',
    industry       text NOT NULL DEFAULT '',
    region         text NOT NULL DEFAULT '',
    need           text NOT NULL DEFAULT '',
    consent        boolean NOT NULL,
    utm_source     text NOT NULL DEFAULT '',
    utm_medium     text NOT NULL DEFAULT '',
    utm_campaign   text NOT NULL DEFAULT '',
    utm_term       text NOT NULL DEFAULT '',
    utm_content    text NOT NULL DEFAULT '',
    payload        jsonb NOT NULL, -- as it arrived
    idem_key       text NOT NULL,
    person         text NOT NULL, -- who it is: e-mail, else the digits of the phone
    lead_id        bigint, -- ltc.lead
    fit            int NOT NULL DEFAULT 0 CHECK (fit BETWEEN 0 AND 100),
    engagement     numeric(18,6) NOT NULL DEFAULT 0 CHECK (engagement BETWEEN 0 AND 100),
    score          int NOT NULL DEFAULT 0 CHECK (score BETWEEN 0 AND 100),
    grade          text NOT NULL DEFAULT '' CHECK (grade ~ '^([A-D][1-4])?$'),
    handed_over_at timestamptz,
    answer         text NOT NULL DEFAULT '' CHECK (answer IN ('', 'accepted', 'rejected')),
    answer_reason  text NOT NULL DEFAULT '',
    answered_at    timestamptz,
    won_amount     numeric(18,2) NOT NULL DEFAULT 0,
    failure        text NOT NULL DEFAULT '',
    CHECK (stage NOT IN ('created', 'linked') OR lead_id IS NOT NULL),
    CHECK ((answer = '') = (answered_at IS NULL)),
    CONSTRAINT intake_idem_key_key UNIQUE (idem_key)
);
SELECT core.document('mtl', 'intake', 'received');
CREATE INDEX ON mtl.intake (campaign_id, stage);
CREATE INDEX ON mtl.intake (lead_id) WHERE lead_id IS NOT NULL;
CREATE INDEX ON mtl.intake (created_at);
CREATE INDEX ON mtl.intake (answered_at) WHERE answered_at IS NOT NULL;

-- Every contact of a person with marketing; never changed.
CREATE TABLE mtl.touch (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id  bigint NOT NULL,
    person      text   NOT NULL,
    type        text   NOT NULL,
    campaign_id bigint NOT NULL REFERENCES mtl.campaign (id),
    intake_id   bigint NOT NULL REFERENCES mtl.intake (id),
    lead_id     bigint NOT NULL,
    utm         jsonb  NOT NULL DEFAULT '{}',
    at          timestamptz NOT NULL
);
CREATE INDEX ON mtl.touch (company_id, person, at DESC);
CREATE INDEX ON mtl.touch (campaign_id);
CREATE INDEX ON mtl.touch (lead_id);
SELECT core.append_only('mtl', 'touch');

-- Why a lead has its score: the rows of one dimension of an intake sum to it.
CREATE TABLE mtl.score_contribution (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    intake_id bigint NOT NULL REFERENCES mtl.intake (id),
    lead_id   bigint NOT NULL,
    dimension text   NOT NULL CHECK (dimension IN ('fit', 'engagement')),
    rule      text   NOT NULL,
    points    numeric(18,6) NOT NULL CHECK (points <> 0),
    at        timestamptz NOT NULL
);
CREATE INDEX ON mtl.score_contribution (intake_id);
SELECT core.append_only('mtl', 'score_contribution');
