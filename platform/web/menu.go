package web

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"meridian/platform/authz"
	"meridian/platform/web/ui"
)

// menu is the side bar: only what the reader may open, in module order.
func (v *view) menu() []ui.MenuGroup {
	at := v.c.Request.URL.Path
	top := ui.MenuGroup{Items: []ui.MenuItem{
		{Label: v.t("Home"), Href: "/", Icon: "layout-dashboard", Active: at == "/"},
		{Label: v.t("My work"), Href: "/inbox", Icon: "clipboard-check", Active: at == "/inbox", Count: v.openWork()},
	}}
	if v.Authz.Can(v.ctx, "page.cockpit", "read") {
		top.Items = append(top.Items, ui.MenuItem{Label: v.t("Cockpit"), Href: "/cockpit", Icon: "chart-bar", Active: at == "/cockpit"})
	}
	modules := ui.MenuGroup{Title: v.t("Business processes")}
	for _, m := range orderModules(v) {
		item := ui.MenuItem{Label: v.t(m.label), Icon: m.icon}
		item.Children = v.children(at, m)
		item.Active = slices.ContainsFunc(item.Children, func(c ui.MenuItem) bool { return c.Active })
		if len(item.Children) > 0 {
			item.Href = item.Children[0].Href
			help := "/help/" + m.code
			item.Active = item.Active || at == help
			item.Children = append(item.Children, ui.MenuItem{Label: v.t("How it works"), Href: help, Icon: "help-circle", Active: at == help})
			modules.Items = append(modules.Items, item)
		}
	}
	finance := ui.MenuGroup{Title: v.t("Bookkeeping"), Items: v.plainItems(at, []menuEntry{
		{"Chart of accounts", "/core/account", "list-numbers", "core.account"}, {"Posting rules", "/core/posting_rule", "route", "core.posting_rule"}, {"Fiscal periods", "/core/period", "calendar-stats", "core.period"}})}
	for _, r := range v.Reports.Of("core") {
		if v.may(r.Perm) {
			finance.Items = append(finance.Items, ui.MenuItem{Label: v.t(r.Label), Href: r.Path(), Icon: r.Icon, Active: at == r.Path()})
		}
	}
	system := ui.MenuGroup{Title: v.t("System"), Items: v.plainItems(at, []menuEntry{
		{"Users", "/core/user", "users", "core.user"}, {"Departments", "/core/department", "sitemap", "core.department"}, {"Company", "/core/company", "building", "core.company"},
		{"Roles and permissions", "/admin/roles", "shield-lock", "core.role"}, {"Explain access", "/admin/access", "user-search", "page.access"},
		{"Large exports", "/core/export_request", "file-export", "core.export_request"}, {"Approval rules", "/admin/approvals", "checklist", "core.approval_rule"}, {"Steps of the program", "/core/auto_step", "bolt", "core.auto_step"}, {"Audit trail", "/admin/audit", "history", "core.audit"}, {"Scheduler", "/admin/jobs", "calendar-time", "core.job"},
	})}
	system.Items = append(system.Items, ui.MenuItem{Label: v.t("API"), Href: "/admin/api", Icon: "api", Active: at == "/admin/api"})
	out := []ui.MenuGroup{top}
	for _, g := range []ui.MenuGroup{modules, finance, system} {
		if len(g.Items) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// children are the pages of a module: its documents, what reads many of them, and its
// settings, which belong to nobody in particular.
func (v *view) children(at string, m mapModule) []ui.MenuItem {
	var docs, settings, reports []ui.MenuItem
	for _, typ := range m.types {
		d, err := v.Types.Doc(typ)
		if err != nil || !v.Authz.Can(v.ctx, typ, "read") {
			continue
		}
		info, href := d.Info(), path(typ)
		x := ui.MenuItem{Label: v.label(typ+".plural", info.Plural), Href: href, Icon: info.Icon, Active: at == href || strings.HasPrefix(at, href+"/")}
		if info.NoOwner {
			settings = append(settings, x)
		} else {
			docs = append(docs, x)
		}
	}
	for _, r := range v.Reports.Of(m.code) {
		if !r.Hidden && v.may(r.Perm) {
			reports = append(reports, ui.MenuItem{Label: v.t(r.Label), Href: r.Path(), Icon: r.Icon, Active: at == r.Path()})
		}
	}
	if len(reports) > 0 {
		reports[0].Head = v.t("Overviews")
	}
	if len(settings) > 0 && len(docs)+len(reports) > 0 {
		settings[0].Head = v.t("Master data and settings")
	}
	return slices.Concat(docs, reports, settings)
}

type menuEntry struct{ label, href, icon, object string }

// plainItems are the entries the reader may open.
func (v *view) plainItems(at string, list []menuEntry) (out []ui.MenuItem) {
	for _, x := range list {
		if v.Authz.Can(v.ctx, x.object, "read") {
			out = append(out, ui.MenuItem{Label: v.t(x.label), Href: x.href, Icon: x.icon, Active: strings.HasPrefix(at, x.href)})
		}
	}
	return out
}

// openWork counts what waits for the reader; the menu says 99 at most.
func (v *view) openWork() int {
	work, err := v.Process.Inbox(v.ctx, 99)
	if err != nil {
		return 0
	}
	return min(len(work), 99)
}

// roleCache keeps the labels of the roles for a few seconds; they change rarely.
type roleCache struct {
	sync.Mutex
	version int64
	roles   []authz.Role
	at      time.Time
}

func (s *Server) roleLabels(ctx context.Context) []authz.Role {
	c := &s.roleNames
	c.Lock()
	defer c.Unlock()
	if c.version == s.p.Authz.Version() && s.p.Now().Sub(c.at) < 5*time.Second {
		return c.roles
	}
	roles, err := s.p.Authz.AllRoles(ctx)
	if err != nil {
		return nil
	}
	c.roles, c.version, c.at = roles, s.p.Authz.Version(), s.p.Now()
	return roles
}
