package crmapp

import (
	"context"
	"slices"
	"strings"
	"time"

	"meridian/modules/crm"
	"meridian/modules/crm/internal/domain"
	"meridian/modules/crm/internal/store"
	"meridian/modules/crm/internal/web"
	"meridian/platform/report"
	"meridian/platform/resource"
)

// overview adds the pages that look at all customers, people and branches (CRM-03, CRM-17
// to CRM-20).
func (d *desk) overview() {
	report.Register(d.p.Reports, d.stocktaking())
	report.Register(d.p.Reports, d.branches())
	report.Register(d.p.Reports, d.employees())
	report.Register(d.p.Reports, d.people())
	crm.Customer360.Add(d.p.Types, "crm.standing", "Standing", 5, "crm.customer:read", web.Standing(d.sql, d.p.Authz, d.customers))
}

// stocktaking answers how many customers there are, how many good ones, and what changed.
func (d *desk) stocktaking() *report.Report[periodIn] {
	return &report.Report[periodIn]{
		Name: "crm.stocktaking", Label: "Stock-taking of customers", Icon: "clipboard-list", Perm: "crm.customer:read", Home: []string{"ltc.manager", "dste.executive"},
		Help: "Customers by state at the start and the end of a period: every day of the past can be asked for. Good customers are those of class A and B; their orders of twelve months stand beside those of the twelve before.",
		Form: periodForm(), Default: d.lastDays(365), Run: d.runStocktaking,
	}
}

func (d *desk) runStocktaking(ctx context.Context, in *periodIn) (*report.Result, error) {
	flows, err := d.sql.Flows(ctx, in.Dept, in.From, in.To)
	if err != nil {
		return nil, err
	}
	policy, err := d.policies.Mine(ctx, in.Dept)
	if err != nil {
		return nil, err
	}
	quiet, err := d.sql.Quiet(ctx, in.Dept, d.p.Now(), policy.ChurnDays)
	if err != nil {
		return nil, err
	}
	trends, err := d.sql.Trends(ctx, in.Dept, d.today(ctx), 100)
	if err != nil {
		return nil, err
	}
	before, after := map[crm.Lifecycle]int64{}, map[crm.Lifecycle]int64{}
	var alive int64
	for _, f := range flows {
		before[f.From], after[f.To] = before[f.From]+f.N, after[f.To]+f.N
		if f.To != crm.Lost && f.To != crm.Merged {
			alive += f.N
		}
	}
	t := report.Table{Key: "states", Title: "Customers by state", Cols: []report.Col{{Key: "stage", Label: "State"}, {Key: "before", Label: "At the start", Kind: resource.KInt}, {Key: "after", Label: "At the end", Kind: resource.KInt}, {Key: "change", Label: "Net change", Kind: resource.KInt}}}
	for _, s := range append(slices.Clone(domain.Ladder), outside...) {
		if before[s]+after[s] > 0 {
			t.Rows = append(t.Rows, report.Row{Href: "/crm/customer?stage=" + string(s), Cells: []report.Cell{report.Word(domain.StageLabels[s]), report.Count(before[s]), report.Count(after[s]), report.Count(after[s] - before[s])}})
		}
	}
	g := report.Table{Key: "good", Title: "Good customers, those that fell the most first", Empty: "No customer has a value class yet.", Cols: []report.Col{{Key: "customer", Label: "Customer", Kind: resource.KRef}, {Key: "class", Label: "Value class"}, {Key: "now", Label: "Orders of 12 months", Kind: resource.KMoney},
		{Key: "before", Label: "The 12 months before", Kind: resource.KMoney}, {Key: "change", Label: "Growth", Kind: resource.KPercent}, {Key: "owner", Label: "Owner", Kind: resource.KRef}}}
	for _, x := range trends {
		g.Rows = append(g.Rows, report.Row{Ref: customerRef(x.ID), Late: x.Now.Less(x.Before), Cells: []report.Cell{report.Doc(customerRef(x.ID), x.No+" "+x.Name), classCell(x.Class), report.Money(x.Now), report.Money(x.Before), report.Quotient(x.Now.Sub(x.Before).Number(), x.Before.Number()), report.Person(x.OwnerID)}})
	}
	return &report.Result{Tiles: []report.Tile{{Key: "customers", Label: "Customers", Value: report.Count(alive)}, {Key: "good", Label: "Good customers", Value: report.Count(len(trends))}, {Key: "quiet", Label: "Not contacted", Value: report.Count(quiet.N)},
		{Key: "quiet_good", Label: "Good ones not contacted", Value: report.Count(quiet.Good)}, {Key: "lost", Label: "Lost", Value: report.Count(after[crm.Lost] - before[crm.Lost])}}, Tables: []report.Table{t, g}}, nil
}

