package web

import (
	"net/http"

	"meridian/platform/errs"
	"meridian/platform/resource"
	"meridian/platform/web/ui"
)

// mayReveal reports whether the reader may ask for contact data shown in part only.
func (t *typePages) mayReveal(v *view, row resource.Row) bool {
	return t.info.Reveals() && v.Authz.Can(v.ctx, t.info.Name, "reveal") && v.Authz.Covers(v.ctx, t.info.Name, "reveal", row.Base()) && resource.Masks(t.info, row)
}

func (t *typePages) revealForm(v *view) error { return t.askReveal(v, http.StatusOK, nil) }

// askReveal is the dialog that asks for the reason.
func (t *typePages) askReveal(v *view, status int, e *errs.Error) error {
	id, err := t.id(v)
	if err != nil {
		return err
	}
	row, err := t.d.GetRow(v.ctx, id)
	if err != nil {
		return err
	}
	text, wrong := v.typed(e)
	path := recordPath(t.info.Name, id)
	f := ui.Form{Action: path + "/reveal", Cancel: path, Errors: v.faults(e), Sections: []ui.Section{{ID: "reveal", Fields: []ui.Field{
		{Name: "reason", Label: v.t("Reason"), Kind: ui.KindText, Value: text("reason"), Error: wrong("reason"), Required: true}}}}}
	note := v.t("{0}: phone numbers and mail addresses are shown to you once. Your reason stays with the record.", row.Base().No)
	return v.show(status, v.t("Reveal contact data"), row.Base().No, "dialog-body", ui.MoveForm{Title: v.t("Reveal contact data"), Note: note, Form: f, Submit: v.t("Reveal")}, nil)
}

// reveal shows the contact data in the dialog.
func (t *typePages) reveal(v *view) error {
	form, err := v.parse()
	if err != nil {
		return err
	}
	id, err := t.id(v)
	if err != nil {
		return err
	}
	x, err := t.d.RevealRow(v.ctx, id, form.Get("reason"))
	if e := refused(err); e != nil {
		return t.askReveal(v, http.StatusUnprocessableEntity, e)
	}
	if err != nil {
		return err
	}
	body := ui.Told{Title: v.t("Contact data"), Close: recordPath(t.info.Name, id)}
	for _, m := range t.info.Fields {
		if text, ok := x.Values[m.Name]; ok {
			body.Facts.Items = append(body.Facts.Items, ui.Fact{Label: v.label(t.info.Name+"."+m.Name, m.Label), Text: text})
		}
	}
	if x.Left >= 0 {
		body.Note = v.t("You may reveal {0} more records today.", x.Left)
	}
	v.c.Header("HX-Reswap", "innerHTML")
	return v.show(http.StatusOK, v.t("Contact data"), "", "dialog-body", body, nil)
}
