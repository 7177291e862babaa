package web

import (
	"context"
	"encoding/csv"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"meridian/platform/audit"
	"meridian/platform/resource"
)

// export streams the filtered list as CSV that spreadsheets open: UTF-8 with mark,
// formulas disarmed. Masked fields are left out, and the trail says who took what.
func (t *typePages) export(v *view) error {
	if err := v.Authz.Require(v.ctx, t.info.Name, "export"); err != nil {
		return err
	}
	q, err := t.listQuery(v)
	if err != nil {
		return err
	}
	q.Limit, q.Page, q.Total, q.Sort = 200, 0, "none", "id"
	var cols []*resource.Meta
	head := []string{"no"}
	if t.info.Process != nil {
		head = append(head, "stage")
	}
	for _, m := range t.info.Fields {
		if m.Kind != resource.KLines && !(m.Sensitive && !v.Authz.Can(v.ctx, t.info.Name+"#"+m.Name, "read")) {
			cols = append(cols, m)
			head = append(head, m.Name)
		}
	}
	err = v.DB.Tx(v.ctx, func(ctx context.Context) error {
		return v.Audit.Write(ctx, "export", t.info.Name, 0, []audit.Change{{Field: "query", After: v.c.Request.URL.RawQuery}})
	})
	if err != nil {
		return err
	}
	h := v.c.Writer.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", contentDisposition(strings.ReplaceAll(t.info.Name, ".", "-")+".csv"))
	_, _ = v.c.Writer.WriteString("\ufeff")
	w := csv.NewWriter(v.c.Writer)
	defer w.Flush()
	if err := w.Write(head); err != nil {
		return fmt.Errorf("write export: %w", err)
	}
	for {
		l, err := t.d.ListRows(v.ctx, q)
		if err != nil {
			slog.ErrorContext(v.ctx, "export broken off", slog.String("type", t.info.Name), slog.Any("error", err))
			panic(http.ErrAbortHandler) // the answer has begun: break it off rather than end it short
		}
		for _, r := range l.Rows {
			if !v.Authz.Covers(v.ctx, t.info.Name, "export", r.Base()) {
				continue
			}
			line := []string{r.Base().No}
			if t.info.Process != nil {
				line = append(line, r.Stage())
			}
			for _, m := range cols {
				line = append(line, disarm(m, r.Text(m.Name)))
			}
			if err := w.Write(line); err != nil {
				return nil // the reader has gone
			}
		}
		if l.Next == "" {
			return nil
		}
		q.Cursor = l.Next
	}
}

// disarm keeps a spreadsheet from running text as a formula.
func disarm(m *resource.Meta, s string) string {
	if (m.Kind == resource.KText || m.Kind == resource.KLongText) && s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
