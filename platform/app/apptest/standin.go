package apptest

import (
	"context"
	"testing"

	"meridian/platform/app"
	"meridian/platform/record"
	"meridian/platform/resource"
)

type standIn struct{ record.Base }

// everything is a store in which every record exists.
type everything struct{ record.Store[standIn] }

func (everything) Get(_ context.Context, id int64) (*standIn, error) {
	return &standIn{record.Base{ID: id}}, nil
}

func (everything) Present(_ context.Context, ids []int64) ([]int64, error) { return ids, nil }

func (everything) Many(_ context.Context, ids []int64) ([]standIn, error) {
	out := make([]standIn, len(ids))
	for i, id := range ids {
		out[i].ID = id
	}
	return out, nil
}

// StandIn registers types of modules that are not built here and that references
// point to: every id exists. A table of the name is there, because the boot check
// wants one.
func StandIn(t testing.TB, p *app.Platform, names ...string) {
	t.Helper()
	q := "RESET ROLE;"
	for _, n := range names {
		q += "CREATE TABLE IF NOT EXISTS " + n + " (LIKE core.base INCLUDING ALL);"
		resource.Register(p.Types, &resource.Type[standIn]{Name: n, Label: n, Store: everything{}})
	}
	if err := p.DB.Tx(t.Context(), func(ctx context.Context) error { return p.DB.Exec(ctx, q+"SET ROLE meridian_app") }); err != nil {
		t.Fatalf("stand-ins %v: %v", names, err)
	}
}
