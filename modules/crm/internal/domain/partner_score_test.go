package domain

import (
	"testing"

	"meridian/platform/money"
)

// TestScorePartner: the parts and the tier of partners worked out by hand.
func TestScorePartner(t *testing.T) {
	p := DefaultPolicy() // 40, 20, 20, 20; a million and 20 % are full
	amount := money.MustAmount
	for _, x := range []struct {
		name  string
		facts PartnerFacts
		score string
		tier  string
	}{
		// 60*0.4 + 50*0.2 + 100*0.2 + 75*0.2
		{"all known", PartnerFacts{Won: amount("600000"), WonBefore: amount("545454.55"), Certified: true, Praise: 3, Complaints: 1}, "69.00", "silver"},
		// (100*40 + 100*20 + 100*20) / 80
		{"nobody has judged it", PartnerFacts{Won: amount("2000000"), WonBefore: amount("1000000"), Certified: true}, "100.00", "gold"},
		// 10*40/60 + 0
		{"new, certificate over", PartnerFacts{Won: amount("100000")}, "6.67", "bronze"},
		// shrinking is no negative growth: (50*40 + 0 + 100*20) / 80
		{"shrinking", PartnerFacts{Won: amount("500000"), WonBefore: amount("900000"), Certified: true}, "50.00", "silver"},
	} {
		got := p.ScorePartner(x.facts)
		if got.Score.String() != x.score || got.Tier != x.tier {
			t.Errorf("%s: %s %s, want %s %s", x.name, got.Score, got.Tier, x.score, x.tier)
		}
	}
	if got := p.ScorePartner(PartnerFacts{}); got.Satisfaction != nil || got.Growth != nil {
		t.Error("what is not known has points")
	}
}
