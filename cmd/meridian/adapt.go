package main

import (
	"context"
	"fmt"
	"strings"

	"meridian/modules/crm"
	"meridian/modules/dste"
	"meridian/modules/ltc"
	"meridian/modules/mtl"
	"meridian/platform/app"
	"meridian/platform/authz"
	"meridian/platform/i18n"
	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// The adapters between a module's port and the contract of the module that
// answers it, where the graph has no row between the two.

// shippingCredit lets the warehouse ask CRM whether a customer may be shipped to.
type shippingCredit struct{ credit crm.Credit }

// MayShip asks for nothing new: what is shipped was reserved in the exposure when
// the order was confirmed.
func (c shippingCredit) MayShip(ctx context.Context, customer int64, doc trace.Ref) (bool, string, error) {
	a, err := c.credit.Check(ctx, crm.CustomerID(customer), crm.AtShip, doc, money.Amount{})
	return a.Pass, a.Reason, err
}

// salesLeads lets marketing create and grade the lead that sales stores.
type salesLeads struct{ leads ltc.Leads }

func (l salesLeads) Capture(ctx context.Context, x mtl.CapturedLead) (trace.Ref, bool, error) {
	return l.leads.Capture(ctx, ltc.NewLead{Name: x.Name, Company: x.Company, Title: x.Title, Phone: x.Phone, Email: x.Email, Need: x.Need,
		Industry: x.Industry, Region: x.Region, Source: x.Source, Value: x.Budget}, x.Intake)
}

func (l salesLeads) Grade(ctx context.Context, lead trace.Ref, score int, grade, explanation string, qualified bool) error {
	return l.leads.Grade(ctx, lead, score, grade, explanation, qualified)
}

// requesters lets service recognise who writes.
type requesters struct{ customers crm.Customers }

func (r requesters) ByEmail(ctx context.Context, email string) (crm.Contact, bool, error) {
	return r.customers.ContactByEmail(ctx, email)
}

// refusedDelivery opens a service case about what a customer did not accept, linked to
// the acceptance.
func refusedDelivery(ctx context.Context, p *app.Platform, e ltc.AcceptanceRejected) error {
	cases, err := p.Types.Doc("itr.case")
	if err != nil {
		return err
	}
	ctx = authz.System(ctx, "itr.case:refused delivery")
	note := e.Note
	if note == "" {
		note = i18n.T(ctx, "Delivery refused: {0}", e.No)
	}
	row, err := cases.CreateRow(ctx, resource.Values{"subject": i18n.T(ctx, "Delivery refused: {0}", e.No), "description": note, "customer_id": fmt.Sprint(int64(e.Customer)), "order_id": fmt.Sprint(int64(e.Order)),
		"product_id": fmt.Sprint(int64(e.Lines[0].Product)), "channel": "api", "impact": "2", "urgency": "1"})
	if err != nil {
		return fmt.Errorf("case about %s: %w", e.No, err)
	}
	return p.Trace.Link(ctx, e.Acceptance, trace.Ref{Type: "itr.case", ID: row.Base().ID}, "refused")
}

// messageCase opens a service case about a message that sales hands to service.
func messageCase(ctx context.Context, p *app.Platform, e crm.MessageHanded) error {
	if e.Target != "itr" {
		return nil
	}
	cases, err := p.Types.Doc("itr.case")
	if err != nil {
		return err
	}
	in := resource.Values{"subject": e.Subject, "description": e.Text, "requester": e.Name, "requester_email": e.Email, "requester_phone": e.Phone, "channel": "api", "impact": "2", "urgency": "2"}
	if in["description"] == "" {
		in["description"] = e.Subject
	}
	if e.Customer != 0 {
		in["customer_id"] = fmt.Sprint(int64(e.Customer))
	}
	if e.Contact != 0 {
		in["contact_id"] = fmt.Sprint(int64(e.Contact))
	}
	row, err := cases.CreateRow(authz.System(ctx, "itr.case:message"), in)
	if err != nil {
		return fmt.Errorf("case about %s: %w", e.Message, err)
	}
	return p.Trace.Link(ctx, e.Message, trace.Ref{Type: "itr.case", ID: row.Base().ID}, "created")
}

// messageLead takes a message for a lead of sales; who has an open one keeps it.
func messageLead(ctx context.Context, leads ltc.Leads, e crm.MessageHanded) error {
	if e.Target != "ltc" {
		return nil
	}
	_, _, err := leads.Capture(ctx, ltc.NewLead{Name: e.Name, Phone: e.Phone, Email: e.Email, Need: strings.TrimSpace(e.Subject + "\n" + e.Text), Source: "web", Customer: e.Customer, Contact: e.Contact, Owner: e.Owner}, e.Message)
	return err
}

// campaignGap is what the gap of a customer resource plan asks of marketing: new target
// customers to address, potential customers to win as leads.
func campaignGap(e crm.ResourceGapPublished) mtl.Gap {
	g := mtl.Gap{Plan: e.Plan.ID, Region: e.Region, From: e.From, To: e.To, By: e.By}
	for _, s := range e.States {
		switch s.State {
		case crm.Target:
			g.Audience = s.Gap
		case crm.Potential:
			g.Leads = s.Gap
			if !s.DueOn.IsZero() {
				g.To = s.DueOn
			}
		}
	}
	return g
}

// campaignBudget lets campaigns commit and spend on the budget of the company.
type campaignBudget struct {
	budget dste.Budget
	p      *app.Platform
}

func (b campaignBudget) Commit(ctx context.Context, line string, campaign trace.Ref, amount money.Amount, key string) (bool, string, error) {
	return b.check(ctx, dste.Spend{Line: line, Doc: campaign, Key: key, Kind: dste.Commit, Amount: amount})
}

func (b campaignBudget) Spend(ctx context.Context, line string, campaign trace.Ref, amount money.Amount, key string) (bool, string, error) {
	if amount.Sign() > 0 { // as much of the commitment as was spent is free again
		if ok, why, err := b.check(ctx, dste.Spend{Line: line, Doc: campaign, Key: key + ":release", Kind: dste.Commit, Amount: amount.Neg()}); !ok || err != nil {
			return ok, why, err
		}
	}
	return b.check(ctx, dste.Spend{Line: line, Doc: campaign, Key: key, Kind: dste.Actual, Amount: amount})
}

func (b campaignBudget) check(ctx context.Context, s dste.Spend) (bool, string, error) {
	s.On = b.p.Today(ctx)
	a, err := b.budget.Check(authz.System(ctx, "budget of "+s.Doc.String()), s)
	return a.Verdict != dste.Block, a.Reason, err
}

// salesFollowups lets sales put a contact with a customer on the list CRM keeps.
type salesFollowups struct{ p *app.Platform }

func (f salesFollowups) Plan(ctx context.Context, n ltc.NewFollowup) error {
	d, err := f.p.Types.Doc("crm.followup")
	if err != nil {
		return err
	}
	v := resource.Values{"customer_id": id10(int64(n.Customer)), "subject": n.Subject, "planned_on": n.On.String(), "channel": "call"}
	if n.Contact != 0 {
		v["contact_id"] = id10(int64(n.Contact))
	}
	if n.Owner != 0 {
		v["owner_id"] = id10(n.Owner)
	}
	row, err := d.CreateRow(authz.System(ctx, "follow-up of "+n.From.String()), v)
	if err != nil {
		return err
	}
	return f.p.Trace.Link(ctx, n.From, trace.Ref{Type: "crm.followup", ID: row.Base().ID}, "created")
}
