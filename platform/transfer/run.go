package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"meridian/platform/audit"
	"meridian/platform/authz"
	"meridian/platform/clock"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/notify"
	"meridian/platform/resource"
)

// Importer runs maps.
type Importer struct {
	DB      *db.DB
	Types   *resource.Registry
	Authz   *authz.Authz
	Audit   *audit.Log
	Now     clock.Clock
	Notices *notify.Notices
	// Later has Work done with a kept file, in the transaction of ctx.
	Later func(ctx context.Context, run int64) error
	// Subject is who a user is in the background.
	Subject func(user int64) authz.Subject
}

// RowError is one thing wrong with a file.
type RowError struct {
	File    string `json:"file"`
	Row     int    `json:"row"` // as a spreadsheet counts: the head is row 1
	Column  string `json:"column"`
	Value   string `json:"value"`
	Message string `json:"message"`
	Args    []any  `json:"args"`
}

// Report says what an import did, or would do.
type Report struct {
	Type      string     `json:"type"`
	Rows      int        `json:"rows"`
	New       int        `json:"new"`
	Changed   int        `json:"changed"`
	Unchanged int        `json:"unchanged"`
	Skipped   int        `json:"skipped"`
	Errors    []RowError `json:"errors"` // the first ones
	Wrong     int        `json:"wrong"`
	Run       int64      `json:"run"`
	// Guesses are what was read out of the file itself, for a person to look at.
	Guesses []Guess `json:"guesses,omitempty"`
	// Failure says why the whole file was refused, with its Args.
	Failure string `json:"failure,omitempty"`
	Args    []any  `json:"args,omitempty"`
}

// Guess is one thing a map did not say and the file did: its encoding, or how the dates
// of a column are written.
type Guess struct {
	Column   string `json:"column,omitempty"`
	Dates    string `json:"dates,omitempty"`
	Encoding string `json:"encoding,omitempty"`
}

func (g Guess) String() string {
	if g.Encoding != "" {
		return "read as " + g.Encoding
	}
	return "dates of " + g.Column + " read as " + g.Dates
}

// maxErrors is how many errors a report keeps; the rest is counted.
const maxErrors = 100

var errDry = errors.New("dry run")

// Progress is told after every few rows.
type Progress func(done, of int)

// Run imports one file of a set, or tries to when dry. With any wrong row nothing
// is written. open reads a file beside the map's own.
func (im *Importer) Run(ctx context.Context, m Map, name string, body []byte, open func(name string) ([]byte, error), dry bool, progress Progress) (Report, error) {
	return im.run(ctx, m, name, body, open, 0, dry, progress)
}

// run is Run for the kept file id: it is used up in the same transaction.
func (im *Importer) run(ctx context.Context, m Map, name string, body []byte, open func(name string) ([]byte, error), id int64, dry bool, progress Progress) (Report, error) {
	rep := Report{Type: m.Type}
	d, err := im.Types.Doc(m.Type)
	if err != nil {
		return rep, err
	}
	j, err := im.prepare(d, m, name, body, open)
	if err != nil {
		return rep, err
	}
	rep.Rows, rep.Guesses = len(j.main.rows), j.report.Guesses
	err = im.DB.Tx(ctx, func(ctx context.Context) error {
		j.report, j.refs, j.found = Report{Type: m.Type, Rows: rep.Rows, Guesses: rep.Guesses}, map[string]string{}, map[string]bool{}
		j.keys = map[string]map[string][]int64{} // a second try must not see what the first one wrote
		if err := im.open(ctx, j, id, dry); err != nil {
			return err
		}
		for i, row := range j.main.rows {
			if err := im.row(ctx, j, i, row); err != nil {
				return err
			}
			if progress != nil && (i+1)%20 == 0 {
				progress(i+1, rep.Rows)
			}
		}
		j.orphans()
		rep = j.report
		if dry || rep.Wrong > 0 {
			return errDry // undo everything; the report stays
		}
		if id != 0 {
			if err := im.end(ctx, id, StateDone, rep); err != nil {
				return err
			}
		}
		return im.Audit.Write(ctx, "import", m.Type, 0, []audit.Change{{Field: "file", After: name}, {Field: "new", After: strconv.Itoa(rep.New)}, {Field: "changed", After: strconv.Itoa(rep.Changed)}})
	})
	if errors.Is(err, errDry) {
		err = nil
	}
	return rep, err
}

