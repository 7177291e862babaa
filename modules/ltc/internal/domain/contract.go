package domain

import (
	"context"
	"fmt"
	"time"

	"meridian/modules/crm"
	"meridian/modules/ltc"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// ContractStage is the state of a contract.
type ContractStage string

// The stages of a contract.
const (
	ContractDraft      ContractStage = "draft"
	ContractReview     ContractStage = "review"
	ContractApproved   ContractStage = "approved"
	ContractSigned     ContractStage = "signed"
	ContractRunning    ContractStage = "in_execution"
	ContractCompleted  ContractStage = "completed"
	ContractTerminated ContractStage = "terminated"
	ContractVoid       ContractStage = "void"
)

// Contract is an agreement with a customer and the plan to fulfil it.
type Contract struct {
	record.Base
	Stage            ContractStage
	Title            string
	CustomerID       crm.CustomerID
	QuoteID          *int64
	OpportunityID    *int64
	Amount           money.Amount // including tax
	StartOn          date.Date
	EndOn            date.Date
	SignedByCustomer string
	SignedByUs       string
	SignedOn         date.Date
	ContractTerms    `gorm:"embedded"`
	Plan             []PlanLine       `gorm:"-"`
	Clauses          []ContractClause `gorm:"-"`
}

// Contracts is the service behind the contract type.
type Contracts struct {
	*Ports
	Store  record.Store[Contract]
	Type   *resource.Type[Contract]
	Quotes *Quotes
	Orders *Orders

	Invoices    *Invoices
	Obligations *Obligations
	Library     *Clauses
}

// check keeps the plan of a draft in step with the amount. History comes with the
// plan it has.
func (s *Contracts) check(ctx context.Context, c *Contract) error {
	if c.Stage != ContractDraft {
		for i := range c.Plan {
			c.Plan[i].Seq = i + 1
		}
		return nil
	}
	if err := s.clauses(ctx, c); err != nil {
		return err
	}
	if err := s.fromQuote(ctx, c); err != nil {
		return err
	}
	if c.Amount.Sign() <= 0 {
		return errs.Bad("amount", "The amount must be greater than zero.")
	}
	if !c.EndOn.IsZero() && c.EndOn.Before(c.StartOn) {
		return errs.Bad("end_on", "The end lies before the start.")
	}
	if len(c.Plan) == 0 && c.CustomerID != 0 {
		customer, err := s.Customers.Customer(ctx, c.CustomerID)
		if errs.Is(err, errs.NotFound) {
			return nil // the reference check says so with its field
		}
		if err != nil {
			return err
		}
		c.Plan = defaultPlan(c.StartOn, customer.PaymentDays)
	}
	bad := c.terms()
	for i := range c.Plan {
		if l := &c.Plan[i]; l.RemindDays < 0 {
			bad = append(bad, errs.Field{Name: fmt.Sprintf("plan.%d.remind_days", i), Message: "Days cannot be negative."})
		}
	}
	if c.Kind == ContractFramework { // no fixed sum
		settlePlan(c.Plan, c.Amount)
	} else {
		bad = append(bad, settlePlan(c.Plan, c.Amount)...)
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// fromQuote takes what is empty from the accepted quote the contract is about.
func (s *Contracts) fromQuote(ctx context.Context, c *Contract) error {
	if c.QuoteID == nil {
		return nil
	}
	q, err := s.Quotes.Store.Get(ctx, *c.QuoteID)
	if errs.Is(err, errs.NotFound) {
		return nil // the reference check says so with its field
	}
	if err != nil {
		return err
	}
	if q.Stage != QuoteAccepted {
		return errs.Bad("quote_id", "Only an accepted quote becomes a contract.")
	}
	if c.CustomerID == 0 {
		c.CustomerID = q.CustomerID
	}
	if c.OpportunityID == nil {
		c.OpportunityID = q.OpportunityID
	}
	if c.Amount.IsZero() {
		c.Amount = q.Total
	}
	if c.Price.IsZero() && c.Amount.Equal(q.Total) {
		c.Price = q.Net
	}
	if q.CustomerID != c.CustomerID {
		return errs.Bad("customer_id", "The quote belongs to another customer.")
	}
	return nil
}

// signature is the input of the move "sign".
type signature struct {
	Customer, Us string
	On           date.Date
}

func signForm() resource.Fields[signature] {
	return resource.Fields[signature]{
		resource.Text("signed_by_customer", "Signed for the customer by", func(x *signature) *string { return &x.Customer }).Required(),
		resource.Text("signed_by_us", "Signed for us by", func(x *signature) *string { return &x.Us }).Required(),
		resource.Date("on", "Signed on", func(x *signature) *date.Date { return &x.On }).Hint("Empty is today."),
	}
}

func (s *Contracts) sign(ctx context.Context, c *Contract, in *signature) error {
	if err := s.untilToday(ctx, "on", &in.On); err != nil {
		return err
	}
	if c.POAmount.Sign() > 0 && !c.POAmount.Equal(c.Amount) {
		return errs.New(errs.Precondition, "The purchase order of the customer says {0}, the contract {1}; clear that first.", c.POAmount, c.Amount)
	}
	if err := s.Quotes.Decisions.Cleared(ctx, c.CompanyID, c.OpportunityID, PointSign, c.Amount); err != nil {
		return err
	}
	hash, err := s.fingerprint(ctx, c)
	if err != nil {
		return err
	}
	c.SignedHash = hash
	c.SignedByCustomer, c.SignedByUs, c.SignedOn = in.Customer, in.Us, in.On
	ref := s.Type.Ref(c.ID)
	if err := s.Customers.Advance(ctx, c.CustomerID, crm.Signed, ref); err != nil {
		return err
	}
	return s.Bus.Publish(ctx, ltc.ContractSigned{Contract: ref, Customer: c.CustomerID, Amount: c.Amount, Start: c.StartOn, End: c.EndOn})
}

// order drafts the sales order of a signed contract out of its quote.
func (s *Contracts) order(ctx context.Context, c *Contract) error {
	if c.QuoteID == nil {
		return errs.New(errs.Precondition, "This contract has no quote to take the lines from; enter the order by hand and name the contract in it.")
	}
	q, err := s.Quotes.Store.Get(ctx, *c.QuoteID)
	if err != nil {
		return fmt.Errorf("quote of contract %s: %w", c.No, err)
	}
	return s.Orders.fromQuote(ctx, q, c)
}

// planInvoice drafts the invoice of a plan line.
func (s *Contracts) planInvoice(ctx context.Context, c *Contract, in *planned) error {
	return s.Invoices.fromPlan(ctx, c, in)
}

// finish refuses to close a contract whose plan is not fulfilled, with a dispute or an
// invoice that is not paid.
func (s *Contracts) finish(ctx context.Context, c *Contract) error {
	for i := range c.Plan {
		if l := &c.Plan[i]; l.DoneOn.IsZero() && l.Status != PlanWaived {
			return errs.New(errs.Precondition, "Line {0} of the plan is not done yet.", l.Seq)
		}
	}
	disputes, unpaid, err := s.Cash.Unsettled(ctx, c.ID)
	if err != nil {
		return err
	}
	if disputes > 0 {
		return errs.New(errs.Precondition, "{0} disputes about its invoices are open.", disputes)
	}
	if unpaid > 0 {
		return errs.New(errs.Precondition, "{0} of its invoices are not posted or not paid.", unpaid)
	}
	return nil
}

// progress books what happened on the plan of a contract; with the last line done
// the contract is completed. id 0 is no contract.
func (s *Contracts) progress(ctx context.Context, id int64, book func(plan []PlanLine)) error {
	if id == 0 {
		return nil
	}
	c, err := s.Type.Update(ctx, id, func(c *Contract) error {
		book(c.Plan)
		refresh(c.Plan, s.Today(ctx))
		return nil
	})
	if err != nil {
		return fmt.Errorf("plan of contract %d: %w", id, err)
	}
	if c.Stage == ContractRunning && s.finish(ctx, c) == nil {
		return s.Type.Fire(ctx, id, "complete", nil)
	}
	return nil
}

// start marks a signed contract as being fulfilled; id 0 is no contract.
func (s *Contracts) start(ctx context.Context, id int64) error {
	if id == 0 {
		return nil
	}
	_, err := s.Type.FireIf(ctx, id, "start", nil, func(c *Contract) bool { return c.Stage == ContractSigned })
	return err
}

// contractRules asks sales first; finance joins for large contracts.
func contractRules() []process.Rule {
	manager, finance := process.ByRole("ltc.manager"), process.ByRole("core.finance_manager")
	return []process.Rule{
		{Label: "Up to 100,000", To: money.MustAmount("100000.01"), Steps: []process.Step{manager}},
		{Label: "Above 100,000", From: money.MustAmount("100000.01"), Steps: []process.Step{manager, finance}},
	}
}

// Declare returns the document type of the contract.
func (s *Contracts) Declare() *resource.Type[Contract] {
	plan := resource.Lines("plan", "Execution plan", func(c *Contract) *[]PlanLine { return &c.Plan }, planFields())
	s.Type = &resource.Type[Contract]{
		Name: "ltc.contract", Label: "Contract", Plural: "Contracts", Icon: "signature", Number: "CO-{yyyy}-{00000}", Store: s.Store, Check: s.check, SumBy: "amount", Print: s.print,
		Title:  func(c *Contract) string { return c.Title },
		Amount: func(c *Contract) money.Amount { return c.Amount },
		Default: func(ctx context.Context, c *Contract) error {
			c.StartOn, c.TaxRate, c.Kind, c.Acceptance = s.Today(ctx), money.MustQty("0.13"), ContractOneOff, AcceptRequired
			return nil
		},
		Rules: map[string][]process.Rule{"ltc.contract:approve": contractRules(), "ltc.contract:waive": {{Label: "Every waiver", Steps: []process.Step{process.ByRole("ltc.manager")}}}},
		Fields: append(resource.Fields[Contract]{
			resource.Text("title", "Subject", func(c *Contract) *string { return &c.Title }).Required().InList().Search().In("Contract"),
			resource.OptRef("quote_id", "Quote", func(c *Contract) **int64 { return &c.QuoteID }, "ltc.quote").Filter().Source().In("Contract"),
			resource.OptRef("opportunity_id", "Opportunity", func(c *Contract) **int64 { return &c.OpportunityID }, "ltc.opportunity").Filter().Source().In("Contract"),
			resource.Ref("customer_id", "Customer", func(c *Contract) *crm.CustomerID { return &c.CustomerID }, "crm.customer").Required().InList().Filter().In("Contract"),
			resource.Money("amount", "Amount", func(c *Contract) *money.Amount { return &c.Amount }).Required().InList().Filter().In("Contract").Hint("Including tax."),
			resource.Date("start_on", "Starts on", func(c *Contract) *date.Date { return &c.StartOn }).Required().InList().Filter().In("Contract"),
			resource.Date("end_on", "Ends on", func(c *Contract) *date.Date { return &c.EndOn }).InList().Filter().In("Contract"),
			plan,
			resource.Lines("clauses", "Clauses", func(c *Contract) *[]ContractClause { return &c.Clauses }, clauseFields()),
			resource.Text("signed_by_customer", "Signed for the customer by", func(c *Contract) *string { return &c.SignedByCustomer }).ReadOnly().In("Signature"),
			resource.Text("signed_by_us", "Signed for us by", func(c *Contract) *string { return &c.SignedByUs }).ReadOnly().In("Signature"),
			resource.Date("signed_on", "Signed on", func(c *Contract) *date.Date { return &c.SignedOn }).ReadOnly().InList().Filter().In("Signature"),
		}, termFields()...),
		Process: resource.Process(func(c *Contract) *ContractStage { return &c.Stage },
			[]resource.Stage[ContractStage]{
				{Key: ContractDraft, Label: "Draft", Owner: "ltc.rep", Class: process.Draft, Limit: 16 * time.Hour, Help: "Write down what was agreed and plan delivery, acceptance, invoices and payments."},
				{Key: ContractReview, Label: "In review", Owner: "ltc.manager", Class: process.Working, Limit: 16 * time.Hour, Locked: true, Help: "Ask for the approvals of sales and finance; what deviates or is worth a million and more is cleared by legal, finance and delivery first, in any order."},
				{Key: ContractApproved, Label: "Approved", Owner: "ltc.rep", Locked: true, Limit: 16 * time.Hour, Help: "Have both sides sign."},
				{Key: ContractSigned, Label: "Signed", Owner: "ltc.rep", Class: process.Won, Locked: true, Limit: 8 * time.Hour, Help: "Make the order and confirm it."},
				{Key: ContractRunning, Label: "In execution", Wait: true, Class: process.Transit, Locked: true, Help: "Deliver, have it accepted, invoice, collect."},
				{Key: ContractCompleted, Label: "Completed", End: true, Class: process.Done},
				{Key: ContractTerminated, Label: "Terminated", End: true, Class: process.Cancelled},
				{Key: ContractVoid, Label: "Void", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Contract, ContractStage]{
				{Name: "submit", Label: "Submit", From: resource.From(ContractDraft), To: ContractReview},
				{Name: "approve", Label: "Ask for approval", From: resource.From(ContractReview), To: ContractApproved, Guard: "!deviates && amount < 1000000 || legal_ok && finance_ok && delivery_ok", Matrix: "ltc.contract:approve"},
				{Name: "clear_legal", Label: "Legal agrees", From: resource.From(ContractReview), Do: resource.Do(clear(func(c *Contract) *bool { return &c.LegalOK }))},
				{Name: "clear_finance", Label: "Finance agrees", From: resource.From(ContractReview), Do: resource.Do(clear(func(c *Contract) *bool { return &c.FinanceOK }))},
				{Name: "clear_delivery", Label: "Delivery agrees", From: resource.From(ContractReview), Do: resource.Do(clear(func(c *Contract) *bool { return &c.DeliveryOK }))},
				{Name: "reach", Label: "Milestone reached", From: resource.From(ContractSigned, ContractRunning), Do: resource.Ask(reachedForm(), s.reach)},
				{Name: "waive", Label: "Waive a plan line", From: resource.From(ContractSigned, ContractRunning), Reason: true, Deviation: true, Matrix: "ltc.contract:waive", Do: resource.Ask(waiverForm(), s.waive)},
				{Name: "revise", Label: "Back to draft", From: resource.From(ContractReview, ContractApproved), To: ContractDraft, Reason: true, Deviation: true, Do: resource.Do(s.unclear)},
				{Name: "sign", Label: "Sign", From: resource.From(ContractApproved), To: ContractSigned, Do: resource.Ask(signForm(), s.sign)},
				{Name: "order", Label: "Make order", From: resource.From(ContractSigned, ContractRunning), Do: resource.Do(s.order)},
				{Name: "invoice", Label: "Invoice by plan", From: resource.From(ContractSigned, ContractRunning), Do: resource.Ask(plannedForm(), s.planInvoice)},
				{Name: "allocate", Label: "Divide the price", From: resource.From(ContractApproved, ContractSigned, ContractRunning), Do: resource.Do(s.allocate)},
				{Name: "start", Label: "Order confirmed", From: resource.From(ContractSigned), To: ContractRunning, System: true},
				{Name: "complete", Label: "Complete", From: resource.From(ContractRunning), To: ContractCompleted, Do: resource.Do(s.finish)},
				{Name: "terminate", Label: "Terminate", From: resource.From(ContractSigned, ContractRunning), To: ContractTerminated, Reason: true, Deviation: true},
				{Name: "void", Label: "Declare void", From: resource.From(ContractDraft, ContractReview, ContractApproved), To: ContractVoid, Reason: true, Deviation: true},
			}),
	}
	return s.Type
}
