package resource

import (
	"context"
	"database/sql/driver"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/memo"
	"meridian/platform/process"
	"meridian/platform/record"
)

// ListQuery is a list as it was asked for, in names and text.
type ListQuery struct {
	Filters map[string][]string // field -> values; field_from, field_to for ranges
	Q       string
	Sort    string // field or -field; "" = last changed first
	Limit   int    // 1..200, default 50
	Page    int    // from 1; 0 uses Cursor
	Cursor  string
	Total   string // "" counts to 10,000, "exact" all, "none" nothing
	// Fields are the only ones the rows are read with, for AppendJSON; nil = all.
	Fields []string
}

// CountCap is how far a list is counted unless asked for exactly.
const CountCap = 10000

// List is one page of records.
type List struct {
	Rows  []Row
	Total *int // nil = more than CountCap, or not counted
	Next  string
}

// FilterNames lists the legal filter parameters of a field: itself, and a range
// for numbers and dates.
func FilterNames(m *Meta) []string {
	if m.Number() || m.Kind == KDate || m.Kind == KTime {
		return []string{m.Name, m.Name + "_from", m.Name + "_to"}
	}
	return []string{m.Name}
}

// ListRows returns a page of the records the reader may see.
func (t *Type[T]) ListRows(ctx context.Context, q ListQuery) (List, error) {
	if err := t.reg.Authz.Require(ctx, t.Name, "read"); err != nil {
		return List{}, err
	}
	rq, err := t.query(ctx, q)
	if err != nil {
		return List{}, err
	}
	limit := q.Limit
	if limit == 0 {
		limit = 50
	}
	if limit < 1 || limit > 200 {
		return List{}, errs.Bad("limit", "Between 1 and 200.")
	}
	rq.Limit = limit + 1
	if rq.Columns, err = t.needs(q.Fields, rq.Sort); err != nil {
		return List{}, err
	}
	switch {
	case q.Page > 1:
		rq.Offset = (q.Page - 1) * limit
	case q.Cursor != "":
		if rq.After, err = t.readCursor(q.Cursor, rq.Sort); err != nil {
			return List{}, err
		}
	}
	rows, err := t.Store.Find(ctx, rq)
	if err != nil {
		return List{}, err
	}
	var out List
	if len(rows) > limit {
		rows = rows[:limit]
		out.Next = t.cursor(&rows[limit-1], rq.Sort)
	}
	out.Rows = t.rows(ctx, rows)
	out.Total, err = t.total(ctx, q, rq, len(rows))
	return out, err
}

// needs are the columns a row is read with so that fields can be answered and the next page found.
func (t *Type[T]) needs(fields []string, sort []record.Sort) ([]string, error) {
	if fields == nil {
		return nil, nil
	}
	out := make([]string, 0, len(fields)+2)
	if t.Process != nil {
		out = append(out, "stage")
	}
	for _, name := range fields {
		switch f := t.field(name); {
		case f != nil && f.lines == nil:
			out = append(out, name)
		case f == nil && !slices.Contains(plainFields, name):
			return nil, errs.Bad("fields", "There is no field {0}.", clip(name))
		}
	}
	for _, s := range sort {
		out = append(out, s.Col)
	}
	return out, nil
}

// plainFields are what every record shows beside the fields of its type.
var plainFields = []string{"id", "no", "stage", "company_id", "dept_id", "created_at", "updated_at", "version"}

func (t *Type[T]) total(ctx context.Context, q ListQuery, rq record.Query, page int) (*int, error) {
	limit := CountCap
	switch q.Total {
	case "none":
		return nil, nil //nolint:nilnil // not counted
	case "exact":
		limit = 0
	case "":
	default:
		return nil, errs.Bad("total", "{0} is not one of: {1}.", clip(q.Total), "exact, none")
	}
	if limit > 0 && rq.After == nil && rq.Offset == 0 && page < rq.Limit-1 {
		return &page, nil // the first page is the whole list
	}
	if limit == 0 {
		n, err := t.Store.Count(ctx, rq, limit)
		return &n, err
	}
	return t.many.Get(ctx, t.reader(ctx)+fmt.Sprint(q.Filters, q.Q), func(ctx context.Context) (*int, bool, error) {
		n, err := t.Store.Count(ctx, rq, limit)
		if err != nil || n > limit {
			return nil, true, err // that there are very many stays true for a moment
		}
		return &n, false, nil
	})
}

