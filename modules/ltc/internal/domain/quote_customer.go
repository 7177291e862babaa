package domain

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"meridian/modules/ltc"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// Tracking is what happens to a quote at the customer.
type Tracking struct {
	SentAt     *time.Time
	ViewedAt   *time.Time
	Views      int
	AcceptedBy string
	AcceptedAt *time.Time
}

// QuoteRound is one round of negotiation: what the customer asked, what we gave, what we
// got in return.
type QuoteRound struct {
	record.Line
	HeldOn            date.Date
	ByUser            int64
	Asked, Given, Got string
}

// QuoteLinks keeps the keys customers open quotes with. Package store implements it.
type QuoteLinks interface {
	// AddLink keeps the digest of a key to a quote.
	AddLink(ctx context.Context, digest []byte, company, quote, by int64, at time.Time) error
	// Linked finds the quote of a digest; ok is false when there is none.
	Linked(ctx context.Context, digest []byte) (company, quote int64, ok bool, err error)
	// Viewed counts that the customer opened a quote, without changing its version.
	Viewed(ctx context.Context, quote int64, at time.Time) error
}

func roundFields() resource.Fields[QuoteRound] {
	return append(resource.Fields[QuoteRound]{
		resource.Date("held_on", "On", func(r *QuoteRound) *date.Date { return &r.HeldOn }),
		resource.Ref("by_user", "By", func(r *QuoteRound) *int64 { return &r.ByUser }, "core.user"),
	}, roundForm()...)
}

func roundForm() resource.Fields[QuoteRound] {
	return resource.Fields[QuoteRound]{
		resource.Text("asked", "Asked by the customer", func(r *QuoteRound) *string { return &r.Asked }).Required().Limit(1000),
		resource.Text("given", "Given by us", func(r *QuoteRound) *string { return &r.Given }).Limit(1000),
		resource.Text("got", "Got in return", func(r *QuoteRound) *string { return &r.Got }).Limit(1000),
	}
}

// round logs a round of negotiation; the log of rounds is only ever added to.
func (s *Quotes) round(ctx context.Context, q *Quote, in *QuoteRound) error {
	in.HeldOn, in.ByUser = s.Today(ctx), authz.Actor(ctx)
	q.Rounds = append(q.Rounds, *in)
	return s.touchDeal(ctx, q)
}

// touchDeal notes that the deal behind a quote moved.
func (s *Quotes) touchDeal(ctx context.Context, q *Quote) error {
	if q.OpportunityID == nil {
		return nil
	}
	return s.Opportunities.Deals.Touch(ctx, *q.OpportunityID, s.now())
}

func (s *Quotes) now() time.Time { return s.Opportunities.Now().UTC().Truncate(time.Microsecond) }

func (s *Quotes) send(ctx context.Context, q *Quote) error {
	at := s.now()
	q.SentAt = &at
	if err := s.Decisions.Cleared(ctx, q.CompanyID, q.OpportunityID, PointQuote, q.Total); err != nil {
		return err
	}
	if err := s.touchDeal(ctx, q); err != nil {
		return err
	}
	if err := q.live(s.Today(ctx)); err != nil {
		return err
	}
	return s.Bus.Publish(ctx, ltc.QuoteSent{Quote: s.Type.Ref(q.ID), Customer: q.CustomerID, Total: q.Total})
}

// accepting is the input of the move "accept".
type accepting struct{ By string }

func yesForm() resource.Fields[accepting] {
	return resource.Fields[accepting]{resource.Text("accepted_by", "Accepted by", func(a *accepting) *string { return &a.By })}
}

func (s *Quotes) accept(ctx context.Context, q *Quote, in *accepting) error {
	at := s.now()
	q.AcceptedBy, q.AcceptedAt = in.By, &at
	if err := s.touchDeal(ctx, q); err != nil {
		return err
	}
	return q.live(s.Today(ctx))
}

func (s *Quotes) decline(ctx context.Context, q *Quote) error { return s.touchDeal(ctx, q) }

// NewLink makes the key with which a customer opens and accepts this version. The key is
// shown once; only its digest is kept. Errors: Precondition unless the quote was sent
// and is in force.
func (s *Quotes) NewLink(ctx context.Context, id int64) (key string, err error) {
	q, err := s.Type.Get(ctx, id)
	if err != nil {
		return "", err
	}
	if q.Stage != QuoteSent && q.Stage != QuoteViewed {
		return "", errs.New(errs.Precondition, "Only a quote that was sent has a link for the customer.")
	}
	if err := q.live(s.Today(ctx)); err != nil {
		return "", err
	}
	b := make([]byte, 32)
	if _, err := rand.Read(b); err != nil {
		return "", fmt.Errorf("key of quote: %w", err)
	}
	key = base64.RawURLEncoding.EncodeToString(b)
	digest := sha256.Sum256([]byte(key))
	err = s.Tx(ctx, func(ctx context.Context) error {
		return s.Links.AddLink(ctx, digest[:], q.CompanyID, q.ID, authz.Actor(ctx), s.now())
	})
	return key, err
}

