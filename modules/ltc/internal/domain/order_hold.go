package domain

import (
	"context"
	"strings"

	"meridian/modules/crm"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/resource"
)

// Holds are the reasons an order stands still, whatever its stage: each is the sentence
// that says why, empty when there is none.
type Holds struct {
	CreditHold   string
	PriceHold    string
	DataHold     string
	CustomerHold string
}

// defaults completes what an order leaves open.
func (o *Order) defaults() {
	if o.Acceptance == "" {
		o.Acceptance = AcceptRequired
	}
	if o.Channel == "" {
		o.Channel = "inside"
	}
	if o.Revision == 0 {
		o.Revision = 1
	}
}

// all lists the reasons an order stands still.
func (h *Holds) all() (out []string) {
	for _, s := range []string{h.CreditHold, h.PriceHold, h.DataHold, h.CustomerHold} {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// at is where the reason of a kind stands.
func (h *Holds) at(kind string) *string {
	return map[string]*string{"credit": &h.CreditHold, "price": &h.PriceHold, "data": &h.DataHold, "customer": &h.CustomerHold}[kind]
}

// holding is the input of the moves "hold" and "unhold".
type holding struct{ Kind, Why string }

func holdKinds() *resource.Field[holding] {
	return resource.Enum("kind", "Kind", func(h *holding) *string { return &h.Kind }, resource.Option{Value: "credit", Label: "Credit"}, resource.Option{Value: "price", Label: "Price"},
		resource.Option{Value: "data", Label: "Data"}, resource.Option{Value: "customer", Label: "Customer"}).Required()
}

func holdForm() resource.Fields[holding] {
	return resource.Fields[holding]{holdKinds(), resource.Text("why", "Why", func(h *holding) *string { return &h.Why }).Required()}
}

func unholdForm() resource.Fields[holding] { return resource.Fields[holding]{holdKinds()} }

// holdUp stops an order before its release.
func (s *Orders) holdUp(_ context.Context, o *Order, in *holding) error {
	*o.at(in.Kind) = in.Why
	return nil
}

// lift takes a hold away; one for missing data only when the data is there.
func (s *Orders) lift(_ context.Context, o *Order, in *holding) error {
	at := o.at(in.Kind)
	if *at == "" {
		return errs.Bad("kind", "There is no such hold.")
	}
	if in.Kind == "data" && o.ShipTo == "" {
		return errs.New(errs.Precondition, "The address to ship to is missing.")
	}
	*at = ""
	return nil
}

// mayRelease refuses what is held, and what credit does not let through any more.
func (s *Orders) mayRelease(ctx context.Context, o *Order) error {
	if why := o.all(); len(why) > 0 {
		return errs.New(errs.Precondition, "This order is held: {0}", strings.Join(why, "; "))
	}
	a, err := s.Credit.Check(ctx, o.CustomerID, crm.AtRelease, s.Type.Ref(o.ID), money.Amount{}) // its amount is in the exposure since it was confirmed
	if err != nil {
		return err
	}
	if !a.Pass {
		return errs.New(errs.Precondition, "Credit stops the release: limit {0}, used {1}.", a.Limit, a.Exposure)
	}
	return nil
}
