// Package attach keeps files on documents. Bodies stand in the database under
// their digest: a backup holds them, and the same file is stored once.
package attach

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"meridian/platform/authz"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/trace"
)

// MaxSize is the largest file, in bytes.
const MaxSize = 20 << 20

// File is an attachment without its body.
type File struct {
	ID         int64
	ObjectType string
	ObjectID   int64
	Name       string
	MediaType  string
	Size       int64
	ByUser     int64
	At         time.Time
}

// Files stores attachments.
type Files struct{ DB *db.DB }

// Add stores a file on r. The caller has checked the right to read r.
func (s *Files) Add(ctx context.Context, r trace.Ref, name string, body []byte) error {
	name = filepath.Base(strings.ReplaceAll(name, `\`, "/"))
	switch {
	case name == "" || name == "." || name == "/" || utf8.RuneCountInString(name) > 200 || !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return r < 0x20 }):
		return errs.Bad("file", "The file needs a plain name of at most {0} characters.", 200)
	case len(body) == 0:
		return errs.Bad("file", "The file is empty.")
	case len(body) > MaxSize:
		return errs.Bad("file", "A file has at most {0} MB.", MaxSize>>20)
	}
	sum := fmt.Sprintf("%x", sha256.Sum256(body))
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.DB.Exec(ctx, `INSERT INTO core.attachment_body (sha256, body) VALUES ($1, $2) ON CONFLICT DO NOTHING`, sum, body); err != nil {
			return err
		}
		return s.DB.Exec(ctx, `INSERT INTO core.attachment (object_type, object_id, name, media_type, size, sha256, by_user) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			r.Type, r.ID, name, http.DetectContentType(body), len(body), sum, authz.Actor(ctx))
	})
}

// List returns the files on r, the newest first. The caller has checked the right
// to read r.
func (s *Files) List(ctx context.Context, r trace.Ref) ([]File, error) {
	return db.Select[File](ctx, s.DB, `SELECT id, object_type, object_id, name, media_type, size, by_user, at FROM core.attachment
		WHERE object_type = ? AND object_id = ? AND deleted_at IS NULL ORDER BY at DESC LIMIT 200`, r.Type, r.ID)
}

// Read returns a file with its body. The caller checks the right to read the
// document it stands on. NotFound if there is none.
func (s *Files) Read(ctx context.Context, id int64) (File, []byte, error) {
	var f File
	var body []byte
	ok, err := s.DB.Row(ctx, `SELECT a.id, a.object_type, a.object_id, a.name, a.media_type, a.size, b.body FROM core.attachment a JOIN core.attachment_body b USING (sha256)
		WHERE a.id = $1 AND a.deleted_at IS NULL`, []any{id}, &f.ID, &f.ObjectType, &f.ObjectID, &f.Name, &f.MediaType, &f.Size, &body)
	if err == nil && !ok {
		err = errs.Missing()
	}
	return f, body, err
}
