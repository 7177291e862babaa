package domain

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"meridian/modules/crm"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// choice is one field a merge may take from the record that ends.
type choice struct {
	name, label string
	take        func(to, from *Customer)
	empty       func(c *Customer) bool
}

func textChoice(name, label string, at func(*Customer) *string) choice {
	return choice{name, label, func(to, from *Customer) { *at(to) = *at(from) }, func(c *Customer) bool { return *at(c) == "" }}
}

// choices are the fields of a merge in the order of its form.
var choices = []choice{
	textChoice("name", "Name", func(c *Customer) *string { return &c.Name }),
	textChoice("tax_no", "Tax number", func(c *Customer) *string { return &c.TaxNo }),
	textChoice("industry", "Industry", func(c *Customer) *string { return &c.Industry }),
	textChoice("size", "Size", func(c *Customer) *string { return &c.Size }),
	textChoice("region", "Region", func(c *Customer) *string { return &c.Region }),
	textChoice("source", "Source", func(c *Customer) *string { return &c.Source }),
	textChoice("tier", "Tier", func(c *Customer) *string { return &c.Tier }),
	textChoice("phone", "Phone", func(c *Customer) *string { return &c.Phone }),
	textChoice("email", "E-mail", func(c *Customer) *string { return &c.Email }),
	textChoice("website", "Website", func(c *Customer) *string { return &c.Website }),
	textChoice("address", "Address", func(c *Customer) *string { return &c.Address }),
	textChoice("core_need", "Core need", func(c *Customer) *string { return &c.CoreNeed }),
	textChoice("tags", "Tags", func(c *Customer) *string { return &c.Tags }),
	textChoice("preferences", "Preferences", func(c *Customer) *string { return &c.Preferences }),
	textChoice("note", "Note", func(c *Customer) *string { return &c.Note }),
	{"credit_limit", "Credit limit", func(to, from *Customer) { to.CreditLimit, to.PaymentDays = from.CreditLimit, from.PaymentDays }, func(c *Customer) bool { return c.CreditLimit.IsZero() }},
}

// MergeInput says which record ends in which, and what is taken from it.
type MergeInput struct {
	Keep, Other crm.CustomerID
	Take        [16]bool
}

// MergeForm is the form of the command: what is empty in the kept record comes from
// the other one anyhow.
func MergeForm() resource.Fields[MergeInput] {
	f := resource.Fields[MergeInput]{
		resource.Ref("keep", "Keep", func(in *MergeInput) *crm.CustomerID { return &in.Keep }, "crm.customer").Required(),
		resource.Ref("other", "Merge into it", func(in *MergeInput) *crm.CustomerID { return &in.Other }, "crm.customer").Required(),
	}
	for i, c := range choices {
		f = append(f, resource.Bool("take_"+c.name, c.label, func(in *MergeInput) *bool { return &in.Take[i] }).In("Take from the other record"))
	}
	return f
}

// Merge is one that was done.
type Merge struct {
	ID               int64
	KeptID, MergedID int64
	KeptWas          string // JSON of the fields before
	StageWas         crm.Lifecycle
	Moved            string // JSON: table -> ids
	MergedAt         time.Time
	UndoneAt         *time.Time
	CompanyID        int64
}

// Merges moves what hangs on a customer, and remembers it.
type Merges interface {
	Save(ctx context.Context, m *Merge) error
	// Lock returns a merge and holds it.
	Lock(ctx context.Context, id int64) (*Merge, error)
	Undone(ctx context.Context, id int64, at time.Time) error
	// Reparent moves the children of one customer to another and returns what moved.
	Reparent(ctx context.Context, from, to int64) (moved string, err error)
	// Restore moves back exactly what a merge moved.
	Restore(ctx context.Context, to int64, moved string) error
	// MoveExposure posts what documents leave open on one customer to another under
	// key: of every document, or of those an earlier key has moved.
	MoveExposure(ctx context.Context, from, to int64, key, earlier string) error
}

// Merge ends one customer in another: fields by choice, everything that hangs on it,
// the old id resolving to the kept one. It returns the number of the merge, by which
// Undo takes it back. Errors: Invalid, NotFound, Forbidden.
func (s *Customers) Merge(ctx context.Context, in *MergeInput) (id int64, err error) {
	if in.Keep == in.Other {
		return 0, errs.Bad("other", "A customer cannot be merged with itself.")
	}
	err = s.Tx(ctx, func(ctx context.Context) error {
		for _, c := range slices.Sorted(slices.Values([]crm.CustomerID{in.Keep, in.Other})) {
			row, err := s.Store.Lock(ctx, int64(c))
			if err != nil {
				return err
			}
			if row.ArchivedAt != nil {
				return errs.Missing()
			}
			if !s.Authz.Covers(ctx, "crm.customer", "update", &row.Base) {
				return errs.New(errs.Forbidden, "You may see this record but not change it.")
			}
		}
		id, err = s.merge(authz.System(ctx, "merge"), in)
		return err
	})
	return id, err
}

