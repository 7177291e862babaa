package web

import (
	"context"
	"fmt"
	"io"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/i18n"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
	"meridian/platform/web/ui"
)

// Versions returns the panel of a quote with the versions of its offer the reader may
// see, each with the way to what changed in it.
func Versions(quotes record.Store[domain.Quote], types *resource.Registry) func(ctx context.Context, id int64, w io.Writer) error {
	return func(ctx context.Context, id int64, w io.Writer) error {
		q, err := quotes.Get(ctx, id)
		if err != nil {
			return err
		}
		list, err := quotes.Find(ctx, record.Where("root", record.Eq, domain.Root(q.No)).And("company_id", record.Eq, q.CompanyID))
		if err != nil {
			return err
		}
		t := ui.Table{ID: "versions", Caption: i18n.T(ctx, "Offer versions"), Cols: []ui.Col{{Label: i18n.T(ctx, "Quote"), Kind: ui.KindLink}, {Label: i18n.T(ctx, "Stage")}, {Label: i18n.T(ctx, "Total")}, {Label: i18n.T(ctx, "Opened times")}}}
		for i := range list {
			v := &list[i]
			r := ui.Row{Href: fmt.Sprintf("/ltc/quote/%d", v.ID), Cells: []ui.Cell{{Text: v.No}, {Text: stageLabel(ctx, types, "ltc.quote", string(v.Stage))}, {Text: money.Format(v.Total, 2)}, {Text: fmt.Sprint(v.Views)}}}
			if v.PreviousID != nil {
				r.Href = fmt.Sprintf("/ltc/quote_diff?quote=%d", v.ID)
				r.Cells[0].Sub = i18n.T(ctx, "Compare quote versions")
			}
			t.Rows = append(t.Rows, r)
		}
		return t.Render(ctx, w)
	}
}
