package web

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"

	"meridian/platform/api"
	"meridian/platform/resource"
	"meridian/platform/transfer"
	"meridian/platform/web/ui"
)

// export streams the filtered list as a file: ?format=xlsx is a workbook with the
// lines on sheets of their own, ?part=lines the lines alone as CSV.
func (t *typePages) export(v *view) error {
	q, err := t.listQuery(v)
	if err != nil {
		return err
	}
	format := v.c.DefaultQuery("format", transfer.CSV)
	e, err := v.Exports.Open(v.ctx, transfer.Query{Type: t.info.Name, List: q, Asked: v.c.Request.URL.RawQuery, Format: format, Part: v.c.Query("part")})
	if many, ok := errors.AsType[*transfer.NeedsApproval](err); ok && v.Authz.Can(v.ctx, "core.export_request", "create") {
		return t.askToExport(v, q, many)
	}
	if err != nil {
		return err
	}
	h := v.c.Writer.Header()
	h.Set("Content-Type", e.ContentType())
	h.Set("Content-Disposition", contentDisposition(e.Name()))
	_, err = e.Write(v.ctx, v.c.Writer)
	switch {
	case err == nil || v.ctx.Err() != nil: // written, or the reader has gone
		return nil
	case v.c.Writer.Written(): // the answer has begun: break it off rather than end it short
		slog.ErrorContext(v.ctx, "export broken off", slog.String("type", t.info.Name), slog.Any("error", err))
		panic(http.ErrAbortHandler)
	}
	h.Del("Content-Disposition")
	return err
}

// askToExport leads to the request for an export of many records, filled in with the list
// as its tab narrows it.
func (t *typePages) askToExport(v *view, list resource.ListQuery, many *transfer.NeedsApproval) error {
	v.s.flash(v.c, ui.Toast{Text: v.t(many.Why.Message, many.Why.Args...), Tone: ui.Bad})
	to := url.Values{"doc_type": {t.info.Name}, "query": {api.ListValues(list).Encode()}, "part": {v.c.Query("part")}}
	v.c.Redirect(http.StatusSeeOther, "/core/export_request/new?"+to.Encode())
	return nil
}

// exportAction offers the list as it is filtered, in every format.
func (t *typePages) exportAction(v *view) ui.Action {
	link := func(label, icon, format, part string) ui.Action {
		q := v.c.Request.URL.Query()
		q.Del("page")
		q.Set("format", format)
		if part != "" {
			q.Set("part", part)
		}
		return ui.Action{Label: label, Icon: icon, Href: t.base + "/export?" + q.Encode(), Download: true}
	}
	a := ui.Action{Label: v.t("Export"), Icon: "file-export", Items: []ui.Action{link(v.t("Excel workbook (XLSX)"), "file-spreadsheet", transfer.XLSX, ""), link("CSV", "download", transfer.CSV, "")}}
	for _, m := range t.info.Fields {
		if m.Kind == resource.KLines && !v.Types.Hidden(v.ctx, t.info.Name, m.Name, m) {
			a.Items = append(a.Items, link(v.t("{0} as CSV", v.label(t.info.Name+"."+m.Name, m.Label)), "download", transfer.CSV, m.Name))
		}
	}
	return a
}
