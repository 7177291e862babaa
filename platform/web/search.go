package web

import (
	"net/http"
	"strings"

	"meridian/platform/resource"
	"meridian/platform/web/ui"
)

// search answers the palette: pages and actions by name, then records of every
// type the reader may see.
func (s *Server) search(v *view) error {
	q := strings.TrimSpace(v.c.Query("q"))
	out := ui.Results{Query: q}
	pages := ui.ResultGroup{}
	for _, g := range v.menu() {
		for _, m := range g.Items {
			items := m.Children
			if len(items) == 0 {
				items = []ui.MenuItem{m}
			}
			for _, x := range items {
				if q == "" || strings.Contains(strings.ToLower(x.Label+" "+x.Href), strings.ToLower(q)) {
					pages.Items = append(pages.Items, ui.Result{Icon: x.Icon, Label: x.Label, Kind: v.t("Go to"), Href: x.Href})
				}
			}
		}
	}
	if len(pages.Items) > 0 {
		pages.Items = pages.Items[:min(len(pages.Items), 8)]
		out.Groups = append(out.Groups, pages)
	}
	if len([]rune(q)) >= 2 {
		groups, err := v.searchRecords(q)
		if err != nil {
			return err
		}
		out.Groups = append(out.Groups, groups...)
	}
	if _, ok := htmx(v.c); ok {
		return v.fragment(http.StatusOK, out)
	}
	return v.show(http.StatusOK, v.t("Search"), "", "search", ui.SearchPage(out), nil)
}

func (v *view) searchRecords(q string) ([]ui.ResultGroup, error) {
	var out []ui.ResultGroup
	for _, d := range v.Types.Docs() {
		info := d.Info()
		if !v.Authz.Can(v.ctx, info.Name, "read") {
			continue
		}
		l, err := d.ListRows(v.ctx, resource.ListQuery{Q: q, Limit: 5, Total: "none"})
		if err != nil {
			return nil, err
		}
		g := ui.ResultGroup{Title: v.label(info.Name+".plural", info.Plural)}
		for _, r := range l.Rows {
			x := ui.Result{Icon: info.Icon, Label: r.Title(), Sub: r.Base().No, Kind: v.label(info.Name, info.Label), Href: recordPath(info.Name, r.Base().ID)}
			if x.Label == x.Sub {
				x.Sub = ""
			}
			g.Items = append(g.Items, x)
		}
		if len(g.Items) > 0 {
			out = append(out, g)
		}
	}
	return out, nil
}
