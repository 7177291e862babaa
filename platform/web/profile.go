package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"meridian/platform/authn"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/web/ui"
)

func (s *Server) profile(v *view) error {
	return s.showProfile(v, http.StatusOK, "", "", nil)
}

func (s *Server) showProfile(v *view, status int, saved, token string, e *errs.Error) error {
	p := v.Authz.Directory().People[v.user.User]
	wrong := func(name string) string {
		if e == nil {
			return ""
		}
		for _, f := range e.Fields {
			if f.Name == name {
				return v.t(f.Message, f.Args...)
			}
		}
		return ""
	}
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
	return v.show(status, v.t("Profile"), p.Name, "profile", m, nil)
}

func (s *Server) profilePassword(v *view) error {
	form, err := v.parse()
	if err != nil {
		return err
	}
	p := v.Authz.Directory().People[v.user.User]
	if _, err := v.Authn.SignIn(v.ctx, p.Username, form.Get("old")); err != nil {
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
