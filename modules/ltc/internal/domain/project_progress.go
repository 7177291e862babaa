package domain

import (
	"meridian/platform/money"
	"meridian/platform/record"
)

// ProjectProgress is a running project in figures: plan against what happened.
type ProjectProgress struct {
	record.Base
	CustomerID int64
	Planned    money.Qty // hours
	Actual     money.Qty

	Milestones  int
	Due         int // by today
	Reached     int
	Overdue     int
	ReachedLate int

	Fee, PlannedCost, ActualCost, FinalCost money.Amount

	High, Medium, Low int // open risks
	Requests          int // open change requests
	Score             money.Ratio
	Scores            int
}

// Light says how a project stands.
type Light string

// The lights.
const (
	LightGood  Light = "good"
	LightWatch Light = "watch"
	LightBad   Light = "bad"
)

// What turns a light.
const (
	MilestoneOverdue  = "Milestones overdue"
	CostAboveFee      = "Cost at completion above the fee"
	CostAbovePlan     = "Cost at completion above the plan"
	HoursAbovePlan    = "More hours than planned"
	HighRiskOpen      = "High risks open"
	CustomerUnhappy   = "Feedback of the customer below 3"
	CustomerUnsettled = "Feedback of the customer below 4"
)

// Light is how the project stands, and why. Cost counts only for who may read it.
func (x *ProjectProgress) Light(dear bool) (light Light, why []string) {
	three, four := money.Units(3), money.Units(4)
	rules := []struct {
		hit   bool
		light Light
		why   string
	}{
		{x.Overdue > 0, LightBad, MilestoneOverdue},
		{dear && x.Fee.Less(x.FinalCost), LightBad, CostAboveFee},
		{x.Scores > 0 && x.Score.Less(three), LightBad, CustomerUnhappy},
		{dear && x.PlannedCost.Less(x.FinalCost) && !x.Fee.Less(x.FinalCost), LightWatch, CostAbovePlan},
		{x.Planned.Less(x.Actual), LightWatch, HoursAbovePlan},
		{x.High > 0, LightWatch, HighRiskOpen},
		{x.Scores > 0 && !x.Score.Less(three) && x.Score.Less(four), LightWatch, CustomerUnsettled},
	}
	light = LightGood
	for _, r := range rules {
		if !r.hit {
			continue
		}
		if why = append(why, r.why); light != LightBad {
			light = r.light
		}
	}
	return light, why
}
