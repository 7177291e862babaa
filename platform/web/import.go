package web

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"meridian/platform/resource"
	"meridian/platform/transfer"
	"meridian/platform/web/ui"
)

// maxUpload is the largest file an import takes, in bytes.
const maxUpload = 64 << 20

func (t *typePages) mayImport(v *view) error {
	return v.Authz.Require(v.ctx, t.info.Name, "import")
}

func (t *typePages) showImport(v *view, status int, m ui.Import) error {
	m.Type = t.plural(v)
	return v.show(status, v.t("Import: {0}", t.plural(v)), t.module(v), "import", m, nil)
}

// importPage is the first step: the file.
func (t *typePages) importPage(v *view) error {
	if err := t.mayImport(v); err != nil {
		return err
	}
	return t.showImport(v, http.StatusOK, t.upload(v, ""))
}

func (t *typePages) upload(v *view, wrong string) ui.Import {
	u := &ui.ImportUpload{Action: t.base + "/import", Template: t.base + "/import/template", Error: wrong,
		Help: v.t("CSV, XLSX, vCards (vcf) or records of Salesforce (json); in a table the first row holds the names of the columns. Nothing is written before you have seen the check.")}
	if m := t.linesField(v); m != nil {
		u.Lines = v.t("Only for CSV: a workbook holds the lines on a sheet named {0}.", m.Name)
	}
	return ui.Import{Upload: u}
}

// linesField is the field of lines a file may fill; nil when there is none.
func (t *typePages) linesField(v *view) *resource.Meta {
	for _, m := range t.settable(v) {
		if m.Kind == resource.KLines {
			return m
		}
	}
	return nil
}

// importTemplate is an empty file with the right heads.
func (t *typePages) importTemplate(v *view) error {
	if err := t.mayImport(v); err != nil {
		return err
	}
	heads := []string{"no"}
	for _, m := range t.importable(v) {
		heads = append(heads, m.Name)
	}
	v.c.Header("Content-Disposition", contentDisposition(strings.ReplaceAll(t.info.Name, ".", "-")+"-import.csv"))
	v.c.Data(http.StatusOK, "text/csv; charset=utf-8", []byte("\ufeff"+strings.Join(heads, ",")+"\r\n"))
	return nil
}

// importable are the fields a file may fill.
func (t *typePages) importable(v *view) []*resource.Meta {
	return slices.DeleteFunc(t.settable(v), func(m *resource.Meta) bool { return m.Kind == resource.KLines })
}

func (t *typePages) settable(v *view) []*resource.Meta {
	var out []*resource.Meta
	for _, m := range t.info.Fields {
		if !m.ReadOnly && !v.Types.Hidden(v.ctx, t.info.Name, m.Name, m) {
			out = append(out, m)
		}
	}
	return out
}

// importableLines are the fields of a line a file may fill.
func (t *typePages) importableLines(v *view, lines *resource.Meta) []*resource.Meta {
	var out []*resource.Meta
	for _, m := range lines.Lines {
		if !m.ReadOnly && !v.Types.Hidden(v.ctx, t.info.Name, lines.Name+"."+m.Name, m) {
			out = append(out, m)
		}
	}
	return out
}

// importUpload keeps the file and asks which column is which field.
func (t *typePages) importUpload(v *view) error {
	if err := t.mayImport(v); err != nil {
		return err
	}
	v.c.Request.Body = http.MaxBytesReader(v.c.Writer, v.c.Request.Body, maxUpload)
	name, body, err := v.sent("file")
	if err != nil {
		return err
	}
	if name == "" {
		return t.showImport(v, http.StatusUnprocessableEntity, t.upload(v, v.t("Choose a file of at most {0} MB.", maxUpload>>20)))
	}
	var lines transfer.File
	if lines.Name, lines.Body, err = v.sent("lines"); err != nil {
		return err
	}
	run, err := v.Imports.Upload(v.ctx, t.info.Name, transfer.File{Name: name, Body: body}, lines)
	if e := refused(err); e != nil {
		return t.showImport(v, http.StatusUnprocessableEntity, t.upload(v, v.t(e.Message, e.Args...)))
	}
	if err != nil {
		return err
	}
	v.c.Header("HX-Push-Url", t.run(run.ID))
	return t.askMap(v, run, nil)
}

// run is the address of an import.
func (t *typePages) run(id int64) string { return t.base + "/import/" + strconv.FormatInt(id, 10) }

