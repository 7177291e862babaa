package store

import (
	"context"
	"fmt"
	"time"

	"meridian/platform/db"
	"meridian/platform/kpi"
	"meridian/platform/money"
	"meridian/platform/record"
)

// Measures are the numbers of market to lead under the row rules of their reader.
type Measures struct {
	*Store
	Visible  func(ctx context.Context, object, action string) (record.Pred, error)
	Location func(ctx context.Context) *time.Location
	Subtree  func(dept int64) []int64
}

type count struct{ Num, Den money.Ratio }

// Leads counts the leads captured in a period, each once.
func (m *Measures) Leads(ctx context.Context, sc kpi.Scope) (kpi.Value, error) {
	n, err := m.leads(ctx, sc)
	return kpi.Value{Value: &n, Numerator: n, Denominator: money.Units(1).Number(), N: n.IntPart(), Href: "/mtl/intake?stage=created,linked"}, err
}

func (m *Measures) leads(ctx context.Context, sc kpi.Scope) (money.Decimal, error) {
	c, err := m.one(ctx, "mtl.intake", sc, `SELECT count(DISTINCT lead_id) AS num FROM mtl.intake WHERE stage IN ('created', 'linked')`, "created_at")
	return c.Num.Number(), err
}

// CostPerLead is the cost spent in a period per lead captured in it.
func (m *Measures) CostPerLead(ctx context.Context, sc kpi.Scope) (kpi.Value, error) {
	n, err := m.leads(ctx, sc)
	if err != nil {
		return kpi.Value{}, err
	}
	where, args, err := m.rows(ctx, "mtl.campaign", sc)
	if err != nil {
		return kpi.Value{}, err
	}
	q := `SELECT coalesce(sum(amount), 0) AS num FROM mtl.campaign_cost WHERE campaign_id IN (SELECT id FROM mtl.campaign WHERE true` + where + `)`
	if !sc.From.IsZero() {
		q, args = q+" AND spent_on >= ?", append(args, sc.From)
	}
	if !sc.To.IsZero() {
		q, args = q+" AND spent_on <= ?", append(args, sc.To)
	}
	c, err := db.Select[count](ctx, m.DB, q, args...)
	if err != nil || len(c) == 0 {
		return kpi.Value{}, fmt.Errorf("cost per lead: %w", err)
	}
	v := kpi.Ratio(c[0].Num.Number(), n, n.IntPart())
	v.Href = "/mtl/campaign"
	return v, nil
}

// AcceptRate is the share of answered hand-overs that sales accepted.
func (m *Measures) AcceptRate(ctx context.Context, sc kpi.Scope) (kpi.Value, error) {
	c, err := m.one(ctx, "mtl.intake", sc, `SELECT count(*) FILTER (WHERE answer = 'accepted') AS num, count(*) AS den FROM mtl.intake WHERE answer <> ''`, "answered_at")
	v := kpi.Ratio(c.Num.Number(), c.Den.Number(), c.Den.Number().IntPart())
	v.Href = "/mtl/intake?answer=accepted,rejected"
	return v, err
}

// one runs a query of one row over the visible rows of a period of column at.
func (m *Measures) one(ctx context.Context, object string, sc kpi.Scope, q, at string) (count, error) {
	where, args, err := m.rows(ctx, object, sc)
	if err != nil {
		return count{}, err
	}
	q += where
	loc := m.Location(ctx)
	if !sc.From.IsZero() {
		q, args = q+" AND "+at+" >= ?", append(args, sc.From.In(loc))
	}
	if !sc.To.IsZero() {
		q, args = q+" AND "+at+" < ?", append(args, sc.To.AddDays(1).In(loc))
	}
	rows, err := db.Select[count](ctx, m.DB, q, args...)
	if err != nil || len(rows) == 0 {
		return count{}, fmt.Errorf("measure of %s: %w", object, err)
	}
	return rows[0], nil
}

// rows narrows to the live rows the reader may see in the department asked for.
func (m *Measures) rows(ctx context.Context, object string, sc kpi.Scope) (string, []any, error) {
	p, err := m.Visible(ctx, object, "read")
	if err != nil {
		return "", nil, err
	}
	q := " AND archived_at IS NULL"
	where, args := db.Predicate(object, p)
	if where != "" {
		q += " AND " + where
	}
	if sc.Dept != 0 {
		q, args = q+" AND dept_id = ANY(?)", append(args, db.Array(m.Subtree(sc.Dept)))
	}
	return q, args, nil
}
