package crmapp

import (
	"context"
	"fmt"

	"meridian/modules/crm/internal/store"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/record"
)

// recycle gives notice of customers that meet the conditions of their pool and takes back
// those whose notice has run out. Who contacts the customer, or wins a deal, meanwhile
// keeps it; an owner with a deputy loses nothing while that lasts.
func (d *desk) recycle(ctx context.Context, company int64, day date.Date) error {
	policies, err := d.policies.Everywhere(ctx, company)
	if err != nil {
		return err
	}
	depts, pools, err := d.poolOf(ctx, company)
	if err != nil {
		return err
	}
	var ripe []store.Ripe
	for i := range policies {
		list, err := d.sql.Ripes(ctx, company, depts, pools, d.p.Now(), day, &policies[i])
		if err != nil {
			return err
		}
		ripe = append(ripe, list...)
	}
	var still []int64
	away := map[int64]bool{}
	for i := range ripe {
		x := &ripe[i]
		still = append(still, x.ID)
		if _, known := away[x.OwnerID]; !known {
			if away[x.OwnerID], err = d.standsAside(ctx, x.OwnerID); err != nil {
				return err
			}
		}
		if away[x.OwnerID] {
			continue
		}
		if err := d.p.DB.Tx(ctx, func(ctx context.Context) error { return d.takeBack(ctx, x, day) }); err != nil {
			return fmt.Errorf("recycle customer %d: %w", x.ID, err)
		}
	}
	return d.p.DB.Tx(ctx, func(ctx context.Context) error { return d.sql.Unnotify(ctx, company, still) })
}

// takeBack gives notice of a customer, or takes it when the notice is over.
func (d *desk) takeBack(ctx context.Context, x *store.Ripe, day date.Date) error {
	sys := authz.System(ctx, "recycle")
	if x.GivenOn.IsZero() {
		if busy, err := d.isBusy(sys, x.ID); err != nil || busy {
			return err
		}
		due := day.AddDays(x.NoticeDays)
		return d.giveNotice(ctx, x, due, func() error { return d.sql.Notify(ctx, *x, day, due) })
	}
	if day.Before(x.DueOn) {
		return nil
	}
	err := d.pools.Recycle(sys, x.ID, x.PoolID, "recycle", x.Why)
	if errs.Is(err, errs.Precondition) {
		return nil
	}
	return err
}

// poolOf says for every department of a company into which pool its customers go back:
// its own, that of the nearest department above, or that of the whole company.
func (d *desk) poolOf(ctx context.Context, company int64) (depts, pools []int64, err error) {
	list, err := d.pools.Store.Find(authz.System(ctx, "recycle"), record.Query{Where: []record.Cond{{Col: "company_id", Op: record.Eq, Val: company}}, Sort: []record.Sort{{Col: "id", Desc: true}}})
	if err != nil {
		return nil, nil, err
	}
	at := map[int64]int64{} // 0 = the whole company; of several the first made
	for i := range list {
		scope := int64(0)
		if list[i].ScopeDeptID != nil {
			scope = *list[i].ScopeDeptID
		}
		at[scope] = list[i].ID
	}
	tree := d.p.Authz.Directory().Departments
	for id, u := range tree {
		if u.Company != company {
			continue
		}
		pool, up := at[id], u.Parent
		for pool == 0 && up != 0 && tree[up] != nil {
			pool, up = at[up], tree[up].Parent
		}
		if pool == 0 {
			pool = at[0]
		}
		if pool != 0 {
			depts, pools = append(depts, id), append(pools, pool)
		}
	}
	if at[0] != 0 {
		depts, pools = append(depts, 0), append(pools, at[0])
	}
	return depts, pools, nil
}

// standsAside reports whether somebody has a deputy now.
func (d *desk) standsAside(ctx context.Context, user int64) (bool, error) {
	list, err := d.p.Process.Delegations(authz.With(ctx, authz.Subject{User: user}))
	if err != nil {
		return false, err
	}
	now := d.p.Now()
	for _, x := range list {
		if !x.Begin.After(now) {
			return true, nil
		}
	}
	return false, nil
}

var recycleNotices = map[string]string{
	"first":    "The first contact with {0} is missing; it goes back to the pool on {1}.",
	"idle":     "Nobody has contacted {0} for long; it goes back to the pool on {1}.",
	"deal":     "{0} has had no new deal or order for long; it goes back to the pool on {1}.",
	"ended":    "The last contract with {0} has ended; it goes back to the pool on {1}.",
	"contract": "{0} has signed no contract for long; it goes back to the pool on {1}.",
}

// giveNotice tells the owner, and the head when not even a first contact was made.
func (d *desk) giveNotice(ctx context.Context, x *store.Ripe, due date.Date, keep func() error) error {
	people := []int64{x.OwnerID}
	if x.Why == "first" {
		if p := d.p.Authz.Directory().People[x.OwnerID]; p != nil {
			people = append(people, p.Manager)
			if u := d.p.Authz.Directory().Departments[p.Dept]; u != nil {
				people = append(people, u.Manager)
			}
		}
	}
	if err := d.tell(ctx, people, "recycle", recycleNotices[x.Why], []any{x.Name, due}, x.ID); err != nil {
		return err
	}
	return keep()
}
