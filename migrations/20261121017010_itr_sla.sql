-- +goose Up
CREATE TABLE itr.sla_policy (LIKE core.base INCLUDING ALL,
    name   text NOT NULL,
    active boolean NOT NULL DEFAULT true
);
SELECT core.document('itr', 'sla_policy', '');
CREATE UNIQUE INDEX sla_policy_active_key ON itr.sla_policy (company_id) WHERE active AND archived_at IS NULL;

CREATE TABLE itr.sla_target (LIKE core.base_line INCLUDING ALL,
    priority       text NOT NULL CHECK (priority IN ('1', '2', '3', '4', '5')),
    first_response int  NOT NULL CHECK (first_response > 0), -- working minutes
    resolution     int  NOT NULL CHECK (resolution >= first_response),
    UNIQUE (parent_id, priority)
);
SELECT core.lines('itr', 'sla_target', 'sla_policy');

-- All that ever happened to the clocks of a case; never changed. What a clock shows
-- is replayed from here.
CREATE TABLE itr.sla_event (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id   bigint NOT NULL REFERENCES itr."case" (id),
    kind      text   NOT NULL CHECK (kind IN ('first_response', 'resolution')),
    act       text   NOT NULL CHECK (act IN ('start', 'target', 'pause', 'resume', 'stop', 'reopen', 'cancel')),
    minutes   int    NOT NULL DEFAULT 0,
    policy_id bigint NOT NULL DEFAULT 0, -- 0 = the built-in targets
    reason    text   NOT NULL DEFAULT '',
    by_user   bigint NOT NULL,
    at        timestamptz NOT NULL,
    CHECK ((act IN ('start', 'target')) = (minutes > 0)),
    CHECK (act <> 'pause' OR reason <> '')
);
CREATE INDEX ON itr.sla_event (case_id, id);
SELECT core.append_only('itr', 'sla_event');

-- A clock as its events leave it: a cache of the replay.
CREATE TABLE itr.sla_clock (
    case_id     bigint NOT NULL REFERENCES itr."case" (id),
    kind        text   NOT NULL CHECK (kind IN ('first_response', 'resolution')),
    state       text   NOT NULL CHECK (state IN ('running', 'paused', 'met', 'missed', 'cancelled')),
    minutes     int    NOT NULL CHECK (minutes > 0),
    started_at  timestamptz NOT NULL,
    due_at      timestamptz, -- none while it stands still
    stopped_at  timestamptz,
    paused_secs bigint NOT NULL DEFAULT 0, -- working time lost to pauses
    gap_secs    bigint NOT NULL DEFAULT 0, -- working time between resolved and reopened
    calendar    text   NOT NULL,           -- digest of the calendar it was reckoned by
    PRIMARY KEY (case_id, kind),
    CHECK ((stopped_at IS NOT NULL) = (state IN ('met', 'missed')))
);
CREATE INDEX ON itr.sla_clock (stopped_at) WHERE stopped_at IS NOT NULL;
