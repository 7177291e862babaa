// Package domain holds the rules of leads to cash.
package domain

import (
	"context"

	"meridian/modules/crm"
	"meridian/modules/ipd"
	"meridian/modules/isc"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/event"
	"meridian/platform/money"
	"meridian/platform/org"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/trace"
)

// Ports is what the services of leads to cash stand on.
type Ports struct {
	Customers crm.Customers
	Partners  crm.Partners
	Credit    crm.Credit
	Products  ipd.Products
	Stock     isc.Stock
	Shipments isc.Shipments
	Bus       *event.Bus
	Book      Book
	Cash      CashBook
	Journal   Journal

	// Tx runs fn in the transaction of ctx, or in a new one.
	Tx func(ctx context.Context, fn func(ctx context.Context) error) error
	// Link adds an edge to the thread.
	Link func(ctx context.Context, source, target trace.Ref, relation string) error
	// People is the directory in force.
	People func() *org.Directory
	// Today is the business date of the actor's company.
	Today func(ctx context.Context) date.Date
	// Fiscal draws the next legal invoice number of a company, without gaps.
	Fiscal func(ctx context.Context, company int64, day date.Date) (string, error)
	// Notify tells people something in the transaction of ctx.
	Notify func(ctx context.Context, n process.Notice) error
	// Post has a letter mailed after the transaction of ctx; nil without a mail server.
	Post func(ctx context.Context, letter int64) error
	// CreditNo draws the next legal number of a credit note, without gaps.
	CreditNo func(ctx context.Context, company int64, day date.Date) (string, error)
}

// Book answers what no single document knows. Package store implements it.
type Book interface {
	// OpenLead returns the open lead of the company with this e-mail or phone key, 0
	// if there is none. It holds both keys until the end of the transaction, so two
	// captures of one person cannot both create a lead.
	OpenLead(ctx context.Context, company int64, email, phone string) (int64, error)
	// LeadLoad counts the open leads per owner.
	LeadLoad(ctx context.Context, owners []int64) (map[int64]int, error)
	// ListPrices returns the list price of products on a day, in currency.
	ListPrices(ctx context.Context, company int64, currency string, products []ipd.ProductID, day date.Date) (map[ipd.ProductID]money.Price, error)
	// PriceOf returns the row that sets the price from exactly that day, 0 if none does.
	PriceOf(ctx context.Context, company int64, currency string, product ipd.ProductID, from date.Date) (int64, error)
	// Backed reports whether a signed contract or a confirmed order stands behind an
	// opportunity.
	Backed(ctx context.Context, opportunity int64) (bool, error)
	// ContractOf and OrderOf name the live document made from a quote, "" if none is.
	ContractOf(ctx context.Context, quote int64) (string, error)
	OrderOf(ctx context.Context, quote int64) (string, error)
	// Expiring lists the quotes whose validity ended before day.
	Expiring(ctx context.Context, day date.Date) ([]int64, error)
	// LastOrder returns the last confirmed order of a customer with a product (0 = any).
	LastOrder(ctx context.Context, customer crm.CustomerID, product ipd.ProductID) (int64, error)
	// Arrived sums per order line what came to the customer.
	Arrived(ctx context.Context, order int64) (Quantities, error)
	// Drafted sums per order line what open invoice drafts hold, and their freight,
	// leaving one invoice out.
	Drafted(ctx context.Context, order, except int64) (Quantities, Freight, error)
	// Allocate appends a row to the ledger of allocations.
	Allocate(ctx context.Context, a Allocation) error
}

// inherit gives a document the owner and company of the one it came from.
func inherit(to, from *record.Base) { to.OwnerID, to.CompanyID = from.OwnerID, from.CompanyID }

// currency is the base currency of a company.
func (p *Ports) currency(company int64) string {
	if c := p.People().Companies[company]; c != nil {
		return c.Currency
	}
	return ""
}

func value(id *int64) int64 {
	if id == nil {
		return 0
	}
	return *id
}

func pointer[ID ~int64](id ID) *int64 {
	if id == 0 {
		return nil
	}
	n := int64(id)
	return &n
}

// untilToday reads the day something happened on: empty is today, and none lies ahead.
func (p *Ports) untilToday(ctx context.Context, field string, on *date.Date) error {
	today := p.Today(ctx)
	if on.IsZero() {
		*on = today
	}
	if on.After(today) {
		return errs.Bad(field, "This day lies in the future.")
	}
	return nil
}
