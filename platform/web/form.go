package web

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"meridian/platform/attach"
	"meridian/platform/errs"
	"meridian/platform/i18n"
	"meridian/platform/resource"
	"meridian/platform/web/ui"
)

// posted reads the fields of a posted form; a moment was typed in the zone of the reader.
func (v *view) posted(form url.Values, fields []*resource.Meta) resource.Values {
	out := posted(form, fields)
	for _, m := range fields {
		if s, _ := out[m.Name].(string); m.Kind == resource.KTime && s != "" {
			if at, err := time.ParseInLocation(inputTime, s, v.loc); err == nil {
				out[m.Name] = at.UTC().Format(time.RFC3339)
			}
		}
	}
	return out
}

// inputTime is how a browser writes a moment.
const inputTime = "2006-01-02T15:04"

// posted turns a form into values: text by name, lines by "<field>.<n>.<name>".
// Names with "_" in front and those of the form itself stay out.
func posted(form url.Values, fields []*resource.Meta) resource.Values {
	out := resource.Values{}
	for _, m := range fields {
		switch m.Kind {
		case resource.KLines:
			out[m.Name] = postedLines(form, m)
		case resource.KBool:
			out[m.Name] = "false"
			if slices.Contains(form[m.Name], "true") || slices.Contains(form[m.Name], "on") {
				out[m.Name] = "true"
			}
		default:
			if v, ok := form[m.Name]; ok {
				out[m.Name] = v[len(v)-1]
			}
		}
	}
	return out
}

func postedLines(form url.Values, m *resource.Meta) []resource.Values {
	rows := map[int]resource.Values{}
	gone := map[int]bool{}
	for key, v := range form {
		rest, ok := strings.CutPrefix(key, m.Name+".")
		if !ok {
			continue
		}
		n, name, ok := strings.Cut(rest, ".")
		i, err := strconv.Atoi(n)
		if !ok || err != nil || i < 0 || i > 5000 {
			continue
		}
		if name == "_delete" {
			gone[i] = v[0] == "true"
			continue
		}
		if rows[i] == nil {
			rows[i] = resource.Values{}
		}
		rows[i][name] = v[len(v)-1]
	}
	var order []int
	for i, r := range rows {
		if !gone[i] && !blank(r, m) {
			order = append(order, i)
		}
	}
	slices.Sort(order)
	out := make([]resource.Values, 0, len(order))
	for _, i := range order {
		r := resource.Values{}
		for name, v := range rows[i] {
			if name == "id" || slices.ContainsFunc(m.Lines, func(l *resource.Meta) bool { return l.Name == name && !l.ReadOnly }) {
				r[name] = v
			}
		}
		out = append(out, r)
	}
	return out
}

// blank reports whether a new line holds nothing people typed.
func blank(r resource.Values, m *resource.Meta) bool {
	if s, _ := r["id"].(string); s != "" {
		return false
	}
	for _, l := range m.Lines {
		if s, _ := r[l.Name].(string); s != "" && l.Kind != resource.KBool {
			return false
		}
	}
	return true
}

// source is where a form field takes its value from: a record, or what was typed.
type source struct {
	row   resource.Row
	typed resource.Values
}

func (s source) text(name string) string {
	if v, ok := s.typed[name].(string); ok {
		return v
	}
	if s.row != nil && !s.row.Masked(name) {
		return s.row.Text(name)
	}
	return ""
}

// form builds the page block of writing a record.
func (t *typePages) form(v *view, src source, e *errs.Error) (ui.Form, error) {
	f := ui.Form{Buttons: []ui.Button{{Label: v.t("Save"), Kind: ui.Primary}}}
	wrong := map[string]string{}
	if e != nil {
		for _, x := range e.Fields {
			wrong[x.Name] = v.t(x.Message, x.Args...)
		}
		f.Errors = t.summary(v, e, wrong)
	}
	names := []string{}
	sections := map[string]*ui.Section{}
	section := func(name string) *ui.Section {
		if sections[name] == nil {
			title := name
			if name == "" {
				title = "Details"
			}
			sections[name] = &ui.Section{ID: fmt.Sprintf("s%d", len(names)), Title: i18n.In(v.ctx, t.info.Module, title)}
			names = append(names, name)
		}
		return sections[name]
	}
	for _, m := range t.info.Fields {
		if m.ReadOnly || m.Hidden || v.Types.Hidden(v.ctx, t.info.Name, m.Name, m) {
			continue
		}
		if m.Kind == resource.KLines {
			lines, err := t.lines(v, m, src, wrong)
			if err != nil {
				return f, err
			}
			s := section("lines:" + m.Name)
			s.Title, s.Lines = v.label(t.info.Name+"."+m.Name, m.Label), lines
			continue
		}
		fld, err := v.field(t.info.Name, m, src.text(m.Name), wrong[m.Name])
		if err != nil {
			return f, err
		}
		s := section(m.Section)
		s.Fields = append(s.Fields, fld)
	}
	for _, n := range names {
		f.Sections = append(f.Sections, *sections[n])
	}
	return f, nil
}

