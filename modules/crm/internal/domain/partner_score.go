package domain

import "meridian/platform/money"

// PartnerFacts is what a partner did in the last twelve months.
type PartnerFacts struct {
	Won, WonBefore     money.Amount // this year and the one before
	Certified          bool
	Praise, Complaints int64 // of the customers of its deals
}

// PartnerScore is the weighted sum of four parts, each from 0 to 100 points; a part
// without data is nil and its weight goes to the others.
type PartnerScore struct {
	Revenue, Growth, Certification, Satisfaction *money.Amount
	Score                                        money.Amount
	Tier                                         string
}

// ScorePartner rates a partner by the weights of the policy: revenue over the target,
// growth over the rise that counts as full, certification that is valid, praise among praise
// and complaints.
func (p *Policy) ScorePartner(f PartnerFacts) PartnerScore {
	var s PartnerScore
	s.Revenue = points(f.Won, p.PartnerTarget)
	if f.WonBefore.Sign() > 0 {
		rise, _ := money.Share(f.Won.Sub(f.WonBefore), f.WonBefore)
		s.Growth = points(rise, p.PartnerRise)
	}
	certified := money.Int[money.Cents](0)
	if f.Certified {
		certified = fullPoints
	}
	s.Certification = &certified
	if n := f.Praise + f.Complaints; n > 0 {
		s.Satisfaction = points(money.Units(f.Praise), money.Units(n))
	}
	parts := []*money.Amount{s.Revenue, s.Growth, s.Certification, s.Satisfaction}
	weights := []int{p.PartnerRevenue, p.PartnerGrowth, p.PartnerCertification, p.PartnerSatisfaction}
	all := 0
	for i, x := range parts {
		if x != nil {
			all += weights[i]
		}
	}
	for i, x := range parts {
		if x == nil || all == 0 {
			continue
		}
		share, _ := money.Share(money.Units(int64(weights[i])), money.Units(int64(all)))
		s.Score = s.Score.Add(money.Part(*x, share))
	}
	switch {
	case !s.Score.Less(money.Int[money.Cents](int64(p.PartnerGold))):
		s.Tier = "gold"
	case !s.Score.Less(money.Int[money.Cents](int64(p.PartnerSilver))):
		s.Tier = "silver"
	default:
		s.Tier = "bronze"
	}
	return s
}

var fullPoints = money.Int[money.Cents](100)

// points is part over whole in 0 to 100 points.
func points[S money.Scale](part, whole money.Dec[S]) *money.Amount {
	share, ok := money.Share(part, whole)
	if !ok {
		return nil
	}
	n := money.Part(fullPoints, share).Min(fullPoints).Max(money.Amount{})
	return &n
}
