package transfer

import (
	"archive/zip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"meridian/platform/audit"
	"meridian/platform/authz"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/resource"
)

// The formats of an export.
const (
	CSV  = "csv"
	XLSX = "xlsx"
)

// Exporter writes lists to files that people and imports read: formulas disarmed,
// references by the number of their record, masked fields left out.
type Exporter struct {
	DB    *db.DB
	Types *resource.Registry
	Authz *authz.Authz
	Audit *audit.Log
	// Limit is how many records the reader may export without asking, 0 any number.
	Limit func(ctx context.Context) (int, error)
}

// NeedsApproval refuses an export of more records than its reader may have without asking.
type NeedsApproval struct{ Why *errs.Error }

// Error implements error.
func (n *NeedsApproval) Error() string { return n.Why.Error() }

// Unwrap makes it an error of the suite.
func (n *NeedsApproval) Unwrap() error { return n.Why }

// Query says what is exported.
type Query struct {
	Type   string
	List   resource.ListQuery // filters and order; by id when no order is given
	Asked  string             // the query as it was asked for, for the trail
	Format string             // CSV or XLSX
	Part   string             // CSV: the field whose lines are written instead of the documents
}

// Export is a list that may be written, once.
type Export struct {
	x     *Exporter
	q     Query
	doc   resource.Doc
	info  *resource.Info
	cols  []*resource.Meta // of the documents
	lines []part
	first resource.List
}

// part are the lines of one field.
type part struct {
	field string
	cols  []*resource.Meta
}

const exportPage = 200

// Open checks the right, the query and the limit, and leaves a trace in the audit trail.
// Forbidden without the right to export, Invalid for a query no list would take,
// NeedsApproval for more records than the reader may export without asking.
func (x *Exporter) Open(ctx context.Context, q Query) (*Export, error) {
	e, err := x.Prepare(ctx, q)
	if err != nil {
		return nil, err
	}
	limit, err := x.Limit(ctx)
	if err != nil {
		return nil, err
	}
	if limit > 0 {
		n := len(e.first.Rows)
		if e.first.Next != "" {
			if n, err = e.Count(ctx); err != nil {
				return nil, err
			}
		}
		if n > limit {
			return nil, &NeedsApproval{errs.New(errs.Precondition, "This export has {0} records; more than {1} need approval. Ask for it as a large export.", n, limit)}
		}
	}
	return e, e.Note(ctx)
}

// Prepare is Open without limit and trace.
func (x *Exporter) Prepare(ctx context.Context, q Query) (*Export, error) {
	d, err := x.Types.Doc(q.Type)
	if err != nil {
		return nil, err
	}
	if err := x.Authz.Require(ctx, q.Type, "export"); err != nil {
		return nil, err
	}
	e := &Export{x: x, q: q, doc: d, info: d.Info()}
	if err := knownFormat(q.Format); err != nil {
		return nil, err
	}
	for _, m := range e.info.Fields {
		switch {
		case x.Types.Hidden(ctx, q.Type, m.Name, m):
		case m.Kind != resource.KLines:
			e.cols = append(e.cols, m)
		case q.Format == XLSX || q.Part == m.Name:
			p := part{field: m.Name}
			for _, l := range m.Lines {
				if !x.Types.Hidden(ctx, q.Type, m.Name+"."+l.Name, l) {
					p.cols = append(p.cols, l)
				}
			}
			e.lines = append(e.lines, p)
		}
	}
	if q.Part != "" && (q.Format != CSV || len(e.lines) == 0) {
		return nil, errs.Bad("part", "There is no such field.")
	}
	l := &e.q.List
	l.Limit, l.Page, l.Cursor, l.Total = exportPage, 0, "", "none"
	if l.Sort == "" {
		l.Sort = "id"
	}
	if e.first, err = d.ListRows(ctx, *l); err != nil {
		return nil, err
	}
	return e, nil
}

// Count counts the documents.
func (e *Export) Count(ctx context.Context) (int, error) {
	q := e.q.List
	q.Limit, q.Total, q.Fields = 1, "exact", []string{"id"}
	l, err := e.doc.ListRows(ctx, q)
	if err != nil {
		return 0, err
	}
	return *l.Total, nil
}

// Note leaves a trace in the audit trail.
func (e *Export) Note(ctx context.Context) error {
	return e.x.DB.Tx(ctx, func(ctx context.Context) error {
		return e.x.Audit.Write(ctx, "export", e.q.Type, 0, []audit.Change{{Field: "query", After: e.q.Asked}})
	})
}

