package domain

import "testing"

// golden is the history of the specification: 20 won and 80 lost deals; from expo 8 won
// and 12 lost, from the web 12 and 68; 30 of the lost reached the proposal.
func golden() []ClosedDeals {
	return []ClosedDeals{
		{Won: true, Source: "expo", N: 8}, {Won: true, Source: "web", N: 12},
		{Source: "expo", LostStage: DealPropose, N: 12}, {Source: "web", LostStage: DealPropose, N: 18}, {Source: "web", LostStage: DealQualify, N: 50},
	}
}

func TestLearnedProbability(t *testing.T) {
	t.Parallel()
	l := Learn(golden())
	if p, ok := l.Chance(DealPropose, "expo", ""); !ok || p.String() != "63.96" {
		t.Errorf("expo deal in proposal: %s %v, want 63.96", p, ok)
	}
	early, _ := l.Chance(DealQualify, "expo", "")
	late, _ := l.Chance(DealNegotiate, "expo", "")
	if !early.LessThan(late) {
		t.Errorf("a late stage (%s) is no likelier than an early one (%s)", late, early)
	}
	if _, ok := Learn(golden()[:2]).Chance(DealPropose, "expo", ""); ok {
		t.Error("learned from won deals alone")
	}
	if _, ok := Learn(nil).Chance(DealPropose, "", ""); ok {
		t.Error("learned from nothing")
	}
	// A reopened deal is closed no more; what was learned from it is as if it never was.
	all := append(golden(), ClosedDeals{Source: "expo", LostStage: DealNegotiate, N: 1})
	with, _ := Learn(all).Chance(DealPropose, "expo", "")
	without, _ := Learn(all[:5]).Chance(DealPropose, "expo", "")
	if with.Equal(without) || without.String() != "63.96" {
		t.Errorf("with the loss %s, without %s", with, without)
	}
}

func TestLearnedFromTheTeamFirst(t *testing.T) {
	t.Parallel()
	list := golden()
	for i := range list {
		list[i].Dept = 7
	}
	other := ClosedDeals{Dept: 8, Won: true, N: 40}
	if l, ok := learned(append(list, other), 7, 50); !ok || l.n != 100 {
		t.Errorf("team of 100 closed deals: learned from %d, %v", l.n, ok)
	}
	if l, ok := learned(append(list, other), 8, 50); !ok || l.n != 140 {
		t.Errorf("team of 40 closed deals: learned from %d, %v; want all 140", l.n, ok)
	}
	if _, ok := learned(list[:1], 7, 50); ok {
		t.Error("eight deals taught something")
	}
}
