package db

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"meridian/platform/date"
	"meridian/platform/record"
)

// Rows is a condition on the rows of one table, never empty, with its ? arguments:
// what a read model or a measure in SQL counts.
type Rows struct {
	SQL  string
	Args []any
}

// confined are rows of an object that its right to read alone does not show.
type confined struct{ cond, object, action string }

// Confine keeps the rows of object that meet cond for their owner, those they are shown to
// and who holds the right rightObject:action where it reaches them, however far the right
// to read reaches. It is called while wiring.
func (d *DB) Confine(object, cond, rightObject, action string) {
	if d.confined == nil {
		d.confined = map[string]confined{}
	}
	d.confined[object] = confined{cond, rightObject, action}
}

// Readable returns the rows of object the reader of ctx may see, archived ones too.
// The table must have owner_id, dept_id and company_id.
func (d *DB) Readable(ctx context.Context, object string) (*Rows, error) {
	if d.Visible == nil {
		return nil, errors.New("db: guarded read of " + object + " before the row predicate was wired")
	}
	p, err := d.Visible(ctx, object, "read")
	if err != nil {
		return nil, err
	}
	r := predicate(object, p)
	c, ok := d.confined[object]
	if !ok {
		return r, nil
	}
	if p, err = d.Visible(ctx, c.object, c.action); err != nil {
		return nil, err
	}
	p.Own = true
	inside := predicate(object, p)
	r.And("(NOT ("+c.cond+") OR "+inside.SQL+")", inside.Args...)
	return r, nil
}

// Rows returns the live rows of object the reader of ctx may see in a department
// and those below it; in every department for dept 0.
func (d *DB) Rows(ctx context.Context, object string, dept int64) (*Rows, error) {
	r, err := d.Readable(ctx, object)
	if err != nil {
		return nil, err
	}
	r.And("archived_at IS NULL")
	if dept != 0 {
		r.And("dept_id = ANY(?)", Array(d.Subtree(dept)))
	}
	return r, nil
}

// Key names the rows: the same for every reader who sees the same.
func (r *Rows) Key() string { return fmt.Sprint(r.SQL, r.Args) }

// And adds a condition.
func (r *Rows) And(cond string, args ...any) {
	r.SQL, r.Args = r.SQL+" AND "+cond, append(r.Args, args...)
}

// Days keeps the rows whose date col lies in a period of whole days; a side without
// a date is open.
func (r *Rows) Days(col string, from, to date.Date) {
	if !from.IsZero() {
		r.And(col+" >= ?", from)
	}
	if !to.IsZero() {
		r.And(col+" <= ?", to)
	}
}

// Moments is Days for a column of moments; the days are those of loc.
func (r *Rows) Moments(col string, from, to date.Date, loc *time.Location) {
	if !from.IsZero() {
		r.And(col+" >= ?", from.In(loc))
	}
	if !to.IsZero() {
		r.And(col+" < ?", to.AddDays(1).In(loc))
	}
}

// predicate is the SQL of p.
func predicate(object string, p record.Pred) *Rows {
	r := &Rows{SQL: "true"}
	if !p.All {
		or := []string{"false"}
		if p.Own {
			or = append(or, "owner_id = ?", "id = ANY(ARRAY(SELECT object_id FROM core.record_share WHERE object_type = ? AND user_id = ? AND (until IS NULL OR until > now())))")
			r.Args = append(r.Args, p.User, object, p.User)
		}
		if len(p.Depts) > 0 {
			or = append(or, "dept_id = ANY(?)")
			r.Args = append(r.Args, Array(p.Depts))
		}
		r.SQL = "(" + strings.Join(or, " OR ") + ")"
	}
	if len(p.Companies) > 0 {
		r.And("company_id = ANY(?)", Array(p.Companies))
	}
	return r
}
