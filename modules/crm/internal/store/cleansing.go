package store

import (
	"context"
	"fmt"
	"time"

	"meridian/modules/crm"
	"meridian/platform/date"
	"meridian/platform/db"
)

// Dirty is a customer whose record needs work.
type Dirty struct {
	ID, OwnerID, DeptID, CompanyID int64
	No, Name                       string
	Stage                          crm.Lifecycle
	Version                        int64
	TaxNo, Phone, Email            string
	Completeness                   int
	LastTouchAt                    *time.Time
	VerifiedOn                     date.Date // of the record or the last of its people; zero = never
	Tax, Tel, Mail, Old, Silent    bool      // what is wrong with it
}

// dirt says of a visible customer c what is wrong. Its arguments are the day and, twice,
// the days after which a proof is old.
const dirt = `SELECT c.id, c.owner_id, c.dept_id, c.company_id, c.no, c.name, c.stage, c.version, c.tax_no, c.phone, c.email, c.completeness, c.last_touch_at, greatest(c.verified_on, k.verified_on) AS verified_on,
		c.tax_no <> '' AND NOT c.tax_ok AS tax, c.phone <> '' AND NOT c.phone_ok AS tel, c.email <> '' AND c.email !~ '^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:]]+$' AS mail,
		coalesce(greatest(c.verified_on, k.verified_on), c.created_at::date) < x.day - x.days AS old, coalesce(c.last_touch_at, c.created_at) < x.day - x.days AS silent
	FROM c CROSS JOIN (SELECT ?::date AS day, ?::int AS days) x
	LEFT JOIN LATERAL (SELECT max(verified_on) AS verified_on FROM crm.contact WHERE customer_id = c.id AND archived_at IS NULL AND NOT has_left) k ON true`

// kinds of dirt and their columns.
var dirtOf = map[string]string{"": "tax OR tel OR mail OR old OR silent", "tax": "tax", "phone": "tel", "mail": "mail", "unverified": "old", "silent": "silent"}

// Dirties lists the visible live customers with something wrong of a kind ("" = any), the
// least complete first. Lost and merged ones are past cleaning.
func (s *Store) Dirties(ctx context.Context, dept int64, kind string, day date.Date, days, limit int) ([]Dirty, error) {
	w, err := s.DB.Rows(ctx, "crm.customer", dept)
	if err != nil {
		return nil, err
	}
	args := append(append([]any{}, w.Args...), day, days, limit)
	rows, err := db.Select[Dirty](ctx, s.DB, `WITH c AS (SELECT * FROM crm.customer WHERE stage NOT IN ('lost', 'merged') AND `+w.SQL+`)
		SELECT * FROM (`+dirt+`) d WHERE `+dirtOf[kind]+` ORDER BY completeness, id LIMIT ?`, args...)
	if err != nil {
		return nil, fmt.Errorf("customers to clean: %w", err)
	}
	return rows, nil
}

// DirtCount counts the visible customers by what is wrong with them, and the pairs that
// may be one.
type DirtCount struct{ Customers, Tax, Tel, Mail, Old, Silent int64 }

// Dirt counts what Dirties lists.
func (s *Store) Dirt(ctx context.Context, dept int64, day date.Date, days int) (n DirtCount, err error) {
	w, err := s.DB.Rows(ctx, "crm.customer", dept)
	if err != nil {
		return n, err
	}
	rows, err := db.Select[DirtCount](ctx, s.DB, `WITH c AS (SELECT * FROM crm.customer WHERE stage NOT IN ('lost', 'merged') AND `+w.SQL+`)
		SELECT count(*) AS customers, count(*) FILTER (WHERE tax) AS tax, count(*) FILTER (WHERE tel) AS tel, count(*) FILTER (WHERE mail) AS mail, count(*) FILTER (WHERE old) AS old, count(*) FILTER (WHERE silent) AS silent FROM (`+dirt+`) d`,
		append(append([]any{}, w.Args...), day, days)...)
	if err != nil || len(rows) == 0 {
		return n, err
	}
	return rows[0], nil
}

// PeopleOf lists the live people of a customer the reader may see, with their versions.
func (s *Store) PeopleOf(ctx context.Context, customer int64) ([]Versioned, error) {
	w, err := s.DB.Rows(ctx, "crm.contact", 0)
	if err != nil {
		return nil, err
	}
	return db.Select[Versioned](ctx, s.DB, `SELECT id, version FROM crm.contact WHERE customer_id = ? AND NOT has_left AND `+w.SQL, append([]any{customer}, w.Args...)...)
}

// Versioned names a record as it was read.
type Versioned struct{ ID, Version int64 }