// askMap asks which column is which field. posted are the choices of a form that left a
// question open; nil asks for the first time.
func (t *typePages) askMap(v *view, run transfer.Upload, posted url.Values) error {
	m := &ui.ImportMap{Action: t.run(run.ID) + "/check", Read: t.run(run.ID), Reading: t.reading(v, run), Fields: []ui.Option{{Value: "no", Label: v.t("No.")}}}
	for _, f := range t.importable(v) {
		m.Fields = append(m.Fields, ui.Option{Value: f.Name, Label: v.label(t.info.Name+"."+f.Name, f.Label)})
	}
	if t.info.Process != nil {
		m.Fields = append(m.Fields, ui.Option{Value: "stage", Label: v.t("Stage")})
	}
	for _, c := range run.Columns {
		m.Columns = append(m.Columns, t.column(v, len(m.Columns), c, t.guess(v, c.Head), posted))
	}
	t.once(m.Columns, posted)
	if lines := t.linesField(v); lines != nil && run.Field == lines.Name {
		fields := t.importableLines(v, lines)
		m.LinesLabel = v.label(t.info.Name+"."+lines.Name, lines.Label)
		m.LineFields = []ui.Option{{Value: "no", Label: v.t("No. of the document")}}
		for _, f := range fields {
			m.LineFields = append(m.LineFields, ui.Option{Value: f.Name, Label: v.label(t.info.Name+"."+lines.Name+"."+f.Name, f.Label)})
		}
		for _, c := range run.LineColumns {
			m.Lines = append(m.Lines, ui.ImportColumn{Head: c.Head, Samples: strings.Join(c.Samples, " · "), Field: t.guessIn(v, c.Head, t.info.Name+"."+lines.Name, fields)})
		}
	}
	status := http.StatusOK
	if posted != nil {
		status = http.StatusUnprocessableEntity
	}
	return t.showImport(v, status, ui.Import{Map: m})
}

// once leaves a guessed field to the first of several columns that could mean it: each
// field is filled from one.
func (t *typePages) once(columns []ui.ImportColumn, posted url.Values) {
	seen := map[string]bool{}
	for i := range columns {
		if f := columns[i].Field; posted == nil && f != "" && seen[f] {
			columns[i].Field = ""
		}
		seen[columns[i].Field] = true
	}
}

// reading are the choices how the file is read: shown where its bytes left a doubt.
func (t *typePages) reading(v *view, run transfer.Upload) []ui.Field {
	var out []ui.Field
	if run.Encoding != "" && run.Encoding != transfer.UTF8 {
		f := ui.Field{Name: "encoding", Label: v.t("Encoding of the text"), Kind: ui.KindEnum, Value: run.Encoding, Required: true}
		if run.Guessed {
			f.Help = v.t("Guessed from the file. Look at the first values below; choose another when letters look wrong.")
		}
		for _, e := range transfer.Encodings() {
			f.Options = append(f.Options, ui.Option{Value: e, Label: strings.ToUpper(e)})
		}
		out = append(out, f)
	}
	if len(run.Trees) > 1 {
		f := ui.Field{Name: "tree", Label: v.t("Records of the type"), Kind: ui.KindEnum, Value: run.Tree, Required: true}
		for _, e := range run.Trees {
			f.Options = append(f.Options, ui.Option{Value: e, Label: e})
		}
		out = append(out, f)
	}
	return out
}

// column is one column with the field it is taken for and, where its values are dates
// written in a way of their own, the question which way. One way is a proposal, of two
// the person must choose.
func (t *typePages) column(v *view, i int, c transfer.UploadColumn, guess string, posted url.Values) ui.ImportColumn {
	out := ui.ImportColumn{Head: c.Head, Samples: strings.Join(c.Samples, " · "), Field: guess}
	if posted != nil {
		out.Field = posted.Get("col." + strconv.Itoa(i))
	}
	if len(c.Layouts) == 0 {
		return out
	}
	for _, l := range c.Layouts {
		o := ui.Option{Value: l, Label: transfer.DateHint(l)}
		if len(c.Samples) > 0 {
			if day, err := time.Parse(l, c.Samples[0]); err == nil {
				o.Label += " · " + c.Samples[0] + " = " + day.Format(time.DateOnly)
			}
		}
		out.Layouts = append(out.Layouts, o)
	}
	if out.Layout = posted.Get("date." + strconv.Itoa(i)); posted == nil && len(c.Layouts) == 1 {
		out.Layout = c.Layouts[0]
	}
	if posted != nil && t.undecided(i, c, posted) {
		out.Error = v.t("The dates can be read in several ways; say which.")
	}
	return out
}

// open reports whether a form leaves the reading of a column of dates open.
func (t *typePages) open(form url.Values, up transfer.Upload) bool {
	for i, c := range up.Columns {
		if t.undecided(i, c, form) {
			return true
		}
	}
	return false
}

