package main

import (
	"context"

	"meridian/modules/crm"
	"meridian/modules/crm/crmapp"
	"meridian/modules/itr"
	"meridian/modules/ltc"
	"meridian/platform/app"
	"meridian/platform/event"
	"meridian/platform/trace"
)

// wireFacts tells CRM what happens to its customers in other modules: life cycle, health
// and value are made of it.
func wireFacts(p *app.Platform, customers *crmapp.Module) {
	today := p.Today
	order := func(id ltc.OrderID) trace.Ref { return trace.Ref{Type: "ltc.order", ID: int64(id)} }
	event.Subscribe(p.Bus, "crm", func(ctx context.Context, e ltc.OpportunityClosed) error {
		return customers.DealEnded(ctx, e.Customer, e.Opportunity, e.Won)
	})
	event.Subscribe(p.Bus, "crm", func(ctx context.Context, e ltc.ContractSigned) error {
		return customers.Terms.Signed(ctx, crm.ContractTerm{Customer: e.Customer, Doc: e.Contract, Signed: today(ctx), End: e.End})
	})
	event.Subscribe(p.Bus, "crm", func(ctx context.Context, e ltc.QuoteSent) error {
		return customers.Facts.Record(ctx, crm.Fact{Customer: e.Customer, Kind: crm.FactQuote, On: today(ctx), N: 1, Amount: e.Total, Doc: e.Quote, Key: "sent:" + e.Quote.String()})
	})
	event.Subscribe(p.Bus, "crm", func(ctx context.Context, e ltc.OrderConfirmed) error {
		return customers.Facts.Record(ctx, crm.Fact{Customer: e.Customer, Kind: crm.FactOrder, On: today(ctx), N: 1, Amount: e.Total, Doc: order(e.ID), Key: "order:" + order(e.ID).String()})
	})
	event.Subscribe(p.Bus, "crm", func(ctx context.Context, e ltc.OrderImported) error {
		return customers.Facts.Record(ctx, crm.Fact{Customer: e.Customer, Kind: crm.FactOrder, On: e.On, N: 1, Amount: e.Total, Doc: order(e.ID), Key: "order:" + order(e.ID).String()})
	})
	event.Subscribe(p.Bus, "crm", func(ctx context.Context, e ltc.OrderCancelled) error {
		return customers.Facts.Undo(ctx, crm.FactOrder, crm.Fact{Customer: e.Customer, Doc: order(e.ID), Key: "cancel:" + order(e.ID).String()})
	})
	event.Subscribe(p.Bus, "crm", func(ctx context.Context, e ltc.ReceiptAllocated) error {
		return customers.Facts.Record(ctx, crm.Fact{Customer: e.Customer, Kind: crm.FactReceipt, On: e.On, N: 1, Amount: e.Amount, Doc: e.Receipt, Pays: e.Invoice, Key: "receipt:" + e.Receipt.String() + ":" + e.Invoice.String()})
	})
	event.Subscribe(p.Bus, "crm", func(ctx context.Context, e itr.CaseClosed) error {
		return customers.Facts.Record(ctx, crm.Fact{Customer: e.Customer, Kind: crm.FactCase, On: today(ctx), N: 1, Doc: e.Case, Key: "case:" + e.Case.String()})
	})
	event.Subscribe(p.Bus, "crm", func(ctx context.Context, e itr.SatisfactionRecorded) error { // an answer is a two-way contact
		return customers.Facts.Record(ctx, crm.Fact{Customer: e.Customer, Kind: crm.FactTouch, On: today(ctx), N: 1, Doc: e.Case, Key: "survey:" + e.Case.String()})
	})
}
