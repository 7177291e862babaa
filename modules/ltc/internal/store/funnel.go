package store

import (
	"context"
	"fmt"
	"time"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/memo"
	"meridian/platform/money"
)

// FunnelFacts is what the funnel shows of the deals of a filter.
type FunnelFacts struct {
	Steps, Parts []domain.FunnelStep
	Standing     []domain.Standing
	Spent        []domain.Stay
	Ended        []domain.DealEnding
	Cycle        money.Qty
}

// deals is how many were counted, those of the past included.
func (f FunnelFacts) deals() (n int64) {
	for _, x := range f.Standing {
		n += x.N
	}
	for _, x := range f.Ended {
		n += x.N
	}
	return n
}

// Facts answers the funnel of the deals of a filter that the reader may see, cut by a
// dimension; of very many deals some seconds old.
func (s *Deals) Facts(ctx context.Context, f domain.DealFilter, by string, from, to, now time.Time) (FunnelFacts, error) {
	w, err := s.scope(ctx, f)
	if err != nil {
		return FunnelFacts{}, err
	}
	return s.funnels.Get(ctx, w.Key()+fmt.Sprint(by, from, to), func(ctx context.Context) (FunnelFacts, bool, error) {
		out, err := s.count(ctx, f, by, from, to, now)
		return out, out.deals() >= memo.Many, err
	})
}

func (s *Deals) count(ctx context.Context, f domain.DealFilter, by string, from, to, now time.Time) (out FunnelFacts, err error) {
	if out.Steps, out.Parts, err = s.Funnel(ctx, f, by, from, to, now); err != nil {
		return out, err
	}
	if out.Standing, err = s.Standing(ctx, f); err != nil {
		return out, err
	}
	if out.Spent, err = s.Spent(ctx, f, now); err != nil {
		return out, err
	}
	if out.Ended, err = s.Ended(ctx, f); err != nil {
		return out, err
	}
	out.Cycle, err = s.CycleDays(ctx, f)
	return out, err
}