type job struct {
	doc      resource.Doc
	info     *resource.Info
	m        Map
	name     string
	main     *table
	lines    *table
	byParent map[string][]int // rows of the lines file by join key
	joinCols []string         // columns of the lines file, in the order of the key
	report   Report
	refs     map[string]string
	keys     map[string]map[string][]int64 // of records that are found loosely
	found    map[string]bool               // keys of byParent that a document has asked for
}

func (im *Importer) prepare(d resource.Doc, m Map, name string, body []byte, open func(name string) ([]byte, error)) (*job, error) {
	m.Fields = maps.Clone(m.Fields) // what is found out about this file stays with it
	j := &job{doc: d, info: d.Info(), m: m, name: name}
	if err := knownEncoding(m.Encoding); err != nil {
		return nil, err
	}
	var err error
	if j.main, err = read(name, body, how{m.Tree, m.Encoding, open}); err != nil {
		return nil, err
	}
	if c := j.main.coding; c.guessed {
		j.report.Guesses = append(j.report.Guesses, Guess{Encoding: c.name})
	}
	if miss := m.missing(j.main); len(miss) > 0 {
		slices.Sort(miss)
		return nil, errs.New(errs.Invalid, "The file {0} lacks the columns {1}.", name, strings.Join(slices.Compact(miss), ", "))
	}
	if err := j.settle(open); err != nil {
		return nil, err
	}
	if m.Lines == nil {
		return j, nil
	}
	meta := j.info.Field(m.Lines.Field)
	if meta == nil || meta.Kind != resource.KLines {
		return nil, errs.New(errs.Invalid, "The map names the field {0}, which {1} does not have.", m.Lines.Field, m.Type)
	}
	if len(m.Lines.Join) == 0 {
		return nil, errs.New(errs.Invalid, "Say in both tables which column is the number of the document.")
	}
	b := body
	if m.Lines.Sheet == "" {
		if b, err = open(m.Lines.File); err != nil {
			return nil, errs.Wrap(errs.Invalid, err, "The file {0} could not be read.", m.Lines.File)
		}
	}
	if j.lines, err = read(m.Lines.File, b, how{m.Lines.Sheet, m.Encoding, open}); err != nil {
		return nil, err
	}
	for c := range m.Lines.Join {
		j.joinCols = append(j.joinCols, c)
	}
	slices.Sort(j.joinCols)
	j.byParent = map[string][]int{}
	for i, row := range j.lines.rows {
		var key strings.Builder
		for _, c := range j.joinCols {
			key.WriteString(j.lines.cell(row, c) + "\x00")
		}
		j.byParent[key.String()] = append(j.byParent[key.String()], i)
	}
	return j, nil
}

// settle checks the fields of the map, reads the files it looks values up in, and finds
// out how dates are written.
func (j *job) settle(open func(name string) ([]byte, error)) error {
	for f := range j.m.Fields {
		if j.info.Field(f) == nil {
			return errs.New(errs.Invalid, "The map names the field {0}, which {1} does not have.", f, j.m.Type)
		}
	}
	for _, c := range j.m.columns() {
		if c.Lookup != nil {
			if err := c.Lookup.load(how{encoding: j.m.Encoding, open: open}); err != nil {
				return err
			}
		}
	}
	if err := j.main.settleDates(j.m.Fields, j.info.Field, &j.report); err != nil {
		return err
	}
	if j.m.At == nil {
		return nil
	}
	at, err := j.main.dated(*j.m.At, &j.report)
	j.m.At = &at
	return err
}

// load reads the second file of a lookup.
func (l *Lookup) load(h how) error {
	b, err := h.open(l.File)
	if err != nil {
		return errs.Wrap(errs.Invalid, err, "The file {0} could not be read.", l.File)
	}
	t, err := read(l.File, b, h)
	if err != nil {
		return err
	}
	for _, h := range []string{l.Key, l.Take} {
		if _, ok := t.index[h]; !ok {
			return errs.New(errs.Invalid, "The file {0} lacks the columns {1}.", l.File, h)
		}
	}
	l.rows = map[string]string{}
	for _, row := range t.rows {
		l.rows[t.cell(row, l.Key)] = t.cell(row, l.Take)
	}
	return nil
}

