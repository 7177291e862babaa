// Package domain holds the rules of market to lead.
package domain

import (
	"context"
	"crypto/rand"
	"fmt"
	"regexp"
	"strings"
	"time"

	"meridian/modules/mtl"
	"meridian/platform/authz"
	"meridian/platform/clock"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// CampaignStage is the state of a campaign.
type CampaignStage string

// The stages of a campaign.
const (
	Planned   CampaignStage = "planned"
	Approved  CampaignStage = "approved"
	Running   CampaignStage = "running"
	Paused    CampaignStage = "paused"
	Ended     CampaignStage = "ended"
	Reviewed  CampaignStage = "reviewed"
	Cancelled CampaignStage = "cancelled"
)

// Campaign is one thing marketing does for a goal: with an audience, a budget, a
// public form that brings leads, and a review that says what to do next.
type Campaign struct {
	record.Base
	Stage       CampaignStage
	Name        string
	Kind        string
	ObjectiveID *int64
	// ResourcePlanID is the customer resource plan whose gap asks for it.
	ResourcePlanID *int64
	Audience       string
	AudienceSize   int
	StartsOn       date.Date
	EndsOn         date.Date
	Budget         money.Amount // base currency
	BudgetKey      string       // budget line that pays
	ActualCost     money.Amount // the sum of its cost rows
	ExpectedLeads  int
	MQLFit         int // gate of the hand-over to sales
	MQLEngagement  int
	FormKey        string
	FormTitle      string
	ThankYou       string
	FormActive     bool
	LeadsCaptured  int
	Result         string
	Decision       string
}

// Cost is one row of the cost ledger of a campaign.
type Cost struct {
	Campaign mtl.CampaignID
	Kind     string
	Amount   money.Amount
	SpentOn  date.Date
	Note     string
	By       int64
	At       time.Time
}

// CostLedger keeps what campaigns cost, append-only.
type CostLedger interface {
	// AddCost appends a row and returns its id.
	AddCost(ctx context.Context, c Cost) (int64, error)
}

// Campaigns is the service behind the campaign type.
type Campaigns struct {
	Store    record.Store[Campaign]
	Costs    CostLedger
	Budget   mtl.BudgetPort
	Now      clock.Clock
	Location func(ctx context.Context) *time.Location
	Head     func(ctx context.Context) int64 // who leads marketing in the company of ctx; 0 nobody

	Type *resource.Type[Campaign]
}

var formKey = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{2,59}$`)

// newFormKey makes the address of a public form nobody chose one for.
func newFormKey() string { return strings.ToLower(rand.Text()[:12]) }

// check holds the rules over several fields.
func (s *Campaigns) check(_ context.Context, c *Campaign) error {
	if c.FormKey == "" {
		c.FormKey = newFormKey()
	}
	var bad []errs.Field
	refuse := func(name, message string, args ...any) {
		bad = append(bad, errs.Field{Name: name, Message: message, Args: args})
	}
	if !formKey.MatchString(c.FormKey) {
		refuse("form_key", "Three to sixty small letters, digits and hyphens.")
	}
	if c.Budget.Sign() < 0 {
		refuse("budget", "A budget cannot be negative.")
	}
	if c.Budget.Sign() > 0 && c.BudgetKey == "" {
		refuse("budget_key", "Name the budget line this is paid from.")
	}
	if !c.StartsOn.IsZero() && !c.EndsOn.IsZero() && c.EndsOn.Before(c.StartsOn) {
		refuse("ends_on", "The end lies before the start.")
	}
	for name, n := range map[string]int{"audience_size": c.AudienceSize, "expected_leads": c.ExpectedLeads} {
		if n < 0 {
			refuse(name, "A number of people cannot be negative.")
		}
	}
	for name, n := range map[string]int{"mql_fit": c.MQLFit, "mql_engagement": c.MQLEngagement} {
		if n < 0 || n > 100 {
			refuse(name, "Between {0} and {1} points.", 0, 100)
		}
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// saved refuses to change what an approval was given for.
func (s *Campaigns) saved(_ context.Context, c, before *Campaign) error {
	if before == nil || c.Stage == Planned {
		return nil
	}
	if !c.Budget.Equal(before.Budget) {
		return errs.Bad("budget", "The budget was approved and no longer changes.")
	}
	if before.BudgetKey != "" && c.BudgetKey != before.BudgetKey {
		return errs.Bad("budget_key", "The budget was approved and no longer changes.")
	}
	return nil
}

// approve reserves the budget.
func (s *Campaigns) approve(ctx context.Context, c *Campaign) error {
	return s.commit(ctx, c, c.Budget, "approve")
}

// cancel sets free what was reserved and not spent.
func (s *Campaigns) cancel(ctx context.Context, c *Campaign) error {
	if c.Stage == Planned {
		return nil
	}
	return s.commit(ctx, c, c.unspent().Neg(), "cancel")
}

// reviewForm is the input of the move "review".
type reviewForm struct{ Result, Decision string }

func reviewFields() resource.Fields[reviewForm] {
	return resource.Fields[reviewForm]{
		resource.LongText("result", "Result", func(f *reviewForm) *string { return &f.Result }).Required(),
		resource.Enum("decision", "Decision", func(f *reviewForm) *string { return &f.Decision }, decisions...).Required(),
	}
}

// review closes the loop: what came of it, what to do next. The budget that is
// left goes back.
func (s *Campaigns) review(ctx context.Context, c *Campaign, in *reviewForm) error {
	c.Result, c.Decision = in.Result, in.Decision
	return s.commit(ctx, c, c.unspent().Neg(), "review")
}

// unspent is the approved budget that no cost has used.
func (c *Campaign) unspent() money.Amount {
	return c.Budget.Sub(c.ActualCost).Max(money.Amount{})
}

// commit moves amount on the budget line under a key that names the step, so that
// a repeated step writes once.
func (s *Campaigns) commit(ctx context.Context, c *Campaign, amount money.Amount, step string) error {
	if amount.IsZero() {
		return nil
	}
	id := mtl.CampaignID(c.ID)
	ok, reason, err := s.Budget.Commit(ctx, c.BudgetKey, id.Ref(), amount, fmt.Sprintf("%s:%s", id.Ref(), step))
	if err != nil {
		return fmt.Errorf("budget of %s: %w", id.Ref(), err)
	}
	return allowed(ok, reason)
}

// costForm is the input of the move "book_cost".
type costForm struct {
	Kind    string
	Amount  money.Amount
	SpentOn date.Date
	Note    string
}

func costFields() resource.Fields[costForm] {
	return resource.Fields[costForm]{
		resource.Enum("kind", "Kind of cost", func(f *costForm) *string { return &f.Kind },
			resource.Option{Value: "media", Label: "Media spending"}, resource.Option{Value: "event", Label: "Event fees"}, resource.Option{Value: "material", Label: "Marketing material"},
			resource.Option{Value: "agency", Label: "Agency fees"}, resource.Option{Value: "other", Label: "Other costs"}).Required(),
		resource.Money("amount", "Amount", func(f *costForm) *money.Amount { return &f.Amount }).Required().Hint("A negative amount reverses a cost booked by mistake."),
		resource.Date("spent_on", "Spent on", func(f *costForm) *date.Date { return &f.SpentOn }).Hint("Today if left empty."),
		resource.Text("note", "Note", func(f *costForm) *string { return &f.Note }),
	}
}

// bookCost adds a cost to the campaign and to its budget line. Nothing is spent
// without a budget line, and no more is reversed than was booked.
func (s *Campaigns) bookCost(ctx context.Context, c *Campaign, in *costForm) error {
	total := c.ActualCost.Add(in.Amount)
	switch {
	case c.BudgetKey == "":
		return errs.Bad("amount", "This campaign has no budget line; name one before you spend.")
	case in.Amount.Sign() < 0 && in.Note == "":
		return errs.Bad("note", "Say why the cost is reversed.")
	case total.Sign() < 0:
		return errs.Bad("amount", "No more can be reversed than was booked.")
	}
	now, id := s.Now(), mtl.CampaignID(c.ID)
	if in.SpentOn.IsZero() {
		in.SpentOn = date.Of(now.In(s.Location(ctx)))
	}
	row, err := s.Costs.AddCost(ctx, Cost{Campaign: id, Kind: in.Kind, Amount: in.Amount, SpentOn: in.SpentOn, Note: in.Note, By: authz.Actor(ctx), At: now})
	if err != nil {
		return fmt.Errorf("cost of %s: %w", id.Ref(), err)
	}
	ok, reason, err := s.Budget.Spend(ctx, c.BudgetKey, id.Ref(), in.Amount, fmt.Sprintf("%s:cost:%d", id.Ref(), row))
	if err != nil {
		return fmt.Errorf("budget of %s: %w", id.Ref(), err)
	}
	c.ActualCost = total
	return allowed(ok, reason)
}

// allowed turns the answer of the budget into a refusal.
func allowed(ok bool, reason string) error {
	switch {
	case ok:
		return nil
	case reason == "":
		reason = "The budget does not cover this amount."
	}
	return errs.New(errs.Precondition, reason)
}
