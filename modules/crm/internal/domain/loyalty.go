package domain

import (
	"context"

	"meridian/modules/crm"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// LoyaltyRule says how points are earned and how long they live, one record a company.
type LoyaltyRule struct {
	record.Base
	PointsPer100   int `gorm:"column:points_per_100"`
	ExpireMonths   int
	ReferralPoints int
	SilverFrom     int
	GoldFrom       int
	PointValue     money.Price // what a point buys; 0: points carry no price
	RedeemShare    money.Ratio // of the points given, expected to be redeemed
	Breakage       bool        // what is never redeemed is earned along with redemption
}

// price is what n points would cost alone.
func (r *LoyaltyRule) price(n int) money.Amount {
	return money.Round(money.Times(money.Times(r.PointValue, money.Units(int64(n))), r.RedeemShare))
}

// expected is the share by which redemption earns the price of points.
func (r *LoyaltyRule) expected() money.Ratio {
	if r.Breakage {
		return r.RedeemShare
	}
	return money.Ratio{}
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
	// falls below zero: then ok is false. Points that go are taken from the oldest: from
	// says from which.
	Points(ctx context.Context, customer int64, kind string, points int, expires date.Date, reason, key string) (from []crm.PointsLot, ok bool, err error)
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
			r.RedeemShare = money.Units(1)
			return nil
		},
		Check: func(_ context.Context, r *LoyaltyRule) error {
			if r.PointsPer100 < 0 || r.ReferralPoints < 0 || r.ExpireMonths < 1 || r.ExpireMonths > 120 {
				return errs.Bad("points_per_100", "A number from zero on is expected.")
			}
			if r.PointValue.Sign() < 0 {
				return errs.Bad("point_value", "An amount cannot be negative.")
			}
			if r.RedeemShare.Sign() <= 0 || money.Units(1).Less(r.RedeemShare) {
				return errs.Bad("redeem_share", "A share above 0 and up to 100 % is expected.")
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
			resource.Price("point_value", "A point is worth", func(r *LoyaltyRule) *money.Price { return &r.PointValue }).InList().Hint("Without tax. That part of the price paid is revenue when the points are redeemed or expire. 0: points carry no price."),
			resource.Percent("redeem_share", "Expected to be redeemed", func(r *LoyaltyRule) *money.Ratio { return &r.RedeemShare }).InList().Hint("Of the points given; the rest will expire."),
			resource.Bool("breakage", "What will expire is earned with redemption", func(r *LoyaltyRule) *bool { return &r.Breakage }).Hint("Else it is earned on the day it expires."),
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
func (s *Loyalty) Paid(ctx context.Context, c *Customer, f crm.Fact) error {
	rule, err := s.Rules.First(ctx, record.Where("company_id", record.Eq, c.CompanyID))
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	expires := s.Today(ctx).AddMonths(rule.ExpireMonths)
	if n := int(f.Amount.Number().IntPart() / 100 * int64(rule.PointsPer100)); n > 0 {
		if err := s.earn(ctx, c, rule, f, n, expires); err != nil {
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
	_, _, err = s.Book.Points(ctx, *c.ReferrerID, "referral", rule.ReferralPoints, expires, c.No, "referral:"+s.Customers.Type.Ref(c.ID).String())
	return err
}

// earn gives n points and tells what they are worth. Points for a customer brought are not
// part of any price and tell nothing.
func (s *Loyalty) earn(ctx context.Context, c *Customer, rule *LoyaltyRule, f crm.Fact, n int, expires date.Date) error {
	if _, _, err := s.Book.Points(ctx, c.ID, "earn", n, expires, f.Key, f.Key); err != nil {
		return err
	}
	price := rule.price(n)
	if price.IsZero() {
		return nil
	}
	return s.Customers.Bus.Publish(ctx, crm.PointsEarned{Customer: crm.CustomerID(c.ID), Paid: f.Pays, Amount: f.Amount, Points: n, Price: price, Expected: rule.expected(), On: f.On, Key: f.Key})
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
		from, ok, err := s.Book.Points(ctx, customer, "burn", -r.Points, date.Date{}, r.Name, key)
		if err == nil && !ok {
			err = errs.New(errs.Precondition, "The customer has fewer than {0} points.", r.Points)
		}
		if err != nil {
			return err
		}
		return s.used(ctx, customer, from, false, s.Today(ctx))
	})
}

// Expire ends points that nobody has redeemed in time.
func (s *Loyalty) Expire(ctx context.Context, customer int64, points int, day date.Date, key string) error {
	from, _, err := s.Book.Points(ctx, customer, "expire", -points, date.Date{}, "", key)
	if err != nil {
		return err
	}
	return s.used(ctx, customer, from, true, day)
}

func (s *Loyalty) used(ctx context.Context, customer int64, from []crm.PointsLot, expired bool, on date.Date) error {
	if len(from) == 0 {
		return nil
	}
	return s.Customers.Bus.Publish(ctx, crm.PointsUsed{Customer: crm.CustomerID(customer), Lots: from, Expired: expired, On: on})
}
