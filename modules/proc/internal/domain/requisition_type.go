package domain

import (
	"time"

	"meridian/modules/dste"
	"meridian/modules/ipd"
	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/resource"
)

// verdicts are the options of a budget check that was written.
var verdicts = []resource.Option{{Value: string(dste.Allow), Label: "Within budget", Tone: "ok"}, {Value: string(dste.Warn), Label: "Over budget", Tone: "warn"}}

// Declare returns the document type of the requisition.
func (s *Requisitions) Declare() *resource.Type[Requisition] {
	needBy := resource.Date("need_by", "Needed by", func(r *Requisition) *date.Date { return &r.NeedBy }).InList().Filter()
	lines := resource.Lines("lines", "Lines", func(r *Requisition) *[]RequisitionLine { return &r.Lines }, resource.Fields[RequisitionLine]{
		resource.Ref("product_id", "Product", func(l *RequisitionLine) *ipd.ProductID { return &l.ProductID }, "ipd.product").Required(),
		resource.Text("description", "Description", func(l *RequisitionLine) *string { return &l.Description }),
		resource.Quantity("qty", "Quantity", func(l *RequisitionLine) *money.Qty { return &l.Qty }).Required(),
		resource.Price("est_price", "Estimated price", func(l *RequisitionLine) *money.Price { return &l.EstPrice }),
		resource.Price("amount", "Amount", func(l *RequisitionLine) *money.Price { return &l.Amount }).ReadOnly(),
		resource.Quantity("ordered", "Ordered quantity", func(l *RequisitionLine) *money.Qty { return &l.Ordered }).ReadOnly(),
		resource.Text("origin_type", "Type of origin", func(l *RequisitionLine) *string { return &l.OriginType }).ReadOnly().Hidden(),
		resource.Int("origin_id", "Id of origin", func(l *RequisitionLine) *int64 { return &l.OriginID }).ReadOnly().Hidden(),
	})
	s.Type = &resource.Type[Requisition]{
		Name: "proc.requisition", Label: "Requisition", Plural: "Requisitions", Icon: "clipboard-list", Number: "PR-{yyyy}-{00000}", Store: s.Store, Check: s.check, SumBy: "total",
		Amount: func(r *Requisition) money.Amount { return r.Total },
		Day:    func(r *Requisition) date.Date { return date.Of(r.CreatedAt) },
		Fields: resource.Fields[Requisition]{
			needBy,
			resource.Text("budget_key", "Budget key", func(r *Requisition) *string { return &r.BudgetKey }).InList().Filter().Limit(40),
			resource.Enum("budget_verdict", "Budget check", func(r *Requisition) *dste.Verdict { return &r.BudgetVerdict }, verdicts...).ReadOnly().InList(),
			resource.LongText("reason", "Reason", func(r *Requisition) *string { return &r.Reason }).Limit(4000),
			resource.LongText("origin", "Origin", func(r *Requisition) *string { return &r.Origin }).ReadOnly().InList(),
			lines,
			resource.Money("total", "Total", func(r *Requisition) *money.Amount { return &r.Total }).ReadOnly().InList().Filter(),
		},
		Process: resource.Process(func(r *Requisition) *RequisitionStage { return &r.Stage },
			[]resource.Stage[RequisitionStage]{
				{Key: RequisitionDraft, Label: "Draft", Owner: "proc.buyer", Class: process.Draft, Out: resource.Need(needBy, lines), Limit: 16 * time.Hour, Help: "Say what is needed, by when, what it may cost and which budget pays."},
				{Key: RequisitionApproved, Label: "Approved", Owner: "proc.buyer", Class: process.Open, Limit: 16 * time.Hour, Locked: true, Help: "Choose a supplier and place the order."},
				{Key: RequisitionOrdered, Label: "Ordered", Wait: true, Class: process.Transit, Locked: true, Help: "The order is on its way."},
				{Key: RequisitionClosed, Label: "Closed", End: true, Class: process.Done},
				{Key: RequisitionCancelled, Label: "Cancelled", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Requisition, RequisitionStage]{
				{Name: "submit", Label: "Ask for approval", From: resource.From(RequisitionDraft), To: RequisitionApproved, Guard: "total > 0", Matrix: "proc.requisition:submit", Do: resource.Do(s.submit)},
				{Name: "order", Label: "Place the order", From: resource.From(RequisitionApproved), To: RequisitionOrdered, Do: resource.Ask(placedForm(), s.order)},
				{Name: "close", Label: "Close", From: resource.From(RequisitionOrdered), To: RequisitionClosed, System: true},
				{Name: "reopen", Label: "Reopen", From: resource.From(RequisitionOrdered), To: RequisitionApproved, Deviation: true, System: true, Do: resource.Do(s.reopen)},
				{Name: "cancel", Label: "Cancel", From: resource.From(RequisitionDraft, RequisitionApproved), To: RequisitionCancelled, Reason: true, Deviation: true, Do: resource.Do(s.cancel)},
			}),
		Rules: map[string][]process.Rule{
			"proc.requisition:submit": {
				{Label: "Requisitions below 5,000: the manager", To: money.MustAmount("5000"), Steps: []process.Step{process.ByManager(1)}},
				{Label: "Requisitions from 5,000: purchasing", From: money.MustAmount("5000"), To: money.MustAmount("50000"), Steps: []process.Step{process.ByRole("proc.manager")}},
				{Label: "Requisitions from 50,000: purchasing, then finance", From: money.MustAmount("50000"), Steps: []process.Step{process.ByRole("proc.manager"), process.ByRole("core.finance_manager")}},
			},
		},
	}
	return s.Type
}
