package domain

import (
	"context"
	"fmt"

	"meridian/modules/ipd"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// QuoteTerms are what decides who must approve a quote: discount, margin, payment, and
// whether they are worse than what was approved before.
type QuoteTerms struct {
	PaymentDays   int
	Cost          money.Amount
	Margin        money.Amount
	MarginRate    money.Ratio
	CostKnown     bool
	OverAuthority bool
	BelowFloor    bool
	LongTerms     bool
	SameTerms     bool

	BaseApproved bool // the terms of an approved version follow
	BaseDiscount money.Ratio
	BaseMargin   money.Ratio
	BaseDays     int
	BaseTotal    money.Amount
}

// inherited are the terms a new version starts with: those of this one if it was
// approved, else those this one inherited.
func (q *Quote) inherited() QuoteTerms {
	t := QuoteTerms{PaymentDays: q.PaymentDays, BaseApproved: q.BaseApproved, BaseDiscount: q.BaseDiscount, BaseMargin: q.BaseMargin, BaseDays: q.BaseDays, BaseTotal: q.BaseTotal}
	if q.Stage != QuoteDraft {
		t.BaseApproved, t.BaseDiscount, t.BaseMargin, t.BaseDays, t.BaseTotal = true, q.MaxDiscount, q.MarginRate, q.PaymentDays, q.Total
	}
	return t
}

// judge works out the terms of a draft: margin, authority of its owner, payment term,
// and whether they are no worse than approved before.
func (s *Quotes) judge(ctx context.Context, q *Quote) error {
	policy, err := s.Policies.Of(ctx, q.CompanyID)
	if err != nil {
		return err
	}
	if q.PaymentDays < 0 {
		return errs.Bad("payment_days", "A number above zero is expected.")
	}
	if q.PaymentDays == 0 && q.CustomerID != 0 {
		c, err := s.Customers.Customer(ctx, q.CustomerID)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		q.PaymentDays = c.PaymentDays
	}
	if err := s.margin(ctx, q); err != nil {
		return err
	}
	q.BelowFloor = q.CostKnown && q.MarginRate.Less(policy.MarginFloor)
	q.LongTerms = policy.PaymentDays > 0 && q.PaymentDays > policy.PaymentDays
	if q.OverAuthority, err = s.beyond(ctx, q); err != nil {
		return err
	}
	q.SameTerms = q.BaseApproved && !q.BaseDiscount.Less(q.MaxDiscount) && q.PaymentDays <= q.BaseDays && !q.BaseTotal.Less(q.Total) && !(q.CostKnown && q.MarginRate.Less(q.BaseMargin))
	return nil
}

// margin sets the standard cost of the lines against their net.
func (s *Quotes) margin(ctx context.Context, q *Quote) error {
	var ids []ipd.ProductID
	for i := range q.Lines {
		ids = append(ids, q.Lines[i].ProductID)
	}
	costs, err := s.Prices.Special.Costs(ctx, q.CompanyID, ids, s.Today(ctx))
	if err != nil {
		return fmt.Errorf("standard cost: %w", err)
	}
	var cost money.Price
	q.CostKnown = len(q.Lines) > 0
	for i := range q.Lines {
		l := &q.Lines[i]
		if l.ConfigurationID == nil {
			l.Cost = costs[l.ProductID]
		}
		q.CostKnown = q.CostKnown && l.Cost.Sign() > 0
		cost = cost.Add(money.Times(l.Cost, l.Qty))
	}
	q.Cost, q.Margin, q.MarginRate = money.Round(cost), money.Amount{}, money.Ratio{}
	if q.CostKnown {
		q.Margin = q.Net.Sub(q.Cost)
		q.MarginRate, _ = money.Share(q.Margin, q.Net)
	}
	return nil
}

// beyond reports whether a line goes further below its list price than the roles of the
// owner may.
func (s *Quotes) beyond(ctx context.Context, q *Quote) (bool, error) {
	list, err := s.Prices.Special.Authorities(ctx, q.CompanyID, q.CustomerID)
	if err != nil || len(list) == 0 {
		return false, err
	}
	var roles []string
	if p := s.People().People[q.OwnerID]; p != nil {
		roles = p.Roles
	}
	var ids []ipd.ProductID
	for i := range q.Lines {
		ids = append(ids, q.Lines[i].ProductID)
	}
	products, err := s.Products.Products(authz.System(ctx, "ltc.quote:authority"), ids)
	if err != nil {
		return false, err
	}
	for i := range q.Lines {
		l := &q.Lines[i]
		if most, ok := MayGive(list, roles, string(products[l.ProductID].Kind)); ok && most.Less(l.cut(l.ListPrice)) {
			return true, nil
		}
	}
	return false, nil
}

// configured gives configured lines the price and cost of their configuration.
func (s *Quotes) configured(ctx context.Context, q *Quote, lines []priceable) (bad []errs.Field, err error) {
	for i := range q.Lines {
		l := &q.Lines[i]
		if l.ConfigurationID == nil {
			continue
		}
		c, err := s.Configurations.Store.Get(ctx, *l.ConfigurationID)
		if errs.Is(err, errs.NotFound) {
			continue // the reference check says so with its field
		}
		if err != nil {
			return nil, err
		}
		if l.ProductID != c.ProductID {
			bad = append(bad, errs.Field{Name: linePath(i) + "configuration_id", Message: "This is a configuration of another product."})
		}
		l.Cost = c.Cost
		lines[i].special = &c.Price
		if l.Description == "" {
			l.Description = c.Summary
		}
	}
	return bad, nil
}

// QuoteOption is a position the customer may add, or take instead of a line. It stands
// on the paper, not in the total.
type QuoteOption struct {
	record.Line
	Priced
	InsteadOf int // number of the line it replaces; 0 = on top
}

func optionFields() resource.Fields[QuoteOption] {
	return append(pricedFields(func(o *QuoteOption) *Priced { return &o.Priced }),
		resource.Int("instead_of", "Instead of line", func(o *QuoteOption) *int { return &o.InsteadOf }).Hint("Empty: on top of the lines."))
}

// completeOptions fills prices and taxes of the options as of the lines.
func (s *Quotes) completeOptions(ctx context.Context, q *Quote) ([]errs.Field, error) {
	lines := make([]priceable, len(q.Options))
	for i := range q.Options {
		o := &q.Options[i]
		lines[i] = priceable{Priced: &o.Priced, fresh: o.ID == 0}
	}
	bad, err := s.Prices.completeFor(ctx, q.CompanyID, q.CustomerID, s.Today(ctx), lines)
	for i := range bad {
		bad[i].Name = "options" + bad[i].Name[len("lines"):]
	}
	for i := range q.Options {
		if n := q.Options[i].InsteadOf; n < 0 || n > len(q.Lines) {
			bad = append(bad, errs.Field{Name: fmt.Sprintf("options.%d.instead_of", i), Message: "There is no line {0}.", Args: []any{n}})
		}
	}
	return bad, err
}

// taking is the input of the move "take".
type taking struct{ Option int }

func takeForm() resource.Fields[taking] {
	return resource.Fields[taking]{resource.Int("option", "Number of the option", func(t *taking) *int { return &t.Option }).Required()}
}

// take makes an option a line of the offer, instead of the one it replaces.
func (s *Quotes) take(ctx context.Context, q *Quote, in *taking) error {
	if in.Option < 1 || in.Option > len(q.Options) {
		return errs.Bad("option", "There is no option {0}.", in.Option)
	}
	o := q.Options[in.Option-1]
	q.Options = append(q.Options[:in.Option-1:in.Option-1], q.Options[in.Option:]...)
	l := QuoteLine{Priced: agreed(o.Priced)}
	if n := o.InsteadOf; n > 0 {
		q.Lines[n-1] = l
	} else {
		q.Lines = append(q.Lines, l)
	}
	return s.check(ctx, q)
}

// copy drafts a new offer with the same lines at the prices of today.
func (s *Quotes) copy(ctx context.Context, q *Quote) error {
	n := q.again(s.Today(ctx))
	inherit(&n.Base, &q.Base)
	if err := s.Type.Create(ctx, n, s.Type.Ref(q.ID)); err != nil {
		return fmt.Errorf("copy of %s: %w", q.No, err)
	}
	return nil
}

// again is a new offer with the same lines; what has a list price takes that of today.
func (q *Quote) again(today date.Date) *Quote {
	n := &Quote{Title: q.Title, CustomerID: q.CustomerID, ContactID: q.ContactID, OpportunityID: q.OpportunityID, ValidUntil: today.AddDays(validDays), PaymentTerms: q.PaymentTerms, QuoteTerms: QuoteTerms{PaymentDays: q.PaymentDays}}
	for _, l := range q.Lines {
		p := l.Priced
		if !l.ListPrice.IsZero() {
			p.UnitPrice = money.Price{}
		}
		n.Lines = append(n.Lines, QuoteLine{Priced: p, ConfigurationID: l.ConfigurationID})
	}
	for _, o := range q.Options {
		n.Options = append(n.Options, QuoteOption{Priced: o.Priced, InsteadOf: o.InsteadOf})
	}
	return n
}
