package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"meridian/platform/errs"
	"meridian/platform/report"
	"meridian/platform/resource"
	"meridian/platform/transfer"
	"meridian/platform/web/ui"
)

// reportPages are the pages of one report.
type reportPages struct{ info *report.Info }

// reportRoutes gives every report its page, its files and its commands.
func (s *Server) reportRoutes(g *gin.RouterGroup) {
	for _, i := range s.p.Reports.All() {
		r := reportPages{i}
		page := func(h func(v *view) error) gin.HandlerFunc {
			return s.page(func(v *view) error { v.module = i.Module; return h(v) })
		}
		g.GET(i.Path(), page(r.show))
		g.GET(i.Path()+"/brief", page(r.brief))
		g.GET(i.Path()+"/export", page(r.export))
		g.GET(i.Path()+"/do/:command", page(r.ask))
		g.POST(i.Path()+"/do/:command", page(r.do))
	}
}

// may reports whether the reader holds a permission.
func (v *view) may(perm string) bool {
	object, action, _ := strings.Cut(perm, ":")
	return v.Authz.Can(v.ctx, object, action)
}

func (v *view) require(perm string) error {
	object, action, _ := strings.Cut(perm, ":")
	return v.Authz.Require(v.ctx, object, action)
}

// asked reads the parameters of the address that the report asks for.
func asked(q url.Values, form []*resource.Meta) resource.Values {
	in := resource.Values{}
	for _, m := range form {
		if q.Has(m.Name) {
			in[m.Name] = q.Get(m.Name)
		}
	}
	return in
}

func (r reportPages) show(v *view) error {
	if err := v.require(r.info.Perm); err != nil {
		return err
	}
	in := asked(v.c.Request.URL.Query(), r.info.Form)
	body := ui.Report{Path: r.info.Path(), Help: v.text(r.info.Help)}
	status := http.StatusOK
	res, err := r.run(v, in)
	if err != nil {
		e := errs.Of(err)
		if e.Kind != errs.Invalid {
			return err
		}
		body.Errors, status = v.faults(e), http.StatusUnprocessableEntity
	}
	if res != nil {
		in = res.Input
	}
	if err == nil {
		v.fill(&body, r.info, res)
	}
	if err := r.fields(v, &body, in); err != nil {
		return err
	}
	return v.show(status, v.t(r.info.Label), v.moduleName(r.info.Module), "report", body, nil)
}

func (r reportPages) run(v *view, in resource.Values) (*report.Result, error) {
	if err := v.Types.CheckForm(v.ctx, r.info.Form, in); err != nil {
		return nil, err
	}
	return r.info.Run(v.ctx, in)
}

// fields shows the question with its values.
func (r reportPages) fields(v *view, body *ui.Report, in resource.Values) error {
	wrong := map[string]string{}
	for _, e := range body.Errors {
		wrong[e.Field] = e.Text
	}
	for _, m := range r.info.Form {
		text, _ := in[m.Name].(string)
		f, err := v.field(r.info.Name, m, text, wrong[m.Name])
		if err != nil {
			return err
		}
		body.Fields = append(body.Fields, f)
	}
	return nil
}

// text is t that leaves an empty text empty.
func (v *view) text(key string, args ...any) string {
	if key == "" {
		return ""
	}
	return v.t(key, args...)
}

func (v *view) moduleName(code string) string {
	for _, m := range v.Modules {
		if m.Code == code {
			return v.t(m.Label)
		}
	}
	return v.t("System")
}

// shownRows bounds a table on a page; the file holds every row.
const shownRows = 200

// fill writes a result into a page.
func (v *view) fill(body *ui.Report, info *report.Info, res *report.Result) {
	body.Note = v.text(res.Note, res.Args...)
	for _, c := range info.Commands {
		if !c.Row && v.may(c.Perm) {
			body.Actions = append(body.Actions, ui.Action{Label: v.t(c.Label), Href: info.Path() + "/do/" + c.Name, Dialog: true})
		}
	}
	body.Tiles = v.tiles(res)
	for _, c := range res.Charts {
		if x, ok := v.chart(info, res, c); ok {
			body.Charts = append(body.Charts, x)
		}
	}
	if n := len(body.Charts); n%2 == 1 {
		body.Charts[n-1].Span = 6 // nothing stands beside the last of an odd number
	}
	for i := range res.Tables {
		body.Parts = append(body.Parts, v.tablePart(info, &res.Tables[i]))
	}
}

func (v *view) tiles(res *report.Result) (out ui.Tiles) {
	for _, t := range res.Tiles {
		out = append(out, ui.Tile{Label: v.t(t.Label), Value: v.cellText(t.Value), Href: t.Href})
	}
	return out
}