// orphans reports the lines that no document has asked for.
func (j *job) orphans() {
	if j.m.Lines == nil || !j.m.Lines.Whole {
		return
	}
	name := j.m.Lines.File
	if name == "" {
		name = j.m.Lines.Sheet
	}
	for key, rows := range j.byParent {
		if j.found[key] {
			continue
		}
		j.report.Wrong += len(rows)
		if len(j.report.Errors) < maxErrors {
			col := j.joinCols[0]
			j.report.Errors = append(j.report.Errors, RowError{File: name, Row: rows[0] + 2, Column: col, Value: j.lines.cell(j.lines.rows[rows[0]], col), Message: "These lines belong to no document of the file."})
		}
	}
}

// open writes the run, so that it can be undone. Of two workers on one kept file the
// second finds it taken.
func (im *Importer) open(ctx context.Context, j *job, id int64, dry bool) error {
	if id != 0 {
		if err := im.take(ctx, id); err != nil {
			return err
		}
		if !dry {
			j.report.Run = id
		}
		return nil
	}
	if dry {
		return nil
	}
	b, err := json.Marshal(j.m)
	if err != nil {
		return fmt.Errorf("store map: %w", err)
	}
	_, err = im.DB.Row(ctx, `INSERT INTO core.import_run (object_type, file_name, map, state, by_user) VALUES ($1, $2, $3, 'done', $4) RETURNING id`,
		[]any{j.m.Type, j.name, string(b), authz.Actor(ctx)}, &j.report.Run)
	return err
}

// row imports one record in a savepoint: a wrong one is reported and the rest is
// still checked.
func (im *Importer) row(ctx context.Context, j *job, i int, row []string) error {
	if c := j.m.OnlyIf; c != nil {
		if s, err := c.text(j.main, row, nil); err == nil && s == "" {
			j.report.Skipped++
			return nil
		}
	}
	v, h, columns, err := im.values(ctx, j, i, row)
	if err == nil {
		err = im.DB.Savepoint(ctx, func(ctx context.Context) error { return im.write(ctx, j, v, h) })
	}
	if err == nil {
		return nil
	}
	e := errs.Of(err)
	if e.Kind == errs.Internal || e.Kind == errs.Forbidden {
		return err
	}
	j.report.add(j, i, e, columns)
	return nil
}

// add puts the error of a row on the report, a line per field.
func (r *Report) add(j *job, i int, e *errs.Error, columns map[string]string) {
	r.Wrong++
	list := []RowError{{Message: e.Message, Args: e.Args}}
	if len(e.Fields) > 0 {
		list = nil
		for _, f := range e.Fields {
			list = append(list, RowError{Column: f.Name, Message: f.Message, Args: f.Args})
		}
	}
	for _, x := range list {
		if len(r.Errors) >= maxErrors {
			return
		}
		x.File, x.Row = j.name, i+2
		if head, ok := columns[x.Column]; ok {
			x.Value = j.main.cell(j.main.rows[i], head)
			x.Column = head
		}
		r.Errors = append(r.Errors, x)
	}
}

// values turns a row into the input of the write path; columns says which head a
// field came from.
func (im *Importer) values(ctx context.Context, j *job, i int, row []string) (resource.Values, resource.History, map[string]string, error) {
	v, h, columns := resource.Values{}, resource.History{Reason: "import of " + path.Base(j.name)}, map[string]string{}
	var bad []errs.Field
	for name, c := range j.m.Fields {
		columns[name] = c.From
		s, err := im.value(ctx, j, j.main, row, c, j.info.Field(name))
		if err != nil {
			bad = append(bad, fieldOf(name, err))
			continue
		}
		v[name] = s
	}
	for dst, c := range map[*string]*Column{&h.No: j.m.Number, &h.Stage: j.m.Stage} {
		if c != nil {
			*dst, _ = c.text(j.main, row, nil)
		}
	}
	if j.m.At != nil {
		s, err := j.m.At.text(j.main, row, &resource.Meta{Kind: resource.KDate})
		if err == nil && s != "" {
			h.At, err = time.Parse(time.DateOnly, s)
		}
		if err != nil {
			bad = append(bad, fieldOf("at", err))
			columns["at"] = j.m.At.From
		}
	}
	if j.m.Lines != nil {
		lines, wrong := im.lineValues(ctx, j, row)
		v[j.m.Lines.Field] = lines
		bad = append(bad, wrong...)
	}
	if e := errs.Join(bad); e != nil {
		return nil, h, columns, e
	}
	return v, h, columns, nil
}

