-- +goose Up
-- The deal: its pipeline, its people, its competitors, what was done about it, how
-- long it stood in every stage, why it was won or lost.
ALTER TABLE ltc.opportunity
    ADD COLUMN pipeline         text NOT NULL DEFAULT 'new',
    ADD COLUMN region           text NOT NULL DEFAULT '',
    ADD COLUMN category         text NOT NULL DEFAULT 'pipeline',
    ADD COLUMN prob_source      text NOT NULL DEFAULT 'stage',
    ADD COLUMN auto_probability numeric(18,6) NOT NULL DEFAULT 0,
    ADD COLUMN last_activity_at timestamptz,
    ADD COLUMN held_from        text NOT NULL DEFAULT '',
    ADD COLUMN lost_stage       text NOT NULL DEFAULT '',
    ADD COLUMN rival_price      numeric(18,2) NOT NULL DEFAULT 0 CHECK (rival_price >= 0),
    ADD COLUMN price_gap        numeric(18,6) NOT NULL DEFAULT 0,
    ADD COLUMN evidence         text NOT NULL DEFAULT '',
    ADD COLUMN win_reason       text NOT NULL DEFAULT '',
    ADD COLUMN win_back_on      date,
    ADD COLUMN reviewed_by      bigint,
    ADD COLUMN reviewed_on      date,
    ADD COLUMN review_note      text NOT NULL DEFAULT '';
UPDATE ltc.opportunity SET last_activity_at = updated_at,
    category = CASE stage WHEN 'propose' THEN 'best_case' WHEN 'negotiate' THEN 'commit' WHEN 'won' THEN 'closed' WHEN 'qualify' THEN 'pipeline' ELSE 'omitted' END,
    auto_probability = CASE stage WHEN 'propose' THEN 0.4 WHEN 'negotiate' THEN 0.7 WHEN 'won' THEN 1 WHEN 'lost' THEN 0 ELSE 0.1 END,
    prob_source = CASE WHEN probability = CASE stage WHEN 'propose' THEN 0.4 WHEN 'negotiate' THEN 0.7 WHEN 'won' THEN 1 WHEN 'lost' THEN 0 ELSE 0.1 END THEN 'stage' ELSE 'manual' END;
CREATE INDEX ON ltc.opportunity (category) WHERE stage IN ('qualify', 'propose', 'negotiate');

CREATE TABLE ltc.deal_member (LIKE core.base_line INCLUDING ALL,
    user_id bigint NOT NULL,
    role    text NOT NULL,
    raci    text NOT NULL DEFAULT '',
    split   numeric(18,6) NOT NULL DEFAULT 0 CHECK (split BETWEEN 0 AND 1),
    UNIQUE (parent_id, user_id, role) DEFERRABLE INITIALLY DEFERRED
);
SELECT core.lines('ltc', 'deal_member', 'opportunity');
CREATE INDEX ON ltc.deal_member (user_id);

CREATE TABLE ltc.deal_competitor (LIKE core.base_line INCLUDING ALL,
    name     text NOT NULL,
    name_key text NOT NULL,
    price    numeric(18,2) NOT NULL DEFAULT 0 CHECK (price >= 0),
    strategy text NOT NULL DEFAULT '',
    threat   text NOT NULL DEFAULT 'medium',
    status   text NOT NULL DEFAULT 'active',
    UNIQUE (parent_id, name_key) DEFERRABLE INITIALLY DEFERRED
);
SELECT core.lines('ltc', 'deal_competitor', 'opportunity');
CREATE INDEX ON ltc.deal_competitor (name_key);

CREATE TABLE ltc.deal_contact (LIKE core.base_line INCLUDING ALL,
    contact_id bigint NOT NULL,
    role       text NOT NULL,
    attitude   text NOT NULL DEFAULT 'neutral',
    influence  text NOT NULL DEFAULT 'medium',
    note       text NOT NULL DEFAULT '',
    UNIQUE (parent_id, contact_id) DEFERRABLE INITIALLY DEFERRED
);
SELECT core.lines('ltc', 'deal_contact', 'opportunity');
CREATE INDEX ON ltc.deal_contact (contact_id);

CREATE TABLE ltc.deal_activity (LIKE core.base_line INCLUDING ALL,
    way        text NOT NULL,
    note       text NOT NULL,
    contact_id bigint,
    done_at    timestamptz NOT NULL,
    by_user    bigint NOT NULL
);
SELECT core.lines('ltc', 'deal_activity', 'opportunity');
CREATE INDEX ON ltc.deal_activity (done_at);

-- One row per stay in a stage. The store of the deals writes it with every stage.
CREATE TABLE ltc.deal_stay (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    opportunity_id bigint NOT NULL REFERENCES ltc.opportunity (id) ON DELETE CASCADE,
    stage          text NOT NULL,
    entered_at     timestamptz NOT NULL,
    left_at        timestamptz,
    CHECK (left_at >= entered_at)
);
CREATE INDEX ON ltc.deal_stay (opportunity_id);
CREATE INDEX ON ltc.deal_stay (stage, entered_at);
CREATE UNIQUE INDEX deal_stay_open_key ON ltc.deal_stay (opportunity_id) WHERE left_at IS NULL;
INSERT INTO ltc.deal_stay (opportunity_id, stage, entered_at)
    SELECT id, stage, CASE WHEN closed_on IS NULL THEN created_at ELSE greatest(created_at, closed_on::timestamptz) END FROM ltc.opportunity;

-- Thresholds of selling, one row per company; the defaults stand in the program.
CREATE TABLE ltc.sales_policy (LIKE core.base INCLUDING ALL,
    stale_days       int NOT NULL DEFAULT 14 CHECK (stale_days > 0),
    step_days        int NOT NULL DEFAULT 2 CHECK (step_days > 0),
    silent_lead_days int NOT NULL DEFAULT 7 CHECK (silent_lead_days > 0),
    learned_from     int NOT NULL DEFAULT 50 CHECK (learned_from > 0),
    method_from      numeric(18,2) NOT NULL DEFAULT 100000 CHECK (method_from >= 0),
    margin_floor     numeric(18,6) NOT NULL DEFAULT 0.15 CHECK (margin_floor BETWEEN 0 AND 1),
    payment_days     int NOT NULL DEFAULT 60 CHECK (payment_days >= 0),
    renewal_days     int NOT NULL DEFAULT 60 CHECK (renewal_days >= 0),
    price_rise       numeric(18,6) NOT NULL DEFAULT 0 CHECK (price_rise BETWEEN -1 AND 1),
    CONSTRAINT sales_policy_company_id_key UNIQUE (company_id)
);
SELECT core.document('ltc', 'sales_policy', '');
