package store

import (
	"context"
	"fmt"
	"time"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/db"
)

// Contacted is how often a customer was in touch with us in a period, over its deals.
type Contacted struct {
	CustomerID int64
	N, Visits  int64
	Others     int64 // neither visit nor call nor meeting
	Calls      int64
	Meetings   int64
	Persons    int64 // of ours
	LastAt     *time.Time
	FirstVisit *time.Time
	LastVisit  *time.Time
}

// contactedLimit bounds the list; the customers with the most visits come first.
const contactedLimit = 200

// Contacted counts the activities of a period by customer, over the deals the reader may
// see: how often each way, by how many people, the first and the last visit.
func (s *After) Contacted(ctx context.Context, f domain.DealFilter, loc *time.Location) ([]Contacted, error) {
	w, err := s.DB.Rows(ctx, "ltc.opportunity", f.Dept)
	if err != nil {
		return nil, err
	}
	w.And("customer_id IS NOT NULL")
	args := append(append([]any{}, w.Args...), f.From.In(loc), f.To.AddDays(1).In(loc))
	who := ""
	if f.Owner != 0 {
		who, args = " AND a.by_user = ?", append(args, f.Owner)
	}
	rows, err := db.Select[Contacted](ctx, s.DB, `SELECT o.customer_id, count(*) AS n, count(*) FILTER (WHERE a.way = 'visit') AS visits, count(*) FILTER (WHERE a.way = 'call') AS calls, count(*) FILTER (WHERE a.way = 'meeting') AS meetings,
			count(*) FILTER (WHERE a.way NOT IN ('visit', 'call', 'meeting')) AS others, count(DISTINCT a.by_user) AS persons, max(a.done_at) AS last_at,
			min(a.done_at) FILTER (WHERE a.way = 'visit') AS first_visit, max(a.done_at) FILTER (WHERE a.way = 'visit') AS last_visit
		FROM ltc.deal_activity a JOIN (SELECT id, customer_id FROM ltc.opportunity WHERE `+w.SQL+`) o ON o.id = a.parent_id
		WHERE a.done_at >= ? AND a.done_at < ?`+who+fmt.Sprintf(` GROUP BY 1 ORDER BY visits DESC, n DESC, 1 LIMIT %d`, contactedLimit), args...)
	if err != nil {
		return nil, fmt.Errorf("contacts by customer: %w", err)
	}
	return rows, nil
}
