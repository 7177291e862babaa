package crmapp

import (
	"context"

	"meridian/modules/crm/internal/domain"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/report"
	"meridian/platform/resource"
)

// listening adds needs and partners (CRM-14, CRM-16).
func (d *desk) listening() {
	d.needs = &domain.Needs{Store: db.NewStore[domain.Need](d.p.DB, "crm.need"), Customers: d.customers, Notify: d.p.Notices.Send}
	d.partners = &domain.Partners{Store: db.NewStore(d.p.DB, "crm.partner", db.WithLines("crm.partner_user", func(p *domain.Partner) *[]domain.PartnerUser { return &p.Users })), People: d.sql, Registrations: db.NewStore[domain.Registration](d.p.DB, "crm.deal_registration"), Customers: d.customers, Book: d.sql, Portfolio: d.sql, Today: d.today}
	resource.Register(d.p.Types, d.needs.Declare())
	resource.Register(d.p.Types, d.partners.Declare())
	resource.Register(d.p.Types, d.partners.DeclareRegistration())
	d.funding()
	report.Register(d.p.Reports, d.needList())
	report.Register(d.p.Reports, d.partnerRanking())
	report.Register(d.p.Reports, d.partnerHome())
	d.job("crm.protection", "End the protection of registered deals", "15 0 * * *", func(ctx context.Context, company int64, day date.Date) error {
		ids, err := d.sql.Unprotected(ctx, company, day)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := d.partners.RegistrationType.Fire(authz.System(ctx, "expiry"), id, "expire", nil); err != nil {
				return err
			}
		}
		return nil
	})
}

type voiceIn struct {
	Need, Customer int64
	Note           string
}

// needList is what customers ask for, the most urgent first.
func (d *desk) needList() *report.Report[struct{}] {
	return &report.Report[struct{}]{
		Name: "crm.needs", Label: "What customers need", Icon: "bulb", Perm: "crm.need:read", Form: resource.Fields[struct{}]{},
		Help: "Open needs by importance times urgency, then feasibility, then how many report the same. Whoever hears the same need adds a voice instead of a second record.",
		Run:  d.runNeeds,
		Commands: []report.Command{report.Do("voice", "I heard this too", "crm.need:read", resource.Fields[voiceIn]{
			resource.Ref("need_id", "Need", func(in *voiceIn) *int64 { return &in.Need }, "crm.need").Required(), resource.Ref("customer_id", "Customer", func(in *voiceIn) *int64 { return &in.Customer }, "crm.customer"),
			resource.Text("note", "Note", func(in *voiceIn) *string { return &in.Note }).Required()}, d.addVoice).OnRows()},
	}
}

func (d *desk) addVoice(ctx context.Context, in *voiceIn) (report.Done, error) {
	n, err := d.needs.Store.Get(ctx, in.Need)
	if err != nil {
		return report.Done{}, err
	}
	if n.CreatedBy == authz.Actor(ctx) && in.Customer == 0 {
		return report.Done{}, errs.New(errs.Precondition, "You recorded this need yourself.")
	}
	err = d.p.DB.Tx(ctx, func(ctx context.Context) error {
		fresh, err := d.sql.Voice(ctx, in.Need, in.Customer, in.Note)
		if err != nil {
			return err
		}
		if !fresh {
			return errs.New(errs.Conflict, "Your voice counts already.")
		}
		_, err = d.needs.Type.Update(authz.System(ctx, "voice"), in.Need, func(n *domain.Need) error { n.Voices++; return nil })
		return err
	})
	return report.Done{Message: "Your voice counts."}, err
}

