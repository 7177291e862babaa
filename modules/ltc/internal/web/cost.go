package web

import (
	"context"
	"html/template"
	"io"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/i18n"
	"meridian/platform/money"
)

// dealCosts answers what one deal cost; package store implements it.
type dealCosts interface {
	CostOfDeal(ctx context.Context, deal int64) (domain.DealCost, error)
}

var costPanel = template.Must(template.New("cost").Parse(`{{if .Rows}}<table class="dt"><caption class="visually-hidden">{{.Caption}}</caption>
<tbody>{{range .Rows}}<tr><th scope="row">{{index . 0}}</th><td class="num">{{index . 1}}</td></tr>
{{end}}</tbody></table>{{else}}<p class="none">{{.Empty}}</p>{{end}}`))

// CostToWin returns the panel of a deal with what it cost so far.
func CostToWin(costs dealCosts) func(ctx context.Context, id int64, w io.Writer) error {
	return func(ctx context.Context, id int64, w io.Writer) error {
		c, err := costs.CostOfDeal(ctx, id)
		if err != nil {
			return err
		}
		data := map[string]any{"Caption": i18n.T(ctx, "Cost to win"), "Empty": i18n.T(ctx, "Nothing was spent on this deal yet.")}
		if c.Requests > 0 {
			data["Rows"] = [][2]string{{i18n.T(ctx, "Committed"), money.Format(c.Committed, 2)}, {i18n.T(ctx, "Spent"), money.Format(c.Spent, 2)}}
		}
		return costPanel.Execute(w, data)
	}
}