func (v *view) word(s string, data bool) string {
	if data || s == "" {
		return s
	}
	return v.t(s)
}

var cellKinds = map[resource.Kind]string{resource.KMoney: ui.KindMoney, resource.KPrice: ui.KindNum, resource.KQuantity: ui.KindNum, resource.KInt: ui.KindNum, resource.KPercent: ui.KindNum, resource.KDate: ui.KindDate, resource.KTime: ui.KindTime}

func (v *view) tablePart(info *report.Info, t *report.Table) ui.Part {
	part := ui.Part{Title: v.word(t.Title, t.Word), Note: v.text(t.Note), Empty: v.text(t.Empty), Table: v.reportTable(info, t, shownRows)}
	if part.Title == "" {
		part.Title = v.t(info.Label)
	}
	if n := len(t.Rows) - shownRows; n > 0 {
		part.Note = v.t("{0} more rows", group(strconv.Itoa(n)))
	}
	if len(t.Rows) == 0 {
		return part
	}
	q := v.c.Request.URL.Query()
	q.Set("table", t.Key)
	part.Actions = []ui.Action{{Label: "CSV", Icon: "download", Kind: ui.Ghost, Href: info.Path() + "/export?" + q.Encode(), Download: true}}
	q.Set("format", transfer.XLSX)
	part.Actions = append(part.Actions, ui.Action{Label: "XLSX", Icon: "file-spreadsheet", Kind: ui.Ghost, Href: info.Path() + "/export?" + q.Encode(), Download: true})
	return part
}

func (v *view) reportTable(info *report.Info, t *report.Table, limit int) ui.Table {
	out := ui.Table{ID: "t-" + t.Key, Caption: v.word(t.Title, t.Word)}
	if out.Caption == "" {
		out.Caption = v.t(info.Label)
	}
	for i, c := range t.Cols {
		col := ui.Col{Key: c.Key, Label: v.word(c.Label, c.Word), Kind: cellKinds[c.Kind]}
		if i == 0 && col.Kind == "" {
			col.Kind = ui.KindLink
		}
		if c.Minor {
			col.Class = "c-desk"
		}
		out.Cols = append(out.Cols, col)
	}
	for i, r := range t.Rows {
		if i == limit {
			break
		}
		row := ui.Row{Href: r.Href}
		if row.Href == "" && !r.Ref.IsZero() {
			row.Href = r.Ref.Path()
		}
		if r.Late {
			row.Tone = ui.Bad
		}
		for n, c := range r.Cells {
			cell := v.reportCell(c)
			if n == 0 && row.Href == "" && cell.Kind == "" && cell.Href == "" {
				cell.Kind = ui.KindText
			}
			row.Cells = append(row.Cells, cell)
		}
		row.Menu = v.acts(info, r)
		out.Rows = append(out.Rows, row)
	}
	for _, c := range t.Foot {
		out.Foot = append(out.Foot, v.reportCell(c))
	}
	return out
}

// reportCell writes a value for people.
func (v *view) reportCell(c report.Cell) ui.Cell {
	out := ui.Cell{Text: v.cellText(c), Href: c.Href}
	switch {
	case c.Ref.Type == "core.user" && c.Ref.ID != 0:
		out.Kind, out.Href = ui.KindPerson, ""
	case c.Word && c.Tone != "":
		out.Kind, out.Tone = ui.KindPill, tones[c.Tone]
	case c.Href != "" && cellKinds[c.Kind] == "":
		out.Kind = ui.KindLink
	case c.Tone == "bad":
		out.Late, out.Tone = true, ui.Bad
	case c.Tone != "":
		out.Tone = tones[c.Tone]
	}
	return out
}

func (v *view) cellText(c report.Cell) string {
	switch {
	case c.Word:
		return v.text(c.Text, c.Args...)
	case c.Ref.Type == "core.user":
		return v.Authz.Directory().Name(c.Ref.ID)
	case c.Text == "":
		if cellKinds[c.Kind] != "" {
			return "–"
		}
		return ""
	case c.Kind == resource.KPercent:
		return v.percent(c.Text)
	}
	return v.value(&resource.Meta{Kind: c.Kind}, c.Text)
}

// acts are the commands a row offers the reader.
func (v *view) acts(info *report.Info, r report.Row) []ui.Action {
	var out []ui.Action
	for _, a := range r.Acts {
		c := info.Command(a.Command)
		if c == nil || !v.may(c.Perm) {
			continue
		}
		q := url.Values{}
		open := 0 // fields somebody has to fill
		for _, m := range c.Form {
			if text, ok := a.Values[m.Name].(string); ok {
				q.Set(m.Name, text)
			} else {
				open++
			}
		}
		x := ui.Action{Label: v.t(c.Label), Href: info.Path() + "/do/" + c.Name + "?" + q.Encode(), Blocked: v.text(a.Blocked, a.Args...)}
		x.Post, x.Dialog = open == 0, open > 0
		out = append(out, x)
	}
	return out
}

