package store

import (
	"context"

	"meridian/modules/crm"
	"meridian/modules/crm/internal/domain"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/errs"
)

// Deal implements domain.CallBook.
func (s *Store) Deal(ctx context.Context, l *domain.CallList, callers []int64, today date.Date) (int, error) {
	n, err := s.DB.ExecN(ctx, `INSERT INTO crm.call (list_id, customer_id, caller_id, due_on)
		SELECT $1, c.id, ($2::bigint[])[1 + (row_number() OVER (ORDER BY c.id) - 1) % cardinality($2::bigint[])], $3
		FROM crm.segment_member m JOIN crm.customer c ON c.id = m.customer_id
		WHERE m.segment_id = $4 AND m.until IS NULL AND c.company_id = $5 AND c.archived_at IS NULL AND c.stage NOT IN ('lost', 'merged')`, l.ID, db.Array(callers), today, l.SegmentID, l.CompanyID)
	if err != nil {
		return 0, err
	}
	return int(n), s.DB.ShowRows(ctx, `SELECT 'crm.customer', customer_id, caller_id, NULL::timestamptz FROM crm.call WHERE list_id = $1
		UNION ALL SELECT 'crm.contact', k.id, c.caller_id, NULL FROM crm.call c JOIN crm.contact k ON k.customer_id = c.customer_id AND k.archived_at IS NULL WHERE c.list_id = $1`, l.ID)
}

// Waiting implements domain.CallBook.
func (s *Store) Waiting(ctx context.Context, call, caller int64) (*domain.Call, error) {
	var c domain.Call
	var customer int64
	ok, err := s.DB.Row(ctx, `SELECT id, list_id, customer_id, caller_id, tries, due_on FROM crm.call WHERE id = $1 AND caller_id = $2 AND done_at IS NULL FOR UPDATE`, []any{call, caller},
		&c.ID, &c.ListID, &customer, &c.CallerID, &c.Tries, &c.DueOn)
	if err == nil && !ok {
		err = errs.Missing()
	}
	c.CustomerID = crm.CustomerID(customer)
	return &c, err
}

// PutOff implements domain.CallBook.
func (s *Store) PutOff(ctx context.Context, call int64, tries int, due date.Date) error {
	return s.DB.Exec(ctx, `UPDATE crm.call SET tries = $2, due_on = $3 WHERE id = $1`, call, tries, due)
}

// End implements domain.CallBook.
func (s *Store) End(ctx context.Context, call int64, tries int, outcome string) error {
	return s.DB.Exec(ctx, `UPDATE crm.call SET tries = $2, outcome = $3, done_at = now() WHERE id = $1`, call, tries, outcome)
}

// Close implements domain.CallBook. What a caller sees of another list that runs stays.
func (s *Store) Close(ctx context.Context, list int64) error {
	if err := s.DB.Exec(ctx, `UPDATE crm.call SET outcome = 'no_answer', done_at = now() WHERE list_id = $1 AND done_at IS NULL`, list); err != nil {
		return err
	}
	return s.DB.Exec(ctx, `DELETE FROM core.record_share r USING (
			SELECT 'crm.customer' AS typ, customer_id AS id, customer_id, caller_id FROM crm.call WHERE list_id = $1
			UNION ALL SELECT 'crm.contact', k.id, c.customer_id, c.caller_id FROM crm.call c JOIN crm.contact k ON k.customer_id = c.customer_id WHERE c.list_id = $1) x
		WHERE r.object_type = x.typ AND r.object_id = x.id AND r.user_id = x.caller_id AND r.until IS NULL
			AND NOT EXISTS (SELECT FROM crm.call o JOIN crm.call_list l ON l.id = o.list_id AND l.stage = 'running' WHERE o.customer_id = x.customer_id AND o.caller_id = x.caller_id AND o.list_id <> $1)`, list)
}

// NextCalls are the calls of somebody that are due on a day, those promised first.
func (s *Store) NextCalls(ctx context.Context, caller int64, day date.Date, limit int) ([]domain.CallTask, error) {
	return db.Select[domain.CallTask](ctx, s.DB, `SELECT c.id, c.list_id, c.customer_id, l.name AS list, u.name AS customer, u.no, l.script, c.tries, c.due_on, u.last_touch_at, u.core_need AS need,
			coalesce(f.conclusion, '') AS last_conclusion, coalesce(f.next_step, '') AS next_step
		FROM crm.call c JOIN crm.call_list l ON l.id = c.list_id AND l.stage = 'running' JOIN crm.customer u ON u.id = c.customer_id AND u.archived_at IS NULL
		LEFT JOIN LATERAL (SELECT left(conclusion, 200) AS conclusion, next_step FROM crm.followup WHERE customer_id = c.customer_id AND stage = 'done' ORDER BY done_at DESC LIMIT 1) f ON true
		WHERE c.caller_id = ? AND c.done_at IS NULL AND c.due_on <= ? ORDER BY c.due_on, c.tries, c.id LIMIT ?`, caller, day, limit)
}

// CallProgress is how far the callers of a list are; of one caller when it is not 0.
func (s *Store) CallProgress(ctx context.Context, list, caller int64) ([]domain.CallProgress, error) {
	return db.Select[domain.CallProgress](ctx, s.DB, `SELECT caller_id, count(*) AS "all", count(*) FILTER (WHERE done_at IS NULL) AS waiting, count(*) FILTER (WHERE outcome = 'reached') AS reached, count(*) FILTER (WHERE outcome = 'qualified') AS qualified,
			count(*) FILTER (WHERE outcome = 'not_interested') AS not_interested, count(*) FILTER (WHERE outcome = 'wrong_number') AS wrong, count(*) FILTER (WHERE outcome = 'no_answer') AS given_up, coalesce(sum(tries), 0)::bigint AS tries
		FROM crm.call WHERE list_id = ? AND (? = 0 OR caller_id = ?) GROUP BY 1 ORDER BY 1`, list, caller, caller)
}
