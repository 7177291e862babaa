package domain

import (
	"context"
	"fmt"

	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
)

// RunUntil recognises what obligations over time have earned by the end of a day, month
// by month, so each month shows what belongs to it; what belongs to a closed one goes to
// the next open day. It returns how many obligations moved.
func (s *Obligations) RunUntil(ctx context.Context, company int64, day date.Date) (int, error) {
	ctx = authz.System(ctx, "ltc.revenue:run")
	q := record.Where("stage", record.Eq, string(ObligationOpen)).And("method", record.Eq, string(OverTime)).And("company_id", record.Eq, company)
	list, err := s.Store.Find(ctx, q)
	if err != nil {
		return 0, fmt.Errorf("obligations over time: %w", err)
	}
	n := 0
	for i := range list {
		moved, err := s.runOne(ctx, &list[i], day)
		if err != nil {
			return n, fmt.Errorf("revenue of %s: %w", list[i].No, err)
		}
		if moved {
			n++
		}
	}
	return n, nil
}

// runOne recognises the months of one obligation in one transaction.
func (s *Obligations) runOne(ctx context.Context, o *Obligation, day date.Date) (moved bool, err error) {
	have := o.Recognised
	err = s.Tx(ctx, func(ctx context.Context) error {
		for m := o.StartOn.MonthStart(); !m.After(day); m = m.AddMonths(1) {
			end := m.AddMonths(1).AddDays(-1)
			if end.After(day) {
				end = day
			}
			want := o.Earned(end)
			if !have.Less(want) && !(end == day && want.Less(have)) {
				continue
			}
			if err := s.recognise(ctx, o.ID, end, s.Type.Ref(o.ID), func(x *Obligation) money.Amount { return x.Earned(end) }); err != nil {
				return err
			}
			have, moved = want, true
		}
		return nil
	})
	return moved, err
}

// allocate divides the price of a contract over its obligations in the proportion of
// their stand-alone prices; the cents go to the largest (5.9). Nothing may be recognised
// yet: after that a contract change moves prices.
func (s *Obligations) allocate(ctx context.Context, c *Contract) (int, error) {
	list, err := s.of(ctx, "contract_id", c.ID)
	if err != nil {
		return 0, err
	}
	var live []Obligation
	var weights []money.Price
	price := c.Price
	for _, o := range list {
		if o.Stage == ObligationCancelled {
			continue
		}
		if o.Method == ByPoints { // split off when it was paid
			price = price.Sub(o.Allocated)
			continue
		}
		if !o.Recognised.IsZero() {
			return 0, errs.New(errs.Precondition, "Revenue of {0} was recognised already; make a contract change instead.", o.Title)
		}
		if o.SSP.Sign() <= 0 {
			return 0, errs.New(errs.Precondition, "{0} has no stand-alone price.", o.Title)
		}
		live, weights = append(live, o), append(weights, money.Exact(o.SSP))
	}
	for i, a := range spread(price, weights) {
		if i >= len(live) {
			break
		}
		if _, err := s.Type.Update(ctx, live[i].ID, func(o *Obligation) error { o.Allocated = a; return nil }); err != nil {
			return 0, err
		}
	}
	return len(live), nil
}

// allocate is the move of a contract that divides its price.
func (s *Contracts) allocate(ctx context.Context, c *Contract) error {
	n, err := s.Obligations.allocate(ctx, c)
	if err == nil && n == 0 {
		return errs.New(errs.Precondition, "The contract has no obligations yet; confirm an order or write them down.")
	}
	return err
}
