package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"meridian/platform/api"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/resource"
	"meridian/platform/web/ui"
)

// typePages are the generic pages of one document type.
type typePages struct {
	s    *Server
	d    resource.Doc
	info *resource.Info
	base string
}

func (t *typePages) title(v *view) string  { return v.label(t.info.Name, t.info.Label) }
func (t *typePages) plural(v *view) string { return v.label(t.info.Name+".plural", t.info.Plural) }

func (t *typePages) module(v *view) string {
	for _, m := range v.Modules {
		if slices.Contains(m.Types, t.info.Name) {
			return v.t(m.Label)
		}
	}
	return v.t("System")
}

// listQuery reads the parameters of the page; those of the page alone stay out of
// the filters.
func (t *typePages) listQuery(v *view) (resource.ListQuery, error) {
	q := v.c.Request.URL.Query()
	for _, own := range []string{"view", "as", "format", "part"} {
		q.Del(own)
	}
	lq, err := api.ParseList(q)
	if err != nil {
		return lq, err
	}
	lq.Limit, lq.Total, lq.Cursor = pageSize, "", ""
	t.applyView(v, v.c.Query("view"), &lq)
	return lq, nil
}

const pageSize = 20

// applyView narrows a query to one of the tabs.
func (t *typePages) applyView(v *view, name string, q *resource.ListQuery) {
	switch {
	case name == "mine" && t.info.Field("owner_id") != nil:
		q.Filters["owner_id"] = []string{strconv.FormatInt(v.user.User, 10)}
	case name == "open" && t.info.Process != nil && len(q.Filters["stage"]) == 0:
		q.Filters["stage"] = t.openStages()
	}
}

func (t *typePages) openStages() []string {
	var out []string
	for _, s := range t.info.Process.Stages {
		if s.Kind != process.End {
			out = append(out, s.Key)
		}
	}
	return out
}

func (t *typePages) list(v *view) error {
	if err := v.Authz.Require(v.ctx, t.info.Name, "read"); err != nil {
		return err
	}
	if v.c.Query("as") == "board" && t.info.Process != nil {
		return t.board(v)
	}
	q, err := t.listQuery(v)
	if err != nil {
		return err
	}
	l, err := t.d.ListRows(v.ctx, q)
	if err != nil {
		return err
	}
	body := ui.List{Path: t.base, Query: q.Q, Hint: v.t("Number, name"), Keep: t.keep(v)}
	if body.Views, err = t.views(v); err != nil {
		return err
	}
	if err := t.filters(v, &body); err != nil {
		return err
	}
	if body.Table, err = t.table(v, q, l.Rows); err != nil {
		return err
	}
	body.Bulk = t.bulkActions(v)
	body.Table.Select = len(body.Bulk) > 0
	body.Pager = t.pager(v, q, l)
	body.Empty = t.empty(v, q)
	if body.Total, err = t.total(v, q, l); err != nil {
		return err
	}
	return v.show(200, t.plural(v), t.module(v), "list", body, t.listActions(v))
}

// with returns the address of this list with parameters changed; "" removes one.
func (t *typePages) with(v *view, pairs ...string) string {
	q := v.c.Request.URL.Query()
	q.Del("page")
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			q.Del(pairs[i])
		} else {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return t.base
	}
	return t.base + "?" + q.Encode()
}

func (t *typePages) keep(v *view) []ui.Pair {
	var out []ui.Pair
	for _, n := range []string{"view", "sort", "as"} {
		if x := v.c.Query(n); x != "" {
			out = append(out, ui.Pair{Name: n, Value: x})
		}
	}
	return out
}

func (t *typePages) views(v *view) ([]ui.View, error) {
	names := []string{"all"}
	if t.info.Process != nil {
		names = append(names, "open")
	}
	if t.info.Field("owner_id") != nil {
		names = append(names, "mine")
	}
	labels := map[string]string{"all": "All", "open": "In progress", "mine": "Mine"}
	now := v.c.Query("view")
	if now == "" {
		now = "all"
	}
	var out []ui.View
	for _, n := range names {
		q := resource.ListQuery{Filters: map[string][]string{}, Limit: 1}
		t.applyView(v, n, &q)
		l, err := t.d.ListRows(v.ctx, q)
		if err != nil {
			return nil, err
		}
		href := t.base + "?view=" + n
		if a := v.c.Query("as"); a != "" {
			href += "&as=" + a
		}
		out = append(out, ui.View{Label: v.t(labels[n]), Href: href, Count: count(l.Total), Active: n == now})
	}
	return out, nil
}

