package web

import (
	"context"
	"html/template"
	"io"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/date"
	"meridian/platform/i18n"
	"meridian/platform/record"
)

var riskPanel = template.Must(template.New("risks").Parse(`{{if .Rows}}<table class="dt"><caption class="visually-hidden">{{.Caption}}</caption>
<thead><tr>{{range .Head}}<th scope="col">{{.}}</th>{{end}}</tr></thead>
<tbody>{{range .Rows}}<tr{{if .Late}} class="t-bad"{{end}}><td><a href="/ltc/project_risk/{{.ID}}">{{.Title}}</a></td><td><span class="pill t-{{.Tone}}">{{.Score}} {{.Heat}}</span></td><td>{{.Owner}}</td><td>{{.Due}}{{if .Late}} <strong>{{.LateLabel}}</strong>{{end}}</td></tr>
{{end}}</tbody></table>{{else}}<p class="none">{{.Empty}}</p>{{end}}<p><a href="/ltc/project_risk?project_id={{.Project}}">{{.All}}</a> · <a href="/ltc/change_request?project_id={{.Project}}">{{.Requests}}</a> · <a href="/ltc/baselines?project={{.Project}}">{{.Baselines}}</a> · <a href="/ltc/expert_opinion?project_id={{.Project}}">{{.Opinions}}</a> · <a href="/ltc/service_option?project_id={{.Project}}">{{.Options}}</a></p>`))

type riskRow struct {
	ID                            int64
	Title, Tone, Heat, Owner, Due string
	LateLabel                     string
	Score                         int
	Late                          bool
}

// Risks returns the panel of a project with its open risks, the hottest first, as far as the
// reader sees them.
func Risks(risks record.Store[domain.ProjectRisk], name func(person int64) string, today func(ctx context.Context) date.Date) func(ctx context.Context, id int64, w io.Writer) error {
	return func(ctx context.Context, id int64, w io.Writer) error {
		q := record.Where("project_id", record.Eq, id).And("stage", record.In, []string{string(domain.RiskOpen), string(domain.RiskTreated), string(domain.RiskOccurred)})
		q.Sort, q.Limit = []record.Sort{{Col: "score", Desc: true}}, 20
		list, err := risks.Find(ctx, q)
		if err != nil {
			return err
		}
		var rows []riskRow
		for i := range list {
			x := &list[i]
			r := riskRow{ID: x.ID, Title: x.Title, Score: x.Score, Owner: name(x.OwnerID), Due: x.DueOn.String(), Late: !x.DueOn.IsZero() && x.DueOn.Before(today(ctx)), LateLabel: i18n.T(ctx, "Overdue")}
			for _, o := range domain.Heats() {
				if o.Value == string(x.Heat) {
					r.Heat, r.Tone = i18n.T(ctx, o.Label), o.Tone
				}
			}
			rows = append(rows, r)
		}
		return riskPanel.Execute(w, map[string]any{"Rows": rows, "Project": id, "Caption": i18n.T(ctx, "Open risks"), "Empty": i18n.T(ctx, "No open risks."), "All": i18n.T(ctx, "Project risks"), "Requests": i18n.T(ctx, "Change requests"), "Baselines": i18n.T(ctx, "Baselines of a project"), "Opinions": i18n.T(ctx, "Expert opinions"), "Options": i18n.T(ctx, "Options of projects"),
			"Head": []string{i18n.T(ctx, "Risk"), i18n.T(ctx, "Heat"), i18n.T(ctx, "Owner"), i18n.T(ctx, "Due on")}})
	}
}
