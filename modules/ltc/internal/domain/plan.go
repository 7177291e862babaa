package domain

import (
	"fmt"

	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// PlanKind is what a line of an execution plan asks for.
type PlanKind string

// The kinds of plan lines.
const (
	PlanDeliver PlanKind = "deliver"
	PlanAccept  PlanKind = "accept"
	PlanInvoice PlanKind = "invoice"
	PlanCollect PlanKind = "collect"
)

// PlanStatus is how far a line of a plan is.
type PlanStatus string

// The states of a plan line.
const (
	PlanWaiting PlanStatus = "waiting"
	PlanDue     PlanStatus = "due"
	PlanPartial PlanStatus = "partial"
	PlanOverdue PlanStatus = "overdue"
	PlanDone    PlanStatus = "done"
	PlanWaived  PlanStatus = "waived"
)

// PlanLine is one thing a contract asks for: on a day, or some days after another
// line is done ("collect 30 days after the invoice").
type PlanLine struct {
	record.Line
	Seq         int
	Kind        PlanKind
	Percent     money.Ratio
	Amount      money.Amount // of invoice and collect lines
	PlannedOn   date.Date
	TriggerLine int // number of the line whose end starts this one; 0 = none
	OffsetDays  int
	DueOn       date.Date
	DoneOn      date.Date
	Actual      money.Amount
	Milestone   string
	OwnerID     int64
	RemindDays  int // before it is due
	Status      PlanStatus
}

func planFields() resource.Fields[PlanLine] {
	return resource.Fields[PlanLine]{
		resource.Int("seq", "Line", func(l *PlanLine) *int { return &l.Seq }).ReadOnly(),
		resource.Enum("kind", "Kind", func(l *PlanLine) *PlanKind { return &l.Kind },
			resource.Option{Value: "deliver", Label: "Deliver", Tone: "info"}, resource.Option{Value: "accept", Label: "Acceptance", Tone: "teal"},
			resource.Option{Value: "invoice", Label: "Invoice", Tone: "violet"}, resource.Option{Value: "collect", Label: "Collect", Tone: "ok"}).Required(),
		resource.Text("milestone", "Milestone", func(l *PlanLine) *string { return &l.Milestone }).Limit(120),
		resource.Percent("percent", "Share", func(l *PlanLine) *money.Ratio { return &l.Percent }),
		resource.Money("amount", "Amount", func(l *PlanLine) *money.Amount { return &l.Amount }).Hint("A share of the contract works out the amount."),
		resource.Date("planned_on", "Planned for", func(l *PlanLine) *date.Date { return &l.PlannedOn }),
		resource.Int("trigger_line", "After line", func(l *PlanLine) *int { return &l.TriggerLine }),
		resource.Int("offset_days", "Days later", func(l *PlanLine) *int { return &l.OffsetDays }),
		resource.Date("due_on", "Due on", func(l *PlanLine) *date.Date { return &l.DueOn }).ReadOnly(),
		resource.Date("done_on", "Done on", func(l *PlanLine) *date.Date { return &l.DoneOn }).ReadOnly(),
		resource.Money("actual", "Actual", func(l *PlanLine) *money.Amount { return &l.Actual }).ReadOnly(),
		resource.Ref("owner_id", "Owner", func(l *PlanLine) *int64 { return &l.OwnerID }, "core.user"),
		resource.Int("remind_days", "Remind days before", func(l *PlanLine) *int { return &l.RemindDays }),
		resource.Enum("status", "Status", func(l *PlanLine) *PlanStatus { return &l.Status },
			resource.Option{Value: "waiting", Label: "Waiting", Tone: "neutral"}, resource.Option{Value: "due", Label: "Due", Tone: "info"}, resource.Option{Value: "partial", Label: "In part", Tone: "violet"},
			resource.Option{Value: "overdue", Label: "Overdue", Tone: "bad"}, resource.Option{Value: "done", Label: "Done", Tone: "ok"}, resource.Option{Value: "waived", Label: "Waived", Tone: "warn"}).ReadOnly(),
	}
}

// money reports whether the line stands for an amount.
func (l *PlanLine) money() bool { return l.Kind == PlanInvoice || l.Kind == PlanCollect }

// defaultPlan delivers within a month, has it accepted a week later, invoices at
// once and collects after the customer's payment days.
func defaultPlan(start date.Date, paymentDays int) []PlanLine {
	all := money.Units(1)
	return []PlanLine{
		{Kind: PlanDeliver, Percent: all, PlannedOn: start.AddDays(30)},
		{Kind: PlanAccept, Percent: all, TriggerLine: 1, OffsetDays: 7},
		{Kind: PlanInvoice, Percent: all, TriggerLine: 2},
		{Kind: PlanCollect, Percent: all, TriggerLine: 3, OffsetDays: paymentDays},
	}
}

// settlePlan numbers the lines, turns shares into amounts and refuses a plan whose
// invoices or payments do not add up to the amount of the contract.
func settlePlan(plan []PlanLine, amount money.Amount) []errs.Field {
	var bad []errs.Field
	for i := range plan {
		l := &plan[i]
		l.Seq = i + 1
		if l.Status == "" {
			l.Status = PlanWaiting
		}
		l.DueOn = l.PlannedOn
		at := func(field, message string) {
			bad = append(bad, errs.Field{Name: fmt.Sprintf("plan.%d.%s", i, field), Message: message})
		}
		switch {
		case l.TriggerLine < 0 || l.TriggerLine > i:
			at("trigger_line", "A line can only follow an earlier line of the plan.")
		case l.TriggerLine == 0 && l.PlannedOn.IsZero():
			at("planned_on", "Give a date, or the line after which this is due.")
		}
		if l.OffsetDays < 0 {
			at("offset_days", "Days cannot be negative.")
		}
		if l.Percent.Sign() < 0 || money.Units(1).Less(l.Percent) {
			at("percent", "A share lies between 0 % and 100 %.")
		}
		if l.Amount.Sign() < 0 {
			at("amount", "An amount cannot be negative.")
		}
	}
	for _, kind := range []PlanKind{PlanInvoice, PlanCollect} {
		if sum := share(plan, kind, amount); !sum.Equal(amount) {
			message := "The invoice lines add up to {0}, the contract amounts to {1}."
			if kind == PlanCollect {
				message = "The collect lines add up to {0}, the contract amounts to {1}."
			}
			bad = append(bad, errs.Field{Name: "plan", Message: message, Args: []any{sum, amount}})
		}
	}
	return bad
}

// share works out the amounts of the lines of a kind and returns their sum. Shares
// that make 100 % add up to the cent: the last one takes the rest.
func share(plan []PlanLine, kind PlanKind, amount money.Amount) money.Amount {
	var sum money.Amount
	var shares money.Ratio
	var last *PlanLine
	fixed := false
	for i := range plan {
		l := &plan[i]
		if l.Kind != kind {
			continue
		}
		if l.Percent.Sign() > 0 {
			l.Amount = money.Part(amount, l.Percent)
			shares, last = shares.Add(l.Percent), l
		} else {
			fixed = true
		}
		sum = sum.Add(l.Amount)
	}
	if last != nil && !fixed && shares.Equal(money.Units(1)) {
		last.Amount = last.Amount.Add(amount.Sub(sum))
		sum = amount
	}
	return sum
}

// advancePlan books progress. Deliveries and acceptances close every line of their
// kind; amounts fill invoice and collect lines one after another, the last takes
// what is over. A finished line sets the due date of those that wait for it.
func advancePlan(plan []PlanLine, kind PlanKind, amount money.Amount, on date.Date) {
	last := -1
	for i := range plan {
		l := &plan[i]
		if l.Kind != kind {
			continue
		}
		last = i
		if !l.money() {
			finishLine(plan, i, on)
			continue
		}
		if !l.DoneOn.IsZero() || amount.Sign() <= 0 {
			continue
		}
		part := amount.Min(l.Amount.Sub(l.Actual))
		l.Actual, amount = l.Actual.Add(part), amount.Sub(part)
		if !l.Actual.Less(l.Amount) {
			finishLine(plan, i, on)
		}
	}
	if last >= 0 && plan[last].money() && amount.Sign() > 0 {
		plan[last].Actual = plan[last].Actual.Add(amount)
	}
}

// bookLine books an amount on one line of the plan.
func bookLine(plan []PlanLine, i int, amount money.Amount, on date.Date) {
	l := &plan[i]
	l.Actual = l.Actual.Add(amount)
	if !l.Actual.Less(l.Amount) {
		finishLine(plan, i, on)
	}
}

// retreatPlan takes an amount back from the lines of a kind, the last first.
func retreatPlan(plan []PlanLine, kind PlanKind, amount money.Amount) {
	for i := len(plan) - 1; i >= 0 && amount.Sign() > 0; i-- {
		l := &plan[i]
		if l.Kind != kind {
			continue
		}
		x := amount.Min(l.Actual)
		l.Actual, amount = l.Actual.Sub(x), amount.Sub(x)
		if l.Actual.Less(l.Amount) {
			l.DoneOn = date.Date{}
		}
	}
}

func finishLine(plan []PlanLine, i int, on date.Date) {
	if !plan[i].DoneOn.IsZero() {
		return
	}
	plan[i].DoneOn = on
	for j := range plan {
		if l := &plan[j]; l.TriggerLine == plan[i].Seq && l.DoneOn.IsZero() && l.PlannedOn.IsZero() {
			l.DueOn = on.AddDays(l.OffsetDays)
		}
	}
}
