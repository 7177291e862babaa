package domain

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"meridian/modules/crm"
	"meridian/modules/ltc"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// LeadStage is the state of a lead.
type LeadStage string

// The stages of a lead: MQL is what marketing holds ready, SAL what sales took
// over, SQL what sales found worth a deal.
const (
	LeadNew          LeadStage = "new"
	LeadAssigned     LeadStage = "assigned"
	LeadWorking      LeadStage = "working"
	LeadMQL          LeadStage = "mql"
	LeadSAL          LeadStage = "sal"
	LeadSQL          LeadStage = "sql"
	LeadOffered      LeadStage = "offered"      // handed out to a partner, not answered
	LeadPartner      LeadStage = "with_partner" // a partner works on it
	LeadConverted    LeadStage = "converted"
	LeadNurture      LeadStage = "nurture"
	LeadDisqualified LeadStage = "disqualified"
)

// Lead is somebody who may want to buy.
type Lead struct {
	record.Base
	Stage          LeadStage
	Name           string
	Company        string
	Title          string
	Phone          string
	PhoneKey       string // digits alone, for finding the same person
	Email          string
	EmailKey       string
	Need           string
	Industry       string
	Region         string
	Source         string
	CampaignID     *int64
	Value          money.Amount
	Score          int
	Grade          string
	Explanation    string
	NeedKnown      bool
	BudgetKnown    bool
	AuthorityKnown bool
	TimeKnown      bool
	CustomerID     *int64
	ContactID      *int64
	OpportunityID  *int64
	GivenAt        *time.Time // to its present owner
	ContactedAt    *time.Time
	AcceptedAt     *time.Time // by sales
	AlarmedAt      *time.Time

	PartnerID        *int64 // who it is handed out to
	GivenBy          int64  // who handed it out, and gets it back
	DeclinedBy       *int64 // the partner that sent it back last
	DeclineContacted string
	DeclineSpam      bool
	DeclineReason    string
}

// Leads is the service behind the lead type. It implements ltc.Leads.
type Leads struct {
	*Ports
	Store         record.Store[Lead]
	Type          *resource.Type[Lead]
	Opportunities *Opportunities
	Policies      *SalesPolicies
	Silence       SilentLeads
	Handed        PartnerLeads
	Notify        func(ctx context.Context, n process.Notice) error
}

// EmailKey is an e-mail address without case.
func EmailKey(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// PhoneKey is the digits of a phone number without the country code of China, so
// that "+86 138-0013-8000" and "13800138000" meet.
func PhoneKey(s string) string {
	digits := strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) && r < 0x80 {
			return r
		}
		return -1
	}, s)
	digits = strings.TrimPrefix(digits, "00")
	if len(digits) == 13 && strings.HasPrefix(digits, "86") {
		return digits[2:]
	}
	return digits
}

