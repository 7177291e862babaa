package crmapp

import (
	"context"
	"maps"
	"slices"

	"meridian/modules/crm/internal/domain"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/jobs"
	"meridian/platform/process"
	"meridian/platform/report"
	"meridian/platform/resource"
)

// holding adds pools, allocation and recycling (CRM-08).
func (d *desk) holding() {
	resource.Register(d.p.Types, d.pools.Declare())
	resource.Register(d.p.Types, d.pools.DeclareRule())
	report.Register(d.p.Reports, d.pool())
	report.Register(d.p.Reports, d.poolCustomer())
	d.p.Jobs.Add(jobs.Job{Name: "crm.allocate", Label: "Give out customers of the pools by rule", Spec: "*/10 * * * *", Run: d.allocateAll})
	d.job("crm.recycle", "Take back customers nobody contacts", "40 1 * * *", d.recycle)
}

// pool shows the customers without owner and lets people claim them.
func (d *desk) pool() *report.Report[struct{}] {
	return &report.Report[struct{}]{
		Name: "crm.public_pool", Label: "Public pool", Icon: "users", Perm: "crm.public_pool:read", Form: resource.Fields[struct{}]{},
		Help: "Customers without owner. Open one to see more, claim it and it is yours: a pool limits views and claims a day, how to reach the customer is shown after the claim, a previous owner must wait, and nobody holds more than the capacity.",
		Run:  d.runPool,
		Commands: []report.Command{
			report.Do("claim", "Claim", "crm.public_pool:claim", idForm("customer", "Customer"), func(ctx context.Context, in *numberIn) (report.Done, error) {
				return report.Done{Message: "The customer is yours.", Href: customerRef(in.ID).Path()}, d.pools.Claim(ctx, in.ID)
			}).OnRows(),
			report.Do("allocate", "Give out by rule", "crm.public_pool:allocate", idForm("customer", "Customer"), d.allocateOne).OnRows(),
			report.Do("give_back", "Give a customer back", "crm.public_pool:claim", giveBackForm(), func(ctx context.Context, in *giveBackIn) (report.Done, error) {
				return report.Done{Message: "The customer is in the pool."}, d.pools.GiveBack(ctx, in.Customer, in.Pool, in.Reason)
			}),
		},
	}
}

type giveBackIn struct {
	Customer, Pool int64
	Reason         string
}

func giveBackForm() resource.Fields[giveBackIn] {
	return resource.Fields[giveBackIn]{
		resource.Ref("customer_id", "Customer", func(in *giveBackIn) *int64 { return &in.Customer }, "crm.customer").Required(),
		resource.Ref("pool_id", "Pool", func(in *giveBackIn) *int64 { return &in.Pool }, "crm.pool").Required(),
		resource.Text("reason", "Reason", func(in *giveBackIn) *string { return &in.Reason }).Required(),
	}
}

