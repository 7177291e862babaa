package domain

import (
	"meridian/platform/date"
	"meridian/platform/money"
)

// Treatment says what a change of a contract does to revenue (5.9).
type Treatment string

// The treatments.
const (
	Separate    Treatment = "separate"    // distinct, at its stand-alone price: as a contract of its own
	Prospective Treatment = "prospective" // distinct otherwise: over what is left
	CatchUp     Treatment = "catch_up"    // not distinct: as if it had been so from the start
)

// change moves the price of an obligation by delta at the end of a day, not below zero.
func (o *Obligation) change(t Treatment, delta money.Amount, day date.Date) {
	o.Allocated = o.Allocated.Add(delta).Max(money.Amount{})
	if o.Method == OverTime && t == Prospective {
		o.BaseOn, o.BaseAmount = day.AddDays(1), o.Recognised
		if o.EndOn.Before(o.BaseOn) {
			o.BaseOn = o.EndOn
		}
	}
}
