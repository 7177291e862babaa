// Package mtlapp assembles market to lead; only cmd imports it.
package mtlapp

import (
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/url"

	"meridian/modules/mtl"
	"meridian/modules/mtl/internal/domain"
	"meridian/modules/mtl/internal/store"
	"meridian/modules/mtl/internal/text"
	"meridian/modules/mtl/internal/web"
	"meridian/platform/api"
	"meridian/platform/app"
	"meridian/platform/authz"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/i18n"
	"meridian/platform/kpi"
	"meridian/platform/process"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// Needs are the other modules MTL works with.
type Needs struct {
	Leads  mtl.Leads
	Budget mtl.BudgetPort
}

// Module is what the other modules get.
type Module struct {
	Answers mtl.LeadAnswered // for LTC's answers to leads
	// Gap plans the campaign that a customer resource plan lacks customers for.
	Gap func(ctx context.Context, g mtl.Gap) error
}

// New builds the module and registers its types, panels, measures and the public
// form.
func New(p *app.Platform, n Needs) *Module {
	s := &store.Store{DB: p.DB}
	campaigns := &domain.Campaigns{Store: db.NewStore[domain.Campaign](p.DB, "mtl.campaign"), Costs: s, Budget: n.Budget, Now: p.Now, Location: p.Location,
		Head: func(ctx context.Context) int64 {
			who, _ := authz.Of(ctx)
			for _, id := range p.Authz.Directory().Holders("mtl.manager", who.Company, 0, true) {
				return id
			}
			return 0
		}}
	intakes := &domain.Intakes{Store: db.NewStore[domain.Intake](p.DB, "mtl.intake"), Campaigns: campaigns, Ledgers: s, Leads: n.Leads, Trace: p.Trace, Now: p.Now, Tx: p.DB.Tx,
		As: func(ctx context.Context, user int64, reason string) context.Context {
			return authz.System(authz.With(ctx, p.Authn.Subject(user)), reason)
		},
		Say: func(_ context.Context, user int64, key string, args ...any) string {
			return p.Text.Text(lang(p, user), key, args...)
		},
		Tell: func(ctx context.Context, user int64, object trace.Ref, message string, args ...any) error {
			return p.Notices.Send(ctx, process.Notice{Users: []int64{user}, Kind: "task", Message: message, Args: args, Object: object})
		}}
	resource.Register(p.Types, campaigns.Declare())
	resource.Register(p.Types, intakes.Declare())

	panels := &web.Panels{Store: s}
	mtl.CampaignPage.Add(p.Types, "mtl.effect", "What the campaign brought", 10, "mtl.intake:read", panels.Effect)
	mtl.CampaignPage.Add(p.Types, "mtl.costs", "Costs", 20, "mtl.campaign:read", panels.Costs)
	resource.Point[web.IntakeID]("mtl.intake").Add(p.Types, "mtl.reasons", "Why this score", 10, "mtl.intake:read", panels.Reasons)
	measures(p, s)
	api.Public(p.API, api.Op{ID: "mtl.form.submit", Path: "/public/form/{key}", Summary: "Enter something into the public form of a campaign"}, domain.SubmissionFields(),
		func(ctx context.Context, r *api.Request, in *domain.Submission) (any, error) {
			raw, err := asJSON(r)
			if err != nil {
				return nil, err
			}
			return intakes.Submit(ctx, r.Path["key"], r.Header.Get("Idempotency-Key"), in, raw)
		})
	p.AddCheck("mtl.totals", s.Differences)
	p.AddModule(app.Module{Code: "mtl", Help: mtl.Help, Label: "Market to lead", Icon: "speakerphone", Types: []string{"mtl.campaign", "mtl.intake"}}, text.FS)
	return &Module{Answers: intakes, Gap: campaigns.OnGap}
}

// lang is the language a user reads.
func lang(p *app.Platform, user int64) i18n.Lang {
	fallback := i18n.Parse(p.Config.Lang, i18n.Chinese)
	if u := p.Authz.Directory().People[user]; u != nil {
		return i18n.Parse(u.Lang, fallback)
	}
	return fallback
}

// asJSON keeps the body of a public form as it arrived, in JSON.
func asJSON(r *api.Request) (string, error) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/x-www-form-urlencoded" {
		return string(r.Body), nil
	}
	q, err := url.ParseQuery(string(r.Body))
	if err != nil {
		return "", errs.Wrap(errs.Unreadable, err, "The form could not be read.")
	}
	b, err := json.Marshal(q)
	if err != nil {
		return "", fmt.Errorf("keep the form: %w", err)
	}
	return string(b), nil
}

func measures(p *app.Platform, s *store.Store) {
	m := &store.Measures{Store: s, Location: p.Location}
	p.KPI.Register(kpi.Measure{Code: "mtl.leads", Label: "Leads captured", Unit: kpi.Count, Higher: true, Object: "mtl.intake", Func: m.Leads,
		Help: "Leads that came through public forms in the period, each once."})
	p.KPI.Register(kpi.Measure{Code: "mtl.cost_per_lead", Label: "Cost per lead", Unit: kpi.Currency, Object: "mtl.campaign", Func: m.CostPerLead,
		Help: "Campaign costs spent in the period divided by the leads captured in it."})
	p.KPI.Register(kpi.Measure{Code: "mtl.handoff_accept_rate", Label: "Hand-overs accepted", Unit: kpi.Fraction, Higher: true, Object: "mtl.intake", Func: m.AcceptRate,
		Help: "Leads accepted by sales divided by the leads sales answered in the period."})
}
