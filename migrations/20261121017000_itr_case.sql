-- +goose Up
CREATE TABLE itr.article (LIKE core.base INCLUDING ALL,
    stage      text NOT NULL,
    title      text NOT NULL,
    symptom    text NOT NULL DEFAULT '',
    solution   text NOT NULL DEFAULT '',
    category   text NOT NULL DEFAULT '',
    product_id bigint, -- ipd.product
    case_id    bigint  -- the case it was written from
);
SELECT core.document('itr', 'article', 'draft');
CREATE INDEX ON itr.article (product_id) WHERE product_id IS NOT NULL;
CREATE INDEX ON itr.article USING gin (title gin_trgm_ops);
CREATE INDEX ON itr.article USING gin (symptom gin_trgm_ops);

CREATE TABLE itr."case" (LIKE core.base INCLUDING ALL,
    stage           text NOT NULL,
    subject         text NOT NULL,
    description     text NOT NULL,
    customer_id     bigint, -- crm.customer
    contact_id      bigint, -- crm.contact
    product_id      bigint, -- ipd.product
    order_id        bigint, -- ltc.order
    channel         text NOT NULL CHECK (channel IN ('web', 'mail', 'api', 'phone', 'portal')),
    external_id     text NOT NULL DEFAULT '',
    requester       text NOT NULL DEFAULT '',
    requester_email text NOT NULL DEFAULT '',
    requester_phone text NOT NULL DEFAULT '',
    impact          text NOT NULL CHECK (impact IN ('1', '2', '3')),
    urgency         text NOT NULL CHECK (urgency IN ('1', '2', '3')),
    priority        text NOT NULL CHECK (priority IN ('1', '2', '3', '4', '5')),
    category        text NOT NULL DEFAULT '',
    assignee_id     bigint NOT NULL DEFAULT 0,
    assigned_how    text NOT NULL DEFAULT '' CHECK (assigned_how IN ('', 'hand', 'load')),
    assigned_load   int  NOT NULL DEFAULT 0, -- open cases of the assignee at that moment
    waiting_for     text NOT NULL DEFAULT '',
    follow_up_on    date,
    cause_code      text NOT NULL DEFAULT '',
    resolution_code text NOT NULL DEFAULT '',
    solution        text NOT NULL DEFAULT '',
    article_id      bigint REFERENCES itr.article (id),
    knowledge_note  text NOT NULL DEFAULT '',
    reopen_count    int  NOT NULL DEFAULT 0 CHECK (reopen_count >= 0),
    next_due_at     timestamptz, -- the earliest of the running clocks
    resolved_at     timestamptz,
    public_token    text NOT NULL,
    CHECK (priority::int = impact::int + urgency::int - 1),
    CHECK (stage NOT IN ('assigned', 'in_progress') OR assignee_id > 0),
    CHECK (stage <> 'resolved' OR (resolved_at IS NOT NULL AND solution <> '')),
    CONSTRAINT case_public_token_key UNIQUE (public_token)
);
SELECT core.document('itr', 'case', 'new');
CREATE INDEX ON itr."case" (customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX ON itr."case" (product_id) WHERE product_id IS NOT NULL;
CREATE INDEX ON itr."case" (assignee_id, stage);
CREATE INDEX ON itr."case" (resolved_at) WHERE stage = 'resolved';
CREATE INDEX ON itr."case" (next_due_at) WHERE next_due_at IS NOT NULL;
CREATE INDEX ON itr."case" USING gin (subject gin_trgm_ops);
ALTER TABLE itr.article ADD FOREIGN KEY (case_id) REFERENCES itr."case" (id);

-- What was said, by whom, over which channel; never changed.
CREATE TABLE itr.message (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id     bigint NOT NULL REFERENCES itr."case" (id),
    dir         text   NOT NULL CHECK (dir IN ('in', 'out')),
    internal    boolean NOT NULL DEFAULT false,
    automatic   boolean NOT NULL DEFAULT false,
    channel     text   NOT NULL,
    external_id text   NOT NULL DEFAULT '',
    sender      text   NOT NULL DEFAULT '',
    author_id   bigint NOT NULL DEFAULT 0,
    body        text   NOT NULL,
    at          timestamptz NOT NULL,
    CHECK (dir = 'out' OR NOT internal)
);
CREATE UNIQUE INDEX message_external_id_key ON itr.message (channel, external_id) WHERE external_id <> '';
CREATE INDEX ON itr.message (case_id, id);
SELECT core.append_only('itr', 'message');