// branches compares the branches and rolls them up.
func (d *desk) branches() *report.Report[periodIn] {
	return &report.Report[periodIn]{
		Name: "crm.branches", Label: "Branches compared", Icon: "sitemap", Perm: "crm.branches:read", Home: []string{"dste.executive"},
		Help: "The customers and the work of every branch with its departments, in one line each and in all.",
		Form: periodForm(), Default: d.lastDays(30), Run: d.runBranches,
	}
}

// effortCols are the columns branches and people share.
var effortCols = []report.Col{{Key: "customers", Label: "Customers", Kind: resource.KInt}, {Key: "signed", Label: "Signed customers", Kind: resource.KInt}, {Key: "completeness", Label: "Completeness (%)", Kind: resource.KInt}, {Key: "visits", Label: "Visits", Kind: resource.KInt},
	{Key: "held", Label: "Follow-ups held", Kind: resource.KInt}, {Key: "timeliness", Label: "Timeliness", Kind: resource.KPercent}, {Key: "moved_up", Label: "Moved to a later state", Kind: resource.KInt}, {Key: "quotes", Label: "Quotes sent", Kind: resource.KInt}, {Key: "orders", Label: "Orders", Kind: resource.KInt}, {Key: "net", Label: "Net sales", Kind: resource.KMoney},
	{Key: "complaints", Label: "Complaints", Kind: resource.KInt}, {Key: "praise", Label: "Praise", Kind: resource.KInt}}

func effortCells(e store.Effort) []report.Cell {
	return []report.Cell{report.Count(e.Customers), report.Count(e.Signed), report.Count(e.Completeness), report.Count(e.Visits), report.Count(e.Held), share(e.OnTime, e.Due), report.Count(e.MovedUp), report.Count(e.Quotes), report.Count(e.Orders), report.Money(e.Net), report.Count(e.Complaints), report.Count(e.Praise)}
}

func (d *desk) runBranches(ctx context.Context, in *periodIn) (*report.Result, error) {
	list, err := d.sql.Efforts(ctx, in.Dept, in.From, in.To)
	if err != nil {
		return nil, err
	}
	sums, order := map[int64]store.Effort{}, []int64{}
	var all store.Effort
	add := func(a, b store.Effort) store.Effort {
		a.Completeness = a.Completeness*a.Customers + b.Completeness*b.Customers
		a.Customers, a.Signed, a.Visits, a.Held, a.Due, a.OnTime, a.MovedUp = a.Customers+b.Customers, a.Signed+b.Signed, a.Visits+b.Visits, a.Held+b.Held, a.Due+b.Due, a.OnTime+b.OnTime, a.MovedUp+b.MovedUp
		a.Quotes += b.Quotes
		a.Orders, a.Complaints, a.Praise, a.Net, a.Cost = a.Orders+b.Orders, a.Complaints+b.Complaints, a.Praise+b.Praise, a.Net.Add(b.Net), a.Cost.Add(b.Cost)
		a.Completeness /= max(1, a.Customers)
		return a
	}
	for _, e := range list {
		b := d.p.Authz.Directory().BranchOf(e.DeptID)
		if _, seen := sums[b]; !seen {
			order = append(order, b)
		}
		sums[b], all = add(sums[b], e), add(all, e)
	}
	slices.SortFunc(order, func(a, b int64) int { return sums[b].Net.Cmp(sums[a].Net) })
	t := report.Table{Key: "branches", Title: "Branches", Empty: "No branch has customers.", Cols: append([]report.Col{{Key: "branch", Label: "Branch"}}, effortCols...)}
	for _, b := range order {
		c := d.groupCell("dept", digits(b)).Link("/crm/employees?dept_id=" + digits(b))
		t.Rows = append(t.Rows, report.Row{Cells: append([]report.Cell{c}, effortCells(sums[b])...)})
	}
	if len(order) > 0 {
		t.Foot = append([]report.Cell{report.Word("Total")}, effortCells(all)...)
	}
	return &report.Result{Tables: []report.Table{t}}, nil
}