// reader is the key of what a reader sees.
func (t *Type[T]) reader(ctx context.Context) string {
	return fmt.Sprint(authz.Actor(ctx), " ", authz.IsSystem(ctx), " ", t.reg.Authz.Version(), " ")
}

// query turns names and text into conditions; only declared names are legal, and
// a field the reader may not see can neither filter nor sort.
func (t *Type[T]) query(ctx context.Context, q ListQuery) (record.Query, error) {
	var out record.Query
	mask := t.mask(ctx)
	var bad []errs.Field
	for name, values := range q.Filters {
		conds, err := t.conditions(name, values, mask)
		if err != nil {
			bad = append(bad, fieldError(name, err))
		}
		out.Where = append(out.Where, conds...)
	}
	if s := strings.TrimSpace(q.Q); s != "" {
		if clean, err := cleanText(s, false, 200); err != nil {
			bad = append(bad, fieldError("q", err))
		} else {
			out.Search, out.SearchCols = clean, []string{"no"}
			for _, f := range t.Fields {
				if f.Meta.Search && !mask[f.Name] {
					out.SearchCols = append(out.SearchCols, f.Name)
				}
			}
		}
	}
	sort, err := t.sort(q.Sort, mask)
	if err != nil {
		bad = append(bad, fieldError("sort", err))
	}
	out.Sort = sort
	return out, errs1(bad)
}

func (t *Type[T]) sort(s string, mask map[string]bool) ([]record.Sort, error) {
	if s == "" {
		return []record.Sort{{Col: "updated_at", Desc: true}}, nil
	}
	name, desc := strings.CutPrefix(s, "-")
	switch name {
	case "id":
		if desc {
			return []record.Sort{{Col: "created_at", Desc: true}}, nil // the order of ids, newest first
		}
		return []record.Sort{}, nil
	case "no", "created_at", "updated_at":
		return []record.Sort{{Col: name, Desc: desc}}, nil
	case "stage":
		if t.Process != nil {
			return []record.Sort{{Col: name, Desc: desc}}, nil
		}
	}
	if f := t.field(name); f != nil && f.Meta.Filter && !mask[name] {
		return []record.Sort{{Col: name, Desc: desc, Null: f.empties()}}, nil
	}
	return nil, refuse("Lists cannot be sorted by {0}.", clip(name))
}

// empties reports whether the field stores NULL when it has no value.
func (f *Field[T]) empties() bool {
	v, err := f.arg("")
	if err != nil {
		return false
	}
	if r := reflect.ValueOf(v); r.Kind() == reflect.Pointer {
		return r.IsNil()
	}
	x, ok := v.(driver.Valuer)
	if !ok {
		return v == nil
	}
	stored, err := x.Value()
	return err == nil && stored == nil
}

func (t *Type[T]) conditions(name string, values []string, mask map[string]bool) ([]record.Cond, error) {
	var list []string
	for _, v := range values {
		list = append(list, strings.Split(v, ",")...)
	}
	list = slices.DeleteFunc(list, func(s string) bool { return s == "" })
	if len(list) == 0 {
		return nil, nil
	}
	switch {
	case name == "stage" && t.Process != nil:
		return t.stageCondition(list)
	case name == "id":
		return idCondition(list)
	case name == "no":
		return []record.Cond{{Col: "no", Op: record.In, Val: list}}, nil
	}
	f, op := t.field(name), record.Eq
	if f == nil {
		if base, ok := strings.CutSuffix(name, "_from"); ok {
			f, op = t.field(base), record.Ge
		} else if base, ok := strings.CutSuffix(name, "_to"); ok {
			f, op = t.field(base), record.Le
		}
	}
	if f == nil || !f.Meta.Filter || mask[f.Name] || !slices.Contains(FilterNames(&f.Meta), name) {
		return nil, refuse("Lists cannot be filtered by {0}.", clip(name))
	}
	return f.condition(op, list)
}

