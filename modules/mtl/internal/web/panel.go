// Package web renders the panels of market to lead.
package web

import (
	"context"
	"fmt"
	"io"

	"meridian/modules/mtl"
	"meridian/modules/mtl/internal/store"
	"meridian/platform/i18n"
	"meridian/platform/money"
	"meridian/platform/web/ui"
)

// Panels render what campaigns and intakes brought.
type Panels struct{ Store *store.Store }

// IntakeID names an intake on its page.
type IntakeID int64

// Effect shows the leads, the cost and the return of a campaign.
func (p *Panels) Effect(ctx context.Context, id mtl.CampaignID, w io.Writer) error {
	e, err := p.Store.Effect(ctx, id)
	if err != nil {
		return err
	}
	t := func(key string, args ...any) string { return i18n.T(ctx, key, args...) }
	facts := ui.Facts{Items: []ui.Fact{
		{Label: t("Leads captured"), Text: fmt.Sprint(e.Captured), Sub: t("of {0} expected", e.Expected)},
		{Label: t("Handed over to sales"), Text: fmt.Sprint(e.HandedOver), Sub: t("{0} accepted, {1} rejected", e.Yes, e.No)},
		{Label: t("Dropped as spam"), Text: fmt.Sprint(e.Spam)},
		{Label: t("Failed"), Text: fmt.Sprint(e.Failed), Late: e.Failed > 0},
		{Label: t("Cost"), Text: money.Format(e.Cost, 2), Sub: t("of {0} budget", money.Format(e.Budget, 2))},
		{Label: t("Won amount"), Text: money.Format(e.Won, 2)},
		{Label: t("Cost per lead"), Text: perLead(e)},
		{Label: t("Return on the cost"), Text: roi(e), Strong: true},
	}}
	return facts.Render(ctx, w)
}

func perLead(e store.Effect) string {
	v, ok := e.CostPerLead()
	if !ok {
		return ""
	}
	return money.Format(money.Round(v), 2)
}

func roi(e store.Effect) string {
	v, ok := e.ROI()
	if !ok {
		return ""
	}
	return v.Number().Shift(2).StringFixed(1) + " %"
}

var costKinds = map[string]string{"media": "Media spending", "event": "Event fees", "material": "Marketing material", "agency": "Agency fees", "other": "Other costs"}

// Costs lists the costs of a campaign.
func (p *Panels) Costs(ctx context.Context, id mtl.CampaignID, w io.Writer) error {
	list, err := p.Store.Costs(ctx, id)
	if err != nil {
		return err
	}
	t := ui.Table{ID: "costs", Caption: i18n.T(ctx, "Costs"), Cols: []ui.Col{{Label: i18n.T(ctx, "Spent on")}, {Label: i18n.T(ctx, "Kind of cost")},
		{Label: i18n.T(ctx, "Amount"), Kind: ui.KindMoney}, {Label: i18n.T(ctx, "Note")}}}
	for _, c := range list {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: c.SpentOn}, {Text: i18n.T(ctx, costKinds[c.Kind])}, {Text: money.Format(c.Amount, 2)}, {Text: c.Note}}})
	}
	return t.Render(ctx, w)
}

// Reasons explains the score of an intake, point by point.
func (p *Panels) Reasons(ctx context.Context, id IntakeID, w io.Writer) error {
	list, err := p.Store.Reasons(ctx, int64(id))
	if err != nil {
		return err
	}
	var facts ui.Facts
	for _, r := range list {
		sign := ""
		if r.Points.Sign() > 0 {
			sign = "+"
		}
		facts.Items = append(facts.Items, ui.Fact{Label: i18n.T(ctx, r.Rule), Text: sign + r.Points.Number().Round(2).String()})
	}
	return facts.Render(ctx, w)
}
