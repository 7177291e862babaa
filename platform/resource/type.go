// Package resource is the declaration of document types and their one write path.
//
// A Type says once what a document is: fields bound to attributes by typed
// accessors, stages, moves, rules. From it come REST, OpenAPI, lists, forms,
// boards, import and export, permissions, audit and log. Form, JSON, import, bulk
// and move all take the same path: decode, permission, transaction, lock and
// version, apply, check, effect, store, audit and log, commit.
package resource

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/memo"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/trace"
)

// Type declares a document type. Set the exported fields, then Register it.
type Type[T any] struct {
	Name   string // ltc.order: URL, permission, operation, table
	Label  string // Sales order
	Plural string // Sales orders
	Icon   string // name in the icon sprite
	Number string // SO-{yyyy}-{00000}
	Store  record.Store[T]
	Fields Fields[T]

	Title  func(*T) string       // a line for people; the number if nil
	Amount func(*T) money.Amount // base currency; approval ladders and sums
	Day    func(*T) date.Date    // business date, for the thread and numbers
	// AmountField names the field Amount shows when that is sensitive: readers who may
	// not see the field see no amount either.
	AmountField string
	SumBy       string // column summed on boards and lists
	Default     func(ctx context.Context, r *T) error
	// Check holds the rules over several fields; it may fill computed ones. It runs
	// on every write, before the row is stored.
	Check func(ctx context.Context, r *T) error
	// CheckChange holds the rules over what a record was and becomes; it runs after Check.
	// before is nil on create.
	CheckChange func(ctx context.Context, r, before *T) error
	// Saved runs after the row is stored, in the same transaction; before is nil on
	// create.
	Saved func(ctx context.Context, r, before *T) error
	// Imported runs after a record of history is stored, in the same transaction; Saved
	// does not: history has no consequences, but what is computed must be.
	Imported func(ctx context.Context, r *T) error
	// Removed runs after a record is taken out of every list, in the same transaction.
	Removed func(ctx context.Context, r *T) error
	// Print writes the document as PDF for people outside.
	Print func(ctx context.Context, r *T, w io.Writer) error
	// Downloads are the other files of the document.
	Downloads []Download[T]
	Process   *Flow[T]
	Rules     map[string][]process.Rule // default rules of the approval matrices named by moves

	NoCreate bool // made by other documents only
	NoEdit   bool // never changed by hand
	NoOwner  bool // no owner field (master data of the whole company)

	reg    *Registry
	many   memo.Memo[*int]
	groups memo.Memo[[]record.Group]
}

// Info is what is known of a type without its Go struct.
type Info struct {
	Name, Module, Label, Plural, Icon string
	Fields                            []*Meta
	Process                           *process.Definition
	Forms                             map[string][]*Meta // input of moves
	HasAmount                         bool
	Downloads                         []DownloadInfo // the PDF first
	NoCreate, NoEdit, NoOwner         bool
	SumBy                             string
	Number                            string
}

