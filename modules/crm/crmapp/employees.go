package crmapp

import (
	"cmp"
	"context"
	"slices"

	"meridian/modules/crm/internal/store"
	"meridian/platform/date"
	"meridian/platform/report"
	"meridian/platform/resource"
)

// scoreIn is a period and by what people are ranked.
type scoreIn struct {
	From, To date.Date
	Dept     int64
	By       string
}

var employeeOrders = []resource.Option{{Value: "net", Label: "Net sales"}, {Value: "orders", Label: "Orders"}, {Value: "quotes", Label: "Quotes sent"}, {Value: "signed", Label: "Signed customers"}, {Value: "moved_up", Label: "Moved to a later state"}, {Value: "visits", Label: "Visits"},
	{Value: "deciders", Label: "Decision makers met"}, {Value: "timeliness", Label: "Timeliness"}, {Value: "praise", Label: "Praise"}, {Value: "complaints", Label: "Complaints"}}

// employees is the score card of people: result, and the work behind it (CRM-20).
func (d *desk) employees() *report.Report[scoreIn] {
	return &report.Report[scoreIn]{
		Name: "crm.employees", Label: "Work of employees", Icon: "users", Perm: "crm.employees:read",
		Help: "Result and process of every person over the customers they own: sales, customers moved to a later state, visits, decision makers met, quotes sent, timeliness, complaints and praise. Ranked by what you choose; of complaints the fewest stand first.",
		Form: resource.Fields[scoreIn]{resource.Date("from", "From", func(in *scoreIn) *date.Date { return &in.From }), resource.Date("to", "To", func(in *scoreIn) *date.Date { return &in.To }), deptForm(func(in *scoreIn) *int64 { return &in.Dept }),
			resource.Enum("by", "Ranked by", func(in *scoreIn) *string { return &in.By }, employeeOrders...)},
		Default: func(ctx context.Context, in *scoreIn) error {
			var p periodIn
			err := d.lastDays(30)(ctx, &p)
			in.From, in.To, in.By = p.From, p.To, "net"
			return err
		},
		Run: d.runEmployees,
	}
}

func (d *desk) runEmployees(ctx context.Context, in *scoreIn) (*report.Result, error) {
	list, err := d.sql.Efforts(ctx, in.Dept, in.From, in.To)
	if err != nil {
		return nil, err
	}
	met, err := d.sql.DecidersMet(ctx, in.Dept, in.From, in.To)
	if err != nil {
		return nil, err
	}
	if order := effortOrders[in.By]; order != nil {
		slices.SortStableFunc(list, func(a, b store.Effort) int { return order(&a, &b, met) })
	}
	t := report.Table{Key: "people", Title: "People", Empty: "Nobody owns a customer.", Cols: append([]report.Col{{Key: "rank", Label: "Rank", Kind: resource.KInt}, {Key: "person", Label: "Person", Kind: resource.KRef}}, effortCols...)}
	t.Cols = append(t.Cols, report.Col{Key: "cost", Label: "Cost to serve", Kind: resource.KMoney}, report.Col{Key: "deciders", Label: "Decision makers met", Kind: resource.KInt})
	for i := range list {
		e := list[i]
		t.Rows = append(t.Rows, report.Row{Cells: append(append([]report.Cell{report.Count(i + 1), report.Person(e.OwnerID)}, effortCells(e)...), report.Money(e.Cost), report.Count(met[e.OwnerID]))})
	}
	return &report.Result{Tables: []report.Table{t}}, nil
}

// effortOrders compare two people, the better one first.
var effortOrders = map[string]func(a, b *store.Effort, met map[int64]int64) int{
	"orders":   func(a, b *store.Effort, _ map[int64]int64) int { return cmp.Compare(b.Orders, a.Orders) },
	"quotes":   func(a, b *store.Effort, _ map[int64]int64) int { return cmp.Compare(b.Quotes, a.Quotes) },
	"signed":   func(a, b *store.Effort, _ map[int64]int64) int { return cmp.Compare(b.Signed, a.Signed) },
	"moved_up": func(a, b *store.Effort, _ map[int64]int64) int { return cmp.Compare(b.MovedUp, a.MovedUp) },
	"visits":   func(a, b *store.Effort, _ map[int64]int64) int { return cmp.Compare(b.Visits, a.Visits) },
	"deciders": func(a, b *store.Effort, met map[int64]int64) int { return cmp.Compare(met[b.OwnerID], met[a.OwnerID]) },
	"timeliness": func(a, b *store.Effort, _ map[int64]int64) int {
		return cmp.Compare(b.OnTime*max(1, a.Due), a.OnTime*max(1, b.Due))
	},
	"praise":     func(a, b *store.Effort, _ map[int64]int64) int { return cmp.Compare(b.Praise, a.Praise) },
	"complaints": func(a, b *store.Effort, _ map[int64]int64) int { return cmp.Compare(a.Complaints, b.Complaints) },
}
