package store

import (
	"context"
	"time"

	"meridian/modules/crm/internal/domain"
	"meridian/platform/date"
	"meridian/platform/db"
)

// ByPhone implements domain.Parties.
func (s *Store) ByPhone(ctx context.Context, company int64, key string) (domain.Party, error) {
	return s.party(ctx, `SELECT c.id AS customer_id, k.id AS contact_id, c.owner_id, k.name FROM crm.contact k JOIN crm.customer c ON c.id = k.customer_id AND c.archived_at IS NULL AND c.company_id = ?
			WHERE k.phone_key = ? AND k.archived_at IS NULL AND NOT k.has_left LIMIT 2`,
		`SELECT id AS customer_id, 0::bigint AS contact_id, owner_id, name FROM crm.customer WHERE archived_at IS NULL AND company_id = ? AND phone_key = ? LIMIT 2`, company, key)
}

// ByMail implements domain.Parties.
func (s *Store) ByMail(ctx context.Context, company int64, address, domainName string) (domain.Party, error) {
	p, err := s.party(ctx, `SELECT c.id AS customer_id, k.id AS contact_id, c.owner_id, k.name FROM crm.contact k JOIN crm.customer c ON c.id = k.customer_id AND c.archived_at IS NULL AND c.company_id = ?
			WHERE k.email_key = ? AND k.archived_at IS NULL LIMIT 2`,
		`SELECT id AS customer_id, 0::bigint AS contact_id, owner_id, name FROM crm.customer WHERE archived_at IS NULL AND company_id = ? AND lower(email) = ? AND mail_domain = split_part(lower(email), '@', 2) LIMIT 2`, company, address)
	if err != nil || p.CustomerID != 0 || domainName == "" {
		return p, err
	}
	return s.party(ctx, "", `SELECT id AS customer_id, 0::bigint AS contact_id, owner_id, name FROM crm.customer WHERE archived_at IS NULL AND company_id = ? AND mail_domain = ? LIMIT 2`, company, domainName)
}

// party is the one person, else the one customer, that a sign names.
func (s *Store) party(ctx context.Context, person, customer string, company int64, sign string) (domain.Party, error) {
	for _, q := range []string{person, customer} {
		if q == "" {
			continue
		}
		list, err := db.Select[domain.Party](ctx, s.DB, q, company, sign)
		if err != nil {
			return domain.Party{}, err
		}
		if len(list) == 1 {
			return list[0], nil
		}
		if len(list) > 1 { // several people of one number: at least the customer, if it is one
			if list[0].CustomerID == list[1].CustomerID {
				return domain.Party{CustomerID: list[0].CustomerID, OwnerID: list[0].OwnerID}, nil
			}
			return domain.Party{}, nil
		}
	}
	return domain.Party{}, nil
}

// Alone implements domain.Parties.
func (s *Store) Alone(ctx context.Context, key string) error {
	return s.DB.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('crm.message ' || $1::text, 0))`, key)
}

// ShowParty implements domain.Parties.
func (s *Store) ShowParty(ctx context.Context, customer, user int64, until time.Time) error {
	return s.DB.ShowRows(ctx, `SELECT 'crm.customer', $1::bigint, $2::bigint, $3::timestamptz UNION ALL SELECT 'crm.contact', id, $2, $3 FROM crm.contact WHERE customer_id = $1 AND archived_at IS NULL`, customer, user, until)
}

// Talk is what one party waits for or has said last.
type Talk struct {
	ID, OwnerID, CustomerID, ContactID int64
	Sender, Customer, No               string
	Subject, Channel                   string
	Waiting, Missed, N                 int64
	Since                              *time.Time
	ReceivedAt                         time.Time
}

// Talks lists the visible messages that are not done, one row per party, who waits longest
// first.
func (s *Store) Talks(ctx context.Context, owner int64, limit int) ([]Talk, error) {
	w, err := s.DB.Rows(ctx, "crm.message", 0)
	if err != nil {
		return nil, err
	}
	args := append([]any{}, w.Args...)
	args = append(args, owner, owner, limit)
	return db.Select[Talk](ctx, s.DB, `WITH m AS (SELECT *, coalesce('c' || customer_id, lower(address)) AS party FROM crm.message WHERE stage IN ('waiting', 'answered') AND `+w.SQL+` AND (?::bigint = 0 OR owner_id = ?)),
		g AS (SELECT party, count(*) FILTER (WHERE stage = 'waiting') AS waiting, count(*) FILTER (WHERE missed AND stage = 'waiting') AS missed, count(*) AS n, min(received_at) FILTER (WHERE stage = 'waiting') AS since, max(id) AS last FROM m GROUP BY 1)
		SELECT m.id, m.owner_id, coalesce(m.customer_id, 0) AS customer_id, coalesce(m.contact_id, 0) AS contact_id, m.sender, coalesce(c.name, '') AS customer, coalesce(c.no, '') AS no, CASE WHEN m.subject <> '' THEN m.subject ELSE left(m.body, 120) END AS subject, m.channel, g.waiting, g.missed, g.n, g.since, m.received_at
		FROM g JOIN m ON m.id = g.last LEFT JOIN crm.customer c ON c.id = m.customer_id ORDER BY g.since NULLS LAST, m.received_at LIMIT ?`, args...)
}

// Calls counts the calls of a period. Seconds are whole ones from the ring.
type Calls struct {
	OwnerID                                int64
	Offered, Answered, InTime, Lost, Short int64
	Wait                                   *float64 // seconds until answered, on average
}

// CallsBy counts the visible calls of a period for each person asked: answered within
// seconds, lost, and lost within short seconds, which count for nothing.
func (s *Store) CallsBy(ctx context.Context, dept int64, from, to date.Date, seconds, short int) ([]Calls, error) {
	w, err := s.DB.Rows(ctx, "crm.message", dept)
	if err != nil {
		return nil, err
	}
	loc := s.Location(ctx)
	args := []any{seconds, short}
	args = append(args, w.Args...)
	start, end := from.In(loc), to.AddDays(1).In(loc)
	args = append(args, start, end)
	return db.Select[Calls](ctx, s.DB, `SELECT owner_id, count(*) AS offered, count(*) FILTER (WHERE rung) AS answered, count(*) FILTER (WHERE rung AND answered_at - received_at <= ?::int * interval '1 second') AS in_time, count(*) FILTER (WHERE missed) AS lost,
			count(*) FILTER (WHERE missed AND ended_at - received_at < ?::int * interval '1 second') AS short, avg(extract(epoch FROM answered_at - received_at)) FILTER (WHERE rung) AS wait
		FROM (SELECT *, answered_at IS NOT NULL AND NOT missed AS rung FROM crm.message WHERE channel = 'phone' AND `+w.SQL+` AND received_at >= ? AND received_at < ?) m GROUP BY 1 ORDER BY 2 DESC, 1`, args...)
}