func (s *Leads) check(ctx context.Context, l *Lead) error {
	l.EmailKey, l.PhoneKey = EmailKey(l.Email), PhoneKey(l.Phone)
	var bad []errs.Field
	if l.Email != "" && !strings.Contains(l.Email, "@") {
		bad = append(bad, errs.Field{Name: "email", Message: "This is no e-mail address."})
	}
	if l.Value.Sign() < 0 {
		bad = append(bad, errs.Field{Name: "value", Message: "A value cannot be negative."})
	}
	twice, err := s.known(ctx, l)
	if err != nil {
		return err
	}
	bad = append(bad, twice...)
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// Capture implements ltc.Leads. Without an owner the lead goes to the sales
// representative with the fewest open leads.
func (s *Leads) Capture(ctx context.Context, n ltc.NewLead, from ...trace.Ref) (lead trace.Ref, created bool, err error) {
	ctx = authz.System(ctx, "ltc.lead:capture")
	err = s.Tx(ctx, func(ctx context.Context) error {
		sub, _ := authz.Of(ctx)
		id, err := s.Book.OpenLead(ctx, sub.Company, EmailKey(n.Email), PhoneKey(n.Phone))
		if err != nil {
			return err
		}
		if id != 0 {
			lead = s.Type.Ref(id)
			return s.linkAll(ctx, from, lead)
		}
		lead, err = s.capture(ctx, n, from)
		created = err == nil
		return err
	})
	if err != nil {
		return trace.Ref{}, false, fmt.Errorf("capture lead: %w", err)
	}
	return lead, created, nil
}

func (s *Leads) linkAll(ctx context.Context, from []trace.Ref, to trace.Ref) error {
	for _, f := range from {
		if err := s.Link(ctx, f, to, "created"); err != nil {
			return err
		}
	}
	return nil
}

func (s *Leads) capture(ctx context.Context, n ltc.NewLead, from []trace.Ref) (trace.Ref, error) {
	l := &Lead{Name: n.Name, Company: n.Company, Title: n.Title, Phone: n.Phone, Email: n.Email, Need: n.Need, Industry: n.Industry, Region: n.Region,
		Source: n.Source, Value: n.Value, CustomerID: pointer(n.Customer), ContactID: pointer(n.Contact)}
	if l.Name == "" {
		l.Name = n.Company
	}
	for _, f := range from {
		if f.Type == "mtl.campaign" {
			l.CampaignID = pointer(f.ID)
		}
	}
	owner, err := s.receiver(ctx, n.Owner)
	if err != nil {
		return trace.Ref{}, err
	}
	l.OwnerID = owner
	if err := s.Type.Create(ctx, l, from...); err != nil {
		return trace.Ref{}, err
	}
	if owner == 0 {
		return s.Type.Ref(l.ID), nil // nobody sells yet: it waits in stage new
	}
	return s.Type.Ref(l.ID), s.Type.Fire(ctx, l.ID, "assign", resource.Values{"owner": fmt.Sprint(owner)})
}

// receiver picks who gets a lead: the given owner, else the holder of ltc.rep with
// the fewest open leads, the lowest id first; 0 when nobody holds the role.
func (s *Leads) receiver(ctx context.Context, owner int64) (int64, error) {
	if owner != 0 {
		return owner, nil
	}
	sub, _ := authz.Of(ctx)
	reps := s.People().Holders("ltc.rep", sub.Company, 0, true)
	if len(reps) == 0 {
		return 0, nil
	}
	load, err := s.Book.LeadLoad(ctx, reps)
	if err != nil {
		return 0, err
	}
	return slices.MinFunc(reps, func(a, b int64) int {
		if load[a] != load[b] {
			return load[a] - load[b]
		}
		return int(a - b)
	}), nil
}

// Grade implements ltc.Leads. A lead that has ended keeps what it was judged by.
func (s *Leads) Grade(ctx context.Context, lead trace.Ref, score int, grade, explanation string, qualified bool) error {
	ctx = authz.System(ctx, "ltc.lead:grade")
	return s.Tx(ctx, func(ctx context.Context) error {
		l, err := s.Store.Get(ctx, lead.ID)
		if err != nil {
			return fmt.Errorf("grade %s: %w", lead, err)
		}
		if l.Stage == LeadConverted || l.Stage == LeadDisqualified {
			return nil
		}
		l, err = s.Type.Update(ctx, lead.ID, func(l *Lead) error {
			l.Score, l.Grade, l.Explanation = score, grade, explanation
			return nil
		})
		if err != nil {
			return fmt.Errorf("grade %s: %w", lead, err)
		}
		switch l.Stage {
		case LeadNew, LeadAssigned, LeadWorking, LeadNurture:
			if qualified {
				return s.Type.Fire(ctx, lead.ID, "mql", nil)
			}
		}
		return nil
	})
}

// assignment is the input of the move "assign".
type assignment struct{ Owner int64 }

func assignForm() resource.Fields[assignment] {
	return resource.Fields[assignment]{
		resource.Ref("owner", "New owner", func(a *assignment) *int64 { return &a.Owner }, "core.user").Required(),
	}
}

func (s *Leads) assign(_ context.Context, l *Lead, in *assignment) error {
	p := s.People().People[in.Owner]
	if p == nil || !p.Active || p.Company != l.CompanyID {
		return errs.Bad("owner", "This person does not work here.")
	}
	now := s.Opportunities.Now().UTC().Truncate(time.Microsecond)
	l.OwnerID, l.DeptID, l.GivenAt, l.AlarmedAt = p.ID, p.Dept, &now, nil
	return nil
}

func (s *Leads) accept(ctx context.Context, l *Lead) error {
	now := s.Opportunities.Now().UTC().Truncate(time.Microsecond)
	l.AcceptedAt = &now
	return s.Bus.Publish(ctx, ltc.LeadAnswered{Lead: s.Type.Ref(l.ID), Accepted: true})
}

// because is the input of moves that pass their reason on to other modules.
type because struct{ Reason string }

func reasonForm() resource.Fields[because] {
	return resource.Fields[because]{resource.LongText("reason", "Reason", func(b *because) *string { return &b.Reason }).Required().Limit(1000)}
}

func (s *Leads) reject(ctx context.Context, l *Lead, in *because) error {
	return s.Bus.Publish(ctx, ltc.LeadAnswered{Lead: s.Type.Ref(l.ID), Reason: in.Reason})
}

// conversion is the input of the move "convert".
type conversion struct {
	Name          string
	Amount        money.Amount
	CloseOn       date.Date
	CustomerID    *int64
	OpportunityID *int64
}

func convertForm() resource.Fields[conversion] {
	return resource.Fields[conversion]{
		resource.Text("name", "Name of the deal", func(c *conversion) *string { return &c.Name }),
		resource.Money("amount", "Expected amount", func(c *conversion) *money.Amount { return &c.Amount }),
		resource.Date("close_on", "Expected close", func(c *conversion) *date.Date { return &c.CloseOn }),
		resource.OptRef("customer_id", "Customer", func(c *conversion) **int64 { return &c.CustomerID }, "crm.customer").Hint("Empty: found by name, else made."),
		resource.OptRef("opportunity_id", "Join the open deal", func(c *conversion) **int64 { return &c.OpportunityID }, "ltc.opportunity").Hint("Empty: a new deal is made."),
	}
}

// convert makes customer, contact and opportunity out of a lead, or joins it to an open
// deal of the customer; the lead stays, read-only and linked.
func (s *Leads) convert(ctx context.Context, l *Lead, in *conversion) error {
	if in.OpportunityID != nil {
		return s.join(ctx, l, *in.OpportunityID)
	}
	var bad []errs.Field
	for name, empty := range map[string]bool{"name": in.Name == "", "amount": in.Amount.IsZero(), "close_on": in.CloseOn.IsZero()} {
		if empty {
			bad = append(bad, errs.Field{Name: name, Message: "This field must not be empty."})
		}
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	if in.CustomerID != nil {
		l.CustomerID, l.ContactID = in.CustomerID, nil
	}
	customer, contact, err := s.party(ctx, l)
	if err != nil {
		return err
	}
	o := &Opportunity{Name: in.Name, CustomerID: pointer(customer), ContactID: pointer(contact), LeadID: &l.ID, Amount: in.Amount, CloseOn: in.CloseOn, Source: l.Source, Region: l.Region}
	inherit(&o.Base, &l.Base)
	if err := s.bringsPartner(ctx, l, o); err != nil {
		return err
	}
	if err := s.Opportunities.Type.Create(ctx, o); err != nil {
		return fmt.Errorf("create opportunity: %w", err)
	}
	l.CustomerID, l.ContactID, l.OpportunityID = o.CustomerID, o.ContactID, &o.ID
	return nil
}

// join adds a lead to a deal that is open already.
func (s *Leads) join(ctx context.Context, l *Lead, deal int64) error {
	o, err := s.Opportunities.Store.Get(ctx, deal)
	if err != nil {
		return err
	}
	if o.closed() {
		return errs.Bad("opportunity_id", "This deal is closed; make a new one.")
	}
	if o.CustomerID != nil {
		l.CustomerID = o.CustomerID
	}
	if l.CustomerID != nil {
		if _, l.ContactID, err = s.contactOf(ctx, l); err != nil {
			return err
		}
	}
	l.OpportunityID = &o.ID
	if err := s.Opportunities.Deals.Touch(ctx, o.ID, s.Opportunities.Now()); err != nil {
		return err
	}
	return s.Link(ctx, s.Type.Ref(l.ID), s.Opportunities.Type.Ref(o.ID), "joined")
}

// contactOf finds or makes the contact of a lead at its known customer.
func (s *Leads) contactOf(ctx context.Context, l *Lead) (crm.CustomerID, *int64, error) {
	customer, contact, err := s.party(ctx, l)
	return customer, pointer(contact), err
}

// party finds or creates the customer and contact of a lead. A lead that came from
// a known customer keeps it.
func (s *Leads) party(ctx context.Context, l *Lead) (crm.CustomerID, crm.ContactID, error) {
	known, contact := crm.CustomerID(value(l.CustomerID)), crm.ContactID(value(l.ContactID))
	if known != 0 && contact != 0 {
		return known, contact, nil
	}
	n := crm.NewCustomer{Name: l.Company, Industry: l.Industry, Source: l.Source, Phone: l.Phone, Email: l.Email, ContactName: l.Name, ContactTitle: l.Title, Owner: l.ours()}
	if n.Name == "" {
		n.Name = l.Name
	}
	if known != 0 {
		c, err := s.Customers.Customer(ctx, known)
		if err != nil {
			return 0, 0, err
		}
		n.Name, n.TaxNo = c.Name, c.TaxNo
	}
	customer, person, err := s.Customers.Ensure(ctx, n, s.Type.Ref(l.ID))
	if err != nil {
		return 0, 0, fmt.Errorf("customer of lead: %w", err)
	}
	if known != 0 && customer != known {
		return known, 0, nil // another customer of the same name: the person is not theirs
	}
	return customer, person, nil
}
