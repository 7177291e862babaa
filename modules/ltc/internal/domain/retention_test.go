package domain

import (
	"testing"

	"meridian/platform/date"
	"meridian/platform/money"
)

// Ten contracts of 100 a month: six renewed, one at 150, one at 60, two left. GRR
// (1000 - 40 - 200) / 1000, NRR + 50 / 1000.
func TestRetention(t *testing.T) {
	t.Parallel()
	var list []Renewal
	add := func(n int, stage RenewalStage, monthly string) {
		for range n {
			list = append(list, Renewal{Stage: stage, Monthly: money.MustAmount("100"), NewMonthly: money.MustAmount(monthly)})
		}
	}
	add(6, RenewalRenewed, "100")
	add(1, RenewalExpanded, "150")
	add(1, RenewalReduced, "60")
	add(2, RenewalChurned, "0")
	add(3, RenewalRunning, "0")
	x := RetentionOf(list)
	grr, _ := x.GRR()
	nrr, _ := x.NRR()
	if grr.String() != "0.76" || nrr.String() != "0.81" || x.Open.String() != "300.00" {
		t.Errorf("GRR %s, NRR %s, open %s; want 0.76, 0.81, 300.00", grr, nrr, x.Open)
	}
	if _, ok := RetentionOf(nil).GRR(); ok {
		t.Error("retention of nothing has a value")
	}
	for _, c := range []struct {
		from, to string
		want     int64
	}{{"2026-01-01", "2026-12-31", 12}, {"2026-01-15", "2027-01-14", 12}, {"2026-03-01", "2026-03-20", 1}, {"2025-07-01", "2027-06-30", 24}} {
		if got := Months(date.MustParse(c.from), date.MustParse(c.to)); got != c.want {
			t.Errorf("%s to %s: %d months, want %d", c.from, c.to, got, c.want)
		}
	}
}

func TestCommission(t *testing.T) {
	t.Parallel()
	q := money.MustQty
	plan := func(payee string, user int64, rate, from string) CommissionPlan {
		return CommissionPlan{Payee: payee, UserID: pointer(user), Rate: q(rate), ValidFrom: date.MustParse(from)}
	}
	plans := []CommissionPlan{plan(PayeePerson, 0, "0.1", "2026-01-01"), plan(PayeePerson, 2, "0.2", "2026-01-01"), plan(PayeePerson, 0, "0.5", "2027-01-01"), plan(PayeePartner, 0, "0.3", "2026-01-01")}
	c := Collected{OwnerID: 1, On: date.MustParse("2026-06-01"), Net: money.MustAmount("1000"), MarginRate: q("0.25")}
	lines := CommissionsOf(c, []CreditShare{{UserID: 1, Split: q("0.6")}, {UserID: 2, Split: q("0.4")}}, plans)
	if len(lines) != 2 || lines[0].Amount.String() != "15.00" || lines[1].Amount.String() != "20.00" {
		t.Errorf("250 margin, 60 %% x 10 %% and 40 %% x 20 %%: %+v", lines)
	}
	c.PartnerID = 9
	if lines = CommissionsOf(c, nil, plans); len(lines) != 2 || lines[0].OwnerID != 1 || lines[0].Amount.String() != "25.00" || lines[1].Amount.String() != "75.00" || *lines[1].PartnerID != 9 {
		t.Errorf("owner and partner: %+v", lines)
	}
	c.MarginRate = q("-0.1")
	if lines = CommissionsOf(c, nil, plans); len(lines) != 0 {
		t.Errorf("a loss earned commission: %+v", lines)
	}
	c.MarginRate, c.Net = q("0.25"), money.MustAmount("-1000")
	if lines = CommissionsOf(c, nil, plans); len(lines) != 2 || lines[0].Amount.String() != "-25.00" {
		t.Errorf("money that went back: %+v", lines)
	}
}

// The parts add up to the whole, whatever the rounding of each.
func TestRank(t *testing.T) {
	t.Parallel()
	line := func(key, net, cost, costed string, before bool) SoldLine {
		return SoldLine{Key: key, Net: money.MustQty(net), Cost: money.MustQty(cost), Costed: money.MustQty(costed), Qty: money.Units(1), Before: before}
	}
	ranked, whole := Rank([]SoldLine{line("a", "10.004", "6", "10.004", false), line("b", "20.004", "0", "0", false), line("b", "10.004", "4", "10.004", false), line("a", "5", "0", "0", true)})
	if whole.Net.String() != "40.01" || whole.Before.String() != "5.00" || whole.Qty.String() != "3" {
		t.Errorf("whole: %+v", whole)
	}
	if ranked[0].Key != "b" || ranked[0].Net.String() != "30.01" || ranked[0].Costed || !ranked[1].Costed || ranked[1].Margin.String() != "4.00" {
		t.Errorf("ranking: %+v", ranked)
	}
}
