package web

import (
	"context"
	"html/template"
	"io"

	"meridian/modules/ltc"
	"meridian/platform/i18n"
	"meridian/platform/ledger"
	"meridian/platform/money"
	"meridian/platform/trace"
)

var journal = template.Must(template.New("journal").Parse(`{{if .Rows}}<table class="dt"><caption class="visually-hidden">{{.Caption}}</caption>
<thead><tr>{{range .Head}}<th scope="col">{{.}}</th>{{end}}</tr></thead>
<tbody>{{range .Rows}}<tr><td>{{.Day}}</td><td>{{.Account}}</td><td class="num">{{.Debit}}</td><td class="num">{{.Credit}}</td></tr>
{{end}}</tbody></table>{{else}}<p class="none">{{.Empty}}</p>{{end}}`))

type posting struct{ Day, Account, Debit, Credit string }

// Journal returns the panel with what was posted for a document of typ.
func Journal(l *ledger.Ledger, typ string) func(ctx context.Context, id ltc.InvoiceID, w io.Writer) error {
	return func(ctx context.Context, id ltc.InvoiceID, w io.Writer) error {
		lines, err := l.Of(ctx, trace.Ref{Type: typ, ID: int64(id)})
		if err != nil {
			return err
		}
		var rows []posting
		for _, x := range lines {
			p := posting{Day: x.Day.String(), Account: x.Code + " " + x.Name}
			if x.Amount.Sign() > 0 {
				p.Debit = money.Format(x.Amount, 2)
			} else {
				p.Credit = money.Format(x.Amount.Neg(), 2)
			}
			rows = append(rows, p)
		}
		return journal.Execute(w, map[string]any{"Rows": rows, "Caption": i18n.T(ctx, "Journal"), "Empty": i18n.T(ctx, "Nothing is posted yet."),
			"Head": []string{i18n.T(ctx, "Date"), i18n.T(ctx, "Account"), i18n.T(ctx, "Debit"), i18n.T(ctx, "Credit")}})
	}
}
