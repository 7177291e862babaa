// Package web draws what the supply chain adds to pages.
package web

import (
	"context"
	"io"

	"meridian/modules/ipd"
	"meridian/modules/isc/internal/store"
	"meridian/modules/proc"
	"meridian/platform/i18n"
	"meridian/platform/money"
	"meridian/platform/web/ui"
)

// StockPanel shows what is there of a product, what is promised of it and what is
// on its way.
func StockPanel(reports *store.Reports, orders proc.Orders) func(ctx context.Context, id ipd.ProductID, w io.Writer) error {
	return func(ctx context.Context, id ipd.ProductID, w io.Writer) error {
		rows, err := reports.OnHand(ctx, id)
		if err != nil {
			return err
		}
		var incoming, free money.Qty
		supply, err := orders.Supply(ctx, id)
		if err != nil {
			return err
		}
		for _, s := range supply {
			incoming = incoming.Add(s.Qty)
		}
		t := ui.Table{ID: "isc-stock", Plain: true, Caption: i18n.T(ctx, "Stock"), Cols: []ui.Col{{Label: i18n.T(ctx, "Warehouse")}}}
		for _, head := range []string{"Free stock", "Reserved", "In inspection", "Blocked stock"} {
			t.Cols = append(t.Cols, ui.Col{Label: i18n.T(ctx, head), Kind: ui.KindNum})
		}
		for _, r := range rows {
			free = free.Add(r.Available.Sub(r.Reserved))
			t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: r.Warehouse}, qty(r.Available.Sub(r.Reserved)), qty(r.Reserved), qty(r.Inspection), qty(r.Blocked)}})
		}
		if err := t.Render(ctx, w); err != nil {
			return err
		}
		facts := ui.Facts{Items: []ui.Fact{{Label: i18n.T(ctx, "On its way"), Text: money.Format(incoming, 0)}}}
		point, err := reports.ReorderPoint(ctx, id)
		if err != nil {
			return err
		}
		if point.Sign() > 0 {
			f := ui.Fact{Label: i18n.T(ctx, "Reorder point"), Text: money.Format(point, 0)}
			if !point.Less(free.Add(incoming)) {
				f.Pill = ui.Pill{Text: i18n.T(ctx, "Order now"), Tone: ui.Warn}
			}
			facts.Items = append(facts.Items, f)
		}
		return facts.Render(ctx, w)
	}
}

func qty(q money.Qty) ui.Cell { return ui.Cell{Text: money.Format(q, 0)} }
