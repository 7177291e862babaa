-- +goose Up
-- Terms of contracts and orders the cash half works with.
ALTER TABLE ltc.contract
    ADD COLUMN kind            text NOT NULL DEFAULT 'one_off' CHECK (kind IN ('one_off', 'framework', 'subscription')),
    ADD COLUMN tax_rate        numeric(18,6) NOT NULL DEFAULT 0.13 CHECK (tax_rate BETWEEN 0 AND 1),
    ADD COLUMN price           numeric(18,2) NOT NULL DEFAULT 0, -- without tax
    ADD COLUMN acceptance      text NOT NULL DEFAULT 'required' CHECK (acceptance IN ('required', 'on_delivery')),
    ADD COLUMN deemed_days     int  NOT NULL DEFAULT 0 CHECK (deemed_days >= 0), -- 0: silence is no acceptance
    ADD COLUMN notice_days     int  NOT NULL DEFAULT 0 CHECK (notice_days >= 0),
    ADD COLUMN auto_renew      boolean NOT NULL DEFAULT false,
    ADD COLUMN notice_on       date,
    ADD COLUMN customer_po     text NOT NULL DEFAULT '',
    ADD COLUMN po_amount       numeric(18,2) NOT NULL DEFAULT 0,
    ADD COLUMN deviates        boolean NOT NULL DEFAULT false,
    ADD COLUMN legal_ok        boolean NOT NULL DEFAULT false,
    ADD COLUMN finance_ok      boolean NOT NULL DEFAULT false,
    ADD COLUMN delivery_ok     boolean NOT NULL DEFAULT false,
    ADD COLUMN signed_hash     text NOT NULL DEFAULT '';
UPDATE ltc.contract SET price = round(amount / (1 + tax_rate), 2);
CREATE INDEX ON ltc.contract (notice_on) WHERE notice_on IS NOT NULL;
ALTER TABLE ltc.contract_plan
    ADD COLUMN owner_id    bigint NOT NULL DEFAULT 0,
    ADD COLUMN remind_days int    NOT NULL DEFAULT 3 CHECK (remind_days >= 0),
    ADD COLUMN status      text   NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'due', 'partial', 'overdue', 'done', 'waived')),
    ADD COLUMN milestone   text   NOT NULL DEFAULT '';
UPDATE ltc.contract_plan SET status = CASE WHEN done_on IS NOT NULL THEN 'done' WHEN actual > 0 THEN 'partial' ELSE 'waiting' END;
ALTER TABLE ltc."order"
    ADD COLUMN acceptance    text NOT NULL DEFAULT 'required' CHECK (acceptance IN ('required', 'on_delivery')),
    ADD COLUMN credit_hold   text NOT NULL DEFAULT '',
    ADD COLUMN price_hold    text NOT NULL DEFAULT '',
    ADD COLUMN data_hold     text NOT NULL DEFAULT '',
    ADD COLUMN customer_hold text NOT NULL DEFAULT '',
    ADD COLUMN channel       text NOT NULL DEFAULT 'inside' CHECK (channel IN ('field', 'inside', 'partner', 'web')),
    ADD COLUMN revision      int  NOT NULL DEFAULT 1;
ALTER TABLE ltc.acceptance
    ADD COLUMN criteria  text NOT NULL DEFAULT '',
    ADD COLUMN deemed_on date,
    ADD COLUMN deemed    boolean NOT NULL DEFAULT false;
CREATE INDEX ON ltc.acceptance (deemed_on) WHERE stage = 'requested';