// Field finds a field by name; nil if there is none.
func (i *Info) Field(name string) *Meta {
	for _, f := range i.Fields {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// Actions lists the permissions of the type: object:action.
func (i *Info) Actions() []string {
	out := []string{"read", "export", "import"}
	if !i.NoCreate {
		out = append(out, "create")
	}
	if !i.NoEdit {
		out = append(out, "update", "delete")
	}
	if i.Reveals() {
		out = append(out, "reveal")
	}
	if i.Process != nil {
		seen := map[string]bool{}
		for _, m := range i.Process.Moves {
			if !seen[m.Name] && !m.System {
				seen[m.Name] = true
				out = append(out, m.Name)
			}
		}
	}
	return out
}

// Doc is a type without its Go struct: what API, pages, import and search work with.
type Doc interface {
	Info() *Info
	// NewRow returns an unsaved record with its defaults, for an empty form.
	NewRow(ctx context.Context, in Values) (Row, error)
	GetRow(ctx context.Context, id int64) (Row, error)
	// RevealRow shows contact data that the reader sees in part only.
	RevealRow(ctx context.Context, id int64, reason string) (Revealed, error)
	ListRows(ctx context.Context, q ListQuery) (List, error)
	// Rows returns those of ids the reader may see, without their lines.
	Rows(ctx context.Context, ids []int64) ([]Row, error)
	// LoadLines reads the lines of rows of this type, one query for all of them.
	LoadLines(ctx context.Context, rows []Row) error
	CreateRow(ctx context.Context, in Values) (Row, error)
	// ImportRow creates a record of history in the stage and at the time of the file.
	ImportRow(ctx context.Context, in Values, h History) (Row, error)
	// Retract takes an imported record back that nobody has touched since.
	Retract(ctx context.Context, id int64) error
	UpdateRow(ctx context.Context, id, version int64, in Values) (Row, error)
	DeleteRow(ctx context.Context, id, version int64) error
	// FireRow runs a move; pending is true when it waits for approval.
	FireRow(ctx context.Context, id, version int64, move string, in Values) (row Row, pending bool, err error)
	// Titles names records, visible or not, for references.
	Titles(ctx context.Context, ids []int64) (map[int64]string, error)
	// FindKey finds a record by number, title field or a unique text field.
	FindKey(ctx context.Context, field, value string) (int64, error)
	// DownloadRow writes a file of the document. NotFound when the type has no such file.
	DownloadRow(ctx context.Context, id int64, name string, w io.Writer) error
	// NotReady says why a file cannot be made of a row of this type now; nil when it can.
	NotReady(r Row, name string) *errs.Error
	Groups(ctx context.Context, q ListQuery, by, sum string) ([]record.Group, error)
	Options(ctx context.Context, row Row) (process.Status, *process.Definition, []process.Option, error)
	columns() map[string]bool
	present(ctx context.Context, ids []int64) (map[int64]bool, error)
	held(ctx context.Context, user int64) (int, error)
	reassign(ctx context.Context, from, to int64, where []record.Cond) error
}

// Row is one record without its Go struct, seen by the reader it was read for:
// sensitive fields without the right are masked.
type Row interface {
	Base() *record.Base
	Type() string
	Stage() string
	Title() string
	Amount() money.Amount
	Day() date.Date
	Text(field string) string
	Masked(field string) bool
	Lines(field string) []LineRow
	// AppendJSON writes the record as the API shows it: every field, or id, version and the
	// fields named.
	AppendJSON(b []byte, only []string) []byte
}

// baseOf returns the common part of a record.
func baseOf[T any](r *T) *record.Base { return any(r).(record.Record).Rec() }

func lineOf[L any](l *L) *record.Line {
	return any(l).(interface{ LineRec() *record.Line }).LineRec()
}

// Info describes the type.
func (t *Type[T]) Info() *Info {
	module, _, _ := strings.Cut(t.Name, ".")
	i := &Info{Name: t.Name, Module: module, Label: t.Label, Plural: t.Plural, Icon: t.Icon, HasAmount: t.Amount != nil, Downloads: t.downloads(), NoCreate: t.NoCreate, NoEdit: t.NoEdit, NoOwner: t.NoOwner, SumBy: t.SumBy, Number: t.Number}
	for _, f := range t.Fields {
		i.Fields = append(i.Fields, &f.Meta)
	}
	if t.Process != nil {
		i.Process, i.Forms = t.Process.def, t.Process.forms
	}
	return i
}

// ref names a record of the type.
func (t *Type[T]) ref(id int64) trace.Ref { return trace.Ref{Type: t.Name, ID: id} }

// prepare completes a declaration and panics when it contradicts itself: wrong
// wiring must not start.
func (t *Type[T]) prepare(reg *Registry) {
	t.reg = reg
	if _, ok := any(new(T)).(record.Record); !ok {
		panic(t.Name + ": the struct does not embed record.Base")
	}
	if !t.NoOwner {
		owner := Ref("owner_id", "Owner", func(r *T) *int64 { return &baseOf(r).OwnerID }, "core.user").InList().Filter()
		if len(t.Fields) > 0 {
			owner.Section = t.Fields[0].Section
		}
		t.Fields = append(t.Fields, owner)
	}
	if t.Plural == "" {
		t.Plural = t.Label
	}
	if t.Title == nil {
		t.Title = func(r *T) string { return baseOf(r).No }
	}
	seen := map[string]bool{}
	cols := columnsOf(reflect.TypeFor[T]())
	for _, f := range t.Fields {
		if seen[f.Name] {
			panic(fmt.Sprintf("%s: field %s declared twice", t.Name, f.Name))
		}
		seen[f.Name] = true
		if (f.Meta.Filter || f.Meta.Search) && !cols[f.Name] {
			panic(fmt.Sprintf("%s: field %s is filtered but the struct has no such column", t.Name, f.Name))
		}
	}
	if t.Process != nil {
		t.Process.def.Key, t.Process.def.Label = t.Name, t.Label
		for _, s := range t.Process.def.Stages {
			for _, n := range append(append([]string{}, s.In...), s.Out...) {
				if !seen[n] {
					panic(fmt.Sprintf("%s: stage %s needs unknown field %s", t.Name, s.Key, n))
				}
			}
		}
	}
}

// columnsOf lists the column names of a struct as the store derives them.
func columnsOf(s reflect.Type) map[string]bool {
	out := map[string]bool{}
	for i := range s.NumField() {
		f := s.Field(i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			for c := range columnsOf(f.Type) {
				out[c] = true
			}
			continue
		}
		tag := f.Tag.Get("gorm")
		name := snake(f.Name)
		for _, part := range strings.Split(tag, ";") {
			if c, ok := strings.CutPrefix(part, "column:"); ok {
				name = c
			}
		}
		if tag != "-" {
			out[name] = true
		}
	}
	return out
}

// snake is the naming of the store: CustomerID -> customer_id, PONo -> po_no.
func snake(s string) string {
	var b strings.Builder
	for i, r := range s {
		upper := r >= 'A' && r <= 'Z'
		if upper && i > 0 {
			prevLower := s[i-1] < 'A' || s[i-1] > 'Z'
			nextLower := i+1 < len(s) && s[i+1] >= 'a' && s[i+1] <= 'z'
			if prevLower || nextLower {
				b.WriteByte('_')
			}
		}
		if upper {
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

func (t *Type[T]) columns() map[string]bool { return columnsOf(reflect.TypeFor[T]()) }

func (t *Type[T]) field(name string) *Field[T] {
	for _, f := range t.Fields {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// env is the typed environment of guards; r may be nil for its types alone.
func (t *Type[T]) env(r *T) map[string]any {
	if r == nil {
		r = new(T)
	}
	m := make(map[string]any, len(t.Fields))
	for _, f := range t.Fields {
		m[f.Name] = f.env(r)
	}
	return m
}

// facts digests what an approver agrees to: every field people can type.
func (t *Type[T]) facts(r *T) string {
	h := sha256.New()
	for _, f := range t.Fields {
		if f.Meta.ReadOnly {
			continue
		}
		s := f.text(r)
		if f.lines != nil {
			s = f.lines.facts(r)
		}
		fmt.Fprintf(h, "%s=%d:%s;", f.Name, len(s), s)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:16])
}

// texts is the record as text, for the audit diff.
func (t *Type[T]) texts(r *T) []string {
	out := make([]string, len(t.Fields))
	for i, f := range t.Fields {
		if f.lines != nil {
			out[i] = f.lines.facts(r)
			continue
		}
		out[i] = f.text(r)
	}
	return out
}

// object adapts a locked record to the engine.
type object[T any] struct {
	t      *Type[T]
	r      *T
	before []string
}

func (o *object[T]) Base() *record.Base   { return baseOf(o.r) }
func (o *object[T]) Stage() string        { return o.t.Process.stage(o.r) }
func (o *object[T]) SetStage(s string)    { o.t.Process.set(o.r, s) }
func (o *object[T]) Title() string        { return titleOf(o.t, o.r) }
func (o *object[T]) Env() map[string]any  { return o.t.env(o.r) }
func (o *object[T]) Facts() string        { return o.t.facts(o.r) }
func (o *object[T]) Amount() money.Amount { return amountOf(o.t, o.r) }

func titleOf[T any](t *Type[T], r *T) string {
	no, title := baseOf(r).No, t.Title(r)
	if title == "" || title == no {
		return no
	}
	return no + " " + title
}

func amountOf[T any](t *Type[T], r *T) money.Amount {
	if t.Amount == nil {
		return money.Amount{}
	}
	return t.Amount(r)
}

func (o *object[T]) Missing(names []string) []errs.Field {
	var out []errs.Field
	for _, n := range names {
		if f := o.t.field(n); f != nil && f.empty(o.r) {
			out = append(out, errs.Field{Name: n, Message: "This field must not be empty."})
		}
	}
	return out
}

func (o *object[T]) Effect(ctx context.Context, move string, in process.Input) error {
	e := o.t.Process.effects[move]
	if e == nil {
		return nil
	}
	return e.run(ctx, o.r, in)
}

// Save stores the record after a move; what the effect changed is audited too.
func (o *object[T]) Save(ctx context.Context) error {
	if err := o.t.Store.Update(ctx, o.r); err != nil {
		return err
	}
	return o.t.auditUpdate(ctx, o.r, o.before)
}

// row adapts a record to readers.
type row[T any] struct {
	t    *Type[T]
	r    *T
	mask map[string]bool
}

func (x *row[T]) Base() *record.Base { return baseOf(x.r) }
func (x *row[T]) Type() string       { return x.t.Name }
func (x *row[T]) Title() string      { return x.t.Title(x.r) }

func (x *row[T]) Amount() money.Amount {
	if x.mask[x.t.AmountField] {
		return money.Amount{}
	}
	return amountOf(x.t, x.r)
}

func (x *row[T]) Masked(field string) bool { return x.mask[field] }

func (x *row[T]) Day() date.Date {
	if x.t.Day == nil {
		return date.Of(baseOf(x.r).CreatedAt)
	}
	return x.t.Day(x.r)
}

func (x *row[T]) Stage() string {
	if x.t.Process == nil {
		return ""
	}
	return x.t.Process.stage(x.r)
}

const maskText = "•••"

func (x *row[T]) Text(name string) string {
	f := x.t.field(name)
	switch {
	case f == nil:
		return ""
	case x.mask[name] && f.Meta.Contact:
		return partial(f.text(x.r))
	case x.mask[name]:
		return maskText
	}
	return f.text(x.r)
}

func (x *row[T]) Lines(name string) []LineRow {
	if f := x.t.field(name); f != nil && f.lines != nil && !x.mask[name] {
		return f.lines.rows(x.r)
	}
	return nil
}

// AppendJSON implements Row.
func (x *row[T]) AppendJSON(b []byte, only []string) []byte {
	base := baseOf(x.r)
	want := func(name string) bool { return only == nil || slices.Contains(only, name) }
	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, base.ID, 10)
	if want("no") {
		b = append(b, `,"no":`...)
		b = appendString(b, base.No)
	}
	if x.t.Process != nil && want("stage") {
		b = append(b, `,"stage":`...)
		b = appendString(b, x.t.Process.stage(x.r))
	}
	for _, f := range x.t.Fields {
		if want(f.Name) {
			b = x.appendField(b, f)
		}
	}
	if want("company_id") {
		b = append(b, `,"company_id":`...)
		b = strconv.AppendInt(b, base.CompanyID, 10)
	}
	if want("dept_id") {
		b = append(b, `,"dept_id":`...)
		b = strconv.AppendInt(b, base.DeptID, 10)
	}
	if want("created_at") {
		b = append(b, `,"created_at":"`...)
		b = append(base.CreatedAt.UTC().AppendFormat(b, jsonTime), '"')
	}
	if want("updated_at") {
		b = append(b, `,"updated_at":"`...)
		b = append(base.UpdatedAt.UTC().AppendFormat(b, jsonTime), '"')
	}
	b = append(b, `,"version":`...)
	b = strconv.AppendInt(b, base.Version, 10)
	return append(b, '}')
}

func (x *row[T]) appendField(b []byte, f *Field[T]) []byte {
	b = append(b, ',', '"')
	b = append(b, f.Name...)
	b = append(b, '"', ':')
	switch {
	case x.mask[f.Name] && f.Meta.Contact:
		return appendJSON(b, &f.Meta, partial(f.text(x.r)))
	case x.mask[f.Name]:
		return append(b, "null"...)
	case f.lines != nil:
		return x.appendLines(b, f)
	}
	return appendJSON(b, &f.Meta, f.text(x.r))
}

const jsonTime = "2006-01-02T15:04:05.000000Z"

func (x *row[T]) appendLines(b []byte, f *Field[T]) []byte {
	b = append(b, '[')
	for i, l := range f.lines.rows(x.r) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"id":`...)
		b = strconv.AppendInt(b, l.ID(), 10)
		for _, m := range f.Meta.Lines {
			b = append(b, ',', '"')
			b = append(b, m.Name...)
			b = append(b, '"', ':')
			if m.Sensitive && x.mask[f.Name+"."+m.Name] {
				b = append(b, "null"...)
				continue
			}
			b = appendJSON(b, m, l.Text(m.Name))
		}
		b = append(b, '}')
	}
	return append(b, ']')
}
