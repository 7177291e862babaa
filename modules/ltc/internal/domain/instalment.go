package domain

import (
	"fmt"
	"slices"

	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// Instalment is the open item: a part of an invoice and when it is due.
type Instalment struct {
	record.Line
	DueOn        date.Date
	Percent      money.Ratio
	Amount       money.Amount
	Open         money.Amount
	PlanLine     int       // the collect line of the contract it fulfils
	Level        int       // highest level of dunning sent
	RemindedOn   date.Date // when it was sent
	PromisedOn   date.Date // the customer promised to pay until then
	Disputed     bool
	ReportedLate bool // overdue was told to the other modules
}

func instalmentFields() resource.Fields[Instalment] {
	return resource.Fields[Instalment]{
		resource.Date("due_on", "Due on", func(i *Instalment) *date.Date { return &i.DueOn }).Required(),
		resource.Percent("percent", "Share", func(i *Instalment) *money.Ratio { return &i.Percent }),
		resource.Money("amount", "Amount", func(i *Instalment) *money.Amount { return &i.Amount }).Hint("A share of the invoice works out the amount."),
		resource.Money("open", "Amount receivable", func(i *Instalment) *money.Amount { return &i.Open }).ReadOnly(),
		resource.Int("level", "Dunning level", func(i *Instalment) *int { return &i.Level }).ReadOnly(),
		resource.Date("reminded_on", "Reminded on", func(i *Instalment) *date.Date { return &i.RemindedOn }).ReadOnly(),
		resource.Date("promised_on", "Promised for", func(i *Instalment) *date.Date { return &i.PromisedOn }).ReadOnly(),
		resource.Bool("disputed", "In dispute", func(i *Instalment) *bool { return &i.Disputed }).ReadOnly(),
	}
}

// divide brings the instalments to the total: one takes all of it and the due date;
// shares become amounts, the last takes the cents. The invoice is due with the last.
func (v *Invoice) divide() (bad []errs.Field) {
	if len(v.Instalments) < 2 {
		if len(v.Instalments) == 0 {
			v.Instalments = []Instalment{{}}
		}
		i := &v.Instalments[0]
		i.DueOn, i.Percent, i.Amount = v.DueDate, money.Units(1), v.Total
		return nil
	}
	var sum, shares = money.Amount{}, money.Ratio{}
	last := -1
	for n := range v.Instalments {
		i := &v.Instalments[n]
		at := func(field, message string) {
			bad = append(bad, errs.Field{Name: fmt.Sprintf("instalments.%d.%s", n, field), Message: message})
		}
		if i.DueOn.Before(v.InvoiceDate) {
			at("due_on", "The due date lies before the invoice date.")
		}
		if i.Percent.Sign() < 0 || money.Units(1).Less(i.Percent) {
			at("percent", "A share lies between 0 % and 100 %.")
		}
		if i.Amount.Sign() < 0 {
			at("amount", "An amount cannot be negative.")
		}
		if i.Percent.Sign() > 0 {
			i.Amount, last = money.Part(v.Total, i.Percent), n
		}
		sum, shares = sum.Add(i.Amount), shares.Add(i.Percent)
		v.DueDate = date.Later(v.DueDate, i.DueOn)
	}
	if last >= 0 && shares.Equal(money.Units(1)) {
		v.Instalments[last].Amount, sum = v.Instalments[last].Amount.Add(v.Total.Sub(sum)), v.Total
	}
	if !sum.Equal(v.Total) {
		bad = append(bad, errs.Field{Name: "instalments", Message: "The instalments add up to {0}, the invoice to {1}.", Args: []any{sum, v.Total}})
	}
	return bad
}

// dues lists the instalments, the one due first before the others.
func (v *Invoice) dues() []*Instalment {
	out := make([]*Instalment, len(v.Instalments))
	for i := range v.Instalments {
		out[i] = &v.Instalments[i]
	}
	slices.SortStableFunc(out, func(a, b *Instalment) int { return a.DueOn.Sub(b.DueOn) })
	return out
}

// share is what one instalment gets of a payment.
type part struct {
	Instalment int64
	Amount     money.Amount
}

// use pays amount of the invoice: the chosen instalment, else the one due first. The
// caller has made sure that as much is open.
func (v *Invoice) use(amount money.Amount, instalment int64) (out []part) {
	v.Open = v.Open.Sub(amount)
	for _, i := range v.dues() {
		if instalment != 0 && i.ID != instalment {
			continue
		}
		x := amount.Min(i.Open)
		if x.Sign() <= 0 {
			continue
		}
		i.Open, amount = i.Open.Sub(x), amount.Sub(x)
		out = append(out, part{i.ID, x})
	}
	return out
}

// free gives a payment of an instalment back.
func (v *Invoice) free(instalment int64, amount money.Amount) {
	v.Open = v.Open.Add(amount)
	for i := range v.Instalments {
		if v.Instalments[i].ID == instalment {
			v.Instalments[i].Open = v.Instalments[i].Open.Add(amount)
		}
	}
}

// unpaid is the open amount of one instalment, of the invoice for 0.
func (v *Invoice) unpaid(instalment int64) money.Amount {
	if instalment == 0 {
		return v.Open
	}
	for i := range v.Instalments {
		if v.Instalments[i].ID == instalment {
			return v.Instalments[i].Open
		}
	}
	return money.Amount{}
}