// chart draws the columns of a table; one without rows is left out.
func (v *view) chart(info *report.Info, res *report.Result, c report.Chart) (ui.Chart, bool) {
	n := slices.IndexFunc(res.Tables, func(t report.Table) bool { return t.Key == c.Table })
	if n < 0 || len(res.Tables[n].Rows) == 0 {
		return ui.Chart{}, false
	}
	t := &res.Tables[n]
	at := func(key string) int { return slices.IndexFunc(t.Cols, func(c report.Col) bool { return c.Key == key }) }
	out := ui.Chart{ID: "chart-" + c.Table + "-" + c.Kind, Kind: c.Kind, Title: v.t(c.Title), Say: v.t(c.Say), Span: 3, Table: v.reportTable(info, t, shownRows)}
	if c.Wide {
		out.Span = 6
	}
	for i := range out.Table.Rows {
		out.Table.Rows[i].Menu = nil
	}
	numbers := func(key string) (values []float64, texts []string) {
		i := at(key)
		for _, r := range t.Rows {
			f, _ := strconv.ParseFloat(r.Cells[i].Text, 64) // places ink only
			if r.Cells[i].Kind == resource.KPercent {
				f *= 100
			}
			values, texts = append(values, f), append(texts, v.cellText(r.Cells[i]))
		}
		return values, texts
	}
	label := at(c.Label)
	for _, r := range t.Rows {
		out.Data.Labels = append(out.Data.Labels, v.cellText(r.Cells[label]))
	}
	for _, s := range c.Series {
		values, texts := numbers(s.Col)
		col := t.Cols[at(s.Col)]
		if c.Kind == report.Trend {
			out.Data.Series = append(out.Data.Series, ui.ChartSeries{Name: v.word(col.Label, col.Word), Kind: s.Kind, Values: values})
			continue
		}
		if out.Data.Values = values; c.Kind == report.Bars {
			out.Data.Texts = texts
		}
	}
	if c.Targets != "" {
		out.Data.Targets, _ = numbers(c.Targets)
		out.Data.Higher = !c.Lower
	}
	return out, true
}

// export writes one table of the report as a file.
func (r reportPages) export(v *view) error {
	if err := v.require(r.info.Perm); err != nil {
		return err
	}
	q := v.c.Request.URL.Query()
	res, err := r.run(v, asked(q, r.info.Form))
	if err != nil {
		return err
	}
	n := slices.IndexFunc(res.Tables, func(t report.Table) bool { return t.Key == q.Get("table") })
	if n < 0 {
		return errs.New(errs.NotFound, "There is no such page.")
	}
	t := &res.Tables[n]
	heads := make([]string, len(t.Cols))
	for i, c := range t.Cols {
		heads[i] = v.word(c.Label, c.Word)
	}
	rows := make([][]transfer.Cell, len(t.Rows))
	for i, row := range t.Rows {
		for _, c := range row.Cells {
			rows[i] = append(rows[i], transfer.Cell{Kind: c.Kind, Text: v.plain(c)})
		}
	}
	format := v.c.DefaultQuery("format", transfer.CSV)
	h := v.c.Writer.Header()
	if h.Set("Content-Type", "text/csv; charset=utf-8"); format == transfer.XLSX {
		h.Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	}
	h.Set("Content-Disposition", contentDisposition(fmt.Sprintf("%s-%s.%s", strings.ReplaceAll(r.info.Name, ".", "-"), t.Key, format)))
	if err := transfer.WriteTable(v.c.Writer, format, t.Key, heads, rows); err != nil {
		if v.c.Writer.Written() {
			slog.ErrorContext(v.ctx, "export broken off", slog.String("report", r.info.Name), slog.Any("error", err))
			panic(http.ErrAbortHandler)
		}
		h.Del("Content-Disposition")
		return err
	}
	return nil
}

// plain is a value for a file: words and names spoken, numbers as they are.
func (v *view) plain(c report.Cell) string {
	if c.Word || c.Ref.Type == "core.user" {
		return v.cellText(c)
	}
	return c.Text
}

// command finds the command of the address and asks for its right.
func (r reportPages) command(v *view) (*report.Command, error) {
	c := r.info.Command(v.c.Param("command"))
	if c == nil {
		return nil, errs.New(errs.NotFound, "There is no such page.")
	}
	if err := v.require(r.info.Perm); err != nil {
		return nil, err
	}
	return c, v.require(c.Perm)
}

