// Package web is what leads to cash adds to the pages of others.
package web

import (
	"context"
	"html/template"
	"io"

	"meridian/modules/crm"
	"meridian/modules/ltc/internal/domain"
	"meridian/platform/i18n"
	"meridian/platform/money"
	"meridian/platform/resource"
)

// row is one document of the panel.
type row struct {
	Type, Label, Title, Stage string
	ID                        int64
	Amount, Date              string
}

var panel = template.Must(template.New("panel").Parse(`{{if .Rows}}<table class="dt"><caption class="visually-hidden">{{.Caption}}</caption>
<thead><tr>{{range .Head}}<th scope="col">{{.}}</th>{{end}}</tr></thead>
<tbody>{{range .Rows}}<tr><td>{{.Label}}</td><td><a href="/{{.Type}}/{{.ID}}">{{.Title}}</a></td><td>{{.Stage}}</td><td>{{.Date}}</td><td class="num">{{.Amount}}</td></tr>
{{end}}</tbody>{{if .Owed}}<tfoot><tr><th scope="row" colspan="4">{{.OwedLabel}}</th><td class="num">{{.Owed}}</td></tr></tfoot>{{end}}</table>
{{else}}<p class="none">{{.Empty}}</p>{{end}}`))

// Deals returns the panel of a customer's page with the open opportunities, orders
// and invoices the reader may see.
func Deals(deals *domain.Deals, types *resource.Registry) func(ctx context.Context, id crm.CustomerID, w io.Writer) error {
	return func(ctx context.Context, id crm.CustomerID, w io.Writer) error {
		v, err := deals.Of(ctx, id)
		if err != nil {
			return err
		}
		stage := func(typ, key string) string { return stageLabel(ctx, types, typ, key) }
		var rows []row
		for i := range v.Opportunities {
			o := &v.Opportunities[i]
			rows = append(rows, row{"ltc/opportunity", i18n.T(ctx, "Opportunity"), o.Name, stage("ltc.opportunity", string(o.Stage)), o.ID, money.Format(o.Amount, 2), o.CloseOn.String()})
		}
		for i := range v.Orders {
			o := &v.Orders[i]
			rows = append(rows, row{"ltc/order", i18n.T(ctx, "Sales order"), o.No, stage("ltc.order", string(o.Stage)), o.ID, money.Format(o.Total, 2), o.OrderDate.String()})
		}
		for i := range v.Invoices {
			x := &v.Invoices[i]
			rows = append(rows, row{"ltc/invoice", i18n.T(ctx, "Invoice"), x.FiscalNo, stage("ltc.invoice", string(x.Stage)), x.ID, money.Format(x.Open, 2), x.DueDate.String()})
		}
		data := map[string]any{"Rows": rows, "Caption": i18n.T(ctx, "Deals"), "Empty": i18n.T(ctx, "No open deals, orders or invoices."), "OwedLabel": i18n.T(ctx, "Receivables"),
			"Head": []string{i18n.T(ctx, "Kind"), i18n.T(ctx, "Document"), i18n.T(ctx, "Stage"), i18n.T(ctx, "Date"), i18n.T(ctx, "Amount")}}
		if !v.Owed.IsZero() {
			data["Owed"] = money.Format(v.Owed, 2)
		}
		return panel.Execute(w, data)
	}
}

func stageLabel(ctx context.Context, types *resource.Registry, typ, key string) string {
	d, err := types.Doc(typ)
	if err != nil {
		return key
	}
	if s := d.Info().Process.Stage(key); s != nil {
		return i18n.T(ctx, s.Label)
	}
	return key
}