// filters makes the filter row from the filterable fields: stage and the first
// choices in front, the rest behind "more".
func (t *typePages) filters(v *view, body *ui.List) error {
	q := v.c.Request.URL.Query()
	if t.info.Process != nil {
		f := ui.Filter{Name: "stage", Label: v.t("Any stage"), Value: q.Get("stage")}
		for _, s := range t.info.Process.Stages {
			f.Options = append(f.Options, ui.Option{Value: s.Key, Label: v.t(s.Label)})
		}
		body.Filters = append(body.Filters, f)
	}
	for _, m := range t.info.Fields {
		if !m.Filter || !v.Types.Askable(v.ctx, t.info.Name, m) {
			continue
		}
		label := v.label(t.info.Name+"."+m.Name, m.Label)
		f := ui.Filter{Name: m.Name, Label: label, Value: q.Get(m.Name)}
		switch m.Kind {
		case resource.KEnum:
			for _, o := range m.Options {
				f.Options = append(f.Options, ui.Option{Value: o.Value, Label: v.t(o.Label)})
			}
		case resource.KBool:
			f.Options = []ui.Option{{Value: "true", Label: v.t("Yes")}, {Value: "false", Label: v.t("No")}}
		case resource.KRef:
			opts, all, err := v.refOptions(m.Target, f.Value)
			if err != nil {
				return err
			}
			f.Options = opts
			if !all {
				f.Src = "/ref/" + m.Target
			}
		case resource.KDate:
			for _, suffix := range []string{"_from", "_to"} {
				x := ui.Filter{Name: m.Name + suffix, Label: label + " " + v.t(map[string]string{"_from": "from", "_to": "to"}[suffix]), Kind: ui.KindDate, Value: q.Get(m.Name + suffix)}
				body.More = append(body.More, x)
			}
			continue
		case resource.KText:
			f.Kind = ui.KindText
		default:
			continue
		}
		if len(body.Filters) < 3 && f.Kind == "" {
			body.Filters = append(body.Filters, f)
		} else {
			body.More = append(body.More, f)
		}
	}
	return nil
}

// maxOptions is how many records a select offers; above it the picker asks the server.
const maxOptions = 30

// refOptions lists the records of a small type, or only the chosen one of a large.
func (v *view) refOptions(target, chosen string) (opts []ui.Option, all bool, err error) {
	d, err := v.Types.Doc(target)
	if err != nil {
		return nil, false, err
	}
	if v.Authz.Can(v.ctx, target, "read") {
		l, err := d.ListRows(v.ctx, resource.ListQuery{Limit: maxOptions + 1, Total: "none"})
		if err != nil {
			return nil, false, err
		}
		if len(l.Rows) <= maxOptions {
			slices.SortFunc(l.Rows, func(a, b resource.Row) int { return strings.Compare(a.Base().No, b.Base().No) })
			found := chosen == ""
			for _, r := range l.Rows {
				id := strconv.FormatInt(r.Base().ID, 10)
				found = found || id == chosen
				opts = append(opts, ui.Option{Value: id, Label: r.Title()})
			}
			if found {
				return opts, true, nil
			}
		}
	}
	id, err := strconv.ParseInt(chosen, 10, 64)
	if err != nil || !v.Authz.Can(v.ctx, target, "read") {
		return opts, false, nil
	}
	rows, err := d.Rows(v.ctx, []int64{id}) // the value may come from the address: row rules hold
	if err != nil || len(rows) == 0 {
		return opts, false, err
	}
	return append(opts, ui.Option{Value: chosen, Label: rows[0].Title()}), false, nil
}

// columns are the fields of the list; sensitive ones the reader lacks are left out.
func (t *typePages) columns(v *view) []*resource.Meta {
	var out []*resource.Meta
	for _, m := range t.info.Fields {
		if m.InList && m.Kind != resource.KLines && !v.Types.Hidden(v.ctx, t.info.Name, m.Name, m) {
			out = append(out, m)
		}
	}
	return out
}

