package db_test

import (
	"context"
	"database/sql/driver"
	"fmt"
	"time"

	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/record"
)

// Somebody who sees the rows of company 1 asks for the orders confirmed on two days
// in department 4, below which stands 5.
func ExampleDB_Rows() {
	d := &db.DB{
		Visible: func(context.Context, string, string) (record.Pred, error) {
			return record.Pred{All: true, Companies: []int64{1}}, nil
		},
		Subtree: func(dept int64) []int64 { return []int64{dept, 5} },
	}
	w, err := d.Rows(context.Background(), "ltc.order", 4)
	if err != nil {
		panic(err)
	}
	w.Days("order_date", date.MustParse("2026-11-21"), date.Date{})
	w.Moments("confirmed_at", date.MustParse("2026-11-21"), date.MustParse("2026-11-22"), time.UTC)
	fmt.Println(w.SQL)
	for _, a := range w.Args {
		if v, ok := a.(driver.Valuer); ok {
			a, _ = v.Value()
		}
		fmt.Println(a)
	}
	// Output:
	// true AND company_id = ANY(?) AND archived_at IS NULL AND dept_id = ANY(?) AND order_date >= ? AND confirmed_at >= ? AND confirmed_at < ?
	// {1}
	// {4,5}
	// 2026-11-21
	// 2026-11-21 00:00:00 +0000 UTC
	// 2026-11-23 00:00:00 +0000 UTC
}

// What is confined is seen by its owner, whom it is shown to, and who holds the right.
func ExampleDB_Confine() {
	d := &db.DB{Visible: func(_ context.Context, _, action string) (record.Pred, error) {
		if action == "see" {
			return record.Pred{User: 7}, nil // no such right
		}
		return record.Pred{All: true, Companies: []int64{1}}, nil
	}}
	d.Confine("ltc.service_project", "confidential", "ltc.confidential_project", "see")
	w, err := d.Readable(context.Background(), "ltc.service_project")
	fmt.Println(w.SQL, len(w.Args), err)
	// Output:
	// true AND company_id = ANY(?) AND (NOT (confidential) OR (false OR owner_id = ? OR id = ANY(ARRAY(SELECT object_id FROM core.record_share WHERE object_type = ? AND user_id = ? AND (until IS NULL OR until > now()))))) 4 <nil>
}

// Who may see nothing gets no row; the rows of their own and of their team are what
// most people see.
func ExampleDB_Readable() {
	for _, p := range []record.Pred{{}, {Own: true, User: 7, Depts: []int64{4}}} {
		d := &db.DB{Visible: func(context.Context, string, string) (record.Pred, error) { return p, nil }}
		w, err := d.Readable(context.Background(), "ltc.order")
		fmt.Println(w.SQL, len(w.Args), err)
	}
	// Output:
	// (false) 0 <nil>
	// (false OR owner_id = ? OR id = ANY(ARRAY(SELECT object_id FROM core.record_share WHERE object_type = ? AND user_id = ? AND (until IS NULL OR until > now()))) OR dept_id = ANY(?)) 4 <nil>
}
