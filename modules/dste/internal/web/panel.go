// Package web is the hand-written parts of the pages of develop strategy to
// execution: how far a goal is, how a budget line stands month by month.
package web

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"meridian/modules/dste"
	"meridian/modules/dste/internal/domain"
	"meridian/modules/dste/internal/store"
	"meridian/platform/errs"
	"meridian/platform/i18n"
	"meridian/platform/kpi"
	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/web/ui"
)

// Panels draws the panels of goals and budget lines.
type Panels struct {
	Objectives *domain.Objectives
	Budgets    *domain.Budgets
	Ledger     *store.Ledger
}

// Add puts the panels on their pages.
func (p *Panels) Add(g *resource.Registry) {
	dste.ObjectivePage.Add(g, "dste.attainment", "Attainment", 10, "dste.objective:read", p.attainment)
	dste.BudgetPage.Add(g, "dste.ledger", "Use by month", 10, "dste.budget:read", p.ledger)
}

// attainment shows the live value of a goal's measure against its target.
func (p *Panels) attainment(ctx context.Context, id dste.ObjectiveID, w io.Writer) error {
	o, err := p.Objectives.Type.Get(ctx, int64(id))
	if err != nil {
		return err
	}
	if o.KPI == "" {
		return ui.Facts{Items: []ui.Fact{{Label: i18n.T(ctx, "Measure")}}}.Render(ctx, w)
	}
	m, err := p.Objectives.Measures.Get(o.KPI)
	if err != nil {
		return err
	}
	a, err := p.Objectives.Measure(ctx, o)
	if errs.Is(err, errs.Forbidden) {
		return ui.Facts{Items: []ui.Fact{{Label: i18n.T(ctx, m.Label), Text: i18n.T(ctx, "You may not see this measure.")}}}.Render(ctx, w)
	}
	if err != nil {
		return err
	}
	target := o.Target.Number()
	items := []ui.Fact{
		{Label: i18n.T(ctx, m.Label), Text: number(m.Unit, a.Value), Sub: i18n.T(ctx, "{0} records", a.N), Href: a.Href, Strong: true},
		{Label: i18n.T(ctx, "Target value"), Text: number(m.Unit, &target)},
	}
	if a.Attainment != nil {
		percent := a.Attainment.Number().Shift(2)
		items = append(items, ui.Fact{Label: i18n.T(ctx, "Attainment"), Progress: &ui.Progress{
			Label: i18n.T(ctx, "Attainment"), Percent: min(100, int(percent.IntPart())), Text: percent.Round(1).String() + " %", Tone: tone(*a.Attainment)}})
	} else {
		items = append(items, ui.Fact{Label: i18n.T(ctx, "Attainment")})
	}
	return ui.Facts{Items: items}.Render(ctx, w)
}

// tone colours an attainment: green from 95 %, amber from 80 %.
func tone(a money.Ratio) ui.Tone {
	switch {
	case !a.Less(money.MustQty("0.95")):
		return ui.OK
	case !a.Less(money.MustQty("0.8")):
		return ui.Warn
	}
	return ui.Bad
}

// number formats the value of a measure, "" for none.
func number(u kpi.Unit, v *money.Decimal) string {
	switch {
	case v == nil:
		return ""
	case u == kpi.Fraction:
		return v.Shift(2).Round(1).String() + " %"
	case u == kpi.Currency:
		return money.Format(money.RoundTo[money.Cents](*v), 2)
	}
	return money.Format(money.RoundTo[money.Micro](*v), 0)
}

// ledger shows budget, commitments, actual and what is left for each month.
func (p *Panels) ledger(ctx context.Context, id dste.BudgetID, w io.Writer) error {
	b, err := p.Budgets.Type.Get(ctx, int64(id))
	if err != nil {
		return err
	}
	months, err := p.Ledger.Months(ctx, b.ID)
	if err != nil {
		return err
	}
	t := ui.Table{ID: "budget-months", Caption: i18n.T(ctx, "Use by month"), Plain: true, Cols: []ui.Col{{Key: "month", Label: i18n.T(ctx, "Month")}}}
	for _, c := range []string{"Budget", "Committed", "Actual", "Available", "Available so far"} {
		t.Cols = append(t.Cols, ui.Col{Label: i18n.T(ctx, c), Kind: ui.KindMoney})
	}
	var soFar money.Amount
	for _, m := range months {
		left := m.Budget.Sub(m.Committed).Sub(m.Actual)
		soFar = soFar.Add(left)
		t.Rows = append(t.Rows, ui.Row{ID: strconv.Itoa(m.Month), Cells: []ui.Cell{{Text: fmt.Sprintf("%d-%02d", b.Year, m.Month)},
			cell(m.Budget), cell(m.Committed), cell(m.Actual), cell(left), cell(soFar)}})
	}
	t.Foot = []ui.Cell{{Text: i18n.T(ctx, "Total")}, cell(b.Total), cell(b.Committed), cell(b.Actual), cell(b.Available()), cell(soFar)}
	return t.Render(ctx, w)
}

func cell(a money.Amount) ui.Cell {
	c := ui.Cell{Text: money.Format(a, 2)}
	if a.Sign() < 0 {
		c.Tone = ui.Bad
	}
	return c
}
