package web

import (
	"net/http"
	"strconv"
	"strings"

	"meridian/platform/errs"
	"meridian/platform/process"
	"meridian/platform/resource"
	"meridian/platform/web/ui"
)

// moveInput are the fields a move asks for.
func (t *typePages) moveInput(m *process.Move) []*resource.Meta {
	form := t.info.Forms[m.Name]
	if m.Reason {
		form = append([]*resource.Meta{{Name: "reason", Label: "Reason", Kind: resource.KLongText, Required: true, Max: 2000}}, form...)
	}
	return form
}

// declared finds a move of the stage the record stands in.
func (t *typePages) declared(v *view, row resource.Row) (*process.Move, error) {
	m := t.info.Process.Move(v.c.Param("move"), row.Stage())
	if m == nil || m.System {
		return nil, errs.New(errs.Precondition, "This step is not possible in the present stage ({0}).", v.stagePill(t.info, row.Stage()).Text)
	}
	return m, v.Authz.Require(v.ctx, t.info.Name, m.Name)
}

func (t *typePages) moveForm(v *view) error {
	row, err := t.row(v)
	if err != nil {
		return err
	}
	m, err := t.declared(v, row)
	if err != nil {
		return err
	}
	return t.showMove(v, http.StatusOK, row, m, source{}, nil)
}

func (t *typePages) showMove(v *view, status int, row resource.Row, m *process.Move, src source, e *errs.Error) error {
	f := ui.Form{Action: recordPath(t.info.Name, row.Base().ID) + "/move/" + m.Name, Version: row.Base().Version, Cancel: recordPath(t.info.Name, row.Base().ID), Errors: v.faults(e)}
	wrong := map[string]string{}
	for _, x := range f.Errors {
		wrong[x.Field] = x.Text
	}
	sec := ui.Section{ID: "move"}
	for _, meta := range t.moveInput(m) {
		if meta.Kind == resource.KLines {
			lines, err := t.lines(v, meta, src, wrong)
			if err != nil {
				return err
			}
			sec.Lines = lines
			continue
		}
		fld, err := v.field(t.info.Name+"."+m.Name, meta, src.text(meta.Name), wrong[meta.Name])
		if err != nil {
			return err
		}
		sec.Fields = append(sec.Fields, fld)
		f.Files = f.Files || meta.Kind == resource.KFile
	}
	f.Sections = []ui.Section{sec}
	kind := ui.Primary
	if m.Deviation {
		kind = ui.Danger
	}
	body := ui.MoveForm{Title: v.t(m.Label), Note: row.Base().No, Form: f, Submit: v.t(m.Label), Kind: kind}
	return v.show(status, v.t(m.Label), row.Base().No, "dialog-body", body, nil)
}

// move runs a move of a record.
func (t *typePages) move(v *view) error {
	row, err := t.row(v)
	if err != nil {
		return err
	}
	m, err := t.declared(v, row)
	if err != nil {
		return err
	}
	form, err := v.parseFiles(t.moveInput(m))
	if err != nil {
		return err
	}
	version, _ := strconv.ParseInt(form.Get("version"), 10, 64)
	in := v.posted(form, t.moveInput(m))
	id := row.Base().ID
	_, pending, err := t.d.FireRow(v.ctx, id, version, m.Name, in)
	target, _ := htmx(v.c)
	if err != nil && len(t.moveInput(m)) > 0 {
		if e := errs.Of(err); e.Kind == errs.Invalid || e.Kind == errs.Precondition {
			return t.showMove(v, http.StatusUnprocessableEntity, row, m, source{typed: in}, e)
		}
	}
	if err != nil {
		return err
	}
	if strings.HasPrefix(target, "card-") {
		return t.dropped(v, id)
	}
	if target == "board" {
		return v.done(v.back(t.base), "Done: {0}", v.t(m.Label))
	}
	if pending {
		return t.again(v, id, "Submitted for approval.")
	}
	return t.again(v, id, "Done: {0}", v.t(m.Label))
}

func (t *typePages) decide(v *view) error {
	id, err := t.id(v)
	if err != nil {
		return err
	}
	if err := v.decideTask(); err != nil {
		return err
	}
	return t.again(v, id, "Decision recorded.")
}

// decideTask answers the approval task of the address.
func (v *view) decideTask() error {
	task, err := strconv.ParseInt(v.c.Param("task"), 10, 64)
	if err != nil {
		return errs.Missing()
	}
	form, err := v.parse()
	if err != nil {
		return err
	}
	_, err = v.Process.Decide(v.ctx, task, form.Get("decision") == "approve", form.Get("opinion"))
	return err
}

func (t *typePages) withdraw(v *view) error {
	row, err := t.row(v)
	if err != nil {
		return err
	}
	if err := v.Process.Withdraw(v.ctx, t.ref(row.Base().ID)); err != nil {
		return err
	}
	return t.again(v, row.Base().ID, "Withdrawn.")
}

func (t *typePages) acceptHandover(v *view) error {
	row, err := t.row(v)
	if err != nil {
		return err
	}
	if err := v.Process.Accept(v.ctx, t.ref(row.Base().ID)); err != nil {
		return err
	}
	return t.again(v, row.Base().ID, "Accepted.")
}
