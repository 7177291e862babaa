-- +goose Up
-- What people say they will close, and what the deals looked like every week.
CREATE TABLE ltc.forecast_entry (LIKE core.base INCLUDING ALL,
    kind         text NOT NULL CHECK (kind IN ('submitted', 'adjusted')),
    span         text NOT NULL CHECK (span IN ('month', 'quarter', 'year')),
    period_start date NOT NULL,
    amount       numeric(18,2) NOT NULL CHECK (amount >= 0),
    system       numeric(18,2) NOT NULL DEFAULT 0,
    note         text NOT NULL DEFAULT ''
);
SELECT core.document('ltc', 'forecast_entry', '');
CREATE INDEX ON ltc.forecast_entry (company_id, span, period_start, owner_id, id DESC);

CREATE TABLE ltc.forecast_freeze (
    company_id     bigint NOT NULL,
    week           date   NOT NULL,
    opportunity_id bigint NOT NULL REFERENCES ltc.opportunity (id),
    owner_id       bigint NOT NULL,
    stage          text   NOT NULL,
    category       text   NOT NULL,
    amount         numeric(18,2) NOT NULL,
    probability    numeric(18,6) NOT NULL,
    close_on       date,
    frozen_at      timestamptz NOT NULL,
    PRIMARY KEY (company_id, week, opportunity_id)
);
CREATE INDEX ON ltc.forecast_freeze (opportunity_id);
SELECT core.append_only('ltc', 'forecast_freeze');
