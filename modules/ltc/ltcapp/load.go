package ltcapp

import (
	"cmp"
	"context"
	"slices"
	"time"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/org"
	"meridian/platform/record"
	"meridian/platform/report"
	"meridian/platform/resource"
)

// loadIn asks for the load of people from a week on.
type loadIn struct {
	From   date.Date
	Weeks  int
	Person int64
	Dept   int64
}

// load shows per person and week what is planned in service projects, away and free: LTC-20.
func (c *cash) load() *report.Report[loadIn] {
	return &report.Report[loadIn]{
		Name: "ltc.project_load", Label: "Load of people", Icon: "calendar-stats", Perm: "ltc.project_load:read", Home: []string{"ltc.manager"},
		Help: "Hours per person and week: what the working calendar allows, what approved absences take, what open tasks of service projects plan, evenly over their working days, and what is left. Below zero too much is planned.",
		Form: resource.Fields[loadIn]{
			resource.Date("from", "From", func(in *loadIn) *date.Date { return &in.From }),
			resource.Int("weeks", "Weeks", func(in *loadIn) *int { return &in.Weeks }),
			resource.Ref("person", "Person", func(in *loadIn) *int64 { return &in.Person }, "core.user"),
			resource.Ref("dept", "Department", func(in *loadIn) *int64 { return &in.Dept }, "core.department"),
		},
		Default: func(ctx context.Context, in *loadIn) error {
			in.From, in.Weeks = c.ports.Today(ctx), 4
			return nil
		},
		Run: c.runLoad,
	}
}

func (c *cash) runLoad(ctx context.Context, in *loadIn) (*report.Result, error) {
	if in.Weeks < 1 || in.Weeks > 26 {
		return nil, errs.Bad("weeks", "Between 1 and 26.")
	}
	if in.From.IsZero() {
		return nil, errs.Bad("from", "This field must not be empty.")
	}
	monday := mondayOf(in.From)
	people := c.plannable(ctx, in)
	ids := make([]int64, len(people))
	for i, p := range people {
		ids[i] = p.ID
	}
	last := monday.AddDays(7*in.Weeks - 1)
	tasks, err := c.reports.PlannedWork(ctx, ids, monday, last)
	if err != nil {
		return nil, err
	}
	away, err := c.projects.Absences.Away(ctx, ids, monday, last)
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "load", Title: "Load by week", Empty: "Nobody whose load you may see works on projects.", Cols: []report.Col{col("person", "Person", resource.KRef), col("week", "Week from", resource.KDate), col("capacity", "Can work", resource.KQuantity),
		col("away", "Away", resource.KQuantity), col("planned", "Planned", resource.KQuantity), col("free", "Free", resource.KQuantity), col("state", "State", resource.KText)}}
	hours := c.workingHours(company(ctx))
	over := 0
	for _, p := range people {
		mine, out := tasks[p.ID], slices.DeleteFunc(slices.Clone(away), func(a domain.Away) bool { return a.Person != p.ID })
		for _, w := range domain.LoadOf(monday, in.Weeks, hours, mine, out) {
			if w.Free.Sign() < 0 {
				over++
			}
			t.Rows = append(t.Rows, report.Row{Late: w.Free.Sign() < 0, Cells: []report.Cell{report.Person(p.ID), report.Day(w.Monday), report.Qty(w.Capacity), report.Qty(w.Away), report.Qty(w.Plan), report.Qty(w.Free), loadWord(w)}})
		}
	}
	return &report.Result{Tiles: []report.Tile{{Key: "people", Label: "People", Value: report.Count(len(people))}, {Key: "over", Label: "Weeks with too much", Value: report.Count(over)}}, Tables: []report.Table{t}}, nil
}

func loadWord(w domain.WeekLoad) report.Cell {
	switch {
	case w.Free.Sign() < 0:
		return report.Pill("Too much", "bad")
	case w.Capacity.Sign() > 0 && w.Away.Equal(w.Capacity):
		return report.Pill("Away", "neutral")
	case w.Plan.IsZero():
		return report.Pill("Free", "ok")
	}
	return report.Pill("Planned", "info")
}

// mondayOf is the first day of the week of a day.
func mondayOf(d date.Date) date.Date { return d.AddDays(-(int(d.Weekday()) + 6) % 7) }

// plannable are the active people who may enter hours and whose load the reader may see.
func (c *cash) plannable(ctx context.Context, in *loadIn) (out []*org.Person) {
	dir := c.ports.People()
	for _, p := range dir.People {
		who := &record.Base{CompanyID: p.Company, DeptID: p.Dept, OwnerID: p.ID}
		if !p.Active || p.Company != company(ctx) || in.Person != 0 && p.ID != in.Person || in.Dept != 0 && !slices.Contains(dir.Above(p.Dept), in.Dept) ||
			!c.p.Authz.Covers(ctx, "ltc.project_load", "read", who) || len(c.p.Authz.Explain(p.ID, "ltc.time_sheet", "create")) == 0 {
			continue
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b *org.Person) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return out
}

// workingHours says how many hours the calendar of a company works on a day.
func (c *cash) workingHours(company int64) func(d date.Date) money.Qty {
	cal, loc := c.p.Calendar(company), c.ports.People().Companies[company].Location
	known := map[date.Date]money.Qty{}
	return func(d date.Date) money.Qty {
		h, ok := known[d]
		if !ok {
			minutes := int64(cal.Between(d.In(loc), d.AddDays(1).In(loc)) / time.Minute)
			h = money.RoundTo[money.Micro](money.Units(minutes).Number().DivRound(money.Units(60).Number(), 6))
			known[d] = h
		}
		return h
	}
}