func (t *typePages) summary(v *view, e *errs.Error, wrong map[string]string) []ui.FieldError {
	if len(e.Fields) == 0 {
		return []ui.FieldError{{Text: v.t(e.Message, e.Args...)}}
	}
	var out []ui.FieldError
	for _, x := range e.Fields {
		label := x.Name
		name, rest, _ := strings.Cut(x.Name, ".")
		if m := t.info.Field(name); m != nil {
			label = v.label(t.info.Name+"."+name, m.Label)
			if i, sub, ok := strings.Cut(rest, "."); ok {
				for _, l := range m.Lines {
					if n, err := strconv.Atoi(i); err == nil && l.Name == sub {
						label += fmt.Sprintf(" %d, %s", n+1, v.label(t.info.Name+"."+name+"."+sub, l.Label))
					}
				}
			}
		}
		out = append(out, ui.FieldError{Field: x.Name, Text: label + v.t(": ") + wrong[x.Name]})
	}
	return out
}

var fieldKinds = map[resource.Kind]string{
	resource.KText: ui.KindText, resource.KLongText: ui.KindLong, resource.KInt: ui.KindInt, resource.KMoney: ui.KindMoney, resource.KPrice: ui.KindDecimal,
	resource.KQuantity: ui.KindDecimal, resource.KPercent: ui.KindDecimal, resource.KBool: ui.KindBool, resource.KDate: ui.KindDate, resource.KTime: ui.KindTime,
	resource.KEnum: ui.KindEnum, resource.KRef: ui.KindRef, resource.KFile: ui.KindFile, resource.KComputed: ui.KindComputed,
}

// field makes one input.
func (v *view) field(typ string, m *resource.Meta, value, wrong string) (ui.Field, error) {
	f := ui.Field{Name: m.Name, Label: v.label(typ+"."+m.Name, m.Label), Kind: fieldKinds[m.Kind], Value: value, Error: wrong, Required: m.Required,
		Wide: m.Kind == resource.KLongText, MaxLength: m.Max, ReadOnly: m.ReadOnly, Place: m.Place}
	if m.Help != "" {
		f.Help = v.t(m.Help)
	}
	switch m.Kind {
	case resource.KFile:
		f.Value = "" // a browser never shows a file again
	case resource.KEnum:
		for _, o := range m.Options {
			f.Options = append(f.Options, ui.Option{Value: o.Value, Label: v.t(o.Label)})
		}
	case resource.KRef:
		opts, all, err := v.refOptions(m.Target, value)
		if err != nil {
			return f, err
		}
		for _, o := range opts {
			if o.Value == value {
				f.Text = o.Label
			}
		}
		if all {
			f.Options = opts
		} else {
			f.Src = "/ref/" + m.Target
		}
	case resource.KMoney, resource.KPrice:
		f.Unit = strings.TrimSpace(v.symbol())
		if value == "0.00" || value == "0" {
			f.Value = ""
		}
	case resource.KInt, resource.KQuantity, resource.KPercent:
		if value == "0" {
			f.Value = ""
		}
	case resource.KTime:
		if at, err := time.Parse(time.RFC3339, value); err == nil {
			f.Value = at.In(v.loc).Format(inputTime)
		}
	}
	return f, nil
}