func (r reportPages) ask(v *view) error {
	c, err := r.command(v)
	if err != nil {
		return err
	}
	return r.dialog(v, http.StatusOK, c, asked(v.c.Request.URL.Query(), c.Form), nil)
}

// dialog asks for what the row has not given; that is carried along unseen.
func (r reportPages) dialog(v *view, status int, c *report.Command, in resource.Values, e *errs.Error) error {
	given := asked(v.c.Request.URL.Query(), c.Form)
	action := r.info.Path() + "/do/" + c.Name
	f := ui.Form{Action: action, Cancel: v.back(r.info.Path()), Errors: v.faults(e)}
	wrong := map[string]string{}
	for _, x := range f.Errors {
		wrong[x.Field] = x.Text
	}
	sec := ui.Section{ID: "move"}
	q := url.Values{}
	for _, m := range c.Form {
		text, _ := in[m.Name].(string)
		if s, ok := given[m.Name].(string); ok {
			q.Set(m.Name, s)
			if wrong[m.Name] == "" {
				continue
			}
		}
		fld, err := v.field(r.info.Name+"."+c.Name, m, text, wrong[m.Name])
		if err != nil {
			return err
		}
		sec.Fields = append(sec.Fields, fld)
		f.Files = f.Files || m.Kind == resource.KFile
	}
	if len(q) > 0 {
		f.Action += "?" + q.Encode()
	}
	f.Sections = []ui.Section{sec}
	return v.show(status, v.t(c.Label), v.t(r.info.Label), "dialog-body", ui.MoveForm{Title: v.t(c.Label), Form: f, Submit: v.t(c.Label)}, nil)
}

// do runs a command and goes where it says.
func (r reportPages) do(v *view) error {
	c, err := r.command(v)
	if err != nil {
		return err
	}
	form, err := v.parseFiles(c.Form)
	if err != nil {
		return err
	}
	in := asked(v.c.Request.URL.Query(), c.Form)
	for name, x := range v.posted(form, c.Form) {
		if _, given := in[name]; !given || form.Has(name) {
			in[name] = x
		}
	}
	if err = v.Types.CheckForm(v.ctx, c.Form, in); err == nil {
		var done report.Done
		if done, err = c.Run(v.ctx, in); err == nil {
			if done.Href == "" {
				done.Href = v.back(r.info.Path())
			}
			return v.done(done.Href, done.Message, done.Args...)
		}
	}
	if e := errs.Of(err); (e.Kind == errs.Invalid || e.Kind == errs.Precondition) && len(c.Form) > 0 {
		return r.dialog(v, http.StatusUnprocessableEntity, c, in, e)
	}
	return err
}

// homePanels are the reports that belong on the home page of the reader's roles. Each
// comes after the page, so that the slowest of them holds up none.
func (v *view) homePanels() []ui.Panel {
	p := v.Authz.Directory().People[v.user.User]
	var out []ui.Panel
	for _, i := range v.Reports.All() {
		if slices.ContainsFunc(i.Home, func(role string) bool { return slices.Contains(p.Roles, role) }) && v.may(i.Perm) {
			out = append(out, ui.Panel{ID: "home-" + strings.ReplaceAll(i.Name, ".", "-"), Title: v.t(i.Label), Src: i.Path() + "/brief"})
		}
	}
	return out
}

// briefRows is how much of its first table a report shows on the home page.
const briefRows = 5

// brief is what the home page shows of a report; without script it is the report.
func (r reportPages) brief(v *view) error {
	if _, ok := htmx(v.c); !ok {
		return r.show(v)
	}
	if err := v.require(r.info.Perm); err != nil {
		return err
	}
	res, err := r.info.Run(v.ctx, resource.Values{})
	if err != nil {
		slog.ErrorContext(v.ctx, "panel failed", slog.String("panel", r.info.Name), slog.Any("error", err))
		return v.fragment(http.StatusOK, ui.Brief{Empty: v.t("This part could not be shown."), More: ui.Action{Label: v.t("Show all"), Href: r.info.Path()}})
	}
	out := ui.Brief{Tiles: v.tiles(res), More: ui.Action{Label: v.t("Show all"), Href: r.info.Path(), Kind: ui.Ghost}}
	if len(res.Tables) > 0 {
		t := &res.Tables[0]
		out.Table, out.Empty = v.reportTable(r.info, t, briefRows), v.text(t.Empty)
		if n := len(t.Rows) - briefRows; n > 0 {
			out.More.Label = v.t("{0} more rows", group(strconv.Itoa(n)))
		}
	}
	return v.fragment(http.StatusOK, out)
}
