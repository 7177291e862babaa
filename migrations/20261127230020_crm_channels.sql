-- +goose Up
-- A phone and a mail address are proved each on its own day, and each may turn out wrong.
-- asked_on is when the owner was last given the task to put them right.
ALTER TABLE crm.contact
    ADD phone_on    date,
    ADD mail_on     date,
    ADD phone_state text NOT NULL DEFAULT '' CHECK (phone_state IN ('', 'ok', 'stale', 'wrong')),
    ADD mail_state  text NOT NULL DEFAULT '' CHECK (mail_state IN ('', 'ok', 'stale', 'wrong')),
    ADD asked_on    date;
UPDATE crm.contact SET phone_on = CASE WHEN phone <> '' THEN coalesce(verified_on, created_at::date) END, mail_on = CASE WHEN email <> '' THEN coalesce(verified_on, created_at::date) END,
    phone_state = CASE WHEN phone = '' THEN '' WHEN stale THEN 'stale' ELSE 'ok' END, mail_state = CASE WHEN email = '' THEN '' WHEN stale THEN 'stale' ELSE 'ok' END;
CREATE INDEX ON crm.contact (company_id) WHERE stale AND asked_on IS NULL AND archived_at IS NULL;
