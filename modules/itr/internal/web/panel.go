// Package web renders the panels of issue to resolved.
package web

import (
	"context"
	"fmt"
	"io"
	"time"

	"meridian/modules/crm"
	"meridian/modules/itr"
	"meridian/modules/itr/internal/domain"
	"meridian/modules/itr/internal/store"
	"meridian/platform/calendar"
	"meridian/platform/clock"
	"meridian/platform/i18n"
	"meridian/platform/web/ui"
)

// Panels render the clocks and messages of a case, and the cases of a customer.
type Panels struct {
	Store    *store.Store
	Calendar func(company int64) *calendar.Calendar
	Location func(ctx context.Context) *time.Location
	Name     func(user int64) string
	Stage    func(ctx context.Context, key string) string // label of a stage of a case
	Now      clock.Clock
}

var (
	clockNames  = map[domain.ClockKind]string{domain.FirstResponse: "First response", domain.Resolution: "Resolution"}
	clockStates = map[domain.ClockState]string{domain.ClockRunning: "Clock running", domain.ClockPaused: "Clock paused", domain.ClockMet: "Limit met", domain.ClockMissed: "Limit missed", domain.ClockCancelled: "Clock cancelled"}
)

// Clocks shows how the service levels of a case stand.
func (p *Panels) Clocks(ctx context.Context, id itr.CaseID, w io.Writer) error {
	rows, err := p.Store.Clocks(ctx, id)
	if err != nil {
		return err
	}
	history, err := p.Store.History(ctx, int64(id))
	if err != nil {
		return err
	}
	t := func(key string, args ...any) string { return i18n.T(ctx, key, args...) }
	now := p.Now()
	var facts ui.Facts
	for _, c := range rows {
		used := domain.Used(p.Calendar(c.CompanyID), c.Kind, history, now)
		late := c.State == domain.ClockMissed || c.Open() && c.DueAt != nil && now.After(*c.DueAt)
		facts.Items = append(facts.Items,
			ui.Fact{Label: t(clockNames[c.Kind]), Text: t(clockStates[c.State]), Sub: t("{0} % of {1} working minutes used", used, c.Minutes), Late: late},
			ui.Fact{Label: t("Due"), Text: p.moment(ctx, c.DueAt), Sub: t("{0} min paused, {1} min between resolved and reopened", c.PausedSecs/60, c.GapSecs/60)})
	}
	return facts.Render(ctx, w)
}

func (p *Panels) moment(ctx context.Context, at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.In(p.Location(ctx)).Format("2006-01-02 15:04")
}

// Messages shows what was said.
func (p *Panels) Messages(ctx context.Context, id itr.CaseID, w io.Writer) error {
	list, err := p.Store.Messages(ctx, id)
	if err != nil {
		return err
	}
	t := ui.Table{ID: "messages", Caption: i18n.T(ctx, "Messages"), Cols: []ui.Col{{Label: i18n.T(ctx, "Date and time")}, {Label: i18n.T(ctx, "Writer")}, {Label: i18n.T(ctx, "Text"), Kind: ui.KindLong}}}
	for _, m := range list {
		who, kind := m.Sender, i18n.T(ctx, "From the customer")
		switch {
		case m.Internal:
			who, kind = p.Name(m.AuthorID), i18n.T(ctx, "Internal note")
		case m.Dir == "out":
			who, kind = p.Name(m.AuthorID), i18n.T(ctx, "To the customer")
		case m.Automatic:
			kind = i18n.T(ctx, "Automatic answer")
		}
		at := m.At
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: p.moment(ctx, &at)}, {Text: who, Sub: kind}, {Text: m.Body}}})
	}
	return t.Render(ctx, w)
}

// CasesOf shows the open cases of a customer the reader may see.
func (p *Panels) CasesOf(ctx context.Context, id crm.CustomerID, w io.Writer) error {
	list, err := p.Store.CasesOf(ctx, id)
	if err != nil {
		return err
	}
	t := ui.Table{ID: "cases", Caption: i18n.T(ctx, "Open cases"), Cols: []ui.Col{{Label: i18n.T(ctx, "Case number"), Kind: ui.KindLink}, {Label: i18n.T(ctx, "Subject")},
		{Label: i18n.T(ctx, "Priority")}, {Label: i18n.T(ctx, "Stage")}, {Label: i18n.T(ctx, "Next due")}}}
	for _, c := range list {
		late := c.NextDueAt != nil && p.Now().After(*c.NextDueAt)
		t.Rows = append(t.Rows, ui.Row{Href: fmt.Sprintf("/itr/case/%d", c.ID), Cells: []ui.Cell{{Text: c.No}, {Text: c.Subject}, {Text: "P" + c.Priority},
			{Text: p.Stage(ctx, c.Stage)}, {Text: p.moment(ctx, c.NextDueAt), Late: late}}})
	}
	return t.Render(ctx, w)
}
