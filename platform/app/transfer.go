package app

import (
	"context"
	"time"

	"meridian/platform/i18n"
	"meridian/platform/jobs"
	"meridian/platform/transfer"
)

// importWork is the work of one import; the map and the person stand in its run.
type importWork struct {
	Run int64 `json:"run"`
}

// Kind names the work.
func (importWork) Kind() string { return "core.import" }

// Limit is enough for the largest file.
func (importWork) Limit() time.Duration { return 6 * time.Hour }

// moveData has imports done in the background.
func (p *Platform) moveData() {
	p.Exports = &transfer.Exporter{DB: p.DB, Types: p.Types, Authz: p.Authz, Audit: p.Audit}
	p.Imports = &transfer.Importer{DB: p.DB, Types: p.Types, Authz: p.Authz, Audit: p.Audit, Now: p.Now, Notices: p.Notices,
		Subject: p.Authn.Subject,
		Later:   func(ctx context.Context, run int64) error { return p.Queue.Enqueue(ctx, time.Time{}, importWork{run}) },
	}
	jobs.Handle(p.Queue, "Import files", func(ctx context.Context, w importWork) error {
		return p.Imports.Work(i18n.With(ctx, p.Text, i18n.English), w.Run)
	})
}
