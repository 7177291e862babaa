package web

import (
	"errors"
	"io"
	"net/http"
	"sort"
	"strconv"
	"strings"

	"meridian/platform/errs"
	"meridian/platform/resource"
	"meridian/platform/transfer"
	"meridian/platform/web/ui"
)

// maxUpload is the largest file an import takes, in bytes.
const maxUpload = 64 << 20

func (t *typePages) importer(v *view) *transfer.Importer {
	return &transfer.Importer{DB: v.DB, Types: v.Types, Audit: v.Audit}
}

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
	return ui.Import{Upload: &ui.ImportUpload{Action: t.base + "/import", Template: t.base + "/import/template", Error: wrong,
		Help: v.t("CSV or XLSX; the first row holds the names of the columns. Nothing is written before you have seen the check.")}}
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
	var out []*resource.Meta
	for _, m := range t.writable(v) {
		if m.Kind != resource.KLines {
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
	f, head, err := v.c.Request.FormFile("file")
	if err != nil {
		return t.showImport(v, http.StatusUnprocessableEntity, t.upload(v, v.t("Choose a file of at most {0} MB.", maxUpload>>20)))
	}
	defer func() { _ = f.Close() }()
	body, err := io.ReadAll(f)
	if err != nil {
		return errs.Wrap(errs.Unreadable, err, "The file could not be read.")
	}
	run, err := t.importer(v).Upload(v.ctx, t.info.Name, head.Filename, body)
	if e := refused(err); e != nil {
		return t.showImport(v, http.StatusUnprocessableEntity, t.upload(v, v.t(e.Message, e.Args...)))
	}
	if err != nil {
		return err
	}
	return t.askMap(v, run)
}

func (t *typePages) askMap(v *view, run transfer.Upload) error {
	m := &ui.ImportMap{Action: t.base + "/import/" + strconv.FormatInt(run.ID, 10) + "/check", Fields: []ui.Option{{Value: "no", Label: v.t("No.")}}}
	for _, f := range t.importable(v) {
		m.Fields = append(m.Fields, ui.Option{Value: f.Name, Label: v.label(t.info.Name+"."+f.Name, f.Label)})
	}
	if t.info.Process != nil {
		m.Fields = append(m.Fields, ui.Option{Value: "stage", Label: v.t("Stage")})
	}
	for _, c := range run.Columns {
		m.Columns = append(m.Columns, ui.ImportColumn{Head: c.Head, Samples: strings.Join(c.Samples, " · "), Field: t.guess(v, c.Head)})
	}
	return t.showImport(v, http.StatusOK, ui.Import{Map: m})
}

// guess finds the field a head means: its name or its label in either language.
func (t *typePages) guess(v *view, head string) string {
	plain := func(s string) string {
		return strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.ToLower(s))
	}
	h := plain(head)
	if h == "no" || h == plain(v.t("No.")) || h == "number" {
		return "no"
	}
	for _, f := range t.importable(v) {
		if h == plain(f.Name) || h == plain(f.Label) || h == plain(v.label(t.info.Name+"."+f.Name, f.Label)) || h == strings.TrimSuffix(plain(f.Name), "id") {
			return f.Name
		}
	}
	return ""
}

// importCheck tries the file without writing; with the choices it may then run.
func (t *typePages) importCheck(v *view) error { return t.importStep(v, true) }

// importRun writes the file.
func (t *typePages) importRun(v *view) error { return t.importStep(v, false) }