// undecided reports whether a form takes a column for dates and does not say how they
// are written, although there are several ways.
func (t *typePages) undecided(i int, c transfer.UploadColumn, form url.Values) bool {
	n := strconv.Itoa(i)
	meta := t.info.Field(form.Get("col." + n))
	return meta != nil && meta.Kind == resource.KDate && len(c.Layouts) > 1 && !slices.Contains(c.Layouts, form.Get("date."+n))
}

// guess finds the field a head means: its name or its label in either language.
func (t *typePages) guess(v *view, head string) string {
	if h := plain(head); t.info.Process != nil && (h == "stage" || h == plain(v.t("Stage"))) {
		return "stage"
	}
	return t.guessIn(v, head, t.info.Name, t.importable(v))
}

func (t *typePages) guessIn(v *view, head, of string, fields []*resource.Meta) string {
	h := plain(head)
	if h == "no" || h == plain(v.t("No.")) || h == "number" {
		return "no"
	}
	for _, f := range fields {
		if h == plain(f.Name) || h == plain(f.Label) || h == plain(v.label(of+"."+f.Name, f.Label)) || h == strings.TrimSuffix(plain(f.Name), "id") {
			return f.Name
		}
	}
	for _, f := range fields {
		if transfer.SameMeaning(head, f.Name) || transfer.SameMeaning(head, f.Label) {
			return f.Name
		}
	}
	return ""
}

// plain is a head without what people write differently.
func plain(s string) string {
	return strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.ToLower(s))
}

// importOf finds an import by its number alone, as notices name it.
func (s *Server) importOf(v *view) error {
	id, _ := strconv.ParseInt(v.c.Param("run"), 10, 64)
	k, err := v.Imports.Kept(v.ctx, id, "")
	if err != nil {
		return err
	}
	v.c.Redirect(http.StatusSeeOther, "/"+strings.Replace(k.Type, ".", "/", 1)+"/import/"+strconv.FormatInt(id, 10))
	return nil
}

// importShow is an import wherever it stands: its columns, how far it is, what came
// out. Only who started it sees it.
func (t *typePages) importShow(v *view) error {
	id, _ := strconv.ParseInt(v.c.Param("run"), 10, 64)
	k, err := v.Imports.Kept(v.ctx, id, t.info.Name)
	if err != nil {
		return err
	}
	return t.standing(v, k)
}

func (t *typePages) standing(v *view, k transfer.Kept) error {
	switch k.State {
	case transfer.StateUploaded, transfer.StateChecked:
		if err := t.mayImport(v); err != nil {
			return err
		}
		as := transfer.Reading{Encoding: v.c.Query("encoding"), Tree: v.c.Query("tree")}
		again := as != transfer.Reading{}
		if !again {
			as = transfer.Reading{Encoding: k.Map.Encoding, Tree: k.Map.Tree}
		}
		up, err := v.Imports.Uploaded(v.ctx, k.ID, t.info.Name, as)
		if err != nil {
			return err
		}
		if again || k.State == transfer.StateUploaded {
			return t.askMap(v, up, nil)
		}
		return t.showImport(v, http.StatusOK, ui.Import{Check: t.check(v, up, k.Report, choices(k.Map, up))})
	case transfer.StateChecking, transfer.StateRunning:
		return t.showImport(v, http.StatusOK, ui.Import{Run: t.progress(v, k)})
	}
	return t.showImport(v, http.StatusOK, ui.Import{Result: t.result(v, k)})
}

func (t *typePages) progress(v *view, k transfer.Kept) *ui.ImportRun {
	dry := k.State == transfer.StateChecking
	label := v.t("The import is running")
	if dry {
		label = v.t("The check is running")
	}
	p := ui.Progress{Label: label, Text: v.t("{0} of {1} rows", group(strconv.Itoa(k.Done)), group(strconv.Itoa(k.Rows)))}
	if k.Rows > 0 {
		p.Percent = min(100, 100*k.Done/k.Rows)
	}
	return &ui.ImportRun{Href: t.run(k.ID), Dry: dry, Progress: p, Note: v.t("You may leave this page; a notice tells you when it is done.")}
}