func (s *Customers) merge(ctx context.Context, in *MergeInput) (int64, error) {
	kept, err := s.Store.Get(ctx, int64(in.Keep))
	if err != nil {
		return 0, err
	}
	other, err := s.Store.Get(ctx, int64(in.Other))
	if err != nil {
		return 0, err
	}
	was, err := json.Marshal(kept)
	if err != nil {
		return 0, fmt.Errorf("merge: %w", err)
	}
	m := &Merge{KeptID: kept.ID, MergedID: other.ID, KeptWas: string(was), StageWas: other.Stage, MergedAt: s.Now()}
	if m.Moved, err = s.Merges.Reparent(ctx, other.ID, kept.ID); err != nil {
		return 0, err
	}
	if err := s.Merges.Save(ctx, m); err != nil {
		return 0, err
	}
	if err := s.Merges.MoveExposure(ctx, other.ID, kept.ID, mergeKey(m.ID), ""); err != nil {
		return 0, err
	}
	if err := s.Type.Fire(ctx, other.ID, "merge", resource.Values{"reason": trace.Ref{Type: "crm.customer", ID: kept.ID}.String()}); err != nil {
		return 0, err
	}
	if _, err := s.Type.Update(ctx, other.ID, func(c *Customer) error {
		now := s.Now().UTC()
		c.MergedInto, c.ArchivedAt = &kept.ID, &now
		return nil
	}); err != nil {
		return 0, err
	}
	if _, err := s.Type.Update(ctx, kept.ID, func(c *Customer) error {
		for i, f := range choices {
			if in.Take[i] || f.empty(c) {
				f.take(c, other)
			}
		}
		return nil
	}); err != nil {
		return 0, err
	}
	if err := s.Advance(ctx, in.Keep, other.Stage, trace.Ref{Type: "crm.customer", ID: other.ID}); err != nil {
		return 0, err
	}
	return m.ID, s.Bus.Publish(ctx, crm.PartyMerged{Kept: in.Keep, Merged: in.Other})
}

// Undo separates two merged customers again, as long as the policy allows. Fields of
// the kept record, children and exposure go back to where they were; what came after
// the merge stays with the kept record. Errors: NotFound, Forbidden, Precondition.
func (s *Customers) Undo(ctx context.Context, id int64) error {
	return s.Tx(ctx, func(ctx context.Context) error {
		m, err := s.Merges.Lock(ctx, id)
		if err != nil {
			return err
		}
		kept, err := s.Store.Lock(ctx, m.KeptID)
		if err != nil {
			return err
		}
		if !s.Authz.Covers(ctx, "crm.customer", "update", &kept.Base) {
			return errs.New(errs.Forbidden, "You may see this record but not change it.")
		}
		p, err := s.Policies.Of(ctx, kept.CompanyID)
		if err != nil {
			return err
		}
		switch {
		case m.UndoneAt != nil:
			return errs.New(errs.Precondition, "This merge was undone already.")
		case s.Now().After(m.MergedAt.AddDate(0, 0, p.UndoDays)):
			return errs.New(errs.Precondition, "A merge can be undone for {0} days.", p.UndoDays)
		case kept.MergedInto != nil:
			return errs.New(errs.Precondition, "The kept customer was merged itself since; undo that first.")
		}
		return s.undo(authz.System(ctx, "undo of a merge"), m)
	})
}

func (s *Customers) undo(ctx context.Context, m *Merge) error {
	was := new(Customer)
	if err := json.Unmarshal([]byte(m.KeptWas), was); err != nil {
		return fmt.Errorf("merge %d: %w", m.ID, err)
	}
	if _, err := s.Type.Update(ctx, m.KeptID, func(c *Customer) error {
		for _, f := range choices {
			f.take(c, was)
		}
		return nil
	}); err != nil {
		return err
	}
	if _, err := s.Type.Update(ctx, m.MergedID, func(c *Customer) error { c.MergedInto, c.ArchivedAt = nil, nil; return nil }); err != nil {
		return err
	}
	if err := s.Merges.Restore(ctx, m.MergedID, m.Moved); err != nil {
		return err
	}
	if err := s.Merges.MoveExposure(ctx, m.KeptID, m.MergedID, "un"+mergeKey(m.ID), mergeKey(m.ID)); err != nil {
		return err
	}
	why := resource.Values{"reason": "undo"}
	if err := s.Type.Fire(ctx, m.MergedID, "unmerge", why); err != nil {
		return err
	}
	if move := moveTo[m.StageWas]; move != "" {
		if err := s.Type.Fire(ctx, m.MergedID, move, why); err != nil {
			return err
		}
	}
	if err := s.Merges.Undone(ctx, m.ID, s.Now()); err != nil {
		return err
	}
	return s.Bus.Publish(ctx, crm.PartyUnmerged{Kept: crm.CustomerID(m.KeptID), Merged: crm.CustomerID(m.MergedID)})
}

func mergeKey(id int64) string { return fmt.Sprintf("merge/%d", id) }