func (d *desk) runPool(ctx context.Context, _ *struct{}) (*report.Result, error) {
	who, _ := authz.Of(ctx)
	list, err := d.sql.Pooled(ctx, who.Company, 300)
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "customers", Title: "Customers without owner", Empty: "The pools are empty.", Cols: []report.Col{{Key: "no", Label: "Customer number"}, {Key: "name", Label: "Customer"}, {Key: "stage", Label: "Stage"}, {Key: "industry", Label: "Industry"},
		{Key: "region", Label: "Region"}, {Key: "source", Label: "Source", Minor: true}, {Key: "pool", Label: "Pool"}, {Key: "since", Label: "In the pool since", Kind: resource.KTime}}}
	mine := d.p.Authz.Can(ctx, "crm.public_pool", "claim")
	head := d.p.Authz.Can(ctx, "crm.public_pool", "allocate")
	for _, c := range list {
		if p := (&domain.Pool{ScopeDeptID: c.ScopeDeptID}); !head && !p.Covers(who.Dept, d.p.Authz.Directory().Subtree) {
			continue
		}
		row := report.Row{Href: poolCard(c.ID), Cells: []report.Cell{report.Text(c.No), report.Text(c.Name).Link(poolCard(c.ID)), report.Word(domain.StageLabels[c.Stage]), report.Text(c.Industry), report.Text(c.Region), report.Text(c.Source), report.Text(c.Pool), report.None()}}
		if c.PooledAt != nil {
			row.Cells[7] = report.Moment(*c.PooledAt)
		}
		id := resource.Values{"customer": digits(c.ID)}
		if mine {
			row.Acts = append(row.Acts, report.Act{Command: "claim", Values: id})
		}
		if head {
			row.Acts = append(row.Acts, report.Act{Command: "allocate", Values: id})
		}
		t.Rows = append(t.Rows, row)
	}
	res := &report.Result{Tiles: []report.Tile{{Key: "waiting", Label: "Customers without owner", Value: report.Count(len(t.Rows))}}, Tables: []report.Table{t}}
	if !head {
		return res, nil
	}
	given, err := d.sql.Allocations(ctx, who.Company, 50)
	if err != nil {
		return nil, err
	}
	g := report.Table{Key: "given", Title: "Given out last", Empty: "No rule has given out a customer yet.", Cols: []report.Col{{Key: "at", Label: "At", Kind: resource.KTime}, {Key: "customer", Label: "Customer", Kind: resource.KRef}, {Key: "rule", Label: "Rule that fired"}, {Key: "to", Label: "To", Kind: resource.KRef}}}
	for _, x := range given {
		g.Rows = append(g.Rows, report.Row{Cells: []report.Cell{report.Moment(x.At), report.Doc(customerRef(x.CustomerID), x.Name), report.Text(x.Rule), report.Person(x.ToUser)}})
	}
	res.Tables = append(res.Tables, g)
	return res, nil
}

func (d *desk) allocateOne(ctx context.Context, in *numberIn) (report.Done, error) {
	c, err := d.customers.Store.Get(authz.System(ctx, "allocation"), in.ID)
	if err != nil {
		return report.Done{}, err
	}
	if who, _ := authz.Of(ctx); c.CompanyID != who.Company {
		return report.Done{}, errs.Missing()
	}
	given, err := d.pools.Allocate(ctx, c.CompanyID, in.ID)
	if err != nil {
		return report.Done{}, err
	}
	if len(given) == 0 {
		return report.Done{}, errs.New(errs.Precondition, "No rule matches, or nobody of it has room.")
	}
	return report.Done{Message: "{0} has the customer now.", Args: []any{d.p.Authz.Directory().Name(given[0].To)}}, nil
}

// allocateAtOnce is how many customers one transaction gives out: so long nobody else can
// give anything to the people of the rules.
const allocateAtOnce = 500

// allocateAll gives out what waits in pools that say so.
func (d *desk) allocateAll(ctx context.Context) error {
	for id := range d.p.Authz.Directory().Companies {
		ctx := authz.With(ctx, authz.Subject{Company: id})
		ids, err := d.sql.Allocatable(ctx, id)
		if err != nil {
			return err
		}
		for some := range slices.Chunk(ids, allocateAtOnce) {
			err := d.p.DB.Tx(ctx, func(ctx context.Context) error {
				given, err := d.pools.Allocate(ctx, id, some...)
				if err != nil {
					return err
				}
				return d.tellGiven(ctx, given)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// tellGiven tells everybody once what was given to them: one customer by name, several by
// their number.
func (d *desk) tellGiven(ctx context.Context, given []domain.Given) error {
	n, last := map[int64]int{}, map[int64]int64{}
	for _, g := range given {
		n[g.To]++
		last[g.To] = g.Customer
	}
	for _, to := range slices.Sorted(maps.Keys(n)) {
		message, args := "A customer was given to you; the first contact is due.", []any(nil)
		if n[to] > 1 {
			message, args = "{0} customers were given to you; the first contact is due.", []any{n[to]}
		}
		if err := d.tell(ctx, []int64{to}, "allocation", message, args, last[to]); err != nil {
			return err
		}
	}
	return nil
}

// tell sends a notice about a customer in a transaction of its own, or joins one.
func (d *desk) tell(ctx context.Context, users []int64, kind, message string, args []any, customer int64) error {
	return d.p.DB.Tx(ctx, func(ctx context.Context) error {
		return d.p.Notices.Send(ctx, process.Notice{Users: users, Kind: kind, Message: message, Args: args, Object: customerRef(customer)})
	})
}
