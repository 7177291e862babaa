package domain

import (
	"context"
	"fmt"
	"strings"

	"meridian/modules/crm"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// QuoteStage is the state of a quote.
type QuoteStage string

// The stages of a quote.
const (
	QuoteDraft      QuoteStage = "draft"
	QuoteApproved   QuoteStage = "approved"
	QuoteSent       QuoteStage = "sent"
	QuoteViewed     QuoteStage = "viewed"
	QuoteAccepted   QuoteStage = "accepted"
	QuoteDeclined   QuoteStage = "declined"
	QuoteExpired    QuoteStage = "expired"
	QuoteSuperseded QuoteStage = "superseded"
)

// QuoteLine is one position of a quote.
type QuoteLine struct {
	record.Line
	Priced
	ListPrice       money.Price // at the time of the draft
	Cost            money.Price // standard cost of a unit; zero = not known
	ConfigurationID *int64
}

// Quote is one version of an offer. Its number is Q-0001/v2: the versions of one
// offer share the part before the stroke.
type Quote struct {
	record.Base
	Stage         QuoteStage
	Title         string
	CustomerID    crm.CustomerID
	ContactID     *int64
	OpportunityID *int64
	PreviousID    *int64
	Currency      string
	ValidUntil    date.Date
	PaymentTerms  string
	Revision      int
	IsCurrent     bool
	Net           money.Amount
	Tax           money.Amount
	Total         money.Amount
	MaxDiscount   money.Ratio
	QuoteTerms
	Tracking
	Lines   []QuoteLine   `gorm:"-"`
	Options []QuoteOption `gorm:"-"`
	Rounds  []QuoteRound  `gorm:"-"`
}

// validDays is how long a quote holds unless it says otherwise.
const validDays = 30

// Quotes is the service behind the quote type.
type Quotes struct {
	*Ports
	Store         record.Store[Quote]
	Type          *resource.Type[Quote]
	Opportunities *Opportunities
	Prices        *Prices
	Contracts     *Contracts
	Orders        *Orders

	Policies       *SalesPolicies
	Configurations *Configurations
	Links          QuoteLinks
	Decisions      *Decisions
}

func (q *Quote) priced() []*Priced {
	out := make([]*Priced, len(q.Lines))
	for i := range q.Lines {
		out[i] = &q.Lines[i].Priced
	}
	return out
}

// check completes a draft: customer of the deal, prices, totals, and the largest
// share below the list price, which decides who must approve.
func (s *Quotes) check(ctx context.Context, q *Quote) error {
	if q.ID != 0 && q.Stage != QuoteDraft {
		return nil
	}
	if q.ID == 0 {
		q.Revision, q.IsCurrent, q.Currency = max(q.Revision, 1), q.Stage != QuoteSuperseded, s.currency(q.CompanyID)
	}
	if err := s.fromDeal(ctx, q); err != nil {
		return err
	}
	lines := make([]priceable, len(q.Lines))
	for i := range q.Lines {
		l := &q.Lines[i]
		lines[i] = priceable{Priced: &l.Priced, fresh: l.ID == 0, list: &l.ListPrice}
	}
	bad, err := s.configured(ctx, q, lines)
	if err != nil {
		return err
	}
	more, err := s.Prices.completeFor(ctx, q.CompanyID, q.CustomerID, s.Today(ctx), lines)
	if err != nil {
		return err
	}
	options, err := s.completeOptions(ctx, q)
	if err != nil {
		return err
	}
	bad = append(append(bad, more...), options...)
	t := totals(q.priced(), money.Amount{})
	q.Net, q.Tax, q.Total, q.MaxDiscount = t.Net, t.Tax, t.Total, money.Ratio{}
	for i := range q.Lines {
		q.MaxDiscount = q.MaxDiscount.Max(q.Lines[i].cut(q.Lines[i].ListPrice))
	}
	if err := s.judge(ctx, q); err != nil {
		return err
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// fromDeal takes customer, contact and title from the opportunity.
func (s *Quotes) fromDeal(ctx context.Context, q *Quote) error {
	if q.OpportunityID == nil {
		return nil
	}
	o, err := s.Opportunities.Store.Get(ctx, *q.OpportunityID)
	if errs.Is(err, errs.NotFound) {
		return nil // the reference check says so with its field
	}
	if err != nil {
		return err
	}
	customer := crm.CustomerID(value(o.CustomerID))
	switch {
	case q.CustomerID == 0:
		q.CustomerID, q.ContactID = customer, o.ContactID
	case customer != 0 && customer != q.CustomerID:
		return errs.Bad("customer_id", "The opportunity belongs to another customer.")
	}
	if q.Title == "" {
		q.Title = o.Name
	}
	return nil
}

// live refuses a version that another one has replaced, or whose time is over.
func (q *Quote) live(today date.Date) error {
	if !q.IsCurrent {
		return errs.New(errs.Precondition, "A newer version of this quote exists.")
	}
	if q.ValidUntil.Before(today) {
		return errs.New(errs.Precondition, "This quote was valid until {0}; make a new version.", q.ValidUntil)
	}
	return nil
}

func (s *Quotes) stillLive(ctx context.Context, q *Quote) error { return q.live(s.Today(ctx)) }

// root is the number without the version.
func root(no string) string {
	if i := strings.LastIndex(no, "/v"); i > 0 {
		return no[:i]
	}
	return no
}

// Root is what the numbers of all versions of an offer share.
func Root(no string) string { return root(no) }

// newVersion copies the quote into a draft with the next version number and steps
// down for it.
func (s *Quotes) newVersion(ctx context.Context, q *Quote) error {
	if !q.IsCurrent {
		return errs.New(errs.Precondition, "A newer version of this quote exists.")
	}
	v := &Quote{Title: q.Title, CustomerID: q.CustomerID, ContactID: q.ContactID, OpportunityID: q.OpportunityID, PreviousID: &q.ID,
		ValidUntil: s.Today(ctx).AddDays(validDays), PaymentTerms: q.PaymentTerms, Revision: q.Revision + 1, QuoteTerms: q.inherited()}
	inherit(&v.Base, &q.Base)
	v.No = fmt.Sprintf("%s/v%d", root(q.No), v.Revision)
	for _, l := range q.Lines {
		v.Lines = append(v.Lines, QuoteLine{Priced: agreed(l.Priced), ConfigurationID: l.ConfigurationID})
	}
	for _, x := range q.Options {
		v.Options = append(v.Options, QuoteOption{Priced: agreed(x.Priced), InsteadOf: x.InsteadOf})
	}
	q.IsCurrent = false
	if err := s.Type.Create(ctx, v); err != nil {
		return fmt.Errorf("new version of %s: %w", q.No, err)
	}
	return nil
}

// agreed copies a line whose price and tax are settled.
func agreed(p Priced) Priced {
	p.Agreed = true
	return p
}

// makeContract drafts the contract about an accepted quote.
func (s *Quotes) makeContract(ctx context.Context, q *Quote) error {
	have, err := s.Book.ContractOf(ctx, q.ID)
	if err != nil {
		return err
	}
	if have != "" {
		return errs.New(errs.Precondition, "Contract {0} was made from this quote already.", have)
	}
	title := q.Title
	if title == "" {
		title = q.No
	}
	c := &Contract{Title: title, CustomerID: q.CustomerID, QuoteID: &q.ID, OpportunityID: q.OpportunityID, Amount: q.Total, StartOn: s.Today(ctx)}
	inherit(&c.Base, &q.Base)
	if err := s.Contracts.Type.Create(ctx, c); err != nil {
		return fmt.Errorf("contract from %s: %w", q.No, err)
	}
	return nil
}

// order drafts the sales order of an accepted quote.
func (s *Quotes) order(ctx context.Context, q *Quote) error {
	return s.Orders.fromQuote(ctx, q, nil)
}

// ExpireQuotes ends the quotes whose validity ended before day. The nightly job
// calls it. It returns how many ended.
func (s *Quotes) ExpireQuotes(ctx context.Context, day date.Date) (int, error) {
	ctx = authz.System(ctx, "ltc.quote:expire")
	ids, err := s.Book.Expiring(ctx, day)
	if err != nil {
		return 0, fmt.Errorf("quotes to expire: %w", err)
	}
	n := 0
	for _, id := range ids {
		err := s.Type.Fire(ctx, id, "expire", nil)
		if errs.Is(err, errs.Precondition) {
			continue // accepted, declined or replaced meanwhile
		}
		if err != nil {
			return n, fmt.Errorf("expire quote %d: %w", id, err)
		}
		n++
	}
	return n, nil
}