func (t *typePages) table(v *view, q resource.ListQuery, rows []resource.Row) (ui.Table, error) {
	cols := t.columns(v)
	names, err := v.refNames(cols, rows)
	if err != nil {
		return ui.Table{}, err
	}
	tab := ui.Table{Caption: t.plural(v), Cols: []ui.Col{t.col(v, q, "no", v.t("No."), ui.KindLink, "", true)}}
	for i, m := range cols {
		class := ""
		if i >= 4 {
			class = "c-wide"
		}
		tab.Cols = append(tab.Cols, t.col(v, q, m.Name, v.label(t.info.Name+"."+m.Name, m.Label), cellKind(m), class, m.Filter && v.Types.Askable(v.ctx, t.info.Name, m)))
		if i == 0 && t.info.Process != nil {
			tab.Cols = append(tab.Cols, t.col(v, q, "stage", v.t("Stage"), ui.KindPill, "", true))
		}
	}
	for _, r := range rows {
		row := ui.Row{Href: recordPath(t.info.Name, r.Base().ID), ID: strconv.FormatInt(r.Base().ID, 10)}
		row.Cells = append(row.Cells, ui.Cell{Text: r.Base().No})
		for i, m := range cols {
			row.Cells = append(row.Cells, v.cell(t.info.Name, m, r.Text(m.Name), names))
			if i == 0 && t.info.Process != nil {
				p := v.stagePill(t.info, r.Stage())
				row.Cells = append(row.Cells, ui.Cell{Text: p.Text, Tone: p.Tone})
			}
		}
		tab.Rows = append(tab.Rows, row)
	}
	return tab, nil
}

func (t *typePages) col(v *view, q resource.ListQuery, key, label, kind, class string, sortable bool) ui.Col {
	c := ui.Col{Key: key, Label: label, Kind: kind, Class: class}
	if !sortable {
		return c
	}
	next := key
	switch q.Sort {
	case key:
		c.SortDir, next = "asc", "-"+key
	case "-" + key:
		c.SortDir = "desc"
	}
	c.SortHref = t.with(v, "sort", next)
	return c
}

func cellKind(m *resource.Meta) string {
	switch m.Kind {
	case resource.KMoney, resource.KPrice:
		return ui.KindMoney
	case resource.KInt, resource.KQuantity, resource.KPercent:
		return ui.KindNum
	case resource.KDate, resource.KTime:
		return ui.KindDate
	case resource.KBool:
		return ui.KindBool
	case resource.KEnum:
		return ui.KindPill
	case resource.KRef:
		if m.Target == "core.user" {
			return ui.KindPerson
		}
	}
	return ui.KindText
}

// cell is one value of a row; names holds the titles of references.
func (v *view) cell(typ string, m *resource.Meta, text string, names map[string]string) ui.Cell {
	switch m.Kind {
	case resource.KRef:
		if text == "" {
			return ui.Cell{}
		}
		return ui.Cell{Text: names[m.Target+"/"+text]}
	case resource.KEnum:
		c := ui.Cell{Text: v.value(m, text)}
		if o := m.Option(text); o != nil {
			c.Tone = tones[o.Tone]
		}
		return c
	case resource.KBool:
		return ui.Cell{Text: v.value(m, text), On: text == "true"}
	}
	return ui.Cell{Text: v.value(m, text)}
}

// refNames reads the titles of everything the rows refer to, one query a target.
func (v *view) refNames(cols []*resource.Meta, rows []resource.Row) (map[string]string, error) {
	ids := map[string][]int64{}
	for _, m := range cols {
		if m.Kind != resource.KRef {
			continue
		}
		for _, r := range rows {
			if id, err := strconv.ParseInt(r.Text(m.Name), 10, 64); err == nil && !slices.Contains(ids[m.Target], id) {
				ids[m.Target] = append(ids[m.Target], id)
			}
		}
	}
	return v.Types.Names(v.ctx, ids)
}

func (t *typePages) pager(v *view, q resource.ListQuery, l resource.List) ui.Pager {
	page := max(q.Page, 1)
	pages := page
	if l.Next != "" {
		pages = page + 1
	}
	if l.Total != nil {
		pages = max(1, (*l.Total+pageSize-1)/pageSize)
	}
	base := t.with(v, "page", "")
	sep := "?"
	if strings.Contains(base, "?") {
		sep = "&"
	}
	return ui.Pager{Total: count(l.Total), Page: page, Pages: pages, Base: base + sep + "page="}
}

func (t *typePages) empty(v *view, q resource.ListQuery) ui.Empty {
	if q.Q != "" || len(q.Filters) > 0 {
		return ui.Empty{Text: v.t("Nothing matches these filters."), Action: ui.Action{Label: v.t("Clear filters"), Href: t.base}}
	}
	e := ui.Empty{Icon: t.info.Icon, Text: v.t("There is nothing here yet.")}
	if !t.info.NoCreate && v.Authz.Can(v.ctx, t.info.Name, "create") {
		e.Action = ui.Action{Label: v.t("Create the first one"), Href: t.base + "/new", Kind: ui.Primary}
	}
	return e
}