func (d *desk) runNeeds(ctx context.Context, _ *struct{}) (*report.Result, error) {
	list, err := d.sql.OpenNeeds(ctx, 300)
	if err != nil {
		return nil, err
	}
	tags, err := d.sql.NeedTags(ctx)
	if err != nil {
		return nil, err
	}
	stages := d.needs.Type.Info().Process
	t := report.Table{Key: "needs", Title: "Open needs", Empty: "No need is open.", Cols: []report.Col{{Key: "need", Label: "Need", Kind: resource.KRef}, {Key: "kind", Label: "Kind"}, {Key: "stage", Label: "Stage"}, {Key: "priority", Label: "Priority", Kind: resource.KInt}, {Key: "feasibility", Label: "Feasibility", Kind: resource.KInt},
		{Key: "voices", Label: "Voices", Kind: resource.KInt}, {Key: "value", Label: "Revenue at stake", Kind: resource.KMoney}, {Key: "target", Label: "Goes to"}, {Key: "owner", Label: "Owner", Kind: resource.KRef}}}
	for _, n := range list {
		ref := d.needs.Type.Ref(n.ID)
		word := func(options []resource.Option, v string) report.Cell {
			if v == "" {
				return report.None()
			}
			return report.Word(optionLabel(options, v))
		}
		t.Rows = append(t.Rows, report.Row{Ref: ref, Cells: []report.Cell{report.Doc(ref, n.No+" "+errs.Clip(n.Verbatim, 60)), word(domain.NeedKinds, n.Kind), report.Word(stages.Stage(n.Stage).Label), report.Count(n.Priority), report.Count(n.Feasibility),
			report.Count(n.Voices), report.Money(n.Value), word(domain.Targets, n.Target), report.Person(n.OwnerID)}, Acts: []report.Act{{Command: "voice", Values: resource.Values{"need_id": digits(n.ID)}}}})
	}
	g := report.Table{Key: "tags", Title: "Tags in use", Empty: "No need has a tag.", Cols: []report.Col{{Key: "tag", Label: "Tag"}, {Key: "n", Label: "Needs", Kind: resource.KInt}, {Key: "fulfilled", Label: "Fulfilled", Kind: resource.KInt}, {Key: "value", Label: "Revenue at stake", Kind: resource.KMoney}}}
	for _, x := range tags {
		g.Rows = append(g.Rows, report.Row{Cells: []report.Cell{report.Text(x.Tag), report.Count(x.N), report.Count(x.Fulfilled), report.Money(x.Value)}})
	}
	return &report.Result{Tiles: []report.Tile{{Key: "open", Label: "Open needs", Value: report.Count(len(list))}}, Tables: []report.Table{t, g}}, nil
}

// partnerHome is what a partner sees of itself when it signs in.
func (d *desk) partnerHome() *report.Report[struct{}] {
	return &report.Report[struct{}]{
		Name: "crm.partner_home", Label: "My partnership", Icon: "users", Perm: "crm.partner_home:read", Form: resource.Fields[struct{}]{}, Home: []string{"ltc.partner"}, Run: d.runPartnerHome,
		Help: "The deals you have registered, those under way first, and until when each is protected. A new deal is registered under Deal registrations; we check whether somebody stands there already. What you spent on marketing is claimed under Claims on funds, with its proof.",
	}
}

func (d *desk) runPartnerHome(ctx context.Context, _ *struct{}) (*report.Result, error) {
	t := report.Table{Key: "registrations", Title: "Deal registrations", Empty: "You have not registered a deal yet.", Cols: []report.Col{{Key: "deal", Label: "Deal registration", Kind: resource.KRef}, {Key: "product", Label: "Product"}, {Key: "state", Label: "State"},
		{Key: "value", Label: "Expected value", Kind: resource.KMoney}, {Key: "until", Label: "Protected until", Kind: resource.KDate}, {Key: "won", Label: "Won", Kind: resource.KMoney}}}
	id, err := d.sql.PartnerOf(ctx, authz.Actor(ctx))
	if err != nil {
		return nil, err
	}
	if id == 0 {
		t.Empty = "You sign in for no partner."
		return &report.Result{Tables: []report.Table{t}}, nil
	}
	list, err := d.sql.OwnRegistrations(ctx, id)
	if err != nil {
		return nil, err
	}
	own, err := d.partners.Store.Get(authz.System(ctx, "own partner"), id) // found by who reads, also before it is certified
	if err != nil {
		return nil, err
	}
	funds, err := d.ownFunds(ctx, id)
	if err != nil {
		return nil, err
	}
	stages := d.partners.RegistrationType.Info().Process
	protected := 0
	for _, r := range list {
		if r.Stage == string(domain.RegistrationApproved) {
			protected++
		}
		ref := d.partners.RegistrationType.Ref(r.ID)
		t.Rows = append(t.Rows, report.Row{Ref: ref, Cells: []report.Cell{report.Doc(ref, r.No+" "+r.Company), report.Text(r.Product), report.Word(stages.Stage(r.Stage).Label), report.Money(r.Value), report.Day(r.ProtectedUntil), report.Money(r.Won)}})
	}
	return &report.Result{Tiles: []report.Tile{
		{Key: "partner", Label: "Partner", Value: report.Doc(d.partners.Type.Ref(own.ID), own.Name)},
		{Key: "state", Label: "State", Value: report.Word(d.partners.Type.Info().Process.Stage(string(own.Stage)).Label)},
		{Key: "certified", Label: "Certified until", Value: report.Day(own.CertifiedUntil)},
		{Key: "protected", Label: "Protected deals", Value: report.Count(protected)},
	}, Tables: []report.Table{t, funds}}, nil
}
