package crmapp_test

import (
	"context"
	"testing"

	"meridian/platform/app/apptest"
	"meridian/platform/errs"
	"meridian/platform/resource"
)

// TestWallsOfTheLog: nothing but the engine writes a stage, nobody changes or
// removes an event, and the walls stand on every partition.
func TestWallsOfTheLog(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	c := s.Create(s.Admin, "crm.customer", resource.Values{"name": "Acme", "industry": "Machinery", "source": "web"})
	s.Fire(s.Admin, c, "identify", nil)
	var partition string
	if _, err := s.DB.Row(t.Context(), `SELECT tableoid::regclass::text FROM core.proc_event LIMIT 1`, nil, &partition); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{
		`UPDATE crm.customer SET stage = 'user'`,
		`INSERT INTO crm.customer (no, company_id, created_at, updated_at, stage, name, name_key) VALUES ('X', 1, now(), now(), 'user', 'x', 'x')`,
		`UPDATE core.proc_event SET reason = 'x'`, `DELETE FROM core.proc_event`, `TRUNCATE core.proc_event`,
		`UPDATE ` + partition + ` SET reason = 'x'`, `DELETE FROM ` + partition, `TRUNCATE ` + partition,
		`UPDATE core.audit_entry SET reason = 'x'`, `DELETE FROM core.audit_entry`, `DELETE FROM core.obj_link`, `UPDATE crm.exposure_entry SET amount = 0`,
	} {
		err := s.DB.Tx(t.Context(), func(ctx context.Context) error { return s.DB.Exec(ctx, q) })
		if err == nil {
			t.Errorf("allowed: %s", q)
		}
	}
	if bad, err := s.Process.Verify(t.Context()); err != nil || len(bad) > 0 {
		t.Errorf("log: %v %v", bad, err)
	}
	if got := s.Reload(c).Stage(); got != "target" {
		t.Errorf("stage is %s after all that, want target", got)
	}
}

// TestSavepointUndoesItsRowOnly: a refused row leaves the transaction usable.
func TestSavepointUndoesItsRowOnly(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	err := s.DB.Tx(s.Admin, func(ctx context.Context) error {
		for _, name := range []string{"One", "", "Two"} {
			err := s.DB.Savepoint(ctx, func(ctx context.Context) error {
				_, err := s.Must("crm.customer").CreateRow(ctx, resource.Values{"name": name})
				return err
			})
			if (name == "") != errs.Is(err, errs.Invalid) {
				t.Errorf("row %q: %v", name, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	l, err := s.Must("crm.customer").ListRows(s.Admin, resource.ListQuery{})
	if err != nil || len(l.Rows) != 2 {
		t.Errorf("%d rows, want 2 (%v)", len(l.Rows), err)
	}
}

// TestCursorReadsEveryRowOnce pages through a list by its cursor while it is sorted
// by a field many rows share, or leave empty.
func TestCursorReadsEveryRowOnce(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	parent := ""
	for i := range 25 {
		r := s.Create(s.Admin, "crm.customer", resource.Values{"name": "Acme", "region": []string{"North", "South"}[i%2], "parent_id": parent})
		parent = []string{"", apptest.ID(r), ""}[i%3] // some have one, most have none
	}
	for _, sort := range []string{"", "region", "-region", "no", "-created_at", "parent_id", "-parent_id"} {
		seen := map[string]bool{}
		q := resource.ListQuery{Sort: sort, Limit: 7}
		for {
			l, err := s.Must("crm.customer").ListRows(s.Admin, q)
			if err != nil {
				t.Fatalf("sort %q: %v", sort, err)
			}
			for _, r := range l.Rows {
				if id := apptest.ID(r); seen[id] {
					t.Errorf("sort %q: row %s twice", sort, id)
				} else {
					seen[id] = true
				}
			}
			if q.Cursor = l.Next; l.Next == "" {
				break
			}
		}
		if len(seen) != 25 {
			t.Errorf("sort %q: %d rows, want 25", sort, len(seen))
		}
	}
}
