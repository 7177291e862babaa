package web

import (
	"fmt"
	"net/http"

	"github.com/a-h/templ"

	"meridian/platform/process"
	"meridian/platform/web/ui"
)

const inboxLimit = 100

func (s *Server) inbox(v *view) error {
	body, err := v.inboxBody()
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, v.t("My work"), v.t("Approvals, hand-overs and tasks of all modules"), "inbox", body, nil)
}

func (v *view) inboxBody() (ui.Inbox, error) {
	work, err := v.Process.Inbox(v.ctx, inboxLimit)
	if err != nil {
		return ui.Inbox{}, err
	}
	ids := map[string][]int64{}
	for _, w := range work {
		ids[w.Object.Type] = append(ids[w.Object.Type], w.Object.ID)
	}
	titles, err := v.Types.Names(v.ctx, ids)
	if err != nil {
		return ui.Inbox{}, err
	}
	groups := []ui.InboxGroup{
		{ID: "approvals", Title: v.t("To approve"), Icon: "clipboard-check"}, {ID: "handovers", Title: v.t("Hand-overs to accept"), Icon: "arrows-exchange"},
		{ID: "late", Title: v.t("Overdue"), Icon: "alert-triangle"}, {ID: "tasks", Title: v.t("Tasks"), Icon: "checklist"},
	}
	for _, w := range work {
		item := v.inboxItem(w, titles[fmt.Sprintf("%s/%d", w.Object.Type, w.Object.ID)])
		i := 3
		switch {
		case w.Kind == "approval":
			i = 0
		case w.Kind == "handover":
			i = 1
		case w.Late:
			i = 2
		}
		groups[i].Items = append(groups[i].Items, item)
	}
	out := ui.Inbox{Empty: v.t("Nothing waits for you. Well done.")}
	for _, g := range groups {
		if len(g.Items) > 0 {
			out.Groups = append(out.Groups, g)
		}
	}
	return out, nil
}

func (v *view) inboxItem(w process.Work, title string) ui.InboxItem {
	item := ui.InboxItem{Title: title, Href: recordPath(w.Object.Type, w.Object.ID), When: v.ago(w.Since), Late: w.Late}
	d, err := v.Types.Doc(w.Object.Type)
	if err != nil {
		return item
	}
	info := d.Info()
	item.Icon = info.Icon
	item.Sub = v.label(info.Name, info.Label)
	if p := v.stagePill(info, w.Stage); p.Text != "" {
		item.Sub += " · " + p.Text
		item.Tone = p.Tone
	}
	if !w.DueAt.IsZero() {
		item.When = v.t("due {0}", v.moment(w.DueAt))
	}
	switch w.Kind {
	case "approval":
		item.Title = w.Title
		if !w.Amount.IsZero() {
			item.Amount = v.money(w.Amount)
		}
		if w.For != 0 {
			item.Sub += " · " + v.t("for {0}", v.Authz.Directory().Name(w.For))
		}
		item.Decide = &ui.Decide{Action: fmt.Sprintf("/inbox/decide/%d", w.Task), Target: "inbox", Compact: true, ID: fmt.Sprint(w.Task)}
	case "handover":
		item.Actions = []ui.Action{{Label: v.t("Accept"), Href: recordPath(w.Object.Type, w.Object.ID) + "/accept", Post: true, Kind: ui.Primary}}
	}
	return item
}

func (s *Server) decide(v *view) error {
	if err := v.decideTask(); err != nil {
		return err
	}
	if _, ok := htmx(v.c); ok {
		body, err := v.inboxBody()
		if err != nil {
			return err
		}
		v.c.Header("HX-Trigger", asciiJSON(ui.Toast{Text: v.t("Decision recorded."), Tone: ui.OK}))
		return v.fragment(http.StatusOK, body)
	}
	return v.done("/inbox", "Decision recorded.")
}

func (s *Server) noticeItems(v *view, limit int) ([]ui.Notice, error) {
	list, err := v.Notices.List(v.ctx, v.user.User, limit)
	if err != nil {
		return nil, err
	}
	icons := map[string]string{"approval": "clipboard-check", "late": "clock", "handover": "arrows-exchange", "mention": "message", "share": "user-plus", "deputy": "user-check", "job": "file-import", "call": "phone-call"}
	out := make([]ui.Notice, len(list))
	for i, n := range list {
		out[i] = ui.Notice{Icon: icons[n.Kind], Text: v.NoticeText(v.ctx, n), When: v.ago(n.At), Unread: !n.Read}
		if out[i].Icon == "" {
			out[i].Icon = "bell"
		}
		if n.Kind == "late" {
			out[i].Tone = ui.Bad
		}
		if !n.Object.IsZero() {
			out[i].Href = recordPath(n.Object.Type, n.Object.ID)
		}
	}
	return out, nil
}

func (s *Server) notices(v *view) error {
	items, err := s.noticeItems(v, 100)
	if err != nil {
		return err
	}
	var actions templ.Component = ui.Buttons{{Label: v.t("Mark all as read"), Href: "/notices/read", Post: true}}
	return v.show(http.StatusOK, v.t("Notifications"), "", "notices", ui.Notices{Items: items, Pager: ui.Pager{Total: fmt.Sprint(len(items)), Page: 1, Pages: 1, Base: "/notices?page=", Target: "notices"}}, actions)
}

func (s *Server) noticeMenu(v *view) error {
	items, err := s.noticeItems(v, 8)
	if err != nil {
		return err
	}
	return v.fragment(http.StatusOK, ui.NoticeMenu{Items: items})
}

func (s *Server) noticesRead(v *view) error {
	if err := v.Notices.MarkRead(v.ctx, v.user.User, 0); err != nil {
		return err
	}
	if target, ok := htmx(v.c); ok && target != "notices" {
		return s.noticeMenu(v)
	}
	if _, ok := htmx(v.c); ok {
		return s.notices(v)
	}
	return v.done("/notices", "All read.")
}