func (t *typePages) result(v *view, k transfer.Kept) *ui.ImportResult {
	r := k.Report
	out := &ui.ImportResult{Tone: ui.OK, Tiles: t.tiles(v, r), Records: t.base}
	switch {
	case k.State == transfer.StateUndone:
		out.Text = v.t("This import was taken back.")
	case k.State == transfer.StateDone:
		out.Text = v.t("{0} records were created, {1} changed.", r.New, r.Changed)
		if r.New > 0 && v.Authz.Can(v.ctx, t.info.Name, "import") {
			out.Undo = t.run(k.ID) + "/undo"
		}
	case r.Failure != "":
		out.Tone, out.Text = ui.Bad, v.t(r.Failure, r.Args...)
	default:
		out.Tone, out.Text = ui.Bad, v.t("{0} rows are wrong; nothing was written.", r.Wrong)
	}
	if out.Tone == ui.Bad {
		out.Records, out.Again = "", t.base+"/import"
	}
	out.Errors = t.wrongRows(v, r)
	return out
}

// importCheck tries the file without writing: at once, or a large one in the
// background.
func (t *typePages) importCheck(v *view) error {
	if err := t.mayImport(v); err != nil {
		return err
	}
	k, m, up, err := t.mapped(v)
	if err != nil || k.State != transfer.StateUploaded && k.State != transfer.StateChecked {
		return t.stands(v, k.ID, err)
	}
	if form := v.c.Request.PostForm; t.open(form, up) {
		return t.askMap(v, up, form)
	}
	if up.Rows > transfer.Small {
		return t.stands(v, k.ID, v.Imports.Start(v.ctx, k.ID, m, true))
	}
	_, err = v.Imports.Check(v.ctx, up, m)
	return t.stands(v, k.ID, err)
}

// importRun has the file brought in.
func (t *typePages) importRun(v *view) error {
	if err := t.mayImport(v); err != nil {
		return err
	}
	k, m, _, err := t.mapped(v)
	if err != nil || k.State != transfer.StateUploaded && k.State != transfer.StateChecked {
		return t.stands(v, k.ID, err)
	}
	return t.stands(v, k.ID, v.Imports.Start(v.ctx, k.ID, m, false))
}

// mapped reads the file of the request and the columns chosen for it.
func (t *typePages) mapped(v *view) (k transfer.Kept, m transfer.Map, up transfer.Upload, err error) {
	form, err := v.parse()
	if err != nil {
		return k, m, up, err
	}
	id, _ := strconv.ParseInt(v.c.Param("run"), 10, 64)
	if k, err = v.Imports.Kept(v.ctx, id, t.info.Name); err != nil || k.State != transfer.StateUploaded && k.State != transfer.StateChecked {
		return k, m, up, err
	}
	as := transfer.Reading{Encoding: form.Get("encoding"), Tree: form.Get("tree")}
	if up, err = v.Imports.Uploaded(v.ctx, id, t.info.Name, as); err != nil {
		return k, m, up, err
	}
	m = t.mapOf(form, up)
	m.Encoding, m.Tree = as.Encoding, up.Tree
	return k, m, up, nil
}

// stands answers a step with where the import stands now, at its own address.
func (t *typePages) stands(v *view, id int64, err error) error {
	if err != nil {
		return err
	}
	if _, ok := htmx(v.c); !ok {
		v.c.Redirect(http.StatusSeeOther, t.run(id))
		return nil
	}
	k, err := v.Imports.Kept(v.ctx, id, t.info.Name)
	if err != nil {
		return err
	}
	v.c.Header("HX-Push-Url", t.run(id))
	return t.standing(v, k)
}

// mapOf makes a map of the posted choices: col.<n> = field, line.<n> = field of the
// lines.
func (t *typePages) mapOf(form map[string][]string, up transfer.Upload) transfer.Map {
	m := transfer.Map{Type: t.info.Name, Fields: map[string]transfer.Column{}}
	each := func(prefix string, columns []transfer.UploadColumn, set func(field string, c transfer.Column)) {
		for i, c := range columns {
			if f := form[prefix+strconv.Itoa(i)]; len(f) > 0 && f[0] != "" {
				col := transfer.Column{From: c.Head}
				if d := form["date."+strconv.Itoa(i)]; prefix == "col." && len(d) > 0 && slices.Contains(c.Layouts, d[0]) {
					col.Date = d[0]
				}
				set(f[0], col)
			}
		}
	}
	each("col.", up.Columns, func(f string, col transfer.Column) {
		switch f {
		case "no":
			m.Number = &col
		case "stage":
			m.Stage = &col
		default:
			meta := t.info.Field(f)
			col.Any = meta != nil && meta.Kind == resource.KRef
			m.Fields[f] = col
		}
	})
	lines := t.info.Field(up.Field)
	if lines == nil {
		return m
	}
	l := &transfer.Lines{Field: up.Field, File: up.Lines.Name, Sheet: up.Sheet, Join: map[string]string{}, Fields: map[string]transfer.Column{}, Whole: true}
	each("line.", up.LineColumns, func(f string, col transfer.Column) {
		if f == "no" {
			if m.Number != nil {
				l.Join[col.From] = m.Number.From
			}
			return
		}
		i := slices.IndexFunc(lines.Lines, func(x *resource.Meta) bool { return x.Name == f })
		col.Any = i >= 0 && lines.Lines[i].Kind == resource.KRef
		l.Fields[f] = col
	})
	if len(l.Fields) > 0 {
		m.Lines = l
	}
	return m
}

