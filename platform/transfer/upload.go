package transfer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"meridian/platform/authz"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/resource"
)

// The states of a kept file.
const (
	StateUploaded = "uploaded" // columns are asked for
	StateChecking = "checking" // tried in the background
	StateChecked  = "checked"  // nothing is written yet
	StateRunning  = "running"
	StateDone     = "done"
	StateFailed   = "failed" // nothing was written
	StateUndone   = "undone"
)

// File is a file as it was sent.
type File struct {
	Name string
	Body []byte
}

// Upload is a kept file with what is read of it; the lines of its documents are a
// second file, or a sheet of the same workbook named as their field.
type Upload struct {
	ID      int64
	Main    File
	Columns []UploadColumn
	Rows    int

	// Encoding is that of the text, Guessed when only its bytes say so.
	Encoding string
	Guessed  bool
	// Tree is the type of record that is read, of the Trees the file holds.
	Tree  string
	Trees []string

	Field       string // the field of the lines, "" when the file has none
	Lines       File
	Sheet       string
	LineColumns []UploadColumn
}

// UploadColumn is a column with its first values.
type UploadColumn struct {
	Head    string
	Samples []string
	// Layouts are the ways in which all its values can be read as dates, when they are
	// not written as the system writes them. More than one is a question.
	Layouts []string
}

// Upload keeps a file for an import of typ; lines may be empty. Invalid when one of
// them cannot be read.
func (im *Importer) Upload(ctx context.Context, typ string, main, lines File) (Upload, error) {
	main.Name, lines.Name = base(main.Name), base(lines.Name)
	d, err := im.Types.Doc(typ)
	if err != nil {
		return Upload{}, err
	}
	u, err := describe(d.Info().Fields, main, lines, Reading{})
	if err != nil {
		return u, err
	}
	err = im.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := im.DB.Row(ctx, `INSERT INTO core.import_run (object_type, file_name, body, lines_name, lines_body, rows_of, state, by_user)
			VALUES ($1, $2, $3, $4, $5, $6, 'uploaded', $7) RETURNING id`,
			[]any{typ, main.Name, main.Body, lines.Name, nonNil(lines.Body), u.Rows, authz.Actor(ctx)}, &u.ID)
		return err
	})
	return u, err
}

func nonNil(b []byte) []byte { return append([]byte{}, b...) }

func base(name string) string {
	if name == "" {
		return ""
	}
	return path.Base(strings.ReplaceAll(name, "\\", "/"))
}

// Reading is how a person says a file is to be read; what is empty is guessed.
type Reading struct{ Encoding, Tree string }

// describe reads the columns of a file of documents with these fields.
func describe(fields []*resource.Meta, main, lines File, as Reading) (Upload, error) {
	u := Upload{Main: main, Lines: lines}
	if err := knownEncoding(as.Encoding); err != nil {
		return u, err
	}
	t, err := u.table(as)
	if err != nil {
		return u, err
	}
	u.Columns, u.Rows = columns(t), len(t.rows)
	for i := range u.Columns {
		u.Columns[i].Layouts = datesOf(t, u.Columns[i].Head)
	}
	u.Encoding, u.Guessed = t.coding.name, t.coding.guessed
	names, err := sheets(main.Body)
	if err != nil {
		return u, err
	}
	for _, m := range fields {
		if m.Kind != resource.KLines || u.Field != "" {
			continue
		}
		switch i := slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, m.Name) }); {
		case len(lines.Body) > 0:
			u.Field = m.Name
		case i > 0:
			u.Field, u.Sheet = m.Name, names[i]
		}
	}
	if u.Field == "" {
		if len(lines.Body) > 0 {
			return u, errs.New(errs.Invalid, "These documents have no lines.")
		}
		return u, nil
	}
	body := lines.Body
	if u.Sheet != "" {
		body = main.Body
	}
	lt, err := read(lines.Name, body, how{sheet: u.Sheet, encoding: as.Encoding, open: beside(lines)})
	if err != nil {
		if u.Sheet != "" { // an empty sheet of this name
			u.Field, u.Sheet = "", ""
			return u, nil
		}
		return u, err
	}
	u.LineColumns = columns(lt)
	return u, nil
}

// table reads the file itself; of a tree with several types the one asked for, else the
// first.
func (u *Upload) table(as Reading) (*table, error) {
	h := how{encoding: as.Encoding, open: beside(u.Lines)}
	if isXLSX(u.Main.Body) {
		return read(u.Main.Name, u.Main.Body, h)
	}
	text, enc, err := decodeText(u.Main.Body, as.Encoding)
	if err != nil {
		return nil, err
	}
	if !isJSON(text) {
		return readText(u.Main.Name, text, enc)
	}
	list, err := treeRecords(text, h.open)
	if err != nil {
		return nil, err
	}
	if u.Trees = treeTypes(list); len(u.Trees) > 0 {
		u.Tree = u.Trees[max(0, slices.Index(u.Trees, as.Tree))]
	}
	return treeTable(list, u.Tree, enc)
}