func (f *Field[T]) condition(op record.Op, list []string) ([]record.Cond, error) {
	if f.Kind == KText {
		return []record.Cond{{Col: f.Name, Op: record.Like, Val: list[0]}}, nil
	}
	var vals []any
	for _, s := range list {
		if s == "null" {
			return []record.Cond{{Col: f.Name, Op: record.IsNull}}, nil
		}
		v, err := f.arg(s)
		if err != nil {
			return nil, err
		}
		vals = append(vals, v)
	}
	if op != record.Eq || len(vals) == 1 {
		return []record.Cond{{Col: f.Name, Op: op, Val: vals[0]}}, nil
	}
	if f.Kind == KRef || f.Kind == KInt {
		ids := make([]int64, len(list))
		for i, s := range list {
			ids[i], _ = strconv.ParseInt(s, 10, 64)
		}
		return []record.Cond{{Col: f.Name, Op: record.In, Val: ids}}, nil
	}
	if f.Kind == KEnum {
		return []record.Cond{{Col: f.Name, Op: record.In, Val: list}}, nil
	}
	return nil, refuse("Only one value is possible here.")
}

func (t *Type[T]) stageCondition(list []string) ([]record.Cond, error) {
	for _, s := range list {
		if t.Process.def.Stage(s) == nil {
			return nil, refuse("There is no stage {0}.", clip(s))
		}
	}
	return []record.Cond{{Col: "stage", Op: record.In, Val: list}}, nil
}

func idCondition(list []string) ([]record.Cond, error) {
	ids := make([]int64, len(list))
	for i, s := range list {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return nil, refuse("Not a whole number: {0}.", clip(s))
		}
		ids[i] = n
	}
	return []record.Cond{{Col: "id", Op: record.In, Val: ids}}, nil
}

// cursor names the last row of a page: its sort values and id. The values travel
// as text and are bound as parameters, so a forged cursor selects other rows of
// the same list at most.
func (t *Type[T]) cursor(r *T, sort []record.Sort) string {
	var vals []string
	for _, s := range sort {
		vals = append(vals, t.sortText(r, s.Col))
	}
	vals = append(vals, strconv.FormatInt(baseOf(r).ID, 10))
	b, _ := json.Marshal(vals) // strings always marshal
	return base64.RawURLEncoding.EncodeToString(b)
}

func (t *Type[T]) sortText(r *T, col string) string {
	b := baseOf(r)
	switch col {
	case "no":
		return b.No
	case "created_at":
		return b.CreatedAt.UTC().Format(jsonTime)
	case "updated_at":
		return b.UpdatedAt.UTC().Format(jsonTime)
	case "stage":
		return t.Process.stage(r)
	}
	f := t.field(col)
	if f.exact != nil {
		return f.exact(r)
	}
	return f.text(r)
}

func (t *Type[T]) readCursor(s string, sort []record.Sort) ([]any, error) {
	var vals []string
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(b, &vals)
	}
	if err != nil || len(vals) != len(sort)+1 {
		return nil, errs.Bad("cursor", "This cursor does not belong to this list.")
	}
	out := make([]any, len(vals))
	for i, v := range vals {
		if strings.ContainsRune(v, 0) {
			return nil, errs.Bad("cursor", "This cursor does not belong to this list.")
		}
		out[i] = v
		if i == len(sort) {
			n, err := strconv.ParseInt(v, 10, 64)
			if err != nil {
				return nil, errs.Bad("cursor", "This cursor does not belong to this list.")
			}
			out[i] = n
			continue
		}
		if c := sort[i].Col; c == "created_at" || c == "updated_at" {
			if out[i], err = time.Parse(jsonTime, v); err != nil {
				return nil, errs.Bad("cursor", "This cursor does not belong to this list.")
			}
		} else if sort[i].Null && v == "" {
			out[i] = nil
		} else if f := t.field(c); f != nil {
			if out[i], err = f.arg(v); err != nil {
				return nil, errs.Bad("cursor", "This cursor does not belong to this list.")
			}
		}
	}
	return out, nil
}

