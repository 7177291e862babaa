package web

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/resource"
	"meridian/platform/web/ui"
)

// personField is the picker of a colleague.
func (v *view) personField(name, label, value, wrong string) (ui.Field, error) {
	return v.field("", &resource.Meta{Name: name, Label: label, Kind: resource.KRef, Target: "core.user", Required: true}, value, wrong)
}

// typed is what a refused form held, and what was wrong with each field.
func (v *view) typed(e *errs.Error) (text, wrong func(name string) string) {
	text = func(name string) string {
		if e == nil {
			return ""
		}
		return v.c.Request.PostForm.Get(name)
	}
	return text, func(name string) string {
		if e != nil {
			for _, f := range e.Fields {
				if f.Name == name {
					return v.t(f.Message, f.Args...)
				}
			}
		}
		return ""
	}
}

// faults is the summary of a refused form.
func (v *view) faults(e *errs.Error) []ui.FieldError {
	switch {
	case e == nil:
		return nil
	case len(e.Fields) == 0:
		return []ui.FieldError{{Text: v.t(e.Message, e.Args...)}}
	}
	var out []ui.FieldError
	for _, x := range e.Fields {
		out = append(out, ui.FieldError{Field: x.Name, Text: v.t(x.Message, x.Args...)})
	}
	return out
}

// day reads a date of a posted form.
func (v *view) day(name string) (date.Date, error) {
	text := v.c.Request.PostForm.Get(name)
	d, err := date.Parse(text)
	if err != nil {
		return d, errs.Bad(name, "Not a date (YYYY-MM-DD): {0}.", text)
	}
	return d, nil
}

// mayShare reports whether the reader may show the record to others.
func (t *typePages) mayShare(v *view, row resource.Row) bool {
	return !t.info.NoEdit && v.Authz.Can(v.ctx, t.info.Name, "update") && v.Authz.Covers(v.ctx, t.info.Name, "update", row.Base())
}

func (t *typePages) shareForm(v *view) error { return t.showShares(v, http.StatusOK, nil) }

// showShares is the dialog: who sees the record, and the form for one more.
func (t *typePages) showShares(v *view, status int, e *errs.Error) error {
	id, err := t.id(v)
	if err != nil {
		return err
	}
	row, err := v.Shares.Mine(v.ctx, t.ref(id))
	if err != nil {
		return err
	}
	list, err := v.Shares.List(v.ctx, t.ref(id))
	if err != nil {
		return err
	}
	path := recordPath(t.info.Name, id)
	people := ui.People{Title: v.t("Shared with"), Target: "dialog-body", Empty: v.t("Nobody else has been given this record.")}
	for _, x := range list {
		p := ui.PersonLine{Name: v.Authz.Directory().Name(x.User), Sub: v.t("Shared without end"), Actions: []ui.Action{
			{Label: v.t("Remove"), Icon: "user-minus", Href: fmt.Sprintf("%s/share/%d/remove", path, x.User), Post: true}}}
		if !x.Until.IsZero() {
			p.Sub = v.t("Shared until {0}", v.lastDay(x.Until))
		}
		people.Items = append(people.Items, p)
	}
	text, wrong := v.typed(e)
	who, err := v.personField("user_id", "Person", text("user_id"), wrong("user_id"))
	if err != nil {
		return err
	}
	f := ui.Form{Action: path + "/share", Cancel: path, Sections: []ui.Section{{ID: "share", Fields: []ui.Field{who,
		{Name: "until", Label: v.t("Last day"), Kind: ui.KindDate, Value: text("until"), Error: wrong("until"), Help: v.t("Leave empty for no end.")}}}}}
	f.Errors = v.faults(e)
	note := v.t("{0}: the person finds the record in lists and may open it. What the person may change stays as it is.", row.Base().No)
	return v.show(status, v.t("Share"), row.Base().No, "dialog-body", ui.MoveForm{Title: v.t("Share"), Note: note, Form: f, Below: people, Submit: v.t("Share")}, nil)
}

// lastDay is the last day before the exclusive end of a span.
func (v *view) lastDay(end time.Time) string { return date.Of(end.In(v.loc)).AddDays(-1).String() }

func (t *typePages) share(v *view) error {
	form, err := v.parse()
	if err != nil {
		return err
	}
	id, err := t.id(v)
	if err != nil {
		return err
	}
	until, err := v.day("until")
	if err == nil {
		user, _ := strconv.ParseInt(form.Get("user_id"), 10, 64) // 0 is nobody, which is refused with the field
		err = v.Shares.Add(v.ctx, t.ref(id), user, until)
	}
	if e := refused(err); e != nil {
		return t.showShares(v, http.StatusUnprocessableEntity, e)
	}
	if err != nil {
		return err
	}
	return t.sharedAgain(v, id, "Shared.")
}

func (t *typePages) unshare(v *view) error {
	id, err := t.id(v)
	if err != nil {
		return err
	}
	user, _ := strconv.ParseInt(v.c.Param("user"), 10, 64)
	if err := v.Shares.Remove(v.ctx, t.ref(id), user); err != nil {
		return err
	}
	return t.sharedAgain(v, id, "No longer shared.")
}

// sharedAgain shows the dialog with the list as it is now.
func (t *typePages) sharedAgain(v *view, id int64, message string) error {
	if _, ok := htmx(v.c); !ok {
		return v.done(recordPath(t.info.Name, id)+"/share", message)
	}
	v.c.Header("HX-Trigger", asciiJSON(ui.Toast{Text: v.t(message), Tone: ui.OK}))
	v.c.Header("HX-Reswap", "innerHTML")
	return t.showShares(v, http.StatusOK, nil)
}
