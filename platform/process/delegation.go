package process

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"meridian/platform/audit"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/org"
)

// Delegation lets a deputy decide approvals in somebody's place, in [Begin, End).
type Delegation struct {
	ID, To     int64
	Begin, End time.Time
	Max        money.Amount // the highest amount; 0 = any
}

// Delegations lists the present and coming deputies of the actor, the next first.
func (e *Engine) Delegations(ctx context.Context) ([]Delegation, error) {
	var out []Delegation
	err := e.db.Each(ctx, `SELECT id, to_user, lower(valid), upper(valid), coalesce(max_amount, 0) FROM core.delegation
		WHERE from_user = $1 AND (upper_inf(valid) OR upper(valid) > $2) ORDER BY lower(valid), id`, []any{authz.Actor(ctx), e.now()}, func(r *sql.Rows) error {
		var d Delegation
		var begin, end sql.NullTime
		err := r.Scan(&d.ID, &d.To, &begin, &end, &d.Max)
		d.Begin, d.End = begin.Time, end.Time
		out = append(out, d)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("deputies: %w", err)
	}
	return out, nil
}

// Delegate makes to the deputy of the actor from the day from to the day until,
// both included, for amounts up to top (0 = any). The person is told. Invalid with
// the fields deputy, from, until, max_amount.
func (e *Engine) Delegate(ctx context.Context, to int64, from, until date.Date, top money.Amount) error {
	me := authz.Actor(ctx)
	dir := e.authz.Directory()
	p, loc := dir.People[to], time.UTC
	if c := dir.Companies[dir.People[me].Company]; c != nil {
		loc = c.Location
	}
	if err := refuseDeputy(dir.People[me], p, from, until, date.Of(e.now().In(loc)), top); err != nil {
		return err
	}
	begin, end := from.In(loc), until.AddDays(1).In(loc)
	var limit any
	changes := []audit.Change{{Field: "deputy", After: p.Name}, {Field: "from", After: from.String()}, {Field: "until", After: until.String()}}
	if !top.IsZero() {
		limit = top
		changes = append(changes, audit.Change{Field: "max_amount", After: top.String()})
	}
	return e.db.Tx(ctx, func(ctx context.Context) error {
		if err := e.db.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('deputies of ' || $1::bigint))`, me); err != nil {
			return err
		}
		twice, err := e.db.Row(ctx, `SELECT 1 FROM core.delegation WHERE from_user = $1 AND to_user = $2 AND valid && tstzrange($3, $4) LIMIT 1`, []any{me, to, begin, end}, new(int))
		if err != nil {
			return err
		}
		if twice {
			return errs.Bad("deputy", "{0} is your deputy in this time already.", p.Name)
		}
		if err := e.db.Exec(ctx, `INSERT INTO core.delegation (from_user, to_user, valid, max_amount) VALUES ($1, $2, tstzrange($3, $4), $5)`, me, to, begin, end, limit); err != nil {
			return fmt.Errorf("delegate: %w", err)
		}
		if err := e.audit.Write(ctx, "delegate", "core.user", me, changes); err != nil {
			return err
		}
		return e.notify(ctx, Notice{Users: []int64{to}, Kind: "deputy", Message: "You decide approvals for {0} from {1} to {2}.", Args: []any{dir.Name(me), from, until}})
	})
}

// refuseDeputy says why p cannot stand in for me in these days.
func refuseDeputy(me, p *org.Person, from, until, today date.Date, top money.Amount) error {
	var bad []errs.Field
	refuse := func(field, message string, args ...any) {
		bad = append(bad, errs.Field{Name: field, Message: message, Args: args})
	}
	switch {
	case p == nil:
		refuse("deputy", "Choose a person.")
	case p.ID == me.ID:
		refuse("deputy", "Nobody is the own deputy.")
	case !p.Active:
		refuse("deputy", "{0} no longer works here.", p.Name)
	case p.Company != me.Company:
		refuse("deputy", "{0} works for another company.", p.Name)
	}
	switch {
	case from.IsZero():
		refuse("from", "This field must not be empty.")
	case from.Before(today):
		refuse("from", "This day has passed.")
	}
	switch {
	case until.IsZero():
		refuse("until", "This field must not be empty.")
	case until.Before(from):
		refuse("until", "The last day lies before the first.")
	}
	if top.Sign() < 0 {
		refuse("max_amount", "An amount above zero is expected.")
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// EndDelegation ends a delegation of the actor now; one that has not begun
// disappears. NotFound when there is none, or it has ended.
func (e *Engine) EndDelegation(ctx context.Context, id int64) error {
	me, now := authz.Actor(ctx), e.now()
	return e.db.Tx(ctx, func(ctx context.Context) error {
		var to int64
		var begun bool
		found, err := e.db.Row(ctx, `SELECT to_user, lower(valid) < $3 FROM core.delegation WHERE id = $1 AND from_user = $2 AND (upper_inf(valid) OR upper(valid) > $3) FOR UPDATE`,
			[]any{id, me, now}, &to, &begun)
		if err != nil {
			return err
		}
		if !found {
			return errs.Missing()
		}
		if begun {
			err = e.db.Exec(ctx, `UPDATE core.delegation SET valid = tstzrange(lower(valid), $2) WHERE id = $1`, id, now)
		} else {
			err = e.db.Exec(ctx, `DELETE FROM core.delegation WHERE id = $1`, id)
		}
		if err != nil {
			return fmt.Errorf("end delegation: %w", err)
		}
		dir := e.authz.Directory()
		if err := e.audit.Write(ctx, "delegate_end", "core.user", me, []audit.Change{{Field: "deputy", Before: dir.Name(to)}}); err != nil {
			return err
		}
		return e.notify(ctx, Notice{Users: []int64{to}, Kind: "deputy", Message: "You no longer decide approvals for {0}.", Args: []any{dir.Name(me)}})
	})
}
