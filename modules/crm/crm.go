// Package crm is customer relationship management: one record per customer over
// all modules, its people, its life cycle, its credit.
//
// This is the contract other modules may use. The customer, the credit profile
// and the follow-ups belong to CRM; what it needs of others against the module
// graph arrives as events that cmd's wire.go translates into calls.
package crm

import (
	"context"
	"embed"

	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// CustomerID names a customer.
type CustomerID int64

// ContactID names a person at a customer.
type ContactID int64

// Ref names the customer in the thread.
func (id CustomerID) Ref() trace.Ref { return trace.Ref{Type: "crm.customer", ID: int64(id)} }

// Customer is what other modules need of one.
type Customer struct {
	ID          CustomerID
	No, Name    string
	TaxNo       string
	Address     string
	Phone       string
	Email       string
	Owner, Dept int64
	PaymentDays int
	Lifecycle   Lifecycle
	Tier        string // key or standard; "" is none
}

// Contact is what other modules need of a person.
type Contact struct {
	ID                 ContactID
	Customer           CustomerID
	Name, Phone, Email string
}

// Lifecycle is the state of a customer.
type Lifecycle string

// The life cycle (modules/crm: CRM-06).
const (
	ToIdentify  Lifecycle = "to_identify"
	Target      Lifecycle = "target"
	Potential   Lifecycle = "potential"
	Opportunity Lifecycle = "opportunity"
	Signed      Lifecycle = "signed"
	User        Lifecycle = "user"
	Satisfied   Lifecycle = "satisfied"
	Lost        Lifecycle = "lost"

	Dormant Lifecycle = "dormant" // nothing happens
	AtRisk  Lifecycle = "at_risk" // may be lost
	Merged  Lifecycle = "merged"  // lives on under another id
)

// NewCustomer is what a converted lead knows.
type NewCustomer struct {
	Name, TaxNo, Industry, Source string
	Phone, Email                  string
	ContactName, ContactTitle     string
	Owner                         int64
}

// Customers is what other modules may ask about customers. Calls run in the
// caller's transaction, past the reader's row rules.
type Customers interface {
	// Customer returns a customer. NotFound if there is none.
	Customer(ctx context.Context, id CustomerID) (Customer, error)
	// Contact returns a person. NotFound if there is none.
	Contact(ctx context.Context, id ContactID) (Contact, error)
	// ContactByEmail finds the person with an e-mail address, without case; ok is
	// false when there is none, or several of different customers.
	ContactByEmail(ctx context.Context, email string) (c Contact, ok bool, err error)
	// Match finds the customer a lead belongs to: same tax number, else same
	// normalised name; ok is false when none does.
	Match(ctx context.Context, n NewCustomer) (id CustomerID, ok bool, err error)
	// Ensure returns the matching customer and contact, creating what is missing;
	// from is the document they came from.
	Ensure(ctx context.Context, n NewCustomer, from trace.Ref) (CustomerID, ContactID, error)
	// Advance moves the life cycle forward to at least state, naming the cause. A
	// customer that is further already stays where it is.
	Advance(ctx context.Context, id CustomerID, to Lifecycle, cause trace.Ref) error
	// Bounced notes that mail to an address of a customer came back; the owner is told.
	Bounced(ctx context.Context, id CustomerID, address string) error
}

// PartnerID names a partner.
type PartnerID int64

// Partner is what other modules need of one.
type Partner struct {
	ID       PartnerID
	Name     string
	Customer CustomerID // its own record, under which deals and commissions name it
	Owner    int64      // who looks after it here
	Users    []int64    // the people who sign in for it, the first one first
	Active   bool
}

// Partners is what other modules may ask about channel partners. Calls run past the
// reader's row rules.
type Partners interface {
	// Partner returns a partner. NotFound if there is none.
	Partner(ctx context.Context, id PartnerID) (Partner, error)
	// PartnerOf returns the partner a person works for; ok is false for our own people.
	PartnerOf(ctx context.Context, user int64) (p Partner, ok bool, err error)
	// Ranked lists the active partners of a company that may work on a lead of a region, the
	// best first; an empty region fits every partner.
	Ranked(ctx context.Context, company int64, region string) ([]PartnerID, error)
}

// TouchSource is what a document type tells of the touch point it passes: the process log
// gives volume, waiting time and drop-out; what else is known comes from the module that
// owns the documents. cmd's wire.go lists them.
type TouchSource struct {
	Object, Label        string // ltc.lead, Lead
	Name, Phase, Channel string // of the usual touch point
	Step                 string // the stage in which the customer waits
	Hours                string // the usual target, in working hours
	// Complaints is the document that complains, by what enters its stage; empty when
	// nobody does.
	Complaints, Complained string // ltc.dispute, open
	// Scores adds up the answers from 1 to 5 of a period; nil when nobody asks.
	Scores func(ctx context.Context, from, to date.Date) (sum, n int64, err error)
}

// Point is where in a document's life credit is asked for.
type Point string

// The decision points.
const (
	AtOrder   Point = "order"
	AtRelease Point = "release"
	AtShip    Point = "ship"
	AtInvoice Point = "invoice" // of what was shipped: never held
)

// ExposurePart is one part of what a customer owes or will owe.
type ExposurePart string

// The parts of the exposure.
const (
	OpenOrders  ExposurePart = "order"      // confirmed, not yet invoiced
	Receivables ExposurePart = "receivable" // invoiced, not yet paid

	Delivered     ExposurePart = "delivered" // delivered, not yet invoiced
	DraftInvoices ExposurePart = "draft"     // drafts of invoices, where they count
	Unapplied     ExposurePart = "unapplied" // received and not matched; lowers the exposure
)

// CreditAnswer is a decision with the parts it rests on, in base currency.
type CreditAnswer struct {
	Pass                      bool
	Limit, Exposure, Document money.Amount
	Orders, Receivables       money.Amount
	Reason                    string // English key; "" when passed

	Temporary, Insured           money.Amount
	Delivered, Drafts, Unapplied money.Amount
	Overdue, Available           money.Amount
	Release                      trace.Ref // the release that let it pass; zero when none was needed
}

// Credit decides about credit and keeps the exposure by document.
type Credit interface {
	// Check answers whether a document of amount fits the limit. It locks the
	// customer's credit row, so two orders cannot both take the last of it.
	Check(ctx context.Context, customer CustomerID, at Point, doc trace.Ref, amount money.Amount) (CreditAnswer, error)
	// Post adds amount (negative to release) to a part of the exposure for doc.
	// Repeating a key does nothing.
	Post(ctx context.Context, customer CustomerID, part ExposurePart, doc trace.Ref, amount money.Amount, key string) error
}

// FactKind is what a fact counts.
type FactKind string

// The facts CRM keeps of what happens elsewhere.
const (
	FactOrder           FactKind = "order"
	FactReceipt         FactKind = "receipt"
	FactMargin          FactKind = "margin" // amount; without it the net of orders stands in
	FactCost            FactKind = "cost"   // cost to serve
	FactCase            FactKind = "case"
	FactComplaint       FactKind = "complaint"
	FactComplaintClosed FactKind = "complaint_closed"
	FactTouch           FactKind = "touch" // a two-way contact outside the follow-ups
	FactPraise          FactKind = "praise"
	FactQuote           FactKind = "quote" // a version sent to the customer
)

// Fact is something that happened to a customer in another module: health, value and
// segments are computed from them, never from the tables of others.
type Fact struct {
	Customer CustomerID
	Kind     FactKind
	On       date.Date
	N        int
	Amount   money.Amount
	Doc      trace.Ref
	Pays     trace.Ref // what money received pays; zero for the other facts
	Key      string    // repeating it does nothing
}

// Facts takes what other modules tell; cmd's wire.go feeds it from their events.
type Facts interface {
	// Record keeps a fact.
	Record(ctx context.Context, f Fact) error
	// Undo takes back what was recorded of a kind for f.Doc; f.Key names the undoing.
	Undo(ctx context.Context, kind FactKind, f Fact) error
}

// ContractTerm is a contract a customer has signed. End is zero when it has none.
type ContractTerm struct {
	Customer CustomerID
	Doc      trace.Ref
	Signed   date.Date
	End      date.Date
}

// Terms takes the contracts customers sign: the rules of the pools ask for them.
type Terms interface {
	// Signed keeps a contract; the same document again replaces it.
	Signed(ctx context.Context, t ContractTerm) error
}

// LifecycleChanged is published when a customer moves in its life cycle.
type LifecycleChanged struct {
	ID       CustomerID
	From, To Lifecycle
	Cause    trace.Ref
}

// OwnershipChanged is published when a customer gets another owner: open work of the
// customer moves along. To is 0 when it went into a pool.
type OwnershipChanged struct {
	Customer    CustomerID
	From, To    int64
	How, Reason string
}

// Follow gives the open documents of types that the old owner of the customer owned to
// the new one, by what reassign does. A customer that comes out of a pool or goes into one
// takes nothing along: nobody had it, or nobody takes it.
func (e OwnershipChanged) Follow(ctx context.Context, reassign func(ctx context.Context, from, to int64, types []string, where ...record.Cond) error, types ...string) error {
	if e.From == 0 || e.To == 0 {
		return nil
	}
	return reassign(ctx, e.From, e.To, types, record.Cond{Col: "customer_id", Op: record.Eq, Val: int64(e.Customer)})
}

// StateGap is what a unit lacks in one state of the life cycle.
type StateGap struct {
	State               Lifecycle
	Required, Have, Gap int64
	DueOn               date.Date // zero when no lag is measured yet
}

// ResourceGapPublished is published when the gap of a resource plan is told to marketing
// and sales; a later version supersedes.
type ResourceGapPublished struct {
	Plan     trace.Ref
	Version  int
	Dept     int64
	Region   string
	Product  int64     // 0: of every product
	Partner  PartnerID // 0: not of the team of a partner
	From, To date.Date
	By       int64
	States   []StateGap
}

// CreditBlocked is published when credit control blocks a customer.
type CreditBlocked struct {
	Customer CustomerID
	Reason   string
}

// CreditReleased is published when a block is lifted, or a release granted for documents
// up to Amount and Until.
type CreditReleased struct {
	Customer CustomerID
	Release  trace.Ref // zero when the block was lifted
	Amount   money.Amount
	Until    date.Date
}

// TierChanged is published when a customer gets another tier: service levels, price
// lists and the rhythm of contacts follow.
type TierChanged struct {
	Customer        CustomerID
	From, To, Cause string
}

// NeedRecorded is published when a need is handed to the module that can fulfil it.
type NeedRecorded struct {
	Need           trace.Ref
	Customer       CustomerID // 0 when it is not of one customer
	Target         string     // ipd, ltc, itr, mtl, isc
	Kind, Verbatim string
	Value          money.Amount
	Priority       int
}

// MessageHanded is published when what somebody outside wrote or said on a channel is work
// of another module: of service (Target itr), which opens a case, or of sales (ltc), which
// takes a lead. What comes of it is linked to Message.
type MessageHanded struct {
	Message            trace.Ref
	Target             string
	Customer           CustomerID // 0 when unknown
	Contact            ContactID  // 0 when unknown
	Name, Phone, Email string
	Subject, Text      string
	Owner              int64
}

// DealRegistrationApproved is published when the deal of a partner is protected.
type DealRegistrationApproved struct {
	Registration, Partner trace.Ref
	Customer              CustomerID // 0 when it is none of ours yet
	Company, Product      string
	Value                 money.Amount
	Until                 date.Date
}

// PartnerPeopleChanged is published when people begin or cease to sign in for a partner:
// what stands with it is shown to them or hidden. Heir takes what somebody owned who
// left; 0 when nobody is left.
type PartnerPeopleChanged struct {
	Partner      PartnerID
	Joined, Left []int64
	Heir         int64
}

// PointsEarned is published when money received gives a customer points that are worth
// something: a part of the price of what was paid is for them.
type PointsEarned struct {
	Customer CustomerID
	Paid     trace.Ref    // what the money pays
	Amount   money.Amount // of the money, tax included
	Points   int
	Price    money.Amount // what the points cost alone: their value times the share that will be redeemed
	Expected money.Ratio  // the share, when what is never redeemed is earned along with redemption; 0: when it expires
	On       date.Date
	Key      string // names the points when they are used
}

// PointsLot is points out of those earned under a key.
type PointsLot struct {
	Key    string
	Points int
}

// PointsUsed is published when points are redeemed or expire, the oldest first.
type PointsUsed struct {
	Customer CustomerID
	Lots     []PointsLot
	Expired  bool
	On       date.Date
}

// PartyMerged is published when one customer ends in another: who holds the old id
// moves what hangs on it. Calls with the old id reach the kept customer.
type PartyMerged struct{ Kept, Merged CustomerID }

// PartyUnmerged is published when a merge is undone.
type PartyUnmerged struct{ Kept, Merged CustomerID }

// Customer360 is the page of one customer; every module may add a panel.
var Customer360 = resource.Point[CustomerID]("crm.customer")

// Help explains the concepts of the module to its users: README.md in English,
// README.zh.md in Chinese.
//
//go:embed README.md README.zh.md
var Help embed.FS