// Name is a name for the file.
func (e *Export) Name() string {
	name := strings.ReplaceAll(e.info.Name, ".", "-")
	if e.q.Part != "" {
		name += "-" + e.q.Part
	}
	return name + "." + e.q.Format
}

// ContentType is the media type of the file.
func (e *Export) ContentType() string { return e.q.ContentType() }

// ContentType is the media type of the file.
func (q Query) ContentType() string {
	if q.Format == XLSX {
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return "text/csv; charset=utf-8"
}

// Write writes the file and counts its documents. It holds one page of the list in
// memory, whatever its length.
func (e *Export) Write(ctx context.Context, w io.Writer) (n int, err error) {
	out, err := e.sheets(w)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, out.close(err == nil)) }()
	if err := e.heads(out); err != nil {
		return 0, err
	}
	for l := e.first; ; {
		rows := slices.DeleteFunc(l.Rows, func(r resource.Row) bool { return !e.x.Authz.Covers(ctx, e.info.Name, "export", r.Base()) })
		if err := e.page(ctx, out, rows); err != nil {
			return n, err
		}
		if n += len(rows); l.Next == "" {
			return n, nil
		}
		e.q.List.Cursor = l.Next
		if l, err = e.doc.ListRows(ctx, e.q.List); err != nil {
			return n, err
		}
	}
}

func (e *Export) documents() bool { return e.q.Part == "" }

func (e *Export) heads(out sink) error {
	if e.documents() {
		head := []value{{text: "no"}}
		if e.info.Process != nil {
			head = append(head, value{text: "stage"})
		}
		if err := out.row(0, append(head, names(e.cols)...)); err != nil {
			return err
		}
	}
	for i, p := range e.lines {
		if err := out.row(i+1, append([]value{{text: "no"}}, names(p.cols)...)); err != nil {
			return err
		}
	}
	return nil
}

func names(cols []*resource.Meta) []value {
	out := make([]value, len(cols))
	for i, m := range cols {
		out[i].text = m.Name
	}
	return out
}

