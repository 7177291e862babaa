package domain

import (
	"context"
	"slices"
	"time"

	"meridian/modules/crm"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// PartnerStage is the state of a partner.
type PartnerStage string

// The stages of a partner.
const (
	PartnerApplied   PartnerStage = "applied"
	PartnerApproved  PartnerStage = "approved"
	PartnerActive    PartnerStage = "active"
	PartnerSuspended PartnerStage = "suspended"
	PartnerEnded     PartnerStage = "ended"
)

// Partner sells for us. Its people sign in here, the login first; they see what is theirs
// and nothing else.
type Partner struct {
	record.Base
	Stage          PartnerStage
	Name           string
	LoginID        int64
	CustomerID     *int64
	Region         string
	Tier           string
	Agreement      string
	CertifiedUntil date.Date
	Weight         int
	Users          []PartnerUser `gorm:"-"`
}

// PartnerUser is one more person who signs in for a partner.
type PartnerUser struct {
	record.Line
	UserID int64
}

// people are those who sign in for the partner, the login first.
func (p *Partner) people() []int64 {
	var out []int64
	if p.LoginID != 0 {
		out = append(out, p.LoginID)
	}
	for _, u := range p.Users {
		if !slices.Contains(out, u.UserID) {
			out = append(out, u.UserID)
		}
	}
	return out
}

// OwnedBy is a document and who owns it.
type OwnedBy struct{ ID, OwnerID int64 }

// PartnerBook finds the partner of a person.
type PartnerBook interface {
	// PartnerOf returns the live partner a person signs in for, 0 for none.
	PartnerOf(ctx context.Context, user int64) (int64, error)
	// Kept lists the documents of a type that stand with a partner, with their owners.
	Kept(ctx context.Context, typ string, partner int64) ([]OwnedBy, error)
	// Ranked lists active partners: those of the region before those without one, then by
	// tier, then by weight.
	Ranked(ctx context.Context, company int64, region string) ([]crm.PartnerID, error)
	// Hide takes a document away from a person it was shown to.
	Hide(ctx context.Context, typ string, id, user int64) error
}

// RegistrationStage is the state of a deal registration.
type RegistrationStage string

// The stages of a deal registration.
const (
	RegistrationSubmitted RegistrationStage = "submitted"
	RegistrationApproved  RegistrationStage = "approved"
	RegistrationRejected  RegistrationStage = "rejected"
	RegistrationConverted RegistrationStage = "converted"
	RegistrationExpired   RegistrationStage = "expired"
)

// Registration is a deal a partner has found and wants protected.
type Registration struct {
	record.Base
	Stage          RegistrationStage
	PartnerID      int64
	Company        string
	CompanyKey     string
	TaxNo          string
	Contact        string
	Product        string
	Value          money.Amount
	CustomerID     *int64
	ProtectedUntil date.Date
	Won            money.Amount
	WonOn          date.Date
}

// Partners is the service behind partners and their deals.
type Partners struct {
	Store         record.Store[Partner]
	Registrations record.Store[Registration]
	Customers     *Customers
	Book          PoolBook
	Portfolio     Portfolio
	People        PartnerBook
	Today         func(ctx context.Context) date.Date
	Funds         *Funds

	Type             *resource.Type[Partner]
	RegistrationType *resource.Type[Registration]
}

// Declare returns the document type of the partner.
func (s *Partners) Declare() *resource.Type[Partner] {
	s.Type = &resource.Type[Partner]{
		Name: "crm.partner", Label: "Partner", Plural: "Partners", Icon: "users", Number: "PA-{0000}", Store: s.Store, Check: s.checkPartner, Saved: s.savedPartner,
		Title:   func(p *Partner) string { return p.Name },
		Default: func(_ context.Context, p *Partner) error { p.Weight = 1; return nil },
		Fields: resource.Fields[Partner]{
			resource.Text("name", "Name", func(p *Partner) *string { return &p.Name }).Required().InList().Search(),
			resource.Ref("login_id", "Person who signs in", func(p *Partner) *int64 { return &p.LoginID }, "core.user").InList(),
			resource.Lines("users", "Further people who sign in", func(p *Partner) *[]PartnerUser { return &p.Users }, resource.Fields[PartnerUser]{
				resource.Ref("user_id", "Person", func(u *PartnerUser) *int64 { return &u.UserID }, "core.user").Required(),
			}).Hint("They see what the partner sees: its record, its registrations, the leads handed to it, the orders from its deals, its commission."),
			resource.OptRef("customer_id", "Customer record", func(p *Partner) **int64 { return &p.CustomerID }, "crm.customer").Hint("Deals and commissions name the partner by it; made when the partner is certified."),
			resource.Text("region", "Region", func(p *Partner) *string { return &p.Region }).InList().Filter(),
			resource.Enum("tier", "Tier", func(p *Partner) *string { return &p.Tier }, resource.Option{Value: "gold", Label: "Gold", Tone: "warn"}, resource.Option{Value: "silver", Label: "Silver", Tone: "neutral"}, resource.Option{Value: "bronze", Label: "Bronze", Tone: "info"}).InList().Filter(),
			resource.LongText("agreement", "Agreement", func(p *Partner) *string { return &p.Agreement }),
			resource.Date("certified_until", "Certified until", func(p *Partner) *date.Date { return &p.CertifiedUntil }).InList().Filter(),
			resource.Int("weight", "Weight in allocation", func(p *Partner) *int { return &p.Weight }),
		},
		Process: resource.Process(func(p *Partner) *PartnerStage { return &p.Stage },
			[]resource.Stage[PartnerStage]{
				{Key: PartnerApplied, Label: "Applied", Owner: "ltc.manager", Class: process.Draft, Limit: 40 * time.Hour, Out: []string{"region"}, Help: "Check the applicant and its region."},
				{Key: PartnerApproved, Label: "Approved", Owner: "ltc.manager", Class: process.Open, Limit: 160 * time.Hour, Out: []string{"agreement", "certified_until", "login_id"}, Help: "Sign the agreement and certify the partner's people."},
				{Key: PartnerActive, Label: "Active", Wait: true, Class: process.Working},
				{Key: PartnerSuspended, Label: "Suspended", Owner: "ltc.manager", Class: process.Hold, Limit: 160 * time.Hour, Help: "Reinstate or end the partnership."},
				{Key: PartnerEnded, Label: "Ended", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Partner, PartnerStage]{
				{Name: "approve", Label: "Approve", From: resource.From(PartnerApplied), To: PartnerApproved},
				{Name: "certify", Label: "Certify", From: resource.From(PartnerApproved), To: PartnerActive, Do: resource.Do(s.certify)},
				{Name: "suspend", Label: "Suspend", From: resource.From(PartnerActive), To: PartnerSuspended, Reason: true, Deviation: true},
				{Name: "reinstate", Label: "Reinstate", From: resource.From(PartnerSuspended), To: PartnerActive, Reason: true, Deviation: true},
				{Name: "end", Label: "End", From: resource.From(PartnerApplied, PartnerApproved, PartnerActive, PartnerSuspended), To: PartnerEnded, Reason: true, Deviation: true, Do: resource.Do(s.end)},
			}),
	}
	return s.Type
}

// checkRegistration fills the partner of who registers: a partner registers for itself.
func (s *Partners) checkRegistration(ctx context.Context, r *Registration) error {
	r.CompanyKey, r.TaxNo = NormaliseName(r.Company), normaliseTax(r.TaxNo)
	sys := authz.System(ctx, "partner of a registration")
	if r.ID == 0 && r.PartnerID == 0 {
		id, err := s.People.PartnerOf(ctx, authz.Actor(ctx))
		if err != nil {
			return err
		}
		r.PartnerID = id
	}
	if r.PartnerID == 0 {
		return errs.Bad("company", "You are no partner; a partner registers its deals.")
	}
	p, err := s.Store.Get(sys, r.PartnerID)
	if err != nil {
		return err
	}
	if r.ID == 0 && p.Stage != PartnerActive {
		return errs.Bad("company", "Only an active partner registers deals.")
	}
	return nil
}

// approve protects the deal unless somebody else stands there first: a protected
// registration of another partner, or an own customer with open business.
func (s *Partners) approve(ctx context.Context, r *Registration) error {
	other, err := s.Registrations.First(ctx, record.Where("company_key", record.Eq, r.CompanyKey).And("stage", record.Eq, string(RegistrationApproved)).And("company_id", record.Eq, r.CompanyID))
	if err == nil && other.ID != r.ID {
		return errs.New(errs.Precondition, "{0} has registered this customer already; it is protected until {1}.", other.No, other.ProtectedUntil)
	}
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	id, known, err := s.Customers.Match(ctx, crm.NewCustomer{Name: r.Company, TaxNo: r.TaxNo})
	if err != nil {
		return err
	}
	if known {
		open, err := s.Book.HasOpenBusiness(ctx, int64(id))
		if err != nil {
			return err
		}
		if open {
			return errs.New(errs.Precondition, "We work on this customer already: a deal or an order is open.")
		}
		n := int64(id)
		r.CustomerID = &n
	}
	policy, err := s.Customers.Policies.Of(ctx, r.CompanyID)
	if err != nil {
		return err
	}
	r.ProtectedUntil = s.Today(ctx).AddDays(policy.ProtectDays)
	return s.Customers.Bus.Publish(ctx, crm.DealRegistrationApproved{Registration: s.RegistrationType.Ref(r.ID), Partner: s.Type.Ref(r.PartnerID), Customer: id, Company: r.Company, Product: r.Product, Value: r.Value, Until: r.ProtectedUntil})
}

type conversion struct{ Won money.Amount }

// convert notes what a deal brought, and whose customer it became.
func (s *Partners) convert(ctx context.Context, r *Registration, in *conversion) error {
	r.Won, r.WonOn = in.Won, s.Today(ctx)
	if r.CustomerID != nil {
		return nil
	}
	id, known, err := s.Customers.Match(authz.System(ctx, "customer of a registration"), crm.NewCustomer{Name: r.Company, TaxNo: r.TaxNo})
	if err == nil && known {
		n := int64(id)
		r.CustomerID = &n
	}
	return err
}

// DeclareRegistration returns the document type of the deal registration.
func (s *Partners) DeclareRegistration() *resource.Type[Registration] {
	s.RegistrationType = &resource.Type[Registration]{
		Name: "crm.deal_registration", Label: "Deal registration", Plural: "Deal registrations", Icon: "file-check", Number: "DR-{yyyy}-{00000}", Store: s.Registrations,
		Check: s.checkRegistration, Saved: s.savedRegistration, Title: func(r *Registration) string { return r.Company }, Amount: func(r *Registration) money.Amount { return r.Value },
		Fields: resource.Fields[Registration]{
			resource.Text("company", "Company", func(r *Registration) *string { return &r.Company }).Required().InList().Search(),
			resource.Text("tax_no", "Tax number", func(r *Registration) *string { return &r.TaxNo }),
			resource.Text("contact", "Contact", func(r *Registration) *string { return &r.Contact }),
			resource.Text("product", "Product", func(r *Registration) *string { return &r.Product }).Required().InList(),
			resource.Money("value", "Expected value", func(r *Registration) *money.Amount { return &r.Value }).InList(),
			resource.Ref("partner_id", "Partner", func(r *Registration) *int64 { return &r.PartnerID }, "crm.partner").ReadOnly().InList().Filter(),
			resource.Date("protected_until", "Protected until", func(r *Registration) *date.Date { return &r.ProtectedUntil }).ReadOnly().InList().Filter(),
			resource.Money("won", "Won", func(r *Registration) *money.Amount { return &r.Won }).ReadOnly().InList(),
		},
		Process: resource.Process(func(r *Registration) *RegistrationStage { return &r.Stage },
			[]resource.Stage[RegistrationStage]{
				{Key: RegistrationSubmitted, Label: "Submitted", Owner: "ltc.manager", Class: process.Open, Limit: 16 * time.Hour, Help: "Check for a conflict; approve, or reject with a reason."},
				{Key: RegistrationApproved, Label: "Protected", Wait: true, Class: process.Working, Locked: true, Help: "The deal is the partner's until the protection ends."},
				{Key: RegistrationRejected, Label: "Rejected", End: true, Class: process.Lost},
				{Key: RegistrationConverted, Label: "Converted", End: true, Class: process.Won},
				{Key: RegistrationExpired, Label: "Expired", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Registration, RegistrationStage]{
				{Name: "approve", Label: "Approve", From: resource.From(RegistrationSubmitted), To: RegistrationApproved, Do: resource.Do(s.approve)},
				{Name: "reject", Label: "Reject", From: resource.From(RegistrationSubmitted), To: RegistrationRejected, Reason: true, Deviation: true},
				{Name: "convert", Label: "Deal won", From: resource.From(RegistrationApproved), To: RegistrationConverted, Do: resource.Ask(resource.Fields[conversion]{resource.Money("won", "Won", func(c *conversion) *money.Amount { return &c.Won }).Required()},
					s.convert)},
				{Name: "expire", Label: "Protection ended", From: resource.From(RegistrationApproved), To: RegistrationExpired, System: true},
			}),
	}
	return s.RegistrationType
}
