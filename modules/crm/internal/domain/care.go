package domain

import (
	"context"
	"time"

	"meridian/modules/crm"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// CareProgram says when a group of customers is cared for, and how.
type CareProgram struct {
	record.Base
	Name       string
	Occasion   string
	OffsetDays int // after the occasion
	Tier       string
	Class      string
	Channel    string
	Todo       string
	GiftLimit  money.Amount // a gift may cost that much; 0 = no gifts
	Active     bool
}

// CareStage is the state of a care task.
type CareStage string

// The stages of a care task.
const (
	CareDue     CareStage = "due"
	CareDone    CareStage = "done"
	CareSkipped CareStage = "skipped"
)

// CareTask is one touch of a programme for one customer, with its result and its gift.
type CareTask struct {
	record.Base
	Stage      CareStage
	ProgramID  int64
	CustomerID crm.CustomerID
	ContactID  *int64
	DueOn      date.Date
	Channel    string
	Todo       string
	Result     string
	Gift       string
	Cost       money.Amount
}

// Care is the service behind the care programmes.
type Care struct {
	Programs record.Store[CareProgram]
	Tasks    record.Store[CareTask]
	Rhythm   Rhythm
	Now      func() time.Time

	ProgramType *resource.Type[CareProgram]
	TaskType    *resource.Type[CareTask]
}

// Occasions are what care follows: each with the day it is counted from.
var Occasions = []resource.Option{{Value: "birthday", Label: "Birthday of a contact"}, {Value: "signed", Label: "Signature"}, {Value: "accepted", Label: "Acceptance"}, {Value: "anniversary", Label: "Anniversary of the signature"}, {Value: "silence", Label: "Days of silence"}}

// DeclareProgram returns the document type of the care programme.
func (s *Care) DeclareProgram() *resource.Type[CareProgram] {
	s.ProgramType = &resource.Type[CareProgram]{
		Name: "crm.care_program", Label: "Care programme", Plural: "Care programmes", Icon: "heart", Number: "CA-{000}", Store: s.Programs,
		Title:   func(p *CareProgram) string { return p.Name },
		Default: func(_ context.Context, p *CareProgram) error { p.Active, p.Channel = true, "call"; return nil },
		Check: func(_ context.Context, p *CareProgram) error {
			if p.OffsetDays < 0 || p.OffsetDays > 366 {
				return errs.Bad("offset_days", "Between {0} and {1} days.", 0, 366)
			}
			if p.Occasion == "silence" && p.OffsetDays == 0 {
				return errs.Bad("offset_days", "Say after how many days of silence.")
			}
			return nil
		},
		Fields: resource.Fields[CareProgram]{
			resource.Text("name", "Name", func(p *CareProgram) *string { return &p.Name }).Required().InList().Search(),
			resource.Enum("occasion", "Occasion", func(p *CareProgram) *string { return &p.Occasion }, Occasions...).Required().InList().Filter(),
			resource.Int("offset_days", "Days after it", func(p *CareProgram) *int { return &p.OffsetDays }).InList(),
			resource.Enum("tier", "Tier", func(p *CareProgram) *string { return &p.Tier }, tiers...).InList().Hint("Empty: every tier."),
			resource.Enum("class", "Value class", func(p *CareProgram) *string { return &p.Class }, Classes...).InList().Hint("Empty: every class."),
			resource.Enum("channel", "Channel", func(p *CareProgram) *string { return &p.Channel }, Channels...).Required().InList(),
			resource.LongText("todo", "What to do", func(p *CareProgram) *string { return &p.Todo }).Required(),
			resource.Money("gift_limit", "A gift costs at most", func(p *CareProgram) *money.Amount { return &p.GiftLimit }).Hint("0: no gifts."),
			resource.Bool("active", "Active", func(p *CareProgram) *bool { return &p.Active }).InList().Filter(),
		},
	}
	return s.ProgramType
}

type careResult struct {
	Result, Gift string
	Cost         money.Amount
}

// done writes the result; a gift stays within the limit of the programme.
func (s *Care) done(ctx context.Context, t *CareTask, in *careResult) error {
	p, err := s.Programs.Get(ctx, t.ProgramID)
	if err != nil {
		return err
	}
	if p.GiftLimit.Less(in.Cost) {
		return errs.Bad("cost", "A gift of this programme costs at most {0}.", p.GiftLimit)
	}
	if in.Cost.Sign() > 0 && in.Gift == "" {
		return errs.Bad("gift", "Say what was given.")
	}
	t.Result, t.Gift, t.Cost = in.Result, in.Gift, in.Cost
	return s.Rhythm.Touch(ctx, int64(t.CustomerID), s.Now())
}

// DeclareTask returns the document type of the care task.
func (s *Care) DeclareTask() *resource.Type[CareTask] {
	s.TaskType = &resource.Type[CareTask]{
		Name: "crm.care_task", Label: "Care task", Plural: "Care tasks", Icon: "heart", Number: "CK-{yyyy}-{00000}", Store: s.Tasks, NoCreate: true,
		Title: func(t *CareTask) string { return errs.Clip(t.Todo, 60) }, Day: func(t *CareTask) date.Date { return t.DueOn },
		Fields: resource.Fields[CareTask]{
			resource.Ref("program_id", "Care programme", func(t *CareTask) *int64 { return &t.ProgramID }, "crm.care_program").ReadOnly().InList().Filter(),
			resource.Ref("customer_id", "Customer", func(t *CareTask) *crm.CustomerID { return &t.CustomerID }, "crm.customer").ReadOnly().InList().Filter().Source(),
			resource.OptRef("contact_id", "Contact", func(t *CareTask) **int64 { return &t.ContactID }, "crm.contact").ReadOnly().InList(),
			resource.Date("due_on", "Due on", func(t *CareTask) *date.Date { return &t.DueOn }).ReadOnly().InList().Filter(),
			resource.Enum("channel", "Channel", func(t *CareTask) *string { return &t.Channel }, Channels...).ReadOnly().InList(),
			resource.LongText("todo", "What to do", func(t *CareTask) *string { return &t.Todo }).ReadOnly(),
			resource.LongText("result", "Result", func(t *CareTask) *string { return &t.Result }).ReadOnly(),
			resource.Text("gift", "Gift", func(t *CareTask) *string { return &t.Gift }).ReadOnly(),
			resource.Money("cost", "Cost", func(t *CareTask) *money.Amount { return &t.Cost }).ReadOnly(),
		},
		Process: resource.Process(func(t *CareTask) *CareStage { return &t.Stage },
			[]resource.Stage[CareStage]{
				{Key: CareDue, Label: "Due", Owner: "crm.success", Class: process.Open, Limit: 24 * time.Hour, Help: "Care for the customer as the programme says; write down what came of it."},
				{Key: CareDone, Label: "Done", End: true, Class: process.Done},
				{Key: CareSkipped, Label: "Skipped", End: true, Class: process.Cancelled},
			},
			[]resource.Move[CareTask, CareStage]{
				{Name: "finish", Label: "Done", From: resource.From(CareDue), To: CareDone, Do: resource.Ask(resource.Fields[careResult]{
					resource.LongText("result", "Result", func(r *careResult) *string { return &r.Result }).Required(), resource.Text("gift", "Gift", func(r *careResult) *string { return &r.Gift }), resource.Money("cost", "Cost", func(r *careResult) *money.Amount { return &r.Cost })}, s.done)},
				{Name: "skip", Label: "Skip", From: resource.From(CareDue), To: CareSkipped, Reason: true, Deviation: true},
			}),
	}
	return s.TaskType
}

// LoyaltyRule says how points are earned and how long they live, one record a company.
type LoyaltyRule struct {
	record.Base
	PointsPer100   int `gorm:"column:points_per_100"`
	ExpireMonths   int
	ReferralPoints int
	SilverFrom     int
	GoldFrom       int
}

// Reward is something points buy, from a stock.
type Reward struct {
	record.Base
	Name   string
	Points int
	Cost   money.Amount
	Stock  int
	Active bool
}

// LoyaltyBook is the ledger of points.
type LoyaltyBook interface {
	// Points appends an entry unless its key is known; the balance follows and never
	// falls below zero.
	Points(ctx context.Context, customer int64, kind string, points int, expires date.Date, reason, key string) (bool, error)
	// FirstReceipt reports whether a customer has paid exactly once so far.
	FirstReceipt(ctx context.Context, customer int64) (bool, error)
}

// Loyalty is the service behind points, rewards and referrals.
type Loyalty struct {
	Rules     record.Store[LoyaltyRule]
	Rewards   record.Store[Reward]
	Book      LoyaltyBook
	Customers *Customers
	Today     func(ctx context.Context) date.Date

	RuleType   *resource.Type[LoyaltyRule]
	RewardType *resource.Type[Reward]
}

// DeclareRule returns the document type of the loyalty rule. A company without one gives
// no points.
func (s *Loyalty) DeclareRule() *resource.Type[LoyaltyRule] {
	s.RuleType = &resource.Type[LoyaltyRule]{
		Name: "crm.loyalty_rule", Label: "Loyalty rule", Plural: "Loyalty rules", Icon: "gift", Number: "LR-{00}", NoOwner: true, Store: s.Rules,
		Default: func(_ context.Context, r *LoyaltyRule) error {
			r.PointsPer100, r.ExpireMonths, r.ReferralPoints, r.SilverFrom, r.GoldFrom = 1, 24, 100, 500, 2000
			return nil
		},
		Check: func(_ context.Context, r *LoyaltyRule) error {
			if r.PointsPer100 < 0 || r.ReferralPoints < 0 || r.ExpireMonths < 1 || r.ExpireMonths > 120 {
				return errs.Bad("points_per_100", "A number from zero on is expected.")
			}
			if r.GoldFrom <= r.SilverFrom {
				return errs.Bad("gold_from", "Gold begins above silver.")
			}
			return nil
		},
		Fields: resource.Fields[LoyaltyRule]{
			resource.Int("points_per_100", "Points for 100 paid", func(r *LoyaltyRule) *int { return &r.PointsPer100 }).InList(),
			resource.Int("expire_months", "Points live months", func(r *LoyaltyRule) *int { return &r.ExpireMonths }).InList(),
			resource.Int("referral_points", "Points for a customer brought", func(r *LoyaltyRule) *int { return &r.ReferralPoints }).InList(),
			resource.Int("silver_from", "Silver from points", func(r *LoyaltyRule) *int { return &r.SilverFrom }).InList(),
			resource.Int("gold_from", "Gold from points", func(r *LoyaltyRule) *int { return &r.GoldFrom }).InList(),
		},
	}
	return s.RuleType
}

// DeclareReward returns the document type of the reward.
func (s *Loyalty) DeclareReward() *resource.Type[Reward] {
	s.RewardType = &resource.Type[Reward]{
		Name: "crm.reward", Label: "Reward", Plural: "Rewards", Icon: "gift", Number: "RW-{000}", NoOwner: true, Store: s.Rewards,
		Title:   func(r *Reward) string { return r.Name },
		Default: func(_ context.Context, r *Reward) error { r.Active = true; return nil },
		Check: func(_ context.Context, r *Reward) error {
			if r.Points < 1 || r.Stock < 0 {
				return errs.Bad("points", "A whole number above zero is expected.")
			}
			return nil
		},
		Fields: resource.Fields[Reward]{
			resource.Text("name", "Name", func(r *Reward) *string { return &r.Name }).Required().InList().Search(),
			resource.Int("points", "Points", func(r *Reward) *int { return &r.Points }).Required().InList(),
			resource.Money("cost", "Cost", func(r *Reward) *money.Amount { return &r.Cost }).InList(),
			resource.Int("stock", "In stock", func(r *Reward) *int { return &r.Stock }).InList(),
			resource.Bool("active", "Active", func(r *Reward) *bool { return &r.Active }).InList().Filter(),
		},
	}
	return s.RewardType
}

// Paid gives points for money received, and the referrer its points with the first
// payment of the customer it brought.
func (s *Loyalty) Paid(ctx context.Context, c *Customer, amount money.Amount, key string) error {
	rule, err := s.Rules.First(ctx, record.Where("company_id", record.Eq, c.CompanyID))
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	expires := s.Today(ctx).AddMonths(rule.ExpireMonths)
	if n := int(amount.Number().IntPart() / 100 * int64(rule.PointsPer100)); n > 0 {
		if _, err := s.Book.Points(ctx, c.ID, "earn", n, expires, key, key); err != nil {
			return err
		}
	}
	if c.ReferrerID == nil || rule.ReferralPoints == 0 {
		return nil
	}
	first, err := s.Book.FirstReceipt(ctx, c.ID)
	if err != nil || !first {
		return err
	}
	_, err = s.Book.Points(ctx, *c.ReferrerID, "referral", rule.ReferralPoints, expires, c.No, "referral:"+s.Customers.Type.Ref(c.ID).String())
	return err
}

// Redeem takes a reward for points of a customer: points and stock fall together.
func (s *Loyalty) Redeem(ctx context.Context, customer, reward int64, key string) error {
	return s.Customers.Tx(ctx, func(ctx context.Context) error {
		r, err := s.RewardType.Update(ctx, reward, func(r *Reward) error {
			if !r.Active || r.Stock < 1 {
				return errs.New(errs.Precondition, "{0} is not in stock.", r.Name)
			}
			r.Stock--
			return nil
		})
		if err != nil {
			return err
		}
		ok, err := s.Book.Points(ctx, customer, "burn", -r.Points, date.Date{}, r.Name, key)
		if err == nil && !ok {
			err = errs.New(errs.Precondition, "The customer has fewer than {0} points.", r.Points)
		}
		return err
	})
}