func (t *typePages) lines(v *view, m *resource.Meta, src source, wrong map[string]string) (*ui.Lines, error) {
	out := &ui.Lines{Name: m.Name, Label: v.label(t.info.Name+"."+m.Name, m.Label)}
	var metas []*resource.Meta
	for _, l := range m.Lines {
		if l.Hidden || v.Types.Hidden(v.ctx, t.info.Name, m.Name+"."+l.Name, l) {
			continue
		}
		metas = append(metas, l)
		col, err := v.field(t.info.Name+"."+m.Name, l, "", "")
		if err != nil {
			return nil, err
		}
		if l.ReadOnly {
			col.Kind = ui.KindComputed
		}
		out.Cols = append(out.Cols, col)
	}
	add := func(i int, id string, text func(name string) string) error {
		line := ui.Line{ID: id, Error: wrong[fmt.Sprintf("%s.%d", m.Name, i)]}
		for _, l := range metas {
			fld, err := v.field(t.info.Name+"."+m.Name, l, text(l.Name), wrong[fmt.Sprintf("%s.%d.%s", m.Name, i, l.Name)])
			if err != nil {
				return err
			}
			if l.ReadOnly {
				fld.Kind, fld.Text = ui.KindComputed, v.value(l, text(l.Name))
			}
			line.Fields = append(line.Fields, fld)
		}
		out.Rows = append(out.Rows, line)
		return nil
	}
	if typed, ok := src.typed[m.Name].([]resource.Values); ok {
		for i, x := range typed {
			id, _ := x["id"].(string)
			if err := add(i, id, func(n string) string { s, _ := x[n].(string); return s }); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	if src.row != nil {
		for i, x := range src.row.Lines(m.Name) {
			id := ""
			if x.ID() != 0 {
				id = strconv.FormatInt(x.ID(), 10)
			}
			if err := add(i, id, x.Text); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func (t *typePages) newForm(v *view) error {
	if err := v.Authz.Require(v.ctx, t.info.Name, "create"); err != nil || t.info.NoCreate {
		if err == nil {
			err = errs.New(errs.Forbidden, "Records of this type come from other documents; they are not created by hand.")
		}
		return err
	}
	preset := resource.Values{} // ?customer_id=5 fills the form
	for name, x := range v.c.Request.URL.Query() {
		if m := t.info.Field(name); m != nil && !m.ReadOnly && m.Kind != resource.KLines {
			preset[name] = x[0]
		}
	}
	row, err := t.d.NewRow(v.ctx, preset)
	if err != nil {
		return err
	}
	f, err := t.form(v, source{row: row}, nil)
	if err != nil {
		return err
	}
	t.asNew(&f)
	return v.show(http.StatusOK, v.t("New: {0}", t.title(v)), t.module(v), "form", f, nil)
}

func (t *typePages) asNew(f *ui.Form) {
	f.Action, f.Cancel = t.base, t.base
	f.Key = uuid.Must(uuid.NewV7()).String()
}

// parseFiles reads a posted form with files; each becomes the text of its field.
func (v *view) parseFiles(fields []*resource.Meta) (url.Values, error) {
	if !slices.ContainsFunc(fields, func(m *resource.Meta) bool { return m.Kind == resource.KFile }) {
		return v.parse()
	}
	v.c.Request.Body = http.MaxBytesReader(v.c.Writer, v.c.Request.Body, attach.MaxSize+1<<20)
	if err := v.c.Request.ParseMultipartForm(attach.MaxSize); err != nil {
		return nil, errs.Wrap(errs.Unreadable, err, "The form could not be read.")
	}
	form := v.c.Request.PostForm
	for _, m := range fields {
		if m.Kind != resource.KFile {
			continue
		}
		name, body, err := v.sent(m.Name)
		if err != nil {
			return nil, err
		}
		form.Set(m.Name, resource.Upload{Name: name, Body: body}.Text()) // not chosen is empty: refused as missing if it must be
	}
	return form, nil
}

// sent reads a file of a posted form; ok reports a name, which is empty when none was chosen.
func (v *view) sent(field string) (name string, body []byte, err error) {
	f, head, err := v.c.Request.FormFile(field)
	if err != nil {
		return "", nil, nil //nolint:nilerr // there is none
	}
	defer func() { _ = f.Close() }()
	if body, err = io.ReadAll(f); err != nil {
		return "", nil, errs.Wrap(errs.Unreadable, err, "The file could not be read.")
	}
	return head.Filename, body, nil
}

// parse reads the posted form.
func (v *view) parse() (url.Values, error) {
	v.c.Request.Body = http.MaxBytesReader(v.c.Writer, v.c.Request.Body, 1<<20)
	if err := v.c.Request.ParseForm(); err != nil {
		return nil, errs.Wrap(errs.Unreadable, err, "The form could not be read.")
	}
	return v.c.Request.PostForm, nil
}

func (t *typePages) create(v *view) error {
	form, err := v.parse()
	if err != nil {
		return err
	}
	in := v.posted(form, t.writable(v))
	var row resource.Row
	err = v.once(form.Get("idempotency_key"), func() (int64, error) {
		if row, err = t.d.CreateRow(v.ctx, in); err != nil {
			return 0, err
		}
		return row.Base().ID, nil
	}, func(id int64) error {
		row, err = t.d.GetRow(v.ctx, id)
		return err
	})
	if e := refused(err); e != nil {
		f, err := t.form(v, source{typed: in}, e)
		if err != nil {
			return err
		}
		t.asNew(&f)
		f.Key = form.Get("idempotency_key")
		return v.show(http.StatusUnprocessableEntity, v.t("New: {0}", t.title(v)), t.module(v), "form", f, nil)
	}
	if err != nil {
		return err
	}
	return v.done(recordPath(t.info.Name, row.Base().ID), "Saved.")
}

// writable are the fields the form shows, so that nothing else can be posted.
func (t *typePages) writable(v *view) []*resource.Meta {
	var out []*resource.Meta
	for _, m := range t.info.Fields {
		if !m.ReadOnly && !m.Hidden && !v.Types.Hidden(v.ctx, t.info.Name, m.Name, m) {
			out = append(out, m)
		}
	}
	return out
}

// refused returns the error when a form can show it: wrong fields, a rule, a
// duplicate. Others become toasts and pages.
func refused(err error) *errs.Error {
	if err == nil {
		return nil
	}
	e := errs.Of(err)
	if e.Kind == errs.Invalid || (e.Kind == errs.Conflict || e.Kind == errs.Precondition) && len(e.Fields) > 0 {
		return e
	}
	return nil
}

// once makes a double click create one record: the second post of a form finds
// what the first one made.
func (v *view) once(key string, create func() (int64, error), found func(id int64) error) error {
	if key == "" || len(key) > 100 {
		_, err := create()
		return err
	}
	var old int64
	outer := v.ctx
	err := v.DB.Tx(outer, func(ctx context.Context) error {
		v.ctx = ctx
		n, err := v.DB.ExecN(ctx, `INSERT INTO core.idempotency (user_id, key, request, status, response) VALUES ($1, $2, '', 303, '') ON CONFLICT DO NOTHING`, v.user.User, "form:"+key)
		if err != nil {
			return err
		}
		if n == 0 {
			var text []byte
			if _, err := v.DB.Row(ctx, `SELECT response FROM core.idempotency WHERE user_id = $1 AND key = $2`, []any{v.user.User, "form:" + key}, &text); err != nil {
				return err
			}
			old, err = strconv.ParseInt(string(text), 10, 64)
			return err
		}
		id, err := create()
		if err != nil {
			return err
		}
		return v.DB.Exec(ctx, `UPDATE core.idempotency SET response = $3 WHERE user_id = $1 AND key = $2`, v.user.User, "form:"+key, []byte(strconv.FormatInt(id, 10)))
	})
	v.ctx = outer
	if err == nil && old != 0 {
		return found(old)
	}
	return err
}

func (t *typePages) editForm(v *view) error {
	row, err := t.row(v)
	if err != nil {
		return err
	}
	f, err := t.form(v, source{row: row}, nil)
	if err != nil {
		return err
	}
	t.asEdit(&f, row.Base().ID, row.Base().Version)
	return v.show(http.StatusOK, v.t("Edit: {0}", row.Base().No), row.Title(), "form", f, nil)
}

func (t *typePages) asEdit(f *ui.Form, id, version int64) {
	f.Action, f.Version, f.Cancel = recordPath(t.info.Name, id), version, recordPath(t.info.Name, id)
}

func (t *typePages) id(v *view) (int64, error) {
	id, err := strconv.ParseInt(v.c.Param("id"), 10, 64)
	if err != nil || id <= 0 {
		return 0, errs.Missing()
	}
	return id, nil
}

func (t *typePages) row(v *view) (resource.Row, error) {
	id, err := t.id(v)
	if err != nil {
		return nil, err
	}
	return t.d.GetRow(v.ctx, id)
}

func (t *typePages) update(v *view) error {
	row, err := t.row(v)
	if err != nil {
		return err
	}
	form, err := v.parse()
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		return errs.Stale()
	}
	in := v.posted(form, t.writable(v))
	id := row.Base().ID
	_, err = t.d.UpdateRow(v.ctx, id, version, in)
	if e := refused(err); e != nil {
		f, err := t.form(v, source{typed: in, row: row}, e)
		if err != nil {
			return err
		}
		t.asEdit(&f, id, version)
		return v.show(http.StatusUnprocessableEntity, v.t("Edit: {0}", row.Base().No), row.Title(), "form", f, nil)
	}
	if err != nil {
		return err
	}
	return v.done(recordPath(t.info.Name, id), "Saved.")
}

func (t *typePages) remove(v *view) error {
	id, err := t.id(v)
	if err != nil {
		return err
	}
	form, err := v.parse()
	if err != nil {
		return err
	}
	version, _ := strconv.ParseInt(form.Get("version"), 10, 64)
	if err := t.d.DeleteRow(v.ctx, id, version); err != nil {
		return err
	}
	return v.done(t.base, "Deleted.")
}
