package store

import (
	"context"
	"database/sql"
	"time"

	"meridian/modules/crm"
	"meridian/modules/crm/internal/domain"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db"
)

// Hold implements domain.PoolBook.
func (s *Store) Hold(ctx context.Context, users ...int64) error {
	return s.DB.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('customers of ' || u)) FROM unnest($1::bigint[]) u`, db.Array(append([]int64{}, users...)))
}

// Claims implements domain.PoolBook.
func (s *Store) Claims(ctx context.Context, user int64, since time.Time) (n int, err error) {
	_, err = s.DB.Row(ctx, `SELECT count(*) FROM crm.ownership WHERE owner_id = $1 AND how = 'claim' AND lower(held) >= $2`, []any{user, since}, &n)
	return n, err
}

// Holds implements domain.PoolBook.
func (s *Store) Holds(ctx context.Context, user int64, signed bool) (n int, err error) {
	_, err = s.DB.Row(ctx, `SELECT count(*) FROM crm.customer WHERE owner_id = $1 AND archived_at IS NULL AND stage NOT IN ('lost', 'merged') AND ($2 OR stage NOT IN ('signed', 'user', 'satisfied'))`, []any{user, signed}, &n)
	return n, err
}

// HoldsOf implements domain.PoolBook.
func (s *Store) HoldsOf(ctx context.Context, users []int64) (map[int64]domain.Held, error) {
	out := map[int64]domain.Held{}
	err := s.DB.Each(ctx, `SELECT owner_id, count(*), count(*) FILTER (WHERE stage IN ('signed', 'user', 'satisfied')) FROM crm.customer
		WHERE owner_id = ANY($1) AND archived_at IS NULL AND stage NOT IN ('lost', 'merged') GROUP BY 1`, []any{db.Array(append([]int64{}, users...))}, func(r *sql.Rows) error {
		var user int64
		var h domain.Held
		err := r.Scan(&user, &h.All, &h.Signed)
		out[user] = h
		return err
	})
	return out, err
}

// LastHeld implements domain.PoolBook.
func (s *Store) LastHeld(ctx context.Context, customer, user int64) (time.Time, error) {
	var at sql.NullTime
	_, err := s.DB.Row(ctx, `SELECT max(upper(held)) FROM crm.ownership WHERE customer_id = $1 AND owner_id = $2`, []any{customer, user}, &at)
	return at.Time, err
}

// Because implements domain.PoolBook.
func (s *Store) Because(ctx context.Context, how, reason string) error {
	return s.DB.Later(ctx, nil, `SELECT set_config('crm.how', $1, true), set_config('crm.reason', $2, true)`, how, reason)
}

// LastGiven implements domain.PoolBook.
func (s *Store) LastGiven(ctx context.Context, rule int64) (map[int64]time.Time, error) {
	out := map[int64]time.Time{}
	err := s.DB.Each(ctx, `SELECT to_user, max(at) FROM crm.allocation_log WHERE rule_id = $1 GROUP BY 1`, []any{rule}, func(r *sql.Rows) error {
		var user int64
		var at time.Time
		err := r.Scan(&user, &at)
		out[user] = at
		return err
	})
	return out, err
}

// LogAllocations implements domain.PoolBook.
func (s *Store) LogAllocations(ctx context.Context, list []domain.Given) error {
	n := len(list)
	customers, rules, texts, people := make([]int64, n), make([]int64, n), make([]string, n), make([]int64, n)
	for i := range list {
		customers[i], people[i] = list[i].Customer, list[i].To
		rules[i], texts[i] = list[i].Rule()
	}
	return s.DB.Later(ctx, nil, `INSERT INTO crm.allocation_log (customer_id, rule_id, rule, to_user, by_user) SELECT c, r, t, u, $5 FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[]) x(c, r, t, u)`,
		db.Array(customers), db.Array(rules), db.Array(texts), db.Array(people), authz.Actor(ctx))
}

// HasOpenBusiness implements domain.PoolBook.
func (s *Store) HasOpenBusiness(ctx context.Context, customer int64) (bool, error) {
	return s.DB.Row(ctx, `SELECT 1 FROM crm.open_deal WHERE customer_id = $1 AND closed_at IS NULL UNION ALL SELECT 1 FROM crm.exposure_total WHERE customer_id = $1 AND orders > 0 LIMIT 1`, []any{customer}, new(int))
}

// Owes implements domain.PoolBook.
func (s *Store) Owes(ctx context.Context, customer int64) (bool, error) {
	return s.DB.Row(ctx, `SELECT 1 FROM crm.exposure_total WHERE customer_id = $1 AND receivables > 0`, []any{customer}, new(int))
}

// Pooled is a customer of a pool as people see it who do not own it: no phone, no mail.
type Pooled struct {
	ID, PoolID                         int64
	No, Name, Industry, Region, Source string
	Stage                              crm.Lifecycle
	PooledAt                           *time.Time
	Pool                               string
	ScopeDeptID                        *int64
}

// Pooled lists the customers in the pools of a company, those that wait the longest first.
func (s *Store) Pooled(ctx context.Context, company int64, limit int) ([]Pooled, error) {
	return db.Select[Pooled](ctx, s.DB, `SELECT c.id, c.pool_id, c.no, c.name, c.industry, c.region, c.source, c.stage, c.pooled_at, p.name AS pool, p.scope_dept_id
		FROM crm.customer c JOIN crm.pool p ON p.id = c.pool_id WHERE c.company_id = ? AND c.owner_id = 0 AND c.archived_at IS NULL ORDER BY c.pooled_at, c.id LIMIT ?`, company, limit)
}

// Given is one line of the allocation log.
type Given struct {
	CustomerID, ToUser int64
	Name, Rule         string
	At                 time.Time
}

// Allocations lists what the rules gave out last of a company.
func (s *Store) Allocations(ctx context.Context, company int64, limit int) ([]Given, error) {
	return db.Select[Given](ctx, s.DB, `SELECT l.customer_id, l.to_user, c.name, l.rule, l.at FROM crm.allocation_log l JOIN crm.customer c ON c.id = l.customer_id WHERE c.company_id = ? ORDER BY l.id DESC LIMIT ?`, company, limit)
}

// Notify notes that an owner was told; Unnotify forgets it.
func (s *Store) Notify(ctx context.Context, x Ripe, given, due date.Date) error {
	return s.DB.Exec(ctx, `INSERT INTO crm.recycle_notice (customer_id, owner_id, pool_id, why, given_on, due_on) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (customer_id) DO UPDATE SET owner_id = $2, pool_id = $3, why = $4, given_on = $5, due_on = $6`, x.ID, x.OwnerID, x.PoolID, x.Why, given, due)
}

// Unnotify forgets the notices of customers that are not idle any more.
func (s *Store) Unnotify(ctx context.Context, company int64, still []int64) error {
	return s.DB.Exec(ctx, `DELETE FROM crm.recycle_notice n USING crm.customer c WHERE c.id = n.customer_id AND c.company_id = $1 AND NOT n.customer_id = ANY($2)`, company, db.Array(append([]int64{}, still...)))
}

// Owned is one stretch of the owner history of a customer.
type Owned struct {
	OwnerID, ByUser int64
	Since           time.Time
	Until           *time.Time
	How, Reason     string
}

// Owners lists who owned a customer, the last first.
func (s *Store) Owners(ctx context.Context, customer int64) ([]Owned, error) {
	return db.Select[Owned](ctx, s.DB, `SELECT owner_id, by_user, lower(held) AS since, upper(held) AS until, how, reason FROM crm.ownership WHERE customer_id = ? ORDER BY lower(held) DESC LIMIT 50`, customer)
}

// Allocatable lists the customers that wait in pools which give out by rule.
func (s *Store) Allocatable(ctx context.Context, company int64) ([]int64, error) {
	rows, err := db.Select[struct{ ID int64 }](ctx, s.DB, `SELECT c.id FROM crm.customer c JOIN crm.pool p ON p.id = c.pool_id AND p.auto_allocate WHERE c.company_id = ? AND c.owner_id = 0 AND c.archived_at IS NULL ORDER BY c.pooled_at, c.id`, company)
	out := make([]int64, len(rows))
	for i, r := range rows {
		out[i] = r.ID
	}
	return out, err
}
