package einvoice

import "meridian/platform/money"

// Complete works out the breakdown of the tax and the totals from lines, allowances,
// charges and what is prepaid. adjust, if not nil, may correct the tax of a category and
// rate to what the books say: tax taken by line, or out of a price with tax.
func (d *Document) Complete(adjust func(s *Subtotal)) {
	lines, allowances, charges := d.sums()
	d.Breakdown = nil
	at := map[group]int{}
	put := func(category string, rate Number, amount money.Decimal, reason string) {
		g := groupOf(category, rate)
		i, seen := at[g]
		if !seen {
			i = len(d.Breakdown)
			at[g] = i
			d.Breakdown = append(d.Breakdown, Subtotal{Category: category, Rate: rate, Taxable: given(zero())})
		}
		s := &d.Breakdown[i]
		s.Taxable = given(s.Taxable.Add(amount))
		if s.ExemptReason == "" {
			s.ExemptReason = reason
		}
	}
	for i := range d.Lines {
		l := &d.Lines[i]
		put(l.Category, l.Rate, l.Net.Decimal, l.ExemptReason)
	}
	for i := range d.Adjustments {
		a := &d.Adjustments[i]
		put(a.Category, a.Rate, a.signed(), a.ExemptReason)
	}
	tax := zero()
	for i := range d.Breakdown {
		s := &d.Breakdown[i]
		s.Tax = given(s.Taxable.Mul(s.Rate.Decimal).Shift(-2).Round(2))
		if adjust != nil {
			adjust(s)
		}
		tax = tax.Add(s.Tax.Decimal)
	}
	t := &d.Totals
	d.Tax, t.Lines = given(tax), given(lines)
	t.Allowances, t.Charges = Number{}, Number{}
	if !allowances.IsZero() {
		t.Allowances = given(allowances)
	}
	if !charges.IsZero() {
		t.Charges = given(charges)
	}
	t.Exclusive = given(lines.Sub(allowances).Add(charges))
	t.Inclusive = given(t.Exclusive.Add(tax))
	t.Payable = given(t.Inclusive.Sub(t.Prepaid.Decimal).Add(t.Rounding.Decimal))
}

// sums adds up the lines, and the allowances and charges of the whole document.
func (d *Document) sums() (lines, allowances, charges money.Decimal) {
	lines, allowances, charges = zero(), zero(), zero()
	for i := range d.Lines {
		lines = lines.Add(d.Lines[i].Net.Decimal)
	}
	for i := range d.Adjustments {
		if a := &d.Adjustments[i]; a.Charge {
			charges = charges.Add(a.Amount.Decimal)
		} else {
			allowances = allowances.Add(a.Amount.Decimal)
		}
	}
	return lines, allowances, charges
}

// signed is what an adjustment adds: a charge, or less an allowance.
func (a *Adjustment) signed() money.Decimal {
	if a.Charge {
		return a.Amount.Decimal
	}
	return a.Amount.Neg()
}

func given(d money.Decimal) Number { return Number{d, true} }