func fieldOf(name string, err error) errs.Field {
	e := errs.Of(err)
	if e.Kind == errs.Internal {
		return errs.Field{Name: name, Message: "The value cannot be read."}
	}
	return errs.Field{Name: name, Message: e.Message, Args: e.Args}
}

func (im *Importer) lineValues(ctx context.Context, j *job, row []string) ([]resource.Values, []errs.Field) {
	var key strings.Builder
	for _, c := range j.joinCols {
		key.WriteString(j.main.cell(row, j.m.Lines.Join[c]) + "\x00")
	}
	j.found[key.String()] = true
	meta := j.info.Field(j.m.Lines.Field)
	var out []resource.Values
	var bad []errs.Field
	for n, k := range j.byParent[key.String()] {
		line := resource.Values{}
		for name, c := range j.m.Lines.Fields {
			var lm *resource.Meta
			for _, x := range meta.Lines {
				if x.Name == name {
					lm = x
				}
			}
			s, err := im.value(ctx, j, j.lines, j.lines.rows[k], c, lm)
			if err != nil {
				bad = append(bad, fieldOf(fmt.Sprintf("%s.%d.%s", meta.Name, n, name), err))
				continue
			}
			line[name] = s
		}
		out = append(out, line)
	}
	return out, bad
}

// value reads one cell and finds what a reference points to.
func (im *Importer) value(ctx context.Context, j *job, t *table, row []string, c Column, meta *resource.Meta) (string, error) {
	s, err := c.text(t, row, meta)
	if err != nil || s == "" || meta == nil || meta.Kind != resource.KRef {
		return s, err
	}
	by := c.By
	if by == "" {
		by = "no"
	}
	key := meta.Target + "\x00" + by + "\x00" + s
	if id, ok := j.refs[key]; ok {
		return id, nil
	}
	d, err := im.Types.Doc(meta.Target)
	if err != nil {
		return "", err
	}
	id, err := d.FindKey(ctx, by, s)
	if c.Any && errs.Is(err, errs.NotFound) && d.Info().Field("name") != nil {
		id, err = d.FindKey(ctx, "name", s)
	}
	if c.Loose && errs.Is(err, errs.NotFound) {
		id, err = im.loose(ctx, j, d, meta.Target+"\x00"+by, by, s)
	}
	if err != nil {
		return "", err
	}
	j.refs[key] = strconv.FormatInt(id, 10)
	return j.refs[key], nil
}

// loose finds a record whose key differs in case, blanks and signs alone; two such
// records are none, for nobody could say which is meant.
func (im *Importer) loose(ctx context.Context, j *job, d resource.Doc, space, by, s string) (int64, error) {
	keys, ok := j.keys[space]
	if !ok {
		var err error
		if keys, err = looseKeys(ctx, d, by); err != nil {
			return 0, err
		}
		j.keys[space] = keys
	}
	switch ids := keys[letters(s)]; len(ids) {
	case 1:
		return ids[0], nil
	case 0:
		return 0, errs.New(errs.NotFound, "There is no record {0}.", clip(s))
	}
	return 0, errs.New(errs.Invalid, "{0} names several records.", clip(s))
}

