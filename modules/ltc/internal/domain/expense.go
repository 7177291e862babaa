package domain

import (
	"context"
	"fmt"
	"strings"

	"meridian/modules/crm"
	"meridian/modules/dste"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// ExpenseStage is the state of an expense request.
type ExpenseStage string

// The stages of an expense request.
const (
	ExpenseDraft     ExpenseStage = "draft"
	ExpenseRequested ExpenseStage = "requested"
	ExpenseApproved  ExpenseStage = "approved"
	ExpenseSpent     ExpenseStage = "spent"
	ExpenseSettled   ExpenseStage = "settled"
	ExpenseCancelled ExpenseStage = "cancelled"
)

// Expense is money somebody wants to spend to win a deal or to serve a customer. It is
// asked for before it is spent: the budget takes it aside with the request, commits it
// with the approval, and turns it into actual spending when it is spent.
type Expense struct {
	record.Base
	Stage         ExpenseStage
	Title, Kind   string
	CustomerID    *int64
	OpportunityID *int64
	CampaignID    *int64
	BudgetKey     string
	NeededOn      date.Date
	Note          string
	Amount        money.Amount
	Actual        money.Amount
	SpentOn       date.Date
	ReceiptNo     string
	Verdict       dste.Verdict
	BudgetUsed    money.Ratio
}

// Expenses is the service behind the expense requests.
type Expenses struct {
	*Ports
	Store  record.Store[Expense]
	Type   *resource.Type[Expense]
	Deals  *Opportunities
	Budget dste.Budget
}

// warnAt is how full a budget may be before people are told.
var warnAt = money.MustQty("0.8")

// check takes the customer of the deal.
func (s *Expenses) check(ctx context.Context, x *Expense) error {
	x.BudgetKey = strings.TrimSpace(x.BudgetKey)
	if x.Amount.Sign() <= 0 {
		return errs.Bad("amount", "The amount must be greater than zero.")
	}
	if x.OpportunityID == nil {
		return nil
	}
	o, err := s.Deals.Store.Get(ctx, *x.OpportunityID)
	if errs.Is(err, errs.NotFound) {
		return nil // the reference check says so with its field
	}
	if err != nil {
		return err
	}
	if have := value(x.CustomerID); have != 0 && o.CustomerID != nil && have != *o.CustomerID {
		return errs.Bad("customer_id", "The deal is with another customer.")
	}
	if x.CustomerID == nil {
		x.CustomerID = o.CustomerID
	}
	return nil
}

// post writes one entry of the budget; what it does not cover is refused before anything
// is spent, and a budget that is nearly used up is told.
func (s *Expenses) post(ctx context.Context, x *Expense, event string, kind dste.Kind, amount money.Amount, releases dste.Kind) error {
	ref := s.Type.Ref(x.ID)
	key := fmt.Sprintf("%s:%s:%d", ref, event, x.Version) // each time it is taken anew
	a, err := s.Budget.Check(ctx, dste.Spend{Line: x.BudgetKey, Doc: ref, Key: key, Kind: kind, Amount: amount, On: s.Today(ctx), Releases: releases})
	if err != nil {
		return err
	}
	if a.Verdict == dste.Block {
		return errs.New(errs.Precondition, "The budget {0} does not cover this: {1} of {2} is left.", x.BudgetKey, a.Available, a.Budget)
	}
	used, ok := money.Share(a.Actual.Add(a.Committed), a.Budget)
	x.Verdict, x.BudgetUsed = dste.Allow, used
	if a.Verdict == dste.Allow && (!ok || used.Less(warnAt)) || amount.IsZero() {
		return nil
	}
	x.Verdict = dste.Warn
	return s.Notify(ctx, process.Notice{Users: []int64{x.OwnerID, authz.Actor(ctx)}, Kind: "work", Message: "{0} of the budget {1} is used or committed.", Args: []any{percent(money.RoundTo[money.Micro](used.Number().Round(3))), x.BudgetKey}, Object: ref})
}

// request takes the money aside, so that nobody asks for the same twice.
func (s *Expenses) request(ctx context.Context, x *Expense) error {
	return s.post(ctx, x, "request", dste.PreCommit, x.Amount, "")
}

// approve commits it.
func (s *Expenses) approve(ctx context.Context, x *Expense) error {
	return s.post(ctx, x, "approve", dste.Commit, x.Amount, dste.PreCommit)
}

// spending is the input of the move "spend".
type spending struct {
	Actual    money.Amount
	On        date.Date
	ReceiptNo string
}

func spendingForm() resource.Fields[spending] {
	return resource.Fields[spending]{
		resource.Money("actual", "Spent", func(s *spending) *money.Amount { return &s.Actual }).Required(),
		resource.Date("on", "Spent on", func(s *spending) *date.Date { return &s.On }).Hint("Empty is today."),
		resource.Text("receipt_no", "Receipt", func(s *spending) *string { return &s.ReceiptNo }).Limit(80),
	}
}

// spend turns the commitment into actual spending; what was not needed is free again, what
// was spent beyond it must fit the budget.
func (s *Expenses) spend(ctx context.Context, x *Expense, in *spending) error {
	if in.Actual.Sign() <= 0 {
		return errs.Bad("actual", "The amount must be greater than zero.")
	}
	if err := s.untilToday(ctx, "on", &in.On); err != nil {
		return err
	}
	x.Actual, x.SpentOn, x.ReceiptNo = in.Actual, in.On, in.ReceiptNo
	return s.post(ctx, x, "spend", dste.Actual, in.Actual, dste.Commit)
}

// settle closes it; whoever asked for the money does not.
func (s *Expenses) settle(ctx context.Context, x *Expense) error {
	if me := authz.Actor(ctx); me == x.CreatedBy || me == x.OwnerID {
		return errs.New(errs.Forbidden, "Whoever spent the money does not settle it.")
	}
	return nil
}

// release gives back what the request or the approval took.
func (s *Expenses) release(ctx context.Context, x *Expense) error {
	kind := dste.PreCommit
	if x.Stage == ExpenseApproved {
		kind = dste.Commit
	}
	err := s.post(ctx, x, "release", kind, money.Amount{}, kind)
	x.Verdict, x.BudgetUsed = "", money.Ratio{}
	return err
}

// expenseRules asks the manager; finance joins for large amounts.
func expenseRules() []process.Rule {
	manager, finance := process.ByRole("ltc.manager"), process.ByRole("core.finance_manager")
	limit := money.MustAmount("5000.01")
	return []process.Rule{{Label: "Up to 5,000", To: limit, Steps: []process.Step{manager}}, {Label: "Above 5,000", From: limit, Steps: []process.Step{manager, finance}}}
}

func expenseKinds() []resource.Option {
	return []resource.Option{{Value: "travel", Label: "Travel", Tone: "info"}, {Value: "hospitality", Label: "Hospitality", Tone: "violet"}, {Value: "sample", Label: "Samples and trials", Tone: "teal"}, {Value: "event", Label: "Event", Tone: "warn"},
		{Value: "tender", Label: "Tender", Tone: "neutral"}, {Value: "service", Label: "Service and support", Tone: "ok"}, {Value: "other", Label: "Other", Tone: "neutral"}}
}

// Declare returns the document type of the expense request.
func (s *Expenses) Declare() *resource.Type[Expense] {
	s.Type = &resource.Type[Expense]{
		Name: "ltc.expense_request", Label: "Expense request", Plural: "Expense requests", Icon: "wallet", Number: "EX-{yyyy}-{00000}", Store: s.Store, Check: s.check, SumBy: "amount",
		Title:   func(x *Expense) string { return x.Title },
		Amount:  func(x *Expense) money.Amount { return x.Amount },
		Default: func(ctx context.Context, x *Expense) error { x.NeededOn, x.Kind = s.Today(ctx), "travel"; return nil },
		Rules:   map[string][]process.Rule{"ltc.expense_request:approve": expenseRules()},
		Fields: resource.Fields[Expense]{
			resource.Text("title", "Subject", func(x *Expense) *string { return &x.Title }).Required().InList().Search(),
			resource.Enum("kind", "Kind of expense", func(x *Expense) *string { return &x.Kind }, expenseKinds()...).Required().InList().Filter(),
			resource.OptRef("opportunity_id", "Opportunity", func(x *Expense) **int64 { return &x.OpportunityID }, "ltc.opportunity").InList().Filter().Source().Hint("What it costs to win the deal."),
			resource.OptRef("customer_id", "Customer", func(x *Expense) **int64 { return &x.CustomerID }, "crm.customer").InList().Filter().Hint("Without a deal: what it costs to serve the customer."),
			resource.OptRef("campaign_id", "Activity", func(x *Expense) **int64 { return &x.CampaignID }, "mtl.campaign").Filter(),
			resource.Text("budget_key", "Budget", func(x *Expense) *string { return &x.BudgetKey }).Required().InList().Filter().Limit(60).Hint("Key of the budget line that pays, of a department, an activity or a project."),
			resource.Date("needed_on", "Needed on", func(x *Expense) *date.Date { return &x.NeededOn }).Filter(),
			resource.LongText("note", "Note", func(x *Expense) *string { return &x.Note }).Limit(2000),
			resource.Money("amount", "Amount", func(x *Expense) *money.Amount { return &x.Amount }).Required().InList().Filter(),
			resource.Money("actual", "Spent", func(x *Expense) *money.Amount { return &x.Actual }).ReadOnly().InList().Filter().In("Spending"),
			resource.Date("spent_on", "Spent on", func(x *Expense) *date.Date { return &x.SpentOn }).ReadOnly().Filter().In("Spending"),
			resource.Text("receipt_no", "Receipt", func(x *Expense) *string { return &x.ReceiptNo }).ReadOnly().In("Spending"),
			resource.Enum("verdict", "Budget check", func(x *Expense) *dste.Verdict { return &x.Verdict }, resource.Option{Value: "allow", Label: "Covered", Tone: "ok"}, resource.Option{Value: "warn", Label: "Nearly used up", Tone: "warn"}).ReadOnly().InList().Filter().In("Spending"),
			resource.Percent("budget_used", "Budget used", func(x *Expense) *money.Ratio { return &x.BudgetUsed }).ReadOnly().In("Spending"),
		},
		Process: resource.Process(func(x *Expense) *ExpenseStage { return &x.Stage },
			[]resource.Stage[ExpenseStage]{
				{Key: ExpenseDraft, Label: "Draft", Owner: "ltc.rep", Class: process.Draft, Help: "Say what it is for and which budget pays; then ask for it before you spend."},
				{Key: ExpenseRequested, Label: "Requested", Owner: "ltc.rep", Class: process.Open, Locked: true, Help: "The budget keeps the money aside; have it approved."},
				{Key: ExpenseApproved, Label: "Approved", Owner: "ltc.rep", Class: process.Working, Locked: true, Help: "Spend it and enter what it really was."},
				{Key: ExpenseSpent, Label: "Spent", Owner: "core.finance_clerk", Class: process.Transit, Locked: true, Help: "Finance compares it with the receipt and settles it."},
				{Key: ExpenseSettled, Label: "Settled", End: true, Class: process.Done},
				{Key: ExpenseCancelled, Label: "Cancelled", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Expense, ExpenseStage]{
				{Name: "request", Label: "Ask for the money", From: resource.From(ExpenseDraft), To: ExpenseRequested, Do: resource.Do(s.request)},
				{Name: "approve", Label: "Ask for approval", From: resource.From(ExpenseRequested), To: ExpenseApproved, Matrix: "ltc.expense_request:approve", Do: resource.Do(s.approve)},
				{Name: "spend", Label: "Enter what was spent", From: resource.From(ExpenseApproved), To: ExpenseSpent, Do: resource.Ask(spendingForm(), s.spend)},
				{Name: "settle", Label: "Settle", From: resource.From(ExpenseSpent), To: ExpenseSettled, Do: resource.Do(s.settle)},
				{Name: "revise", Label: "Back to draft", From: resource.From(ExpenseRequested), To: ExpenseDraft, Reason: true, Deviation: true, Do: resource.Do(s.release)},
				{Name: "cancel", Label: "Give it up", From: resource.From(ExpenseRequested, ExpenseApproved), To: ExpenseCancelled, Reason: true, Deviation: true, Do: resource.Do(s.release)},
			}),
	}
	return s.Type
}

// DealCost is what it cost so far to win a deal.
type DealCost struct {
	Opportunity             int64
	Stage                   string
	Customer                crm.CustomerID
	Value, Committed, Spent money.Amount
	Requests                int
}

// ServeCost is what it costs to serve a customer: expenses without a deal, and the hours
// of service projects.
type ServeCost struct {
	Customer                   crm.CustomerID
	Committed, Spent, Projects money.Amount
	Invoiced                   money.Amount
}
