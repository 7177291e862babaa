package domain

import (
	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/resource"
)

// Declare returns the document type of the budget line.
func (s *Budgets) Declare() *resource.Type[Budget] {
	s.Type = &resource.Type[Budget]{
		Name: "dste.budget", Label: "Budget line", Plural: "Budget lines", Icon: "wallet", Number: "BU-{yyyy}-{0000}", Store: s.Store,
		Check: s.check, Default: s.defaults, SumBy: "total",
		Title:  func(b *Budget) string { return b.Key + " " + b.Name },
		Amount: func(b *Budget) money.Amount { return b.Total },
		Day:    func(b *Budget) date.Date { return date.New(b.Year, 1, 1) },
		Fields: resource.Fields[Budget]{
			resource.Text("key", "Budget key", func(b *Budget) *string { return &b.Key }).Required().InList().Search().Filter().Limit(40).
				Hint("What spending documents name, e.g. MKT-2026."),
			resource.Text("name", "Name", func(b *Budget) *string { return &b.Name }).Required().InList().Search().Filter(),
			resource.Ref("department_id", "Department", func(b *Budget) *int64 { return &b.DepartmentID }, "core.department").Required().InList().Filter(),
			resource.Int("year", "Year", func(b *Budget) *int { return &b.Year }).Required().InList().Filter(),
			resource.Enum("kind", "Kind of spending", func(b *Budget) *string { return &b.Kind },
				resource.Option{Value: "opex", Label: "Running costs"}, resource.Option{Value: "capex", Label: "Investment"}).Required().Filter(),
			resource.Enum("rule", "Beyond the budget", func(b *Budget) *Rule { return &b.Rule },
				resource.Option{Value: string(RuleAllow), Label: "Allow", Tone: "ok"}, resource.Option{Value: string(RuleWarn), Label: "Warn", Tone: "warn"},
				resource.Option{Value: string(RuleBlock), Label: "Block", Tone: "bad"}).Required().InList().Filter().
				Hint("Checked against the year and against the months up to the posting date."),
			resource.Lines("months", "Months", func(b *Budget) *[]BudgetMonth { return &b.Months }, resource.Fields[BudgetMonth]{
				resource.Int("month", "Month", func(m *BudgetMonth) *int { return &m.Month }).Required(),
				resource.Money("amount", "Amount", func(m *BudgetMonth) *money.Amount { return &m.Amount }),
			}),
			resource.Money("total", "Budget", func(b *Budget) *money.Amount { return &b.Total }).ReadOnly().InList().Filter(),
			resource.Money("committed", "Committed", func(b *Budget) *money.Amount { return &b.Committed }).ReadOnly().InList().Filter(),
			resource.Money("actual", "Actual", func(b *Budget) *money.Amount { return &b.Actual }).ReadOnly().InList().Filter(),
			resource.Computed("available", "Available", resource.KMoney, func(b *Budget) string { return b.Available().String() }).InList(),
		},
		Process: resource.Process(func(b *Budget) *BudgetStage { return &b.Stage },
			[]resource.Stage[BudgetStage]{
				{Key: BudgetDraft, Label: "Draft", Owner: "core.finance_manager", Class: process.Draft, Help: "Plan an amount for each month, then ask for approval."},
				{Key: BudgetApproved, Label: "In force", Wait: true, Locked: true, Class: process.Working, Help: "Spending documents name the key; each is checked and written to the ledger."},
				{Key: BudgetLocked, Label: "Locked", Owner: "core.finance_manager", Locked: true, Class: process.Hold, Help: "Nothing new may be committed; close the line when what is committed is spent."},
				{Key: BudgetClosed, Label: "Closed", End: true, Class: process.Done},
			},
			[]resource.Move[Budget, BudgetStage]{
				{Name: "submit", Label: "Ask for approval", From: resource.From(BudgetDraft), To: BudgetApproved, Guard: "total > 0", Matrix: "dste.budget:submit"},
				{Name: "lock", Label: "Lock", From: resource.From(BudgetApproved), To: BudgetLocked},
				{Name: "unlock", Label: "Unlock", From: resource.From(BudgetLocked), To: BudgetApproved, Reason: true, Deviation: true},
				{Name: "close", Label: "Close", From: resource.From(BudgetLocked), To: BudgetClosed, Do: resource.Do(s.closeLine)},
			}),
		Rules: map[string][]process.Rule{
			"dste.budget:submit": {
				{Label: "Budgets below 100,000: the manager", To: money.MustAmount("100000"), Steps: []process.Step{process.ByManager(1)}},
				{Label: "Budgets from 100,000: management", From: money.MustAmount("100000"), Steps: []process.Step{process.ByRole("dste.executive")}},
			},
		},
	}
	return s.Type
}