// looseKeys lists the keys of all records of a type without what people write differently.
func looseKeys(ctx context.Context, d resource.Doc, by string) (map[string][]int64, error) {
	keys := map[string][]int64{}
	q := resource.ListQuery{Limit: exportPage, Total: "none", Sort: "id"}
	for {
		l, err := d.ListRows(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, r := range l.Rows {
			key := r.Base().No
			if by != "no" {
				key = r.Text(by)
			}
			if k := letters(key); k != "" {
				keys[k] = append(keys[k], r.Base().ID)
			}
		}
		if q.Cursor = l.Next; q.Cursor == "" {
			return keys, nil
		}
	}
}

// letters is a text without case, blanks and signs.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// write creates the record, or changes the one with its number; a record that
// says the same already stays as it is.
func (im *Importer) write(ctx context.Context, j *job, v resource.Values, h resource.History) error {
	if h.No != "" {
		id, err := j.doc.FindKey(ctx, "no", h.No)
		if err == nil && j.m.Keep {
			j.report.Unchanged++
			return nil
		}
		if err == nil {
			return im.change(ctx, j, id, v)
		}
		if !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	r, err := j.doc.ImportRow(ctx, v, h)
	if err != nil {
		return err
	}
	j.report.New++
	if j.report.Run == 0 {
		return nil
	}
	return im.DB.Exec(ctx, `INSERT INTO core.import_row (run_id, object_id) VALUES ($1, $2)`, j.report.Run, r.Base().ID)
}

func (im *Importer) change(ctx context.Context, j *job, id int64, v resource.Values) error {
	old, err := j.doc.GetRow(ctx, id)
	if err != nil {
		return err
	}
	want, err := j.doc.NewRow(ctx, v)
	if err != nil {
		return err
	}
	differs := resource.Values{}
	for name := range v {
		if m := j.info.Field(name); m.Kind == resource.KLines {
			if !sameLines(m, old.Lines(name), want.Lines(name), j.m.Lines) {
				differs[name] = v[name]
			}
			continue
		}
		if old.Text(name) != want.Text(name) {
			differs[name] = v[name]
		}
	}
	if len(differs) == 0 {
		j.report.Unchanged++
		return nil
	}
	if _, err := j.doc.UpdateRow(ctx, id, old.Base().Version, differs); err != nil {
		return err
	}
	j.report.Changed++
	return nil
}

func sameLines(m *resource.Meta, a, b []resource.LineRow, lm *Lines) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		for name := range lm.Fields {
			if a[i].Text(name) != b[i].Text(name) {
				return false
			}
		}
	}
	return true
}

// Set runs the maps of a folder of configs/import over a folder of data, in the
// order of their file names. It stops at the first file with errors.
func (im *Importer) Set(ctx context.Context, maps fs.FS, data fs.FS, dry bool, told func(file string, r Report)) error {
	names, err := fs.Glob(maps, "*.yaml")
	if err != nil || len(names) == 0 {
		return errs.New(errs.NotFound, "This import set holds no maps.")
	}
	slices.Sort(names)
	for _, n := range names {
		b, err := fs.ReadFile(maps, n)
		if err != nil {
			return fmt.Errorf("read map %s: %w", n, err)
		}
		m, err := ParseMap(b)
		if err != nil {
			return fmt.Errorf("map %s: %w", n, err)
		}
		if err := im.fits(ctx, m, data, dry, told); err != nil {
			return err
		}
	}
	return nil
}

// fits runs a map over every file of a folder it is made for.
func (im *Importer) fits(ctx context.Context, m Map, data fs.FS, dry bool, told func(file string, r Report)) error {
	files, err := fs.Glob(data, m.File)
	if m.Tree != "" && m.File == "" {
		files, err = plans(data)
	}
	if err != nil || len(files) == 0 {
		return errs.Wrap(errs.Invalid, err, "The file {0} could not be read.", m.File)
	}
	for _, name := range files {
		body, err := fs.ReadFile(data, name)
		if err != nil {
			return errs.Wrap(errs.Invalid, err, "The file {0} could not be read.", name)
		}
		r, err := im.Run(ctx, m, name, body, func(name string) ([]byte, error) { return fs.ReadFile(data, name) }, dry, nil)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		told(name, r)
		if r.Wrong > 0 {
			return errs.New(errs.Invalid, "{0} rows of {1} are wrong; nothing of this file was written.", r.Wrong, name)
		}
	}
	return nil
}