func (t *typePages) importStep(v *view, dry bool) error {
	if err := t.mayImport(v); err != nil {
		return err
	}
	form, err := v.parse()
	if err != nil {
		return err
	}
	id, _ := strconv.ParseInt(v.c.Param("run"), 10, 64)
	up, err := t.importer(v).Uploaded(v.ctx, id, t.info.Name)
	if err != nil {
		return err
	}
	m, keep := t.mapOf(form, up)
	m.Upload = up.ID
	r, err := t.importer(v).Run(v.ctx, m, up.Name, up.Body, func(string) ([]byte, error) { return nil, errNoSecondFile }, dry, nil)
	if e := refused(err); e != nil {
		r = transfer.Report{Wrong: 1, Errors: []transfer.RowError{{File: up.Name, Row: 1, Message: e.Message, Args: e.Args}}}
	} else if err != nil {
		return err
	}
	if dry || r.Wrong > 0 {
		return t.showImport(v, http.StatusOK, ui.Import{Check: t.check(v, up, r, keep)})
	}
	out := &ui.ImportResult{Tone: ui.OK, Text: v.t("{0} records were created, {1} changed.", r.New, r.Changed), Tiles: t.tiles(v, r), Records: t.base}
	if r.New > 0 {
		out.Undo = t.base + "/import/" + strconv.FormatInt(r.Run, 10) + "/undo"
	}
	return t.showImport(v, http.StatusOK, ui.Import{Result: out})
}

var errNoSecondFile = errors.New("the wizard reads one file")

// mapOf makes a map of the posted choices: col.<n> = field.
func (t *typePages) mapOf(form map[string][]string, up transfer.Upload) (transfer.Map, []ui.Pair) {
	m := transfer.Map{Type: t.info.Name, Fields: map[string]transfer.Column{}}
	var keep []ui.Pair
	for i, c := range up.Columns {
		key := "col." + strconv.Itoa(i)
		if len(form[key]) == 0 || form[key][0] == "" {
			continue
		}
		f := form[key][0]
		keep = append(keep, ui.Pair{Name: key, Value: f})
		col := transfer.Column{From: c.Head}
		switch f {
		case "no":
			m.Number = &col
		case "stage":
			m.Stage = &col
		default:
			if meta := t.info.Field(f); meta != nil && meta.Kind == resource.KRef {
				col.Any = true
			}
			m.Fields[f] = col
		}
	}
	sort.Slice(keep, func(i, j int) bool { return keep[i].Name < keep[j].Name })
	return m, keep
}

func (t *typePages) tiles(v *view, r transfer.Report) ui.Tiles {
	n := func(i int) string { return group(strconv.Itoa(i)) }
	return ui.Tiles{{Label: v.t("Rows"), Value: n(r.Rows)}, {Label: v.t("New"), Value: n(r.New)}, {Label: v.t("Changed records"), Value: n(r.Changed)}, {Label: v.t("Unchanged"), Value: n(r.Unchanged)}, {Label: v.t("Wrong"), Value: n(r.Wrong)}}
}

func (t *typePages) check(v *view, up transfer.Upload, r transfer.Report, keep []ui.Pair) *ui.ImportCheck {
	c := &ui.ImportCheck{Action: t.base + "/import/" + strconv.FormatInt(up.ID, 10) + "/run", Hidden: keep, Tiles: t.tiles(v, r), Back: t.base + "/import"}
	if r.Wrong > 0 {
		c.Refuse = v.t("Correct the file and start again; nothing was written.")
		c.Errors = ui.Table{ID: "import-errors", Caption: v.t("Wrong rows"), Plain: true, Cols: []ui.Col{{Key: "row", Label: v.t("Row"), Kind: ui.KindNum}, {Key: "col", Label: v.t("Column")}, {Key: "val", Label: v.t("Value")}, {Key: "why", Label: v.t("What is wrong")}}}
		for _, e := range r.Errors {
			c.Errors.Rows = append(c.Errors.Rows, ui.Row{Cells: []ui.Cell{{Text: strconv.Itoa(e.Row)}, {Text: e.Column}, {Text: clip(e.Value)}, {Text: v.t(e.Message, e.Args...)}}})
		}
	} else if r.New+r.Changed == 0 {
		c.Refuse = v.t("Every row is there already; there is nothing to write.")
	}
	return c
}

// importUndo takes back what a run created.
func (t *typePages) importUndo(v *view) error {
	if err := t.mayImport(v); err != nil {
		return err
	}
	id, _ := strconv.ParseInt(v.c.Param("run"), 10, 64)
	n, err := t.importer(v).Undo(v.ctx, id)
	if err != nil {
		return err
	}
	return v.done(t.base, "{0} records were taken back.", n)
}
