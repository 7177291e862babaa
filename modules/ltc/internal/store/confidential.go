package store

import (
	"context"

	"meridian/platform/db"
)

// Confine keeps confidential projects, and what belongs to them, from everybody but who works
// on them, those they are shared with and who holds the right to see them.
func Confine(d *db.DB) {
	const right, action = "ltc.confidential_project", "see"
	d.Confine("ltc.service_project", "confidential", right, action)
	for _, object := range append([]string{"ltc.time_sheet", "ltc.pledge"}, projectParts...) {
		d.Confine(object, "project_id IN (SELECT id FROM ltc.service_project WHERE confidential)", right, action)
	}
}

// Confided is a confidential project with how many were asked to acknowledge it, and have.
type Confided struct {
	ID, OwnerID int64
	Stage       string
	Asked       int
	Given       int
}

// Confidential lists the confidential projects the reader may see that are not over.
func (r *Reports) Confidential(ctx context.Context) ([]Confided, error) {
	w, err := r.DB.Rows(ctx, "ltc.service_project", 0)
	if err != nil {
		return nil, err
	}
	return db.Select[Confided](ctx, r.DB, `WITH p AS (SELECT * FROM ltc.service_project WHERE confidential AND `+w.SQL+`)
		SELECT p.id, p.owner_id, p.stage, count(x.id) AS asked, count(x.acknowledged_at) AS given
		FROM p LEFT JOIN ltc.pledge x ON x.project_id = p.id AND x.stage IN ('asked', 'given') AND x.archived_at IS NULL
		WHERE `+liveProject+` GROUP BY p.id, p.owner_id, p.stage ORDER BY p.id`, w.Args...)
}