func (e *Export) page(ctx context.Context, out sink, rows []resource.Row) error {
	if len(e.lines) > 0 {
		if err := e.doc.LoadLines(ctx, rows); err != nil {
			return err
		}
	}
	nos, err := e.numbers(ctx, rows)
	if err != nil {
		return err
	}
	for _, r := range rows {
		no := value{text: disarm(r.Base().No)}
		if e.documents() {
			cells := []value{no}
			if e.info.Process != nil {
				cells = append(cells, value{text: r.Stage()})
			}
			for _, m := range e.cols {
				cells = append(cells, cell(m, r.Text(m.Name), nos))
			}
			if err := out.row(0, cells); err != nil {
				return err
			}
		}
		for i, p := range e.lines {
			for _, l := range r.Lines(p.field) {
				cells := []value{no}
				for _, m := range p.cols {
					cells = append(cells, cell(m, l.Text(m.Name), nos))
				}
				if err := out.row(i+1, cells); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// numbers reads the numbers of all records the rows refer to, one query a type. Who
// sees a document sees what it refers to.
func (e *Export) numbers(ctx context.Context, rows []resource.Row) (map[string]string, error) {
	ids := map[string]map[int64]bool{}
	add := func(m *resource.Meta, text string) {
		if m.Kind != resource.KRef || text == "" {
			return
		}
		if id, err := strconv.ParseInt(text, 10, 64); err == nil {
			if ids[m.Target] == nil {
				ids[m.Target] = map[int64]bool{}
			}
			ids[m.Target][id] = true
		}
	}
	for _, r := range rows {
		if e.documents() {
			for _, m := range e.cols {
				add(m, r.Text(m.Name))
			}
		}
		for _, p := range e.lines {
			for _, l := range r.Lines(p.field) {
				for _, m := range p.cols {
					add(m, l.Text(m.Name))
				}
			}
		}
	}
	out := map[string]string{}
	for target, set := range ids {
		d, err := e.x.Types.Doc(target)
		if err != nil {
			return nil, err
		}
		list := make([]int64, 0, len(set))
		for id := range set {
			list = append(list, id)
		}
		found, err := d.Rows(authz.System(ctx, "numbers of "+target), list)
		if err != nil {
			return nil, err
		}
		for _, r := range found {
			no := r.Base().No
			if no == "" {
				no = r.Title()
			}
			out[target+"/"+strconv.FormatInt(r.Base().ID, 10)] = no
		}
	}
	return out, nil
}

// value is a cell: text, and whether it is a number.
type value struct {
	text   string
	number bool
}

func cell(m *resource.Meta, text string, nos map[string]string) value {
	switch {
	case m.Kind == resource.KRef:
		return value{text: disarm(nos[m.Target+"/"+text])}
	case m.Number():
		return value{text: text, number: true}
	case m.Kind == resource.KDate, m.Kind == resource.KTime, m.Kind == resource.KBool, m.Kind == resource.KEnum:
		return value{text: text}
	}
	return value{text: disarm(text)}
}

// sink takes rows; sheet 0 are the documents, the others their lines.
type sink interface {
	row(sheet int, cells []value) error
	close(ok bool) error
}

func (e *Export) sheets(w io.Writer) (sink, error) {
	_, short, _ := strings.Cut(e.info.Name, ".")
	list := []string{short}
	for _, p := range e.lines {
		list = append(list, p.field)
	}
	return newSink(w, e.q.Format, list)
}

func knownFormat(format string) error {
	if format == CSV || format == XLSX {
		return nil
	}
	return errs.Bad("format", "{0} is not one of: {1}.", clip(format), CSV+", "+XLSX)
}

// newSink writes a file of a known format; names are those of the sheets, which CSV has
// not.
func newSink(w io.Writer, format string, names []string) (sink, error) {
	if format == XLSX {
		return newBook(w, names)
	}
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return nil, fmt.Errorf("write export: %w", err)
	}
	return csvSink{csv.NewWriter(w)}, nil
}

type csvSink struct{ w *csv.Writer }

func (s csvSink) row(_ int, cells []value) error {
	line := make([]string, len(cells))
	for i, c := range cells {
		line[i] = c.text
	}
	if err := s.w.Write(line); err != nil {
		return fmt.Errorf("write export: %w", err)
	}
	return nil
}

func (s csvSink) close(bool) error {
	s.w.Flush()
	return s.w.Error()
}

// book is a workbook: it writes sheets row by row; large ones wait in files, not in memory.
type book struct {
	f      *excelize.File
	sheets []*excelize.StreamWriter
	next   []int // row of each sheet
}

func newBook(w io.Writer, names []string) (*book, error) {
	f := excelize.NewFile()
	f.SetZipWriter(func(io.Writer) excelize.ZipWriter { return zip.NewWriter(w) }) // straight to w, not by way of a buffer
	b := &book{f: f, next: make([]int, len(names))}
	for i, n := range names {
		var err error
		if i == 0 {
			err = f.SetSheetName(f.GetSheetName(0), n)
		} else {
			_, err = f.NewSheet(n)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("sheet %s: %w", n, err), f.Close())
		}
		s, err := f.NewStreamWriter(n)
		if err == nil {
			err = s.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("sheet %s: %w", n, err), f.Close())
		}
		b.sheets = append(b.sheets, s)
	}
	return b, nil
}

func (b *book) row(sheet int, cells []value) error {
	b.next[sheet]++
	if b.next[sheet] > excelize.TotalRows {
		return errs.New(errs.Invalid, "A sheet holds at most {0} rows; narrow the list or take CSV.", excelize.TotalRows)
	}
	line := make([]any, len(cells))
	for i, c := range cells {
		line[i] = c.text
		if c.number && digits(c.text) <= 15 { // more would lose some
			if n, err := strconv.ParseFloat(c.text, 64); err == nil {
				line[i] = n
			}
		}
		if c.text == "" {
			line[i] = nil
		}
	}
	if err := b.sheets[sheet].SetRow("A"+strconv.Itoa(b.next[sheet]), line); err != nil {
		return fmt.Errorf("write export: %w", err)
	}
	return nil
}

func digits(s string) (n int) {
	for _, r := range s {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	return n
}

func (b *book) close(ok bool) (err error) {
	defer func() { err = errors.Join(err, b.f.Close()) }()
	if !ok {
		return nil
	}
	for _, s := range b.sheets {
		if err := s.Flush(); err != nil {
			return fmt.Errorf("write export: %w", err)
		}
	}
	if _, err := b.f.WriteTo(io.Discard); err != nil {
		return fmt.Errorf("write export: %w", err)
	}
	return nil
}

func clip(s string) string { return errs.Clip(s, 40) }
