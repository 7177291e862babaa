package domain

import (
	"context"
	"fmt"

	"meridian/modules/crm"
	"meridian/platform/money"
	"meridian/platform/record"
)

// DealView is what the page of a customer shows of our documents, under the row
// rules of the reader.
type DealView struct {
	Opportunities []Opportunity
	Orders        []Order
	Invoices      []Invoice
	Owed          money.Amount // open amount of the invoices shown
}

// viewLimit bounds each list of a DealView.
const viewLimit = 10

// Deals reads the open documents of a customer.
type Deals struct {
	Opportunities record.Store[Opportunity]
	Orders        record.Store[Order]
	Invoices      record.Store[Invoice]
}

// Of returns the open opportunities, orders and invoices of a customer.
func (s *Deals) Of(ctx context.Context, customer crm.CustomerID) (DealView, error) {
	open := func(stages ...string) record.Query {
		q := record.Where("customer_id", record.Eq, int64(customer)).And("stage", record.In, stages)
		q.Limit, q.Sort = viewLimit, []record.Sort{{Col: "updated_at", Desc: true}}
		return q
	}
	var v DealView
	var err error
	if v.Opportunities, err = s.Opportunities.Find(ctx, open(string(DealQualify), string(DealPropose), string(DealNegotiate), string(DealHold))); err != nil {
		return v, fmt.Errorf("deals of customer %d: %w", customer, err)
	}
	if v.Orders, err = s.Orders.Find(ctx, open(string(OrderDraft), string(OrderConfirmed), string(OrderReleased), string(OrderDelivered))); err != nil {
		return v, fmt.Errorf("orders of customer %d: %w", customer, err)
	}
	if v.Invoices, err = s.Invoices.Find(ctx, open(string(InvoicePosted))); err != nil {
		return v, fmt.Errorf("invoices of customer %d: %w", customer, err)
	}
	for i := range v.Invoices {
		v.Owed = v.Owed.Add(v.Invoices[i].Open)
	}
	return v, nil
}
