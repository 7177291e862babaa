// Package itrapp assembles issue to resolved; only cmd imports it.
package itrapp

import (
	"context"

	"meridian/modules/crm"
	"meridian/modules/ipd"
	"meridian/modules/itr"
	"meridian/modules/itr/internal/domain"
	"meridian/modules/itr/internal/store"
	"meridian/modules/itr/internal/text"
	"meridian/modules/itr/internal/web"
	"meridian/modules/ltc"
	"meridian/platform/app"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/i18n"
	"meridian/platform/kpi"
	"meridian/platform/resource"
)

// Needs are the other modules ITR works with.
type Needs struct {
	Customers crm.Customers
	Contacts  itr.Contacts
	Launches  ipd.Launches
	Orders    ltc.Orders
	Leads     ltc.Leads
}

// Module is what the other modules get.
type Module struct {
	cases    *domain.Cases
	hints    *domain.Hints
	articles *domain.Articles
	types    *resource.Registry
	numbers  *store.Measures
}

// OnLaunched starts the knowledge of a launched product; for IPD's event.
func (m *Module) OnLaunched(ctx context.Context, e ipd.Launched) error {
	return m.articles.OnLaunched(ctx, e)
}

// OnLeadAnswered tells the finder of a hint what sales did; for LTC's event.
func (m *Module) OnLeadAnswered(ctx context.Context, e ltc.LeadAnswered) error {
	return m.hints.OnLeadAnswered(ctx, e)
}

// OnOpportunityClosed writes what came of a hint; for LTC's event.
func (m *Module) OnOpportunityClosed(ctx context.Context, e ltc.OpportunityClosed) error {
	return m.hints.OnOpportunityClosed(ctx, e)
}

// OnOwnershipChanged gives the open cases and hints of a customer that its old owner owned
// to the new one; for CRM's event.
func (m *Module) OnOwnershipChanged(ctx context.Context, e crm.OwnershipChanged) error {
	return e.Follow(ctx, m.types.Reassign, "itr.case", "itr.hint")
}

// Scores adds up the answers to surveys of a period that the reader of ctx may see.
func (m *Module) Scores(ctx context.Context, from, to date.Date) (sum, n int64, err error) {
	return m.numbers.Scores(ctx, from, to)
}

// CloseSilent closes what customers have left unanswered; for an hourly job. It
// returns how many cases it closed.
func (m *Module) CloseSilent(ctx context.Context) (int, error) { return m.cases.CloseSilent(ctx) }

// New builds the module and registers its types, panels, measures and public
// operations.
func New(p *app.Platform, n Needs) *Module {
	s, d := &store.Store{DB: p.DB}, desk{p}
	policies := &domain.Policies{Store: db.NewStore(p.DB, "itr.sla_policy", db.WithLines("itr.sla_target", func(x *domain.Policy) *[]domain.Target { return &x.Targets }))}
	articles := &domain.Articles{Store: db.NewStore[domain.Article](p.DB, "itr.article"), Desk: d, Launches: n.Launches}
	surveys := &domain.Surveys{Store: db.NewStore[domain.Survey](p.DB, "itr.survey"), Customers: n.Customers, Desk: d, Bus: p.Bus, Now: p.Now, Tx: p.DB.Tx}
	hints := &domain.Hints{Store: db.NewStore[domain.Hint](p.DB, "itr.hint"), Leads: n.Leads, Customers: n.Customers, Desk: d, Trace: p.Trace, Tx: p.DB.Tx}
	cases := &domain.Cases{Store: db.NewStore[domain.Case](p.DB, "itr.case"), Messages: s, Clocks: &domain.Clocks{Ledger: s, Policies: policies, Calendar: d.Calendar}, Loads: s,
		Surveys: surveys, Hints: hints, Articles: articles, Customers: n.Customers, Contacts: n.Contacts, Orders: n.Orders, Desk: d, Trace: p.Trace, Bus: p.Bus, Now: p.Now, Tx: p.DB.Tx, Alone: s.Alone}
	surveys.Cases = cases
	resource.Register(p.Types, cases.Declare())
	resource.Register(p.Types, articles.Declare())
	resource.Register(p.Types, surveys.Declare())
	resource.Register(p.Types, hints.Declare())
	resource.Register(p.Types, policies.Declare())

	addPanels(p, s, d)
	addMeasures(p, s)
	addPublic(p, cases, surveys)
	p.AddCheck("itr.clocks", func(ctx context.Context) ([]string, error) { return s.Differences(ctx, d.Calendar) })
	p.AddModule(app.Module{Code: "itr", Help: itr.Help, Label: "Issue to resolved", Icon: "headset", Types: []string{"itr.case", "itr.article", "itr.survey", "itr.hint", "itr.sla_policy"}}, text.FS)
	return &Module{cases: cases, hints: hints, articles: articles, types: p.Types, numbers: &store.Measures{Store: s, Location: p.Location}}
}

func addPanels(p *app.Platform, s *store.Store, d desk) {
	stage := func(ctx context.Context, key string) string {
		if st := p.Process.Definition("itr.case").Stage(key); st != nil {
			return i18n.T(ctx, st.Label)
		}
		return key
	}
	panels := &web.Panels{Store: s, Calendar: d.Calendar, Location: p.Location, Name: func(user int64) string { return p.Authz.Directory().Name(user) }, Stage: stage, Now: p.Now}
	itr.CasePage.Add(p.Types, "itr.clocks", "Service level", 10, "itr.case:read", panels.Clocks)
	itr.CasePage.Add(p.Types, "itr.messages", "Messages", 20, "itr.case:read", panels.Messages)
	crm.Customer360.Add(p.Types, "itr.cases", "Open cases", 60, "itr.case:read", panels.CasesOf)
}

func addMeasures(p *app.Platform, s *store.Store) {
	m := &store.Measures{Store: s, Location: p.Location}
	p.KPI.Register(kpi.Measure{Code: "itr.csat", Label: "Customer satisfaction", Unit: kpi.Fraction, Higher: true, Object: "itr.survey", Func: m.CSAT,
		Help: "Answers of 4 or 5 divided by the answers to surveys in the period."})
	p.KPI.Register(kpi.Measure{Code: "itr.sla_met", Label: "Service levels met", Unit: kpi.Fraction, Higher: true, Object: "itr.case", Func: m.SLAMet,
		Help: "Clocks met divided by the clocks stopped in the period; cancelled cases do not count."})
	p.KPI.Register(kpi.Measure{Code: "itr.open_cases", Label: "Open cases", Unit: kpi.Count, Object: "itr.case", Func: m.OpenCases,
		Help: "Cases that are neither resolved nor cancelled now."})
}