// GetRow returns one record the reader may see.
func (t *Type[T]) GetRow(ctx context.Context, id int64) (Row, error) {
	if !t.reg.Authz.Can(ctx, t.Name, "read") {
		return nil, errs.Missing()
	}
	r, err := t.Store.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if baseOf(r).ArchivedAt != nil {
		return nil, errs.Missing()
	}
	return t.row(ctx, r), nil
}

// Rows returns those of ids the reader may see.
func (t *Type[T]) Rows(ctx context.Context, ids []int64) ([]Row, error) {
	rows, err := t.Store.Many(ctx, ids)
	if err != nil {
		return nil, err
	}
	return t.rows(ctx, rows), nil
}

// Groups counts the records of q per value of by, which must be "stage" or a
// filterable field. Very many may be some seconds old.
func (t *Type[T]) Groups(ctx context.Context, q ListQuery, by, sum string) ([]record.Group, error) {
	if err := t.reg.Authz.Require(ctx, t.Name, "read"); err != nil {
		return nil, err
	}
	mask := t.mask(ctx)
	if f := t.field(by); by != "stage" && (f == nil || !f.Meta.Filter || mask[by]) {
		return nil, errs.Bad("by", "Lists cannot be grouped by {0}.", clip(by))
	}
	if mask[sum] {
		sum = ""
	}
	rq, err := t.query(ctx, q)
	if err != nil {
		return nil, err
	}
	return t.groups.Get(ctx, t.reader(ctx)+fmt.Sprint(by, " ", sum, " ", q.Filters, q.Q), func(ctx context.Context) ([]record.Group, bool, error) {
		list, err := t.Store.Group(ctx, rq, by, sum)
		n := 0
		for _, g := range list {
			n += g.N
		}
		return list, n >= memo.Many, err
	})
}

// Titles names records for references.
func (t *Type[T]) Titles(ctx context.Context, ids []int64) (map[int64]string, error) {
	out := make(map[int64]string, len(ids))
	if t.Name == "core.user" {
		for _, id := range ids {
			out[id] = t.reg.Authz.Directory().Name(id)
		}
		return out, nil
	}
	rows, err := t.Store.Many(systemOf(ctx, t.Name), ids)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		out[baseOf(&rows[i]).ID] = t.Title(&rows[i])
	}
	return out, nil
}

// FindKey finds one record by its number or by a text field; Invalid when several
// records match.
func (t *Type[T]) FindKey(ctx context.Context, field, value string) (int64, error) {
	f := t.field(field)
	if field != "no" && (f == nil || (f.Kind != KText && f.Kind != KEnum)) {
		return 0, errs.New(errs.Invalid, "{0} is no field to find records by.", field)
	}
	rows, err := t.Store.Find(ctx, record.Query{Where: []record.Cond{{Col: field, Op: record.Eq, Val: value}}, Limit: 2})
	switch {
	case err != nil:
		return 0, err
	case len(rows) == 0:
		return 0, errs.New(errs.NotFound, "There is no record {0}.", clip(value))
	case len(rows) > 1:
		return 0, errs.New(errs.Invalid, "{0} names several records.", clip(value))
	}
	return baseOf(&rows[0]).ID, nil
}

// Options lists what the reader can do next with a record.
func (t *Type[T]) Options(ctx context.Context, r Row) (process.Status, *process.Definition, []process.Option, error) {
	if t.Process == nil {
		return process.Status{}, nil, nil, nil
	}
	st, d, err := t.reg.Engine.Status(ctx, t.ref(r.Base().ID))
	if err != nil {
		return st, nil, nil, err
	}
	return st, d, t.reg.Engine.Options(ctx, st, d, &object[T]{t: t, r: r.(*row[T]).r}), nil
}

func systemOf(ctx context.Context, name string) context.Context {
	return authz.System(ctx, "names of "+name)
}
