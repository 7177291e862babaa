package resource

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"meridian/platform/audit"
	"meridian/platform/authz"
	"meridian/platform/errs"
)

// Contact marks a phone number or a mail address: sensitive, shown in part to readers
// without the right (138****8000), and in full by the action "reveal" of the type.
func (f *Field[T]) Contact() *Field[T] { f.Meta.Contact = true; return f.Sensitive() }

// Reveals reports whether the type has contact data that can be revealed.
func (i *Info) Reveals() bool {
	for _, m := range i.Fields {
		if m.Contact {
			return true
		}
	}
	return false
}

// Revealed is the contact data of a record, by field, and for how many records more the
// actor may ask today; -1 any number.
type Revealed struct {
	Values map[string]string `json:"values"`
	Left   int               `json:"left"`
}

// Masks reports whether a record has contact data its reader sees in part only.
func Masks(i *Info, row Row) bool {
	for _, m := range i.Fields {
		if m.Contact && row.Masked(m.Name) && row.Text(m.Name) != "" {
			return true
		}
	}
	return false
}

// RevealRow shows the contact data of a record that its reader sees in part only. It
// takes the right "reveal" on the record and a reason, stands in the audit trail and
// counts for the quota of the day, every record once. Errors: NotFound, Forbidden,
// Invalid without a reason, Precondition when the quota is used up.
func (t *Type[T]) RevealRow(ctx context.Context, id int64, reason string) (Revealed, error) {
	r, err := t.Get(ctx, id)
	if err != nil {
		return Revealed{}, err
	}
	if !t.reg.Authz.Covers(ctx, t.Name, "reveal", baseOf(r)) {
		return Revealed{}, errs.New(errs.Forbidden, "You have no right to reveal contact data here.")
	}
	reason = strings.TrimSpace(reason)
	switch n := utf8.RuneCountInString(reason); {
	case n == 0:
		return Revealed{}, errs.Bad("reason", "Give a reason.")
	case n > maxReason:
		return Revealed{}, errs.Bad("reason", "At most {0} characters, not {1}.", maxReason, n)
	}
	out := Revealed{Values: map[string]string{}}
	var seen []audit.Change
	mask := t.masks(ctx)(baseOf(r))
	for _, f := range t.Fields {
		if text := f.text(r); f.Meta.Contact && mask[f.Name] && text != "" {
			out.Values[f.Name] = text
			seen = append(seen, audit.Change{Field: f.Name})
		}
	}
	if len(seen) == 0 {
		return Revealed{}, errs.New(errs.Precondition, "There is no contact data here that you do not see.")
	}
	err = t.reg.DB.Tx(ctx, func(ctx context.Context) error {
		if out.Left, err = t.reg.mayReveal(ctx, t.Name, id); err != nil {
			return err
		}
		return t.reg.Audit.Write(authz.System(ctx, reason), "reveal", t.Name, id, seen)
	})
	return out, err
}

// maxReason is how long a reason may be, in characters.
const maxReason = 500

// mayReveal holds the actor to the quota of the company and returns what is left of it.
// Whoever asks twice at once is asked one after the other.
func (g *Registry) mayReveal(ctx context.Context, typ string, id int64) (int, error) {
	s, _ := authz.Of(ctx)
	if err := g.DB.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('reveals of ' || $1::bigint))`, s.User); err != nil {
		return 0, fmt.Errorf("reveal: %w", err)
	}
	var quota, used int
	_, err := g.DB.Row(ctx, `SELECT c.reveal_per_day, (SELECT count(DISTINCT (a.object_type, a.object_id)) FROM core.audit_entry a
			WHERE a.actor = $2 AND a.action = 'reveal' AND a.at >= date_trunc('day', $5::timestamptz AT TIME ZONE c.tz) AT TIME ZONE c.tz AND (a.object_type, a.object_id) <> ($3, $4))
		FROM core.company c WHERE c.id = $1`, []any{s.Company, s.User, typ, id, g.Now()}, &quota, &used)
	switch {
	case err != nil:
		return 0, fmt.Errorf("reveal: %w", err)
	case quota == 0:
		return -1, nil
	case used >= quota:
		return 0, errs.New(errs.Precondition, "You have revealed {0} records today; more are possible tomorrow.", used)
	}
	return quota - used - 1, nil
}

// partial is what is shown of a phone number or mail address that is not for the reader.
func partial(s string) string {
	if at := strings.LastIndexByte(s, '@'); at > 0 {
		_, n := utf8.DecodeRuneInString(s)
		return s[:n] + "***" + s[at:]
	}
	total := 0
	for _, c := range s {
		if unicode.IsDigit(c) {
			total++
		}
	}
	head, tail := 3, 4
	if total < 10 { // what stays hidden must not be guessed
		head, tail = 0, 2
	}
	n := 0
	return strings.Map(func(c rune) rune {
		if unicode.IsDigit(c) {
			if n++; n > head && n <= total-tail {
				return '*'
			}
		} else if unicode.IsLetter(c) {
			return '*'
		}
		return c
	}, s)
}
