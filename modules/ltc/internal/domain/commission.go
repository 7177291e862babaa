package domain

import (
	"context"
	"fmt"

	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// Who a commission goes to.
const (
	PayeePerson  = "person"
	PayeePartner = "partner"
)

func payees() []resource.Option {
	return []resource.Option{{Value: PayeePerson, Label: "Person"}, {Value: PayeePartner, Label: "Partner"}}
}

// CommissionPlan is the share of collected margin a person or a partner gets from a day
// on. Without a name it is for everybody of its kind.
type CommissionPlan struct {
	record.Base
	Payee     string
	UserID    *int64
	PartnerID *int64
	Rate      money.Ratio
	ValidFrom date.Date
}

// CommissionPlans is the service behind the plans.
type CommissionPlans struct {
	*Ports
	Store record.Store[CommissionPlan]
	Type  *resource.Type[CommissionPlan]
}

// Declare returns the document type of the commission plans.
func (s *CommissionPlans) Declare() *resource.Type[CommissionPlan] {
	s.Type = &resource.Type[CommissionPlan]{
		Name: "ltc.commission_plan", Label: "Commission plan", Plural: "Commission plans", Icon: "percentage", Number: "CP-{0000}", Store: s.Store, NoOwner: true,
		Default: func(ctx context.Context, p *CommissionPlan) error { p.ValidFrom = s.Today(ctx); return nil },
		Check: func(_ context.Context, p *CommissionPlan) error {
			if p.Rate.Sign() < 0 || money.Units(1).Less(p.Rate) {
				return errs.Bad("rate", "A share lies between 0 % and 100 %.")
			}
			if p.Payee == PayeePerson && p.PartnerID != nil || p.Payee == PayeePartner && p.UserID != nil {
				return errs.Bad("payee", "A plan is for persons or for partners.")
			}
			return nil
		},
		Fields: resource.Fields[CommissionPlan]{
			resource.Enum("payee", "For", func(p *CommissionPlan) *string { return &p.Payee }, payees()...).Required().InList().Filter(),
			resource.OptRef("user_id", "Person", func(p *CommissionPlan) **int64 { return &p.UserID }, "core.user").InList().Filter().Hint("Empty: everybody in the deal team."),
			resource.OptRef("partner_id", "Partner", func(p *CommissionPlan) **int64 { return &p.PartnerID }, "crm.customer").InList().Filter().Hint("Empty: every partner."),
			resource.Percent("rate", "Share of the collected margin", func(p *CommissionPlan) *money.Ratio { return &p.Rate }).Required().InList(),
			resource.Date("valid_from", "Valid from", func(p *CommissionPlan) *date.Date { return &p.ValidFrom }).Required().InList().Filter(),
		},
	}
	return s.Type
}

// rateOn is the share a payee gets on a day: the plan of the name before the general
// one, the latest first.
func rateOn(list []CommissionPlan, payee string, id int64, day date.Date) money.Ratio {
	var best *CommissionPlan
	for i := range list {
		p := &list[i]
		name := value(p.UserID)
		if payee == PayeePartner {
			name = value(p.PartnerID)
		}
		if p.Payee != payee || p.ArchivedAt != nil || p.ValidFrom.After(day) || (name != 0 && name != id) {
			continue
		}
		named := func(x *CommissionPlan) bool { return x.UserID != nil || x.PartnerID != nil }
		if best == nil || named(p) && !named(best) || named(p) == named(best) && p.ValidFrom.After(best.ValidFrom) {
			best = p
		}
	}
	if best == nil {
		return money.Ratio{}
	}
	return best.Rate
}

// CommissionLine is one entry of the ledger of commissions: earned by money that came
// in, or taken back.
type CommissionLine struct {
	record.Base
	Kind          string
	Payee         string
	PartnerID     *int64
	OpportunityID int64
	InvoiceID     int64
	AllocationID  int64
	ReversesID    *int64
	OnDate        date.Date
	Collected     money.Amount // of the payment, net of tax
	Margin        money.Amount // in it
	Split         money.Ratio
	Rate          money.Ratio
	Amount        money.Amount
	Note          string
}

// The kinds of lines.
const (
	Earned   = "earned"
	Clawback = "clawback"
)

// Collected is money that came in for a deal and the margin in it.
type Collected struct {
	AllocationID  int64
	InvoiceID     int64
	OpportunityID int64
	OwnerID       int64
	PartnerID     int64
	On            date.Date
	Net           money.Amount // the payment without tax
	MarginRate    money.Ratio  // of the order behind the invoice
}

// CreditShare is the part of a deal one person has the credit for.
type CreditShare struct {
	OpportunityID int64
	UserID        int64
	Split         money.Ratio
}

// Commissions is the service behind the ledger.
type Commissions struct {
	*Ports
	Store record.Store[CommissionLine]
	Type  *resource.Type[CommissionLine]
	Plans *CommissionPlans
	// Collected lists the money of a company not yet looked at for commission.
	Collected func(ctx context.Context, company int64) ([]Collected, error)
	// Shares lists who has the credit for deals.
	Shares func(ctx context.Context, deals []int64) ([]CreditShare, error)
}

// Declare returns the document type of the lines, which the run makes.
func (s *Commissions) Declare() *resource.Type[CommissionLine] {
	s.Type = &resource.Type[CommissionLine]{
		Name: "ltc.commission_line", Label: "Commission", Plural: "Commissions", Icon: "coins", Number: "CL-{yyyy}-{000000}", Store: s.Store, NoCreate: true, NoEdit: true, SumBy: "amount",
		Day: func(l *CommissionLine) date.Date { return l.OnDate },
		Fields: resource.Fields[CommissionLine]{
			resource.Enum("kind", "Kind", func(l *CommissionLine) *string { return &l.Kind }, resource.Option{Value: Earned, Label: "Earned", Tone: "ok"}, resource.Option{Value: Clawback, Label: "Taken back", Tone: "bad"}).InList().Filter(),
			resource.Enum("payee", "For", func(l *CommissionLine) *string { return &l.Payee }, payees()...).InList().Filter(),
			resource.OptRef("partner_id", "Partner", func(l *CommissionLine) **int64 { return &l.PartnerID }, "crm.customer").InList().Filter(),
			resource.Ref("opportunity_id", "Opportunity", func(l *CommissionLine) *int64 { return &l.OpportunityID }, "ltc.opportunity").InList().Filter().Source(),
			resource.Ref("invoice_id", "Invoice", func(l *CommissionLine) *int64 { return &l.InvoiceID }, "ltc.invoice").InList().Filter().Source(),
			resource.OptRef("reverses_id", "Takes back", func(l *CommissionLine) **int64 { return &l.ReversesID }, "ltc.commission_line"),
			resource.Date("on_date", "Collected on", func(l *CommissionLine) *date.Date { return &l.OnDate }).InList().Filter(),
			resource.Money("collected", "Collected without tax", func(l *CommissionLine) *money.Amount { return &l.Collected }),
			resource.Money("margin", "Margin in it", func(l *CommissionLine) *money.Amount { return &l.Margin }),
			resource.Percent("split", "Share of the credit", func(l *CommissionLine) *money.Ratio { return &l.Split }),
			resource.Percent("rate", "Share of the collected margin", func(l *CommissionLine) *money.Ratio { return &l.Rate }),
			resource.Money("amount", "Commission", func(l *CommissionLine) *money.Amount { return &l.Amount }).InList().Filter(),
			resource.LongText("note", "Note", func(l *CommissionLine) *string { return &l.Note }),
		},
	}
	return s.Type
}

// CommissionsOf works out the commissions of money that came in: collected margin x share of the
// credit x rate. A margin below zero earns nothing; money that went back takes back.
func CommissionsOf(c Collected, shares []CreditShare, plans []CommissionPlan) (out []CommissionLine) {
	margin := money.Part(c.Net, c.MarginRate.Max(money.Ratio{}))
	line := func(payee string, id int64, split money.Ratio) {
		rate := rateOn(plans, payee, id, c.On)
		if rate.IsZero() || margin.IsZero() {
			return
		}
		l := CommissionLine{Kind: Earned, Payee: payee, OpportunityID: c.OpportunityID, InvoiceID: c.InvoiceID, AllocationID: c.AllocationID, OnDate: c.On, Collected: c.Net, Margin: margin, Split: split, Rate: rate,
			Amount: money.Round(money.Times(money.Times(money.Exact(margin), split), rate))}
		l.OwnerID = id
		if payee == PayeePartner {
			l.OwnerID, l.PartnerID = c.OwnerID, &id
		}
		out = append(out, l)
	}
	if len(shares) == 0 {
		shares = []CreditShare{{UserID: c.OwnerID, Split: money.Units(1)}}
	}
	for _, x := range shares {
		line(PayeePerson, x.UserID, x.Split)
	}
	if c.PartnerID != 0 {
		line(PayeePartner, c.PartnerID, money.Units(1))
	}
	return out
}

// Run books the commissions of all money that came in and was not looked at yet. The
// nightly job calls it; repeating it books nothing twice. It returns how many lines it
// made.
func (s *Commissions) Run(ctx context.Context, company int64) (n int, err error) {
	ctx = authz.System(ctx, "ltc.commission:run")
	err = s.Tx(ctx, func(ctx context.Context) error {
		n = 0
		list, err := s.Collected(ctx, company)
		if err != nil {
			return fmt.Errorf("collected money: %w", err)
		}
		plans, err := s.Plans.Store.Find(ctx, record.Where("company_id", record.Eq, company))
		if err != nil {
			return fmt.Errorf("commission plans: %w", err)
		}
		var deals []int64
		for _, c := range list {
			deals = append(deals, c.OpportunityID)
		}
		shares, err := s.Shares(ctx, deals)
		if err != nil {
			return fmt.Errorf("credit of deals: %w", err)
		}
		of := map[int64][]CreditShare{}
		for _, x := range shares {
			of[x.OpportunityID] = append(of[x.OpportunityID], x)
		}
		for _, c := range list {
			for _, l := range CommissionsOf(c, of[c.OpportunityID], plans) {
				l.CompanyID = company
				if err := s.Type.Create(ctx, &l); err != nil {
					return fmt.Errorf("commission of payment %d: %w", c.AllocationID, err)
				}
				n++
			}
		}
		return nil
	})
	return n, err
}

// TakeBack reverses a line by a line of its own, once. The caller has checked the right.
func (s *Commissions) TakeBack(ctx context.Context, id int64, note string) error {
	l, err := s.Store.Get(ctx, id)
	if err != nil {
		return err
	}
	if l.Kind != Earned {
		return errs.New(errs.Precondition, "Only an earned commission is taken back.")
	}
	r := *l
	r.Base = record.Base{OwnerID: l.OwnerID, DeptID: l.DeptID, CompanyID: l.CompanyID}
	r.Kind, r.ReversesID, r.OnDate, r.Note = Clawback, &l.ID, s.Today(ctx), note
	r.Collected, r.Margin, r.Amount = l.Collected.Neg(), l.Margin.Neg(), l.Amount.Neg()
	err = s.Type.Create(authz.System(ctx, "ltc.commission:clawback"), &r)
	if errs.Is(err, errs.Conflict) {
		return errs.New(errs.Precondition, "This commission was taken back already.")
	}
	return err
}
