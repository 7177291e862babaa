package store

import (
	"context"
	"fmt"
	"time"

	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/kpi"
	"meridian/platform/money"
)

// Measures are the numbers of issue to resolved under the row rules of their reader.
type Measures struct {
	*Store
	Location func(ctx context.Context) *time.Location
}

// CSAT is the share of satisfied answers among the answers of a period.
func (m *Measures) CSAT(ctx context.Context, sc kpi.Scope) (kpi.Value, error) {
	w, err := m.DB.Rows(ctx, "itr.survey", sc.Dept)
	if err != nil {
		return kpi.Value{}, err
	}
	return m.ratio(ctx, sc, "answered_at", `SELECT count(*) FILTER (WHERE score >= 4) AS num, count(*) AS den FROM itr.survey WHERE stage = 'answered' AND `, w, "/itr/survey?stage=answered")
}

// SLAMet is the share of the clocks stopped in a period that were met.
func (m *Measures) SLAMet(ctx context.Context, sc kpi.Scope) (kpi.Value, error) {
	w, err := m.DB.Rows(ctx, "itr.case", sc.Dept)
	if err != nil {
		return kpi.Value{}, err
	}
	w.SQL = `case_id IN (SELECT id FROM itr."case" WHERE ` + w.SQL + `)`
	return m.ratio(ctx, sc, "stopped_at", `SELECT count(*) FILTER (WHERE state = 'met') AS num, count(*) AS den FROM itr.sla_clock WHERE state IN ('met', 'missed') AND `, w, "/itr/case")
}

// OpenCases counts the cases somebody still works on, whenever they came.
func (m *Measures) OpenCases(ctx context.Context, sc kpi.Scope) (kpi.Value, error) {
	w, err := m.DB.Rows(ctx, "itr.case", sc.Dept)
	if err != nil {
		return kpi.Value{}, err
	}
	c, err := db.One[struct{ N int64 }](ctx, m.DB, `SELECT count(*) AS n FROM itr."case" WHERE stage NOT IN ('resolved', 'closed', 'cancelled') AND `+w.SQL, w.Args...)
	if err != nil {
		return kpi.Value{}, fmt.Errorf("open cases: %w", err)
	}
	return kpi.Sum(money.Units(c.N).Number(), c.N).At("/itr/case?stage=new,triaged,assigned,in_progress,waiting,reopened"), nil
}

// ratio runs q over the rows w of the period of column at.
func (m *Measures) ratio(ctx context.Context, sc kpi.Scope, at, q string, w *db.Rows, href string) (kpi.Value, error) {
	w.Moments(at, sc.From, sc.To, m.Location(ctx))
	c, err := db.One[struct{ Num, Den int64 }](ctx, m.DB, q+w.SQL, w.Args...)
	if err != nil {
		return kpi.Value{}, fmt.Errorf("ratio by %s: %w", at, err)
	}
	return kpi.Share(c.Num, c.Den).At(href), nil
}

// Scores adds up the answers to surveys of a period that the reader may see.
func (m *Measures) Scores(ctx context.Context, from, to date.Date) (sum, n int64, err error) {
	w, err := m.DB.Rows(ctx, "itr.survey", 0)
	if err != nil {
		return 0, 0, err
	}
	w.Moments("answered_at", from, to, m.Location(ctx))
	x, err := db.One[struct{ Sum, N int64 }](ctx, m.DB, `SELECT coalesce(sum(score), 0) AS sum, count(*) AS n FROM itr.survey WHERE stage = 'answered' AND `+w.SQL, w.Args...)
	return x.Sum, x.N, err
}