func columns(t *table) []UploadColumn {
	var out []UploadColumn
	for i, h := range t.heads {
		c := UploadColumn{Head: h}
		for _, row := range t.rows[:min(len(t.rows), 3)] {
			if row[i] != "" {
				c.Samples = append(c.Samples, errs.Clip(row[i], 120))
			}
		}
		out = append(out, c)
	}
	return out
}

// datesOf are the ways the dates of a column may be read, nil when the usual one does.
func datesOf(t *table, head string) []string {
	if l := Layouts(t.column(head)); len(l) > 1 || len(l) == 1 && l[0] != time.DateOnly {
		return l
	}
	return nil
}

// Kept is an import as the person who started it sees it.
type Kept struct {
	ID       int64
	Type     string
	State    string
	Name     string
	Rows     int // of the file
	Done     int // rows the work has got through
	Map      Map
	Report   Report
	by       int64
	attempts int
	started  time.Time
}

// Kept returns an import of the actor by its id. NotFound if there is none.
func (im *Importer) Kept(ctx context.Context, id int64, typ string) (Kept, error) {
	k, err := im.kept(ctx, id)
	if err == nil && (k.by != authz.Actor(ctx) || k.Type != typ && typ != "") {
		err = errs.Missing()
	}
	return k, err
}

func (im *Importer) kept(ctx context.Context, id int64) (Kept, error) {
	type row struct {
		ID                          int64
		ObjectType, State, FileName string
		RowsOf, RowsDone, Attempts  int
		Map, Report                 string
		ByUser                      int64
		StartedAt                   *time.Time
	}
	rows, err := db.Select[row](ctx, im.DB, `SELECT id, object_type, state, file_name, rows_of, rows_done, attempts, map::text AS map, report::text AS report, by_user, started_at
		FROM core.import_run WHERE id = ?`, id)
	if err != nil {
		return Kept{}, err
	}
	if len(rows) == 0 {
		return Kept{}, errs.Missing()
	}
	r := rows[0]
	k := Kept{ID: r.ID, Type: r.ObjectType, State: r.State, Name: r.FileName, Rows: r.RowsOf, Done: r.RowsDone, by: r.ByUser, attempts: r.Attempts}
	if r.StartedAt != nil {
		k.started = *r.StartedAt
	}
	if err := decode(r.Map, &k.Map); err != nil {
		return k, fmt.Errorf("map of import %d: %w", id, err)
	}
	if err := decode(r.Report, &k.Report); err != nil {
		return k, fmt.Errorf("report of import %d: %w", id, err)
	}
	return k, nil
}

// decode reads numbers as they were written.
func decode(s string, to any) error {
	d := json.NewDecoder(bytes.NewReader([]byte(s)))
	d.UseNumber()
	return d.Decode(to)
}

// Uploaded returns the file of an import of the actor that has not begun, read as asked.
// NotFound if there is none.
func (im *Importer) Uploaded(ctx context.Context, id int64, typ string, as Reading) (Upload, error) {
	u := Upload{ID: id}
	main, lines, err := im.files(ctx, id, typ, authz.Actor(ctx), StateUploaded, StateChecked)
	if err != nil {
		return u, err
	}
	d, err := im.Types.Doc(typ)
	if err != nil {
		return u, err
	}
	u, err = describe(d.Info().Fields, main, lines, as)
	u.ID = id
	return u, err
}

func (im *Importer) files(ctx context.Context, id int64, typ string, by int64, states ...string) (main, lines File, err error) {
	ok, err := im.DB.Row(ctx, `SELECT file_name, body, lines_name, lines_body FROM core.import_run WHERE id = $1 AND object_type = $2 AND by_user = $3 AND state = ANY($4)`,
		[]any{id, typ, by, states}, &main.Name, &main.Body, &lines.Name, &lines.Body)
	if err == nil && !ok {
		err = errs.Missing()
	}
	return main, lines, err
}

// beside reads the second file of an import.
func beside(lines File) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		if name != lines.Name || len(lines.Body) == 0 {
			return nil, errNoFile
		}
		return lines.Body, nil
	}
}

var errNoFile = errors.New("there is no such file")

// Undo archives what a run created. NotFound if the run is not the actor's own
// and the actor may not import the type; Precondition when a record was used since.
func (im *Importer) Undo(ctx context.Context, run int64) (int, error) {
	n := 0
	err := im.DB.Tx(ctx, func(ctx context.Context) error {
		var typ string
		var by int64
		ok, err := im.DB.Row(ctx, `SELECT object_type, by_user FROM core.import_run WHERE id = $1 AND state = 'done' FOR UPDATE`, []any{run}, &typ, &by)
		if err != nil {
			return err
		}
		d, derr := im.Types.Doc(typ)
		if !ok || derr != nil || by != authz.Actor(ctx) {
			return errs.Missing()
		}
		ids, err := db.Select[struct{ ObjectID int64 }](ctx, im.DB, `SELECT object_id FROM core.import_row WHERE run_id = ? ORDER BY object_id DESC`, run)
		if err != nil {
			return err
		}
		for _, x := range ids {
			if err := d.Retract(ctx, x.ObjectID); err != nil {
				return err
			}
			n++
		}
		return im.DB.Exec(ctx, `UPDATE core.import_run SET state = 'undone' WHERE id = $1`, run)
	})
	return n, err
}
