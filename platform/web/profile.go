package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"meridian/platform/authn"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/web/ui"
)

func (s *Server) profile(v *view) error {
	return s.showProfile(v, http.StatusOK, "", "", nil)
}

func (s *Server) showProfile(v *view, status int, saved, token string, e *errs.Error) error {
	p := v.Authz.Directory().People[v.user.User]
	text, wrong := v.typed(e)
	m := ui.Profile{Saved: saved, NewToken: token}
	m.Facts = ui.Facts{Title: v.t("Who I am"), Items: []ui.Fact{{Label: v.t("User name"), Text: p.Username}, {Label: v.t("Name"), Text: p.Name}, {Label: v.t("E-mail"), Text: p.Email}}}
	if d := v.Authz.Directory().Departments[p.Dept]; d != nil {
		m.Facts.Items = append(m.Facts.Items, ui.Fact{Label: v.t("Department"), Text: d.Name})
	}
	var roles []string
	for _, r := range v.Authz.Roles(p.ID) {
		roles = append(roles, v.t(v.roleLabel(r)))
	}
	m.Facts.Items = append(m.Facts.Items, ui.Fact{Label: v.t("Roles"), Text: strings.Join(roles, v.t(", "))})
	m.Prefs = []ui.Field{
		{Name: "lang", Label: v.t("Language"), Kind: ui.KindEnum, Value: string(v.lang()), Options: []ui.Option{{Value: "zh", Label: v.t("Chinese")}, {Value: "en", Label: v.t("English")}}},
		{Name: "theme", Label: v.t("Theme"), Kind: ui.KindEnum, Value: theme(v.c), Options: []ui.Option{{Value: "light", Label: v.t("Light")}, {Value: "dark", Label: v.t("Dark")}}},
	}
	if v.Config.SMTP != "" {
		mail := ui.Field{Name: "mail", Label: v.t("Notices by mail"), Kind: ui.KindBool, Help: v.t("What you have not seen here within two minutes comes by mail.")}
		if p.Mail {
			mail.Value = "true"
		}
		m.Prefs = append(m.Prefs, mail)
	}
	m.Password = []ui.Field{
		{Name: "old", Label: v.t("Present password"), Kind: ui.KindPassword, Required: true, Complete: "current-password", Error: wrong("old")},
		{Name: "password", Label: v.t("New password"), Kind: ui.KindPassword, Required: true, Complete: "new-password", Error: wrong("password"), Help: v.t("At least {0} characters.", authn.MinPassword)},
	}
	m.Token = []ui.Field{
		{Name: "name", Label: v.t("What it is for"), Kind: ui.KindText, Required: true, MaxLength: 100, Error: wrong("name")},
		{Name: "expires", Label: v.t("Valid until"), Kind: ui.KindDate, Error: wrong("expires")},
	}
	sessions, err := v.Authn.Sessions(v.ctx, v.user.User)
	if err != nil {
		return err
	}
	own := authn.SessionKey(s.sessions.Token(v.ctx))
	for _, x := range sessions {
		m.Sessions = append(m.Sessions, ui.Session{ID: x.Key, Device: x.Device, Seen: v.ago(x.SeenAt), Current: x.Key == own})
	}
	tokens, err := v.Authn.Tokens(v.ctx, v.user.User)
	if err != nil {
		return err
	}
	for _, x := range tokens {
		t := ui.Token{ID: strconv.FormatInt(x.ID, 10), Name: x.Name, Created: v.moment(x.CreatedAt)}
		if x.UsedAt.Valid {
			t.Used = v.ago(x.UsedAt.Time)
		}
		if x.ExpiresAt.Valid {
			t.Expires = v.moment(x.ExpiresAt.Time)
		}
		m.Tokens = append(m.Tokens, t)
	}
	if m.Deputies, m.Deputy, err = v.deputies(text, wrong); err != nil {
		return err
	}
	return v.show(status, v.t("Profile"), p.Name, "profile", m, nil)
}

// deputies lists who decides in the reader's place, and asks for one more. Whoever
// may not see the people of the company has no approvals to hand over either.
func (v *view) deputies(text, wrong func(name string) string) (*ui.People, []ui.Field, error) {
	if !v.Authz.Can(v.ctx, "core.user", "read") {
		return nil, nil, nil
	}
	list, err := v.Process.Delegations(v.ctx)
	if err != nil {
		return nil, nil, err
	}
	people := &ui.People{Title: v.t("Deputy while I am away"), Empty: v.t("Nobody decides in your place.")}
	for _, d := range list {
		line := ui.PersonLine{Name: v.Authz.Directory().Name(d.To), Sub: v.t("{0} to {1}", date.Of(d.Begin.In(v.loc)), v.lastDay(d.End)), State: ui.Pill{Text: v.t("from later on"), Tone: ui.Neutral},
			Actions: []ui.Action{{Label: v.t("End now"), Href: fmt.Sprintf("/profile/deputies/%d/end", d.ID), Post: true}}}
		if !d.Max.IsZero() {
			line.Sub += " · " + v.t("up to {0}", v.money(d.Max))
		}
		if !d.Begin.After(v.Now()) {
			line.State = ui.Pill{Text: v.t("in force"), Tone: ui.OK}
		}
		people.Items = append(people.Items, line)
	}
	who, err := v.personField("deputy", "Deputy", text("deputy"), wrong("deputy"))
	if err != nil {
		return nil, nil, err
	}
	from := text("from")
	if from == "" {
		from = v.today().String()
	}
	return people, []ui.Field{who,
		{Name: "max_amount", Label: v.t("Highest amount"), Kind: ui.KindMoney, Unit: strings.TrimSpace(v.symbol()), Value: text("max_amount"), Error: wrong("max_amount"), Help: v.t("Leave empty for any amount.")},
		{Name: "from", Label: v.t("First day"), Kind: ui.KindDate, Required: true, Value: from, Error: wrong("from")},
		{Name: "until", Label: v.t("Last day"), Kind: ui.KindDate, Required: true, Value: text("until"), Error: wrong("until")}}, nil
}

