package web

import (
	"context"
	"html/template"
	"io"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/i18n"
)

var path = template.Must(template.New("path").Parse(`<table class="dt"><caption class="visually-hidden">{{.Caption}}</caption>
<thead><tr>{{range .Head}}<th scope="col">{{.}}</th>{{end}}</tr></thead>
<tbody>{{range .Rows}}<tr{{if .Here}} aria-current="step"{{end}}><td>{{if .Here}}<strong>{{.Name}}</strong>{{else}}{{.Name}}{{end}}</td><td>{{.State}}</td><td>{{.Stage}}</td></tr>
{{end}}</tbody></table><p><a href="/ltc/sales_path?deal={{.Deal}}">{{.PathLabel}}</a> · <a href="/ltc/pipeline_board?pipeline={{.Pipeline}}">{{.BoardLabel}}</a></p>`))

type pathRow struct {
	Name, State, Stage string
	Here               bool
}

// Path returns the panel of a deal's page with the steps of its pipeline and where it
// stands.
func Path(deals *domain.Opportunities) func(ctx context.Context, id int64, w io.Writer) error {
	return func(ctx context.Context, id int64, w io.Writer) error {
		o, err := deals.Type.Get(ctx, id)
		if err != nil {
			return err
		}
		p, err := deals.Pipelines.Of(ctx, o.PipelineID)
		if err != nil {
			return err
		}
		var rows []pathRow
		passed := o.StepID != 0
		for _, x := range p.Steps {
			r := pathRow{Name: x.Name, Here: x.ID == o.StepID}
			if s := deals.Type.Info().Process.Stage(string(x.StageKey)); s != nil {
				r.Stage = i18n.T(ctx, s.Label)
			}
			switch {
			case r.Here:
				r.State, passed = i18n.T(ctx, "Here"), false
			case passed:
				r.State = i18n.T(ctx, "Passed")
			}
			rows = append(rows, r)
		}
		return path.Execute(w, map[string]any{"Rows": rows, "Deal": o.ID, "Pipeline": p.ID, "Caption": p.Name, "PathLabel": i18n.T(ctx, "Sales path of a deal"), "BoardLabel": i18n.T(ctx, "Board of a pipeline"),
			"Head": []string{i18n.T(ctx, "Step"), i18n.T(ctx, "State"), i18n.T(ctx, "Stage")}})
	}
}
