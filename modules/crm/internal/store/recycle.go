package store

import (
	"context"
	"fmt"
	"time"

	"meridian/modules/crm"
	"meridian/modules/crm/internal/domain"
	"meridian/platform/date"
	"meridian/platform/db"
)

// View implements domain.PoolViews.
func (s *Store) View(ctx context.Context, user, pool, customer int64, day date.Date, top int) (bool, error) {
	var others, seen int
	if _, err := s.DB.Row(ctx, `SELECT count(*) FILTER (WHERE customer_id <> $4), count(*) FILTER (WHERE customer_id = $4) FROM crm.pool_view WHERE user_id = $1 AND pool_id = $2 AND on_day = $3`,
		[]any{user, pool, day, customer}, &others, &seen); err != nil {
		return false, fmt.Errorf("views of the day: %w", err)
	}
	if seen > 0 {
		return true, nil
	}
	if top > 0 && others >= top {
		return false, nil
	}
	return true, s.DB.Exec(ctx, `INSERT INTO crm.pool_view (user_id, pool_id, on_day, customer_id) VALUES ($1, $2, $3, $4)`, user, pool, day, customer)
}

// HideContacts implements domain.PoolViews.
func (s *Store) HideContacts(ctx context.Context, customer int64) error {
	return s.DB.Exec(ctx, `UPDATE crm.contact SET owner_id = 0, dept_id = 0, version = version + 1 WHERE customer_id = $1`, customer)
}

// ShowContacts implements domain.PoolViews.
func (s *Store) ShowContacts(ctx context.Context, customers ...int64) error {
	return s.DB.Later(ctx, nil, `UPDATE crm.contact k SET owner_id = c.owner_id, dept_id = c.dept_id, version = k.version + 1 FROM crm.customer c WHERE c.id = k.customer_id AND c.id = ANY($1)`, db.Array(customers))
}

// KeepTerm implements domain.TermBook.
func (s *Store) KeepTerm(ctx context.Context, t crm.ContractTerm) error {
	return s.DB.Exec(ctx, `INSERT INTO crm.contract_term (object_type, object_id, customer_id, signed_on, end_on) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (object_type, object_id) DO UPDATE SET customer_id = excluded.customer_id, signed_on = excluded.signed_on, end_on = excluded.end_on`, t.Doc.Type, t.Doc.ID, int64(t.Customer), t.Signed, t.End)
}

// Ripe is a customer that goes back to a pool unless something happens.
type Ripe struct {
	ID, OwnerID, PoolID int64
	Name, Why           string // first, ended, contract, deal, idle
	NoticeDays          int
	GivenOn, DueOn      date.Date
}

// Ripes lists the customers of a company a policy holds for that meet the conditions of their pool, or will
// before the days of notice are over: depts[i] recycles into pools[i]. Who was given a
// customer and made no first contact loses it in any case. Customers with an open deal or
// order stay.
func (s *Store) Ripes(ctx context.Context, company int64, depts, pools []int64, now time.Time, day date.Date, policy *domain.PolicyReach) ([]Ripe, error) {
	return db.Select[Ripe](ctx, s.DB, `SELECT * FROM (
		SELECT c.id, c.owner_id, p.id AS pool_id, c.name, p.notice_days, n.given_on, n.due_on,
			CASE WHEN x.first THEN 'first'
				WHEN p.recycle_when = 'all' THEN CASE WHEN p.idle_days + p.deal_days + p.ended_days + p.contract_months > 0 AND (b.fresh OR p.deal_days + p.ended_days + p.contract_months > 0)
					AND (p.idle_days = 0 OR x.idle) AND (p.deal_days = 0 OR x.deal) AND (p.ended_days = 0 OR x.ended) AND (p.contract_months = 0 OR x.contract)
					THEN CASE WHEN p.ended_days > 0 THEN 'ended' WHEN p.contract_months > 0 THEN 'contract' WHEN p.deal_days > 0 THEN 'deal' ELSE 'idle' END END
				WHEN x.ended THEN 'ended' WHEN x.contract THEN 'contract' WHEN x.deal THEN 'deal' WHEN x.idle AND b.fresh THEN 'idle' END AS why
		FROM crm.customer c JOIN unnest(?::bigint[], ?::bigint[]) AS m(dept_id, pool_id) ON m.dept_id = c.dept_id JOIN crm.pool p ON p.id = m.pool_id
		JOIN crm.ownership o ON o.customer_id = c.id AND upper_inf(o.held)
		LEFT JOIN crm.recycle_notice n ON n.customer_id = c.id
		LEFT JOIN LATERAL (SELECT max(signed_on) AS signed, max(coalesce(end_on, 'infinity')) AS over FROM crm.contract_term WHERE customer_id = c.id) t ON true
		LEFT JOIN LATERAL (SELECT max(opened_at)::date AS opened FROM crm.open_deal WHERE customer_id = c.id) d ON p.deal_days > 0
		LEFT JOIN LATERAL (SELECT max(on_day) AS ordered FROM crm.fact WHERE customer_id = c.id AND kind = 'order' AND n > 0) f ON p.deal_days + p.contract_months > 0
		CROSS JOIN LATERAL (SELECT NOT EXISTS (SELECT 1 FROM crm.lifecycle_log l WHERE l.customer_id = c.id AND l.to_stage IN ('signed', 'user', 'satisfied')) AS fresh, lower(o.held)::date AS since, ?::date + p.notice_days AS soon) b
		CROSS JOIN LATERAL (SELECT
			b.fresh AND o.how IN ('claim', 'assign') AND coalesce(c.last_touch_at, '-infinity') < lower(o.held) AND lower(o.held) < ?::timestamptz - ?::int * interval '1 day' AS first,
			p.idle_days > 0 AND greatest(c.last_touch_at, lower(o.held)) < ?::timestamptz - (p.idle_days - p.notice_days) * interval '1 day' AS idle,
			p.deal_days > 0 AND greatest(d.opened, f.ordered, b.since) + p.deal_days < b.soon AS deal,
			p.ended_days > 0 AND t.over <> 'infinity' AND greatest(t.over, b.since) + p.ended_days < b.soon AS ended,
			p.contract_months > 0 AND greatest(t.signed, f.ordered, b.since) + p.contract_months * interval '1 month' < b.soon AS contract) x
		WHERE c.company_id = ? AND c.archived_at IS NULL AND c.owner_id <> 0 AND c.stage NOT IN ('lost', 'merged', 'at_risk') AND (c.dept_id = ANY(?)) <> ?
			AND NOT EXISTS (SELECT 1 FROM crm.open_deal d WHERE d.customer_id = c.id AND d.closed_at IS NULL)
			AND NOT EXISTS (SELECT 1 FROM crm.exposure_total e WHERE e.customer_id = c.id AND e.orders > 0)) y
		WHERE why IS NOT NULL ORDER BY id`, db.Array(depts), db.Array(pools), day, now, policy.FirstContactDays, now, company, db.Array(policy.Depts), policy.Rest)
}
