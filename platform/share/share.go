// Package share shows single records to colleagues who would not see them by their
// own rights. The row predicate of package db reads the table written here; a share
// widens which rows a person reads, never what the person may do.
package share

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"meridian/platform/audit"
	"meridian/platform/authz"
	"meridian/platform/clock"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/notify"
	"meridian/platform/process"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// Share is one person a record is shown to.
type Share struct {
	User  int64
	Until time.Time // exclusive; zero = without end
}

// Shares keeps who is shown what.
type Shares struct {
	DB       *db.DB
	Authz    *authz.Authz
	Types    *resource.Registry
	Audit    *audit.Log
	Notices  *notify.Notices
	Now      clock.Clock
	Location func(ctx context.Context) *time.Location // of the actor's company
}

// Mine reads a record the actor may share, which is to say change. Errors: NotFound,
// Forbidden.
func (s *Shares) Mine(ctx context.Context, r trace.Ref) (resource.Row, error) {
	d, err := s.Types.Doc(r.Type)
	if err != nil {
		return nil, err
	}
	row, err := d.GetRow(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	if err := s.Authz.Require(ctx, r.Type, "update"); err != nil {
		return nil, err
	}
	switch {
	case d.Info().NoEdit:
		return nil, errs.New(errs.Forbidden, "Records of this type are not changed by hand.")
	case !s.Authz.Covers(ctx, r.Type, "update", row.Base()):
		return nil, errs.New(errs.Forbidden, "You may see this record but not change it.")
	}
	return row, nil
}

// List returns the present shares of a record the actor may share.
func (s *Shares) List(ctx context.Context, r trace.Ref) ([]Share, error) {
	if _, err := s.Mine(ctx, r); err != nil {
		return nil, err
	}
	return s.Present(ctx, r)
}

// Present returns the present shares of r. The caller has checked the right to ask.
func (s *Shares) Present(ctx context.Context, r trace.Ref) ([]Share, error) {
	var out []Share
	err := s.DB.Each(ctx, `SELECT user_id, until FROM core.record_share WHERE object_type = $1 AND object_id = $2 AND (until IS NULL OR until > now()) ORDER BY user_id`,
		[]any{r.Type, r.ID}, func(rows *sql.Rows) error {
			var x Share
			var until sql.NullTime
			err := rows.Scan(&x.User, &until)
			x.Until = until.Time
			out = append(out, x)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("shares of %s: %w", r, err)
	}
	return out, nil
}

// Add shows a record to user up to and including the day until (zero = without
// end), and tells the person. A second share replaces the first. Errors: those of
// Mine; Invalid with the fields user_id and until.
func (s *Shares) Add(ctx context.Context, r trace.Ref, user int64, until date.Date) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		row, err := s.Mine(ctx, r)
		if err != nil {
			return err
		}
		if err := s.check(ctx, row, user, until); err != nil {
			return err
		}
		var end any
		if !until.IsZero() {
			end = until.AddDays(1).In(s.Location(ctx))
		}
		if err := s.DB.Exec(ctx, `INSERT INTO core.record_share (object_type, object_id, user_id, until) VALUES ($1, $2, $3, $4)
			ON CONFLICT (object_type, object_id, user_id) DO UPDATE SET until = $4`, r.Type, r.ID, user, end); err != nil {
			return fmt.Errorf("share %s: %w", r, err)
		}
		dir := s.Authz.Directory()
		changes := []audit.Change{{Field: "user", After: dir.Name(user)}}
		if !until.IsZero() {
			changes = append(changes, audit.Change{Field: "until", After: until.String()})
		}
		if err := s.Audit.Write(ctx, "share", r.Type, r.ID, changes); err != nil {
			return err
		}
		return s.Notices.Send(ctx, process.Notice{Users: []int64{user}, Kind: "share", Message: "{0} shared {1} with you.", Args: []any{dir.Name(authz.Actor(ctx)), row.Base().No}, Object: r})
	})
}

// check says why user cannot be shown the record, or until cannot be the last day.
func (s *Shares) check(ctx context.Context, row resource.Row, user int64, until date.Date) error {
	var bad []errs.Field
	refuse := func(field, message string, args ...any) {
		bad = append(bad, errs.Field{Name: field, Message: message, Args: args})
	}
	p := s.Authz.Directory().People[user]
	switch {
	case p == nil:
		refuse("user_id", "Choose a person.")
	case user == authz.Actor(ctx):
		refuse("user_id", "You see this record already.")
	case !p.Active:
		refuse("user_id", "{0} no longer works here.", p.Name)
	case p.Company != row.Base().CompanyID:
		refuse("user_id", "{0} works for another company.", p.Name)
	case len(s.Authz.Explain(user, row.Type(), "read")) == 0:
		refuse("user_id", "{0} may not read records of this type at all; an administrator grants that first.", p.Name)
	}
	if !until.IsZero() && until.Before(date.Of(s.Now().In(s.Location(ctx)))) {
		refuse("until", "This day has passed.")
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// Remove takes a share back. Errors: those of Mine; NotFound when there is none.
func (s *Shares) Remove(ctx context.Context, r trace.Ref, user int64) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.Mine(ctx, r); err != nil {
			return err
		}
		n, err := s.DB.ExecN(ctx, `DELETE FROM core.record_share WHERE object_type = $1 AND object_id = $2 AND user_id = $3`, r.Type, r.ID, user)
		if err != nil {
			return fmt.Errorf("unshare %s: %w", r, err)
		}
		if n == 0 {
			return errs.New(errs.NotFound, "The record is not shared with this person.")
		}
		return s.Audit.Write(ctx, "unshare", r.Type, r.ID, []audit.Change{{Field: "user", Before: s.Authz.Directory().Name(user)}})
	})
}
