package domain

import (
	"context"
	"fmt"
	"slices"
	"time"

	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// LendStage is the state of a lend request.
type LendStage string

// The stages of a lend request.
const (
	LendDraft     LendStage = "draft"
	LendAsked     LendStage = "asked"
	LendLent      LendStage = "lent"
	LendEnded     LendStage = "ended"
	LendRefused   LendStage = "refused"
	LendWithdrawn LendStage = "withdrawn"
)

// What a department lends.
const (
	LendPeople = "people"
	LendMoney  = "money"
)

// LendRequest asks another department for a person or for money for a deal.
type LendRequest struct {
	record.Base
	Stage         LendStage
	OpportunityID int64
	Kind          string
	LenderDeptID  int64
	LenderID      *int64 // its head, who decides
	Role          string
	PersonID      *int64
	FromOn        date.Date
	UntilOn       date.Date
	Amount        money.Amount
	BudgetKey     string
	ExpenseID     *int64
	Why           string
	Note          string
}

// LendBook answers what no single request knows. Package store implements it.
type LendBook interface {
	// ShowUntil shows a deal to a person until a moment, nil without end; who sees it
	// without end keeps it.
	ShowUntil(ctx context.Context, deal, person int64, until *time.Time) error
	// ShowRequest shows a request to who decides it.
	ShowRequest(ctx context.Context, request, person int64) error
	// Over lists what was lent until before a day.
	Over(ctx context.Context, company int64, day date.Date) ([]int64, error)
}

// Lending is the service behind the lend requests.
type Lending struct {
	*Ports
	Store    record.Store[LendRequest]
	Type     *resource.Type[LendRequest]
	Deals    *Opportunities
	Expenses *Expenses
	Book     LendBook
	// MayRead reports whether a person may read opportunities at all.
	MayRead func(person int64) bool
}

func (s *Lending) supports() []resource.Option {
	return slices.DeleteFunc(dealRoles(), func(o resource.Option) bool { return o.Value == roleAR || o.Value == "partner" })
}

// Declare returns the document type of the lend request.
func (s *Lending) Declare() *resource.Type[LendRequest] {
	s.Type = &resource.Type[LendRequest]{
		Name: "ltc.lend_request", Label: "Lend request", Plural: "Lend requests", Icon: "users-group", Number: "LR-{yyyy}-{00000}", Store: s.Store, Check: s.check,
		Title:  func(x *LendRequest) string { return errs.Clip(x.Why, 60) },
		Amount: func(x *LendRequest) money.Amount { return x.Amount },
		Default: func(ctx context.Context, x *LendRequest) error {
			x.Kind, x.FromOn = LendPeople, s.Today(ctx)
			return nil
		},
		Fields: resource.Fields[LendRequest]{
			resource.Ref("opportunity_id", "Opportunity", func(x *LendRequest) *int64 { return &x.OpportunityID }, "ltc.opportunity").Required().InList().Filter().Source(),
			resource.Enum("kind", "What is asked for", func(x *LendRequest) *string { return &x.Kind }, resource.Option{Value: LendPeople, Label: "A person"}, resource.Option{Value: LendMoney, Label: "Money"}).Required().InList().Filter(),
			resource.Ref("lender_dept_id", "Lending department", func(x *LendRequest) *int64 { return &x.LenderDeptID }, "core.department").Required().InList().Filter().Hint("Its head lends or refuses."),
			resource.OptRef("lender_id", "Decided by", func(x *LendRequest) **int64 { return &x.LenderID }, "core.user").ReadOnly().InList().Filter(),
			resource.Enum("role", "Role in the deal", func(x *LendRequest) *string { return &x.Role }, s.supports()...).InList().Filter(),
			resource.OptRef("person_id", "Person", func(x *LendRequest) **int64 { return &x.PersonID }, "core.user").InList().Filter().Hint("Whom you wish; the head may lend another."),
			resource.Date("from_on", "From", func(x *LendRequest) *date.Date { return &x.FromOn }).Required().InList().Filter(),
			resource.Date("until_on", "Until", func(x *LendRequest) *date.Date { return &x.UntilOn }).Required().InList().Filter().Hint("It ends by itself after this day."),
			resource.Money("amount", "Amount", func(x *LendRequest) *money.Amount { return &x.Amount }).InList().Filter(),
			resource.Text("budget_key", "Budget", func(x *LendRequest) *string { return &x.BudgetKey }).ReadOnly(),
			resource.OptRef("expense_id", "Expense request", func(x *LendRequest) **int64 { return &x.ExpenseID }, "ltc.expense_request").ReadOnly(),
			resource.LongText("why", "What for", func(x *LendRequest) *string { return &x.Why }).Required().Limit(2000),
			resource.LongText("note", "Note", func(x *LendRequest) *string { return &x.Note }).ReadOnly(),
		},
		Process: resource.Process(func(x *LendRequest) *LendStage { return &x.Stage },
			[]resource.Stage[LendStage]{
				{Key: LendDraft, Label: "Draft", Owner: "ltc.rep", Class: process.Draft, Help: "Say what for and until when."},
				{Key: LendAsked, Label: "Asked", Owner: "ltc.manager", Class: process.Working, Locked: true, Limit: 16 * time.Hour, Help: "The head of the lending department lends or refuses with a reason."},
				{Key: LendLent, Label: "Lent", Owner: "ltc.rep", Wait: true, Class: process.Transit, Locked: true, Help: "The person is in the team of the deal until the day that was agreed."},
				{Key: LendEnded, Label: "Ended", End: true, Class: process.Done},
				{Key: LendRefused, Label: "Refused", End: true, Class: process.Lost},
				{Key: LendWithdrawn, Label: "Withdrawn", End: true, Class: process.Cancelled},
			},
			[]resource.Move[LendRequest, LendStage]{
				{Name: "ask", Label: "Ask for it", From: resource.From(LendDraft), To: LendAsked, Do: resource.Do(s.ask)},
				{Name: "grant", Label: "Lend", From: resource.From(LendAsked), To: LendLent, Do: resource.Ask(s.grantForm(), s.grant)},
				{Name: "refuse", Label: "Refuse", From: resource.From(LendAsked), To: LendRefused, Reason: true, Deviation: true, Do: resource.Do(s.refuse)},
				{Name: "expire", Label: "Time is over", From: resource.From(LendLent), To: LendEnded, System: true, Do: resource.Do(s.end)},
				{Name: "give_back", Label: "End early", From: resource.From(LendLent), To: LendEnded, Reason: true, Deviation: true, Do: resource.Do(s.giveBack)},
				{Name: "withdraw", Label: "Withdraw", From: resource.From(LendDraft, LendAsked), To: LendWithdrawn, Reason: true, Deviation: true},
			}),
	}
	return s.Type
}

func (s *Lending) check(_ context.Context, x *LendRequest) error {
	var bad []errs.Field
	if x.UntilOn.Before(x.FromOn) && !x.UntilOn.IsZero() {
		bad = append(bad, errs.Field{Name: "until_on", Message: "The end lies before the start."})
	}
	switch {
	case x.Kind == LendPeople && x.Role == "":
		bad = append(bad, errs.Field{Name: "role", Message: "Say in which role the person helps."})
	case x.Kind == LendMoney && x.Amount.Sign() <= 0:
		bad = append(bad, errs.Field{Name: "amount", Message: "The amount must be greater than zero."})
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// ask hands the request to the head of the lending department.
func (s *Lending) ask(ctx context.Context, x *LendRequest) error {
	d := s.People().Departments[x.LenderDeptID]
	if d == nil || d.Manager == 0 {
		return errs.Bad("lender_dept_id", "This department has no head.")
	}
	if x.UntilOn.Before(s.Today(ctx)) {
		return errs.Bad("until_on", "This day lies ahead.")
	}
	x.LenderID = &d.Manager
	if err := s.Book.ShowRequest(ctx, x.ID, d.Manager); err != nil {
		return err
	}
	return s.Notify(ctx, process.Notice{Users: []int64{d.Manager}, Kind: "task", Message: "{0} asks your department for help with a deal.", Args: []any{s.People().Name(x.OwnerID)}, Object: s.Type.Ref(x.ID)})
}

// granting is the input of the move "grant".
type granting struct {
	Person  *int64
	UntilOn date.Date
	Amount  money.Amount
	Budget  string
	Note    string
}

func (s *Lending) grantForm() resource.Fields[granting] {
	return resource.Fields[granting]{
		resource.OptRef("person", "Person", func(g *granting) **int64 { return &g.Person }, "core.user").Hint("Empty: as asked for."),
		resource.Date("until", "Until", func(g *granting) *date.Date { return &g.UntilOn }).Hint("Empty: as asked for."),
		resource.Money("amount", "Amount", func(g *granting) *money.Amount { return &g.Amount }).Hint("Empty: as asked for."),
		resource.Text("budget", "Budget", func(g *granting) *string { return &g.Budget }).Hint("The line of your budget the money comes from."),
		resource.LongText("note", "Note", func(g *granting) *string { return &g.Note }).Limit(1000),
	}
}

// mine refuses everybody but the head of the lending department.
func (s *Lending) mine(ctx context.Context, x *LendRequest) error {
	if authz.Actor(ctx) != value(x.LenderID) {
		return errs.New(errs.Forbidden, "Only {0} lends from this department.", s.People().Name(value(x.LenderID)))
	}
	return nil
}

// grant lends: a person joins the team of the deal until a day, money becomes an expense
// request on the budget of the lender.
func (s *Lending) grant(ctx context.Context, x *LendRequest, in *granting) error {
	if err := s.mine(ctx, x); err != nil {
		return err
	}
	if x.Note = in.Note; !in.UntilOn.IsZero() {
		x.UntilOn = in.UntilOn
	}
	if x.UntilOn.Before(s.Today(ctx)) || x.UntilOn.Before(x.FromOn) {
		return errs.Bad("until", "This day lies ahead.")
	}
	var err error
	if x.Kind == LendMoney {
		err = s.lendMoney(ctx, x, in)
	} else {
		err = s.lendPerson(ctx, x, in)
	}
	if err != nil {
		return err
	}
	return s.Notify(ctx, process.Notice{Users: []int64{x.OwnerID}, Kind: "task", Message: "{0} lends what you asked for in {1}.", Args: []any{s.People().Name(authz.Actor(ctx)), x.No}, Object: s.Type.Ref(x.ID)})
}

func (s *Lending) lendPerson(ctx context.Context, x *LendRequest, in *granting) error {
	if in.Person != nil {
		x.PersonID = in.Person
	}
	p := s.People().People[value(x.PersonID)]
	switch {
	case p == nil:
		return errs.Bad("person", "Choose a person.")
	case !p.Active || p.Company != x.CompanyID:
		return errs.Bad("person", "This person does not work here.")
	case !slices.Contains(s.People().Above(p.Dept), x.LenderDeptID):
		return errs.Bad("person", "{0} belongs to another department.", p.Name)
	case !s.MayRead(p.ID):
		return errs.Bad("person", "{0} may not read records of this type at all; an administrator grants that first.", p.Name)
	}
	end := x.UntilOn.AddDays(1).In(s.People().Companies[x.CompanyID].Location)
	if err := s.Book.ShowUntil(ctx, x.OpportunityID, p.ID, &end); err != nil {
		return err
	}
	_, err := s.Deals.Type.Update(ctx, x.OpportunityID, func(o *Opportunity) error {
		if o.closed() {
			return errs.New(errs.Precondition, "The deal is closed.")
		}
		o.Team = append(o.Team, DealMember{UserID: p.ID, Role: x.Role, UntilOn: x.UntilOn, LendID: &x.ID})
		return nil
	})
	if err != nil {
		return fmt.Errorf("team of deal %d: %w", x.OpportunityID, err)
	}
	return s.Notify(ctx, process.Notice{Users: []int64{p.ID}, Kind: "task", Message: "You help with a deal until {0}.", Args: []any{x.UntilOn}, Object: s.Deals.Type.Ref(x.OpportunityID)})
}

func (s *Lending) lendMoney(ctx context.Context, x *LendRequest, in *granting) error {
	if !in.Amount.IsZero() {
		x.Amount = in.Amount
	}
	if x.Amount.Sign() <= 0 {
		return errs.Bad("amount", "The amount must be greater than zero.")
	}
	if in.Budget == "" {
		return errs.Bad("budget", "Say from which budget.")
	}
	e := &Expense{Title: errs.Clip(x.Why, 180), Kind: "other", OpportunityID: &x.OpportunityID, BudgetKey: in.Budget, Amount: x.Amount, NeededOn: x.UntilOn}
	inherit(&e.Base, &x.Base)
	if err := s.Expenses.Type.Create(ctx, e, s.Type.Ref(x.ID)); err != nil {
		return fmt.Errorf("expense of %s: %w", x.No, err)
	}
	x.BudgetKey, x.ExpenseID = e.BudgetKey, &e.ID
	return nil
}

func (s *Lending) refuse(ctx context.Context, x *LendRequest) error {
	if err := s.mine(ctx, x); err != nil {
		return err
	}
	return s.Notify(ctx, process.Notice{Users: []int64{x.OwnerID}, Kind: "task", Message: "{0} does not lend what you asked for in {1}.", Args: []any{s.People().Name(authz.Actor(ctx)), x.No}, Object: s.Type.Ref(x.ID)})
}

// giveBack ends it early; only who asked or who lent does.
func (s *Lending) giveBack(ctx context.Context, x *LendRequest) error {
	if me := authz.Actor(ctx); me != x.OwnerID && me != value(x.LenderID) {
		return errs.New(errs.Forbidden, "Only the two who agreed on it end it early.")
	}
	return s.end(ctx, x)
}

// end takes the person out of the team again, who sees the deal no longer unless the
// person stands in the team in a role of its own.
func (s *Lending) end(ctx context.Context, x *LendRequest) error {
	if x.Kind == LendMoney || x.PersonID == nil {
		return nil
	}
	o, err := s.Deals.Type.Update(ctx, x.OpportunityID, func(o *Opportunity) error {
		o.Team = slices.DeleteFunc(o.Team, func(m DealMember) bool { return value(m.LendID) == x.ID })
		return nil
	})
	if err != nil {
		return fmt.Errorf("team of deal %d: %w", x.OpportunityID, err)
	}
	stays := func(m DealMember) bool { return m.UserID == *x.PersonID && m.LendID == nil }
	if slices.ContainsFunc(o.Team, stays) {
		return s.Book.ShowUntil(ctx, o.ID, *x.PersonID, nil)
	}
	return nil
}

// EndLent ends what was lent until before a day. The nightly job calls it. It returns how
// many ended.
func (s *Lending) EndLent(ctx context.Context, company int64, day date.Date) (int, error) {
	ctx = authz.System(ctx, "ltc.lend_request:expire")
	ids, err := s.Book.Over(ctx, company, day)
	if err != nil {
		return 0, fmt.Errorf("lent until %s: %w", day, err)
	}
	n := 0
	for _, id := range ids {
		fired, err := s.Type.FireIf(ctx, id, "expire", nil, func(x *LendRequest) bool { return x.Stage == LendLent && x.UntilOn.Before(day) })
		if err != nil {
			return n, fmt.Errorf("end lend request %d: %w", id, err)
		}
		if fired {
			n++
		}
	}
	return n, nil
}