type peopleIn struct{ Customer int64 }

// people is the map of who decides at a customer, and who is missing in the deals.
func (d *desk) people() *report.Report[peopleIn] {
	return &report.Report[peopleIn]{
		Name: "crm.people", Label: "People in decisions", Icon: "users", Perm: "crm.contact:read",
		Help: "Of five roles in decisions - decision maker, buyer, technical evaluator, user, sponsor - how many are known at customers with a deal. With a customer: its people by influence, what they think of us and whom they report to.",
		Form: resource.Fields[peopleIn]{resource.Ref("customer_id", "Customer", func(in *peopleIn) *int64 { return &in.Customer }, "crm.customer")},
		Run:  d.runPeople,
	}
}

func (d *desk) runPeople(ctx context.Context, in *peopleIn) (*report.Result, error) {
	list, err := d.sql.Coverages(ctx, 200)
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "coverage", Title: "Roles known in deals", Empty: "No customer has a deal.", Cols: []report.Col{{Key: "customer", Label: "Customer", Kind: resource.KRef}, {Key: "roles", Label: "Roles known", Kind: resource.KInt}, {Key: "coverage", Label: "Coverage", Kind: resource.KPercent}, {Key: "decider", Label: "Decision maker"}, {Key: "against", Label: "People against us", Kind: resource.KInt}, {Key: "owner", Label: "Owner", Kind: resource.KRef}}}
	for _, c := range list {
		decider := report.Pill("Unknown", "bad")
		if c.Decider {
			decider = report.Pill("Known", "ok")
		}
		t.Rows = append(t.Rows, report.Row{Href: "/crm/people?customer_id=" + digits(c.ID), Late: !c.Decider, Cells: []report.Cell{report.Doc(customerRef(c.ID), c.No+" "+c.Name), report.Count(c.Roles), share(c.Roles, 5), decider, report.Count(c.Against), report.Person(c.OwnerID)}})
	}
	res := &report.Result{Tables: []report.Table{t}}
	if in.Customer == 0 {
		return res, nil
	}
	seats, err := d.sql.Seats(ctx, in.Customer)
	if err != nil {
		return nil, err
	}
	roles := d.customers.ContactType.Info().Field("role").Options
	m := report.Table{Key: "seats", Title: "People", Empty: "Nobody is known there.", Cols: []report.Col{{Key: "contact", Label: "Contact", Kind: resource.KRef}, {Key: "title", Label: "Position"}, {Key: "role", Label: "Role in decisions"}, {Key: "influence", Label: "Influence"}, {Key: "attitude", Label: "Attitude"},
		{Key: "superior", Label: "Superior"}, {Key: "last", Label: "Last contact", Kind: resource.KTime}, {Key: "state", Label: "State"}}}
	for _, s := range seats {
		last, state := time.Time{}, report.None()
		if s.LastTouch != nil {
			last = *s.LastTouch
		}
		switch {
		case s.HasLeft:
			state = report.Pill("Left the company", "neutral")
		case s.Stale:
			state = report.Pill("Contact data is stale", "warn")
		}
		role := report.None()
		if s.Role != "" {
			role = report.Word(optionLabel(roles, s.Role))
		}
		m.Rows = append(m.Rows, report.Row{Cells: []report.Cell{report.Doc(d.customers.ContactType.Ref(s.ID), s.Name), report.Text(s.Title), role, report.Text(strings.Repeat("●", s.Influence)), attitude(s.Attitude), report.Text(s.Superior), report.Moment(last), state}})
	}
	res.Tables = append(res.Tables, m)
	return res, nil
}

func attitude(n int) report.Cell {
	return []report.Cell{report.Pill("Against us", "bad"), report.Pill("Reserved", "warn"), report.Pill("Neutral", "neutral"), report.Pill("Positive", "info"), report.Pill("For us", "ok")}[n+2]
}