// total sums the filtered set when it is small enough to be counted.
func (t *typePages) total(v *view, q resource.ListQuery, l resource.List) (string, error) {
	if t.info.SumBy == "" || l.Total == nil || *l.Total == 0 {
		return "", nil
	}
	m := t.info.Field(t.info.SumBy)
	if m == nil || !v.Types.Askable(v.ctx, t.info.Name, m) {
		return "", nil
	}
	groups, err := t.d.Groups(v.ctx, q, t.groupBy(), t.info.SumBy)
	if err != nil {
		return "", err
	}
	var sum money.Amount
	for _, g := range groups {
		if a, err := money.ParseRounded[money.Cents](g.Sum); err == nil {
			sum = sum.Add(a)
		}
	}
	return v.money(sum), nil
}

func (t *typePages) groupBy() string {
	if t.info.Process != nil {
		return "stage"
	}
	return "owner_id"
}

func (t *typePages) listActions(v *view) templ.Component {
	var out ui.Buttons
	if t.info.Process != nil && t.info.HasAmount {
		out = append(out, ui.Action{Label: v.t("Board"), Icon: "layout-kanban", Href: t.with(v, "as", "board")})
	}
	if t.info.Process != nil {
		out = append(out, ui.Action{Label: v.t("Process"), Icon: "route", Href: t.base + "/process"})
	}
	if v.Authz.Can(v.ctx, t.info.Name, "import") && !t.info.NoCreate {
		out = append(out, ui.Action{Label: v.t("Import"), Icon: "upload", Href: t.base + "/import"})
	}
	if v.Authz.Can(v.ctx, t.info.Name, "export") {
		out = append(out, t.exportAction(v))
	}
	if !t.info.NoCreate && v.Authz.Can(v.ctx, t.info.Name, "create") {
		out = append(out, ui.Action{Label: v.t("New"), Icon: "plus", Href: t.base + "/new", Kind: ui.Primary})
	}
	return out
}

// bulkActions are the moves without input the reader holds.
func (t *typePages) bulkActions(v *view) []ui.Action {
	if t.info.Process == nil {
		return nil
	}
	var out []ui.Action
	seen := map[string]bool{}
	for _, m := range t.info.Process.Moves {
		if seen[m.Name] || m.System || m.Reason || len(t.info.Forms[m.Name]) > 0 || !v.Authz.Can(v.ctx, t.info.Name, m.Name) {
			continue
		}
		seen[m.Name] = true
		out = append(out, ui.Action{Label: v.t(m.Label), Href: t.base + "/bulk/" + m.Name, Post: true})
	}
	return out
}

// bulk runs a move on the ticked records, each in its own transaction, and says
// how many passed and why the first one did not.
func (t *typePages) bulk(v *view) error {
	if err := v.c.Request.ParseForm(); err != nil {
		return errs.Wrap(errs.Unreadable, err, "The form could not be read.")
	}
	ids := v.c.Request.PostForm["id"]
	if len(ids) > 500 {
		return errs.New(errs.Invalid, "At most {0} records at a time.", 500)
	}
	done := 0
	var first error
	for _, s := range ids {
		id, err := strconv.ParseInt(s, 10, 64)
		if err == nil {
			_, _, err = t.d.FireRow(v.ctx, id, 0, v.c.Param("move"), resource.Values{})
		}
		if err == nil {
			done++
		} else if first == nil {
			first = err
		}
	}
	if first != nil {
		e := errs.Of(first)
		v.s.flash(v.c, ui.Toast{Text: v.t("{0} done, {1} refused: {2}", done, len(ids)-done, v.t(e.Message, e.Args...)), Tone: ui.Bad})
	} else {
		v.s.flash(v.c, ui.Toast{Text: v.t("{0} done.", done), Tone: ui.OK})
	}
	back := v.back(t.base)
	if _, ok := htmx(v.c); ok {
		v.c.Header("HX-Redirect", back)
		v.c.Status(200)
		return nil
	}
	v.c.Redirect(303, back)
	return nil
}

// back is the page the request came from when it is one of this type, else base.
func (v *view) back(base string) string {
	from := v.c.GetHeader("HX-Current-URL")
	if from == "" {
		from = v.c.GetHeader("Referer")
	}
	u, err := url.Parse(from)
	if err != nil || u.Path != base {
		return base
	}
	return u.RequestURI()
}
