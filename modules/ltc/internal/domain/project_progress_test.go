package domain

import (
	"slices"
	"testing"

	"meridian/platform/money"
)

// TestLTC20Light: the worst that is known decides the light; cost says nothing to who may not
// read it.
func TestLTC20Light(t *testing.T) {
	amount := money.MustAmount
	for name, c := range map[string]struct {
		x     ProjectProgress
		dear  bool
		light Light
		why   []string
	}{
		"nothing happened":   {ProjectProgress{Fee: amount("10")}, true, LightGood, nil},
		"above the plan":     {ProjectProgress{Fee: amount("10"), PlannedCost: amount("5"), FinalCost: amount("6")}, true, LightWatch, []string{CostAbovePlan}},
		"above the fee":      {ProjectProgress{Fee: amount("10"), PlannedCost: amount("5"), FinalCost: amount("11")}, true, LightBad, []string{CostAboveFee}},
		"cost unread":        {ProjectProgress{Fee: amount("10"), PlannedCost: amount("5"), FinalCost: amount("11")}, false, LightGood, nil},
		"unhappy":            {ProjectProgress{Score: money.MustQty("2.99"), Scores: 3}, false, LightBad, []string{CustomerUnhappy}},
		"unsettled":          {ProjectProgress{Score: money.MustQty("3"), Scores: 1}, false, LightWatch, []string{CustomerUnsettled}},
		"late and laborious": {ProjectProgress{Overdue: 1, Actual: money.Units(2), Planned: money.Units(1), High: 1}, false, LightBad, []string{MilestoneOverdue, HoursAbovePlan, HighRiskOpen}},
	} {
		if light, why := c.x.Light(c.dear); light != c.light || !slices.Equal(why, c.why) {
			t.Errorf("%s: %s %v, want %s %v", name, light, why, c.light, c.why)
		}
	}
}
