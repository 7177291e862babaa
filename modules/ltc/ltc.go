// Package ltc is leads to cash: lead, opportunity, quote, contract, order,
// acceptance, invoice, receipt.
package ltc

import (
	"context"
	"embed"
	"time"

	"meridian/modules/crm"
	"meridian/modules/ipd"
	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/trace"
)

// OrderID names a sales order.
type OrderID int64

// Ref names the order in the thread.
func (id OrderID) Ref() trace.Ref { return trace.Ref{Type: "ltc.order", ID: int64(id)} }

// OrderLine is what other modules need of one.
type OrderLine struct {
	ID      int64
	Product ipd.ProductID
	Qty     money.Qty
	Price   money.Price
}

// Order is what other modules need of a confirmed one.
type Order struct {
	ID       OrderID
	No       string
	Customer crm.CustomerID
	Total    money.Amount
	Currency string
	Lines    []OrderLine
}

// Orders is what other modules may ask about sales orders.
type Orders interface {
	// Order returns a confirmed order. NotFound for drafts.
	Order(ctx context.Context, id OrderID) (Order, error)
	// Last returns the last confirmed order of a customer with a product (0 = any).
	Last(ctx context.Context, customer crm.CustomerID, product ipd.ProductID) (Order, error)
}

// NewLead is what a module knows about a chance to sell.
type NewLead struct {
	Name, Company, Title   string
	Phone, Email           string
	Need, Industry, Region string
	Source                 string // web, referral, ticket, partner ...
	Customer               crm.CustomerID
	Contact                crm.ContactID
	Value                  money.Amount
	Owner                  int64
}

// Leads is what other modules may do with leads.
type Leads interface {
	// Capture creates a lead, or returns the open one of the same person (e-mail or
	// phone) with created false; from names where it came from.
	Capture(ctx context.Context, l NewLead, from ...trace.Ref) (lead trace.Ref, created bool, err error)
	// Grade stores score and grade; qualified starts the hand-off to sales.
	Grade(ctx context.Context, lead trace.Ref, score int, grade, explanation string, qualified bool) error
}

// NewFollowup is a contact with a customer to be planned.
type NewFollowup struct {
	Customer crm.CustomerID
	Contact  crm.ContactID // 0 = nobody in particular
	Owner    int64
	On       date.Date
	Subject  string
	From     trace.Ref // the document it came from
}

// Followups is what selling needs of whoever keeps the contacts with customers; CRM
// answers through an adapter in wire.go.
type Followups interface {
	// Plan puts a contact on the list of its owner.
	Plan(ctx context.Context, n NewFollowup) error
}

// LeadAnswered is published when sales accepts or rejects a lead.
type LeadAnswered struct {
	Lead     trace.Ref
	Accepted bool
	Reason   string
}

// OpportunityClosed is published when a deal is won or lost.
type OpportunityClosed struct {
	Opportunity trace.Ref
	Lead        trace.Ref // zero when it did not come from a lead
	Customer    crm.CustomerID
	Won         bool
	Amount      money.Amount
	Reason      string
}

// ContractSigned is published when both sides have signed.
type ContractSigned struct {
	Contract trace.Ref
	Customer crm.CustomerID
	Amount   money.Amount
	Start    date.Date
	End      date.Date
}

// QuoteSent is published when a version of a quote goes to the customer, once per version.
type QuoteSent struct {
	Quote    trace.Ref
	Customer crm.CustomerID
	Total    money.Amount
}

// OrderConfirmed is published in the transaction that confirms an order.
type OrderConfirmed struct {
	ID       OrderID
	Customer crm.CustomerID
	Total    money.Amount
}

// OrderImported is published in the transaction that brings in an order of another
// system: it was confirmed there, on its own day, and nothing is owed for it here.
type OrderImported struct {
	ID       OrderID
	Customer crm.CustomerID
	On       date.Date
	Total    money.Amount
}

// OrderCancelled is published in the transaction that cancels a confirmed order.
type OrderCancelled struct {
	ID       OrderID
	Customer crm.CustomerID
	At       time.Time
}

// AcceptanceSigned is published when the customer accepts a delivery: the right to
// invoice, revenue on transfer of control, start of warranty.
type AcceptanceSigned struct {
	Acceptance trace.Ref
	Order      OrderID
	Customer   crm.CustomerID
	Lines      []OrderLine // accepted quantities
	SignedBy   string
	On         date.Date
	Deemed     bool // by silence or delivery, as the contract says
}

// InvoicePosted is published when an invoice gets its legal number.
type InvoicePosted struct {
	Invoice  trace.Ref
	No       string
	Customer crm.CustomerID
	Total    money.Amount
}

// ReceiptAllocated is published when money is matched to an invoice.
type ReceiptAllocated struct {
	Receipt  trace.Ref
	Invoice  trace.Ref
	Customer crm.CustomerID
	Amount   money.Amount
	On       date.Date
}

// Help explains the concepts of the module to its users: README.md in English,
// README.zh.md in Chinese.
//
//go:embed README.md README.zh.md
var Help embed.FS
