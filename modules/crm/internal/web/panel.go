// Package web is what customer relationship management adds to the page of a customer.
package web

import (
	"context"
	"fmt"
	"html/template"
	"io"

	"meridian/modules/crm"
	"meridian/modules/crm/internal/domain"
	"meridian/modules/crm/internal/store"
	"meridian/platform/authz"
	"meridian/platform/i18n"
	"meridian/platform/money"
)

type fact struct{ Label, Value string }

type stretch struct{ Owner, Since, Until, How string }

var panel = template.Must(template.New("standing").Parse(`<table class="dt"><caption class="visually-hidden">{{.Caption}}</caption><tbody>{{range .Facts}}<tr><th scope="row">{{.Label}}</th><td>{{.Value}}</td></tr>
{{end}}</tbody></table>{{if .Owners}}<table class="dt"><caption>{{.Owners1}}</caption><thead><tr>{{range .Head}}<th scope="col">{{.}}</th>{{end}}</tr></thead><tbody>{{range .Owners}}<tr><td>{{.Owner}}</td><td>{{.Since}}</td><td>{{.Until}}</td><td>{{.How}}</td></tr>
{{end}}</tbody></table>{{end}}`))

var hows = map[string]string{"create": "First owner", "assign": "Assigned", "claim": "Claimed", "transfer": "Transferred", "recycle": "Taken back", "give_back": "Given back"}

// Standing returns the card of a customer's page: where it stands, health, credit where
// the reader may see it, what comes next, and who owned it.
func Standing(sql *store.Store, auth *authz.Authz, customers *domain.Customers) func(ctx context.Context, id crm.CustomerID, w io.Writer) error {
	return func(ctx context.Context, id crm.CustomerID, w io.Writer) error {
		c, err := customers.Store.Get(ctx, int64(id))
		if err != nil {
			return err
		}
		card, err := sql.CardOf(ctx, c.ID)
		if err != nil {
			return err
		}
		owners, err := sql.Owners(ctx, c.ID)
		if err != nil {
			return err
		}
		t := func(s string, args ...any) string { return i18n.T(ctx, s, args...) }
		facts := []fact{{t("Life cycle"), t(domain.StageLabels[card.Stage])}, {t("Completeness (%)"), fmt.Sprint(card.Completeness)}}
		add := func(label, value string) { facts = append(facts, fact{t(label), value}) }
		if card.Score != nil {
			add("Health", fmt.Sprintf("%d · %s", *card.Score, t(map[string]string{"low": "Low risk", "medium": "Medium risk", "high": "High risk"}[card.Grade])))
		}
		if card.Credit && auth.Covers(ctx, "crm.customer#credit_limit", "read", &c.Base) {
			add("Exposure", money.Format(card.Exposure, 2))
			add("Available", money.Format(card.Available, 2))
		}
		if card.NextStep != "" {
			add("Next action", card.NextOn.String()+" "+card.NextStep)
		}
		if card.Clv != nil && auth.Can(ctx, "crm.value_ranking", "read") {
			add("Lifetime value", money.Format(*card.Clv, 2))
		}
		if card.Points != nil {
			add("Points", fmt.Sprint(*card.Points))
		}
		if card.OpenNeeds > 0 {
			add("Open needs", fmt.Sprint(card.OpenNeeds))
		}
		if card.OpenRisks > 0 {
			add("Risk cases", fmt.Sprint(card.OpenRisks))
		}
		var list []stretch
		for _, o := range owners {
			s := stretch{Owner: auth.Directory().Name(o.OwnerID), Since: o.Since.Format("2006-01-02"), How: t(hows[o.How])}
			if s.Owner == "" {
				s.Owner = t("Pool")
			}
			if o.Until != nil {
				s.Until = o.Until.Format("2006-01-02")
			}
			if o.Reason != "" {
				s.How += ": " + o.Reason
			}
			list = append(list, s)
		}
		return panel.Execute(w, map[string]any{"Caption": t("Standing"), "Facts": facts, "Owners": list, "Owners1": t("Owner history"), "Head": []string{t("Owner"), t("From"), t("To"), t("How")}})
	}
}
