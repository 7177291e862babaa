// Package trace keeps the links between documents and reads them back: the
// thread from strategy goal to cash to service case.
package trace

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"meridian/platform/db"
)

// Ref names a document of any type.
type Ref struct {
	Type string
	ID   int64
}

// IsZero reports whether r names nothing.
func (r Ref) IsZero() bool { return r.ID == 0 }

func (r Ref) String() string { return fmt.Sprintf("%s/%d", r.Type, r.ID) }

// Path is the page of the document.
func (r Ref) Path() string {
	return fmt.Sprintf("/%s/%d", strings.Replace(r.Type, ".", "/", 1), r.ID)
}

// Link is one edge of the thread: Source gave rise to Target.
type Link struct {
	Source, Target Ref
	Relation       string // created, fulfils, pays ...
}

// Trace stores and reads links.
type Trace struct{ db *db.DB }

// New returns the trace on d.
func New(d *db.DB) *Trace { return &Trace{d} }

// Link records that source gave rise to target. Repeating it does nothing.
func (t *Trace) Link(ctx context.Context, source, target Ref, relation string) error {
	if source.IsZero() || target.IsZero() {
		return nil
	}
	err := t.db.Later(ctx, nil, `INSERT INTO core.obj_link (source_type, source_id, target_type, target_id, relation)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`, source.Type, source.ID, target.Type, target.ID, relation)
	if err != nil {
		return fmt.Errorf("link %s to %s: %w", source, target, err)
	}
	return nil
}

// maxLinks bounds one thread; a strategy goal reaches thousands of documents.
const maxLinks = 500

// Thread returns the links up and down stream of r, nearest first, each once. It
// follows sources only upward and targets only downward, so a sibling that merely
// shares a campaign does not appear.
func (t *Trace) Thread(ctx context.Context, r Ref) ([]Link, error) {
	var out []Link
	for _, q := range []string{upward, downward} {
		err := t.db.Each(ctx, q, []any{r.Type, r.ID, maxLinks}, func(rows *sql.Rows) error {
			var l Link
			var depth int
			if err := rows.Scan(&l.Source.Type, &l.Source.ID, &l.Target.Type, &l.Target.ID, &l.Relation, &depth); err != nil {
				return err
			}
			out = append(out, l)
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("thread of %s: %w", r, err)
		}
	}
	return out, nil
}

// UNION, not UNION ALL: a cycle ends because it brings no new row; the depth is
// bounded besides.
const upward = `
WITH RECURSIVE up AS (
    SELECT source_type, source_id, target_type, target_id, relation, 1 AS depth
      FROM core.obj_link WHERE target_type = $1 AND target_id = $2
    UNION
    SELECT l.source_type, l.source_id, l.target_type, l.target_id, l.relation, up.depth + 1
      FROM up JOIN core.obj_link l ON l.target_type = up.source_type AND l.target_id = up.source_id
     WHERE up.depth < 24
)
SELECT source_type, source_id, target_type, target_id, relation, min(depth) FROM up
 GROUP BY 1, 2, 3, 4, 5 ORDER BY 6 LIMIT $3`

const downward = `
WITH RECURSIVE down AS (
    SELECT source_type, source_id, target_type, target_id, relation, 1 AS depth
      FROM core.obj_link WHERE source_type = $1 AND source_id = $2
    UNION
    SELECT l.source_type, l.source_id, l.target_type, l.target_id, l.relation, down.depth + 1
      FROM down JOIN core.obj_link l ON l.source_type = down.target_type AND l.source_id = down.target_id
     WHERE down.depth < 24
)
SELECT source_type, source_id, target_type, target_id, relation, min(depth) FROM down
 GROUP BY 1, 2, 3, 4, 5 ORDER BY 6 LIMIT $3`
