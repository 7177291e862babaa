package store

import (
	"context"
	"fmt"
	"time"

	"meridian/platform/db"
	"meridian/platform/kpi"
	"meridian/platform/money"
)

// Measures are the numbers of market to lead under the row rules of their reader.
type Measures struct {
	*Store
	Location func(ctx context.Context) *time.Location
}

// Leads counts the leads captured in a period, each once.
func (m *Measures) Leads(ctx context.Context, sc kpi.Scope) (kpi.Value, error) {
	c, err := m.intakes(ctx, sc, "created_at", `SELECT count(DISTINCT lead_id) AS num FROM mtl.intake WHERE stage IN ('created', 'linked') AND `)
	return kpi.Sum(money.Units(c.Num).Number(), c.Num).At("/mtl/intake?stage=created,linked"), err
}

// CostPerLead is the cost spent in a period per lead captured in it.
func (m *Measures) CostPerLead(ctx context.Context, sc kpi.Scope) (kpi.Value, error) {
	leads, err := m.Leads(ctx, sc)
	if err != nil {
		return kpi.Value{}, err
	}
	w, err := m.DB.Rows(ctx, "mtl.campaign", sc.Dept)
	if err != nil {
		return kpi.Value{}, err
	}
	w.SQL = `campaign_id IN (SELECT id FROM mtl.campaign WHERE ` + w.SQL + `)`
	w.Days("spent_on", sc.From, sc.To)
	c, err := db.One[struct{ Spent money.Amount }](ctx, m.DB, `SELECT coalesce(sum(amount), 0) AS spent FROM mtl.campaign_cost WHERE `+w.SQL, w.Args...)
	if err != nil {
		return kpi.Value{}, fmt.Errorf("cost per lead: %w", err)
	}
	return kpi.Ratio(c.Spent.Number(), leads.Numerator, leads.N).At("/mtl/campaign"), nil
}

// AcceptRate is the share of answered hand-overs that sales accepted.
func (m *Measures) AcceptRate(ctx context.Context, sc kpi.Scope) (kpi.Value, error) {
	c, err := m.intakes(ctx, sc, "answered_at", `SELECT count(*) FILTER (WHERE answer = 'accepted') AS num, count(*) AS den FROM mtl.intake WHERE answer <> '' AND `)
	return kpi.Share(c.Num, c.Den).At("/mtl/intake?answer=accepted,rejected"), err
}

type count struct{ Num, Den int64 }

// intakes runs q over the visible intakes of the period of column at.
func (m *Measures) intakes(ctx context.Context, sc kpi.Scope, at, q string) (count, error) {
	w, err := m.DB.Rows(ctx, "mtl.intake", sc.Dept)
	if err != nil {
		return count{}, err
	}
	w.Moments(at, sc.From, sc.To, m.Location(ctx))
	c, err := db.One[count](ctx, m.DB, q+w.SQL, w.Args...)
	if err != nil {
		return count{}, fmt.Errorf("intakes by %s: %w", at, err)
	}
	return c, nil
}