// choices are the posted choices a map was made of.
func choices(m transfer.Map, up transfer.Upload) []ui.Pair {
	var out []ui.Pair
	each := func(prefix string, columns []transfer.UploadColumn, fields map[string]transfer.Column) {
		for i, c := range columns {
			for f, col := range fields {
				if col.From == c.Head {
					out = append(out, ui.Pair{Name: prefix + strconv.Itoa(i), Value: f})
					if col.Date != "" {
						out = append(out, ui.Pair{Name: "date." + strconv.Itoa(i), Value: col.Date})
					}
				}
			}
		}
	}
	for name, value := range map[string]string{"encoding": m.Encoding, "tree": m.Tree} {
		if value != "" {
			out = append(out, ui.Pair{Name: name, Value: value})
		}
	}
	own := maps.Clone(m.Fields)
	if own == nil {
		own = map[string]transfer.Column{}
	}
	if m.Number != nil {
		own["no"] = *m.Number
	}
	if m.Stage != nil {
		own["stage"] = *m.Stage
	}
	each("col.", up.Columns, own)
	if m.Lines != nil {
		fields := maps.Clone(m.Lines.Fields)
		for head := range m.Lines.Join {
			fields["no"] = transfer.Column{From: head}
		}
		each("line.", up.LineColumns, fields)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

func (t *typePages) tiles(v *view, r transfer.Report) ui.Tiles {
	n := func(i int) string { return group(strconv.Itoa(i)) }
	return ui.Tiles{{Label: v.t("Rows"), Value: n(r.Rows)}, {Label: v.t("New"), Value: n(r.New)}, {Label: v.t("Changed records"), Value: n(r.Changed)}, {Label: v.t("Unchanged"), Value: n(r.Unchanged)}, {Label: v.t("Wrong"), Value: n(r.Wrong)}}
}

func (t *typePages) check(v *view, up transfer.Upload, r transfer.Report, keep []ui.Pair) *ui.ImportCheck {
	c := &ui.ImportCheck{Guesses: guesses(v, up, r), Action: t.run(up.ID) + "/run", Hidden: keep, Tiles: t.tiles(v, r), Errors: t.wrongRows(v, r), Back: t.base + "/import"}
	switch {
	case r.Failure != "":
		c.Refuse = v.t(r.Failure, r.Args...)
	case r.Wrong > 0:
		c.Refuse = v.t("Correct the file and start again; nothing was written.")
	case r.New+r.Changed == 0:
		c.Refuse = v.t("Every row is there already; there is nothing to write.")
	}
	return c
}

// guesses says how the file is read, where that is not a matter of course.
func guesses(v *view, up transfer.Upload, r transfer.Report) (out []string) {
	if up.Encoding != "" && up.Encoding != transfer.UTF8 {
		out = append(out, v.t("The text is read as {0}.", strings.ToUpper(up.Encoding)))
	}
	for _, g := range r.Guesses {
		if g.Dates != "" {
			out = append(out, v.t("The dates of {0} are read as {1}.", g.Column, g.Dates))
		}
	}
	return out
}

func (t *typePages) wrongRows(v *view, r transfer.Report) ui.Table {
	tab := ui.Table{ID: "import-errors", Caption: v.t("Wrong rows"), Plain: true, Cols: []ui.Col{{Key: "row", Label: v.t("Row"), Kind: ui.KindNum}, {Key: "col", Label: v.t("Column")}, {Key: "val", Label: v.t("Value")}, {Key: "why", Label: v.t("What is wrong")}}}
	for _, e := range r.Errors {
		tab.Rows = append(tab.Rows, ui.Row{Cells: []ui.Cell{{Text: strconv.Itoa(e.Row)}, {Text: e.Column}, {Text: clip(e.Value)}, {Text: v.t(e.Message, e.Args...)}}})
	}
	return tab
}

// importUndo takes back what a run created.
func (t *typePages) importUndo(v *view) error {
	if err := t.mayImport(v); err != nil {
		return err
	}
	id, _ := strconv.ParseInt(v.c.Param("run"), 10, 64)
	n, err := v.Imports.Undo(v.ctx, id)
	if err != nil {
		return err
	}
	return v.done(t.base, "{0} records were taken back.", n)
}
