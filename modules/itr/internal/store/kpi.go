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

// Measures are the numbers of issue to resolved under the row rules of their reader.
type Measures struct {
	*Store
	Visible  func(ctx context.Context, object, action string) (record.Pred, error)
	Location func(ctx context.Context) *time.Location
	Subtree  func(dept int64) []int64
}

type count struct{ Num, Den money.Ratio }

// CSAT is the share of satisfied answers among the answers of a period.
func (m *Measures) CSAT(ctx context.Context, sc kpi.Scope) (kpi.Value, error) {
	return m.ratio(ctx, "itr.survey", "/itr/survey?stage=answered", sc, "answered_at",
		`SELECT count(*) FILTER (WHERE score >= 4) AS num, count(*) AS den FROM itr.survey WHERE stage = 'answered'`, "")
}

// SLAMet is the share of the clocks stopped in a period that were met.
func (m *Measures) SLAMet(ctx context.Context, sc kpi.Scope) (kpi.Value, error) {
	return m.ratio(ctx, "itr.case", "/itr/case", sc, "stopped_at",
		`SELECT count(*) FILTER (WHERE state = 'met') AS num, count(*) AS den FROM itr.sla_clock WHERE state IN ('met', 'missed') AND case_id IN (SELECT id FROM itr."case" WHERE true`, ")")
}

// OpenCases counts the cases somebody still works on, whenever they came.
func (m *Measures) OpenCases(ctx context.Context, sc kpi.Scope) (kpi.Value, error) {
	sc.From, sc.To = kpi.Scope{}.From, kpi.Scope{}.To
	c, err := m.one(ctx, "itr.case", sc, "created_at", `SELECT count(*) AS num FROM itr."case" WHERE stage NOT IN ('resolved', 'closed', 'cancelled')`, "")
	v := kpi.Sum(c.Num.Number(), c.Num.Number().IntPart())
	v.Href = "/itr/case?stage=new,triaged,assigned,in_progress,waiting,reopened"
	return v, err
}

func (m *Measures) ratio(ctx context.Context, object, href string, sc kpi.Scope, at, q, end string) (kpi.Value, error) {
	c, err := m.one(ctx, object, sc, at, q, end)
	v := kpi.Ratio(c.Num.Number(), c.Den.Number(), c.Den.Number().IntPart())
	v.Href = href
	return v, err
}

// one runs a query of one row: q, the rows of object the reader may see, end, and
// the period of column at.
func (m *Measures) one(ctx context.Context, object string, sc kpi.Scope, at, q, end string) (count, error) {
	p, err := m.Visible(ctx, object, "read")
	if err != nil {
		return count{}, err
	}
	where, args := db.Predicate(object, p)
	q += " AND archived_at IS NULL"
	if where != "" {
		q += " AND " + where
	}
	if sc.Dept != 0 {
		q, args = q+" AND dept_id = ANY(?)", append(args, db.Array(m.Subtree(sc.Dept)))
	}
	q += end
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