// Offer is what a customer sees of a quote through a link.
type Offer struct {
	No           string      `json:"no"`
	Title        string      `json:"title"`
	State        string      `json:"state"`
	ValidUntil   string      `json:"valid_until"`
	Currency     string      `json:"currency"`
	PaymentTerms string      `json:"payment_terms"`
	Net          string      `json:"net"`
	Tax          string      `json:"tax"`
	Total        string      `json:"total"`
	MayAccept    bool        `json:"may_accept"`
	WhyNot       string      `json:"why_not,omitempty"`
	AcceptedBy   string      `json:"accepted_by,omitempty"`
	Lines        []OfferLine `json:"lines"`
	Options      []OfferLine `json:"options"`
}

// OfferLine is one position of an offer.
type OfferLine struct {
	Description string `json:"description"`
	Qty         string `json:"qty"`
	UnitPrice   string `json:"unit_price"`
	Discount    string `json:"discount"`
	Net         string `json:"net"`
}

func offerLine(p *Priced) OfferLine {
	return OfferLine{p.Description, money.Format(p.Qty, 0), money.Format(p.UnitPrice, 2), percent(p.Discount), money.Format(p.Net, 2)}
}

// offer shows a quote to its customer: no cost, no margin, no list price.
func (s *Quotes) offer(ctx context.Context, q *Quote) *Offer {
	o := &Offer{No: q.No, Title: q.Title, State: string(q.Stage), ValidUntil: q.ValidUntil.String(), Currency: q.Currency, PaymentTerms: q.PaymentTerms,
		Net: q.Net.String(), Tax: q.Tax.String(), Total: q.Total.String(), AcceptedBy: q.AcceptedBy, Lines: []OfferLine{}, Options: []OfferLine{}}
	for i := range q.Lines {
		o.Lines = append(o.Lines, offerLine(&q.Lines[i].Priced))
	}
	for i := range q.Options {
		o.Options = append(o.Options, offerLine(&q.Options[i].Priced))
	}
	err := q.open(s.Today(ctx))
	if o.MayAccept = err == nil; err != nil {
		o.WhyNot = err.Error()
	}
	return o
}

// open refuses a quote the customer can no longer accept.
func (q *Quote) open(today date.Date) error {
	if q.Stage != QuoteSent && q.Stage != QuoteViewed {
		return errs.New(errs.Precondition, "This quote can no longer be accepted.")
	}
	return q.live(today)
}

// linked finds the quote of a key and acts for its company. NotFound for a key that
// opens nothing.
func (s *Quotes) linked(ctx context.Context, key string) (context.Context, int64, error) {
	digest := sha256.Sum256([]byte(key))
	company, id, ok, err := s.Links.Linked(ctx, digest[:])
	if err != nil {
		return nil, 0, err
	}
	if !ok {
		return nil, 0, errs.Missing()
	}
	return authz.System(authz.With(ctx, authz.Subject{Company: company}), "ltc.quote:link"), id, nil
}

// OpenOffer shows the quote of a key and counts that the customer opened it.
func (s *Quotes) OpenOffer(ctx context.Context, key string) (*Offer, error) {
	ctx, id, err := s.linked(ctx, key)
	if err != nil {
		return nil, err
	}
	if err := s.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.Type.FireIf(ctx, id, "view", nil, func(q *Quote) bool { return q.Stage == QuoteSent && q.live(s.Today(ctx)) == nil }); err != nil {
			return err
		}
		return s.Links.Viewed(ctx, id, s.now())
	}); err != nil {
		return nil, err
	}
	q, err := s.Store.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.offer(ctx, q), nil
}

// AcceptOffer accepts the quote of a key in the name of by. Accepting it again answers
// the same; a replaced or expired version is refused.
func (s *Quotes) AcceptOffer(ctx context.Context, key, by string) (*Offer, error) {
	ctx, id, err := s.linked(ctx, key)
	if err != nil {
		return nil, err
	}
	var refused error
	_, err = s.Type.FireIf(ctx, id, "accept", resource.Values{"accepted_by": by}, func(q *Quote) bool {
		if q.Stage == QuoteAccepted && q.IsCurrent {
			return false // said yes before
		}
		refused = q.open(s.Today(ctx))
		return refused == nil
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return nil, err
	}
	q, err := s.Store.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.offer(ctx, q), nil
}

// OutQuote is a quote that lies with its customer.
type OutQuote struct {
	ID         int64
	No, Title  string
	OwnerID    int64
	CustomerID int64
	Stage      string
	Total      money.Amount
	ValidUntil date.Date
	SentAt     *time.Time
	ViewedAt   *time.Time
	Views      int
	Links      int
}
