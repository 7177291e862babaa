package web

import (
	"net/http"
	"slices"
	"strings"

	"meridian/platform/resource"
	"meridian/platform/trace"
	"meridian/platform/web/ui"
)

// threadOrder is the order of the process steps in a chain.
var threadOrder = []string{"dste", "mtl", "ltc.lead", "crm", "ltc.opportunity", "ltc.quote", "ltc.contract", "ltc.order", "ipd", "isc.shortage", "proc", "isc", "ltc.acceptance", "ltc", "itr"}

func rankOf(typ string) int {
	best, rank := -1, len(threadOrder)
	for i, p := range threadOrder {
		if (typ == p || strings.HasPrefix(typ, p+".")) && len(p) > best {
			best, rank = len(p), i
		}
	}
	return rank
}

// chain reads the documents of a thread the reader may see, in process order.
func (v *view) chain(self trace.Ref) ([]trace.Ref, map[trace.Ref]resource.Row, error) {
	links, err := v.Trace.Thread(v.ctx, self)
	if err != nil {
		return nil, nil, err
	}
	rows, err := v.Types.Cards(v.ctx, self, links)
	if err != nil {
		return nil, nil, err
	}
	refs := make([]trace.Ref, 0, len(rows))
	for r := range rows {
		refs = append(refs, r)
	}
	slices.SortFunc(refs, func(a, b trace.Ref) int {
		if d := rankOf(a.Type) - rankOf(b.Type); d != 0 {
			return d
		}
		if d := strings.Compare(a.Type, b.Type); d != 0 {
			return d
		}
		return int(a.ID - b.ID)
	})
	return refs, rows, nil
}

func (v *view) doc(r trace.Ref, row resource.Row, self trace.Ref) ui.Doc {
	d, err := v.Types.Doc(r.Type)
	if err != nil {
		return ui.Doc{}
	}
	info := d.Info()
	out := ui.Doc{Type: v.label(info.Name, info.Label), Number: row.Base().No, Title: row.Title(), Href: recordPath(r.Type, r.ID), Icon: info.Icon,
		Stage: v.stagePill(info, row.Stage()), Date: row.Day().String(), Current: r == self}
	if out.Title == out.Number {
		out.Title = ""
	}
	if !row.Amount().IsZero() {
		out.Amount = v.money(row.Amount())
	}
	return out
}

// shortThread is the chain beside a record.
func (t *typePages) shortThread(v *view, id int64) ([]ui.Doc, error) {
	refs, rows, err := v.chain(t.ref(id))
	if err != nil || len(refs) < 2 {
		return nil, err
	}
	var out []ui.Doc
	for _, r := range refs {
		out = append(out, v.doc(r, rows[r], t.ref(id)))
	}
	return out[:min(len(out), 25)], nil
}

// thread is the page of the whole chain, grouped by process.
func (t *typePages) thread(v *view) error {
	row, err := t.row(v)
	if err != nil {
		return err
	}
	self := t.ref(row.Base().ID)
	refs, rows, err := v.chain(self)
	if err != nil {
		return err
	}
	var page ui.Thread
	for _, r := range refs {
		module, _, _ := strings.Cut(r.Type, ".")
		code := strings.ToUpper(module)
		if n := len(page.Steps); n == 0 || page.Steps[n-1].Code != code {
			title := code
			for _, m := range v.Modules {
				if m.Code == module {
					title = v.t(m.Label)
				}
			}
			page.Steps = append(page.Steps, ui.ThreadStep{Code: code, Title: title})
		}
		last := &page.Steps[len(page.Steps)-1]
		last.Docs = append(last.Docs, v.doc(r, rows[r], self))
	}
	back := ui.Buttons{{Label: v.t("Back to {0}", row.Base().No), Icon: "arrow-left", Href: recordPath(t.info.Name, row.Base().ID)}}
	return v.show(http.StatusOK, v.t("Thread of {0}", row.Base().No), row.Title(), "thread", page, back)
}