func (s *Server) profileDeputy(v *view) error {
	form, err := v.parse()
	if err != nil {
		return err
	}
	if err := v.Authz.Require(v.ctx, "core.user", "read"); err != nil {
		return err
	}
	err = v.delegate(form)
	if e := refused(err); e != nil {
		return s.showProfile(v, http.StatusUnprocessableEntity, "", "", e)
	}
	if err != nil {
		return err
	}
	return v.done("/profile#deputies", "Saved.")
}

func (v *view) delegate(form url.Values) error {
	from, err := v.day("from")
	if err != nil {
		return err
	}
	until, err := v.day("until")
	if err != nil {
		return err
	}
	var top money.Amount
	if text := form.Get("max_amount"); text != "" {
		if top, err = money.Parse[money.Cents](text); err != nil || top.Sign() <= 0 {
			return errs.Bad("max_amount", "An amount above zero is expected.")
		}
	}
	to, _ := strconv.ParseInt(form.Get("deputy"), 10, 64) // 0 is nobody, which is refused with the field
	return v.Process.Delegate(v.ctx, to, from, until, top)
}

func (s *Server) profileDeputyEnd(v *view) error {
	id, _ := strconv.ParseInt(v.c.Param("id"), 10, 64)
	if err := v.Process.EndDelegation(v.ctx, id); err != nil {
		return err
	}
	return v.done("/profile#deputies", "Ended.")
}

// profilePrefs keeps language and theme in this browser, and language and mail with
// the person.
func (s *Server) profilePrefs(v *view) error {
	form, err := v.parse()
	if err != nil {
		return err
	}
	mail := slices.Contains(form["mail"], "true") || v.Config.SMTP == "" // the choice is not shown without a server
	if err := v.SetPrefs(v.ctx, v.user.User, form.Get("lang"), mail); err != nil {
		return err
	}
	s.keepPrefs(v.c)
	return v.done("/profile", "Saved.")
}

func (s *Server) profilePassword(v *view) error {
	form, err := v.parse()
	if err != nil {
		return err
	}
	p := v.Authz.Directory().People[v.user.User]
	if _, err := v.Authn.SignIn(v.ctx, p.Username, form.Get("old"), v.c.ClientIP()); err != nil {
		if errs.Is(err, errs.Unauthorized) || errs.Is(err, errs.TooMany) {
			return s.showProfile(v, http.StatusUnprocessableEntity, "", "", errs.Bad("old", "The present password is wrong."))
		}
		return err
	}
	if err := v.Authn.SetPassword(v.ctx, v.user.User, form.Get("password")); err != nil {
		if e := refused(err); e != nil {
			return s.showProfile(v, http.StatusUnprocessableEntity, "", "", e)
		}
		return err
	}
	if err := v.Authn.EndSessions(v.ctx, v.user.User, authn.SessionKey(s.sessions.Token(v.ctx))); err != nil {
		return err
	}
	return s.showProfile(v, http.StatusOK, v.t("The password is changed; other devices were signed out."), "", nil)
}

func (s *Server) profileToken(v *view) error {
	form, err := v.parse()
	if err != nil {
		return err
	}
	until, err := date.Parse(form.Get("expires"))
	if err != nil {
		return s.showProfile(v, http.StatusUnprocessableEntity, "", "", errs.Bad("expires", "Not a date (YYYY-MM-DD): {0}.", form.Get("expires")))
	}
	var expires time.Time
	if !until.IsZero() {
		expires = until.AddDays(1).In(v.loc)
	}
	token, err := v.Authn.NewToken(v.ctx, v.user.User, form.Get("name"), expires)
	if e := refused(err); e != nil {
		return s.showProfile(v, http.StatusUnprocessableEntity, "", "", e)
	}
	if err != nil {
		return err
	}
	return s.showProfile(v, http.StatusOK, "", token, nil)
}

func (s *Server) profileRevoke(v *view) error {
	id, _ := strconv.ParseInt(v.c.Param("id"), 10, 64)
	return s.afterRevoke(v, v.Authn.RevokeToken(v.ctx, v.user.User, id))
}

func (s *Server) profileEnd(v *view) error {
	return s.afterRevoke(v, v.Authn.EndSession(v.ctx, v.user.User, v.c.Param("id")))
}

func (s *Server) afterRevoke(v *view, err error) error {
	if err != nil {
		return err
	}
	return s.showProfile(v, http.StatusOK, v.t("Ended."), "", nil)
}
