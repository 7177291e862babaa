package domain

import (
	"context"
	"time"

	"meridian/modules/crm"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// RiskStage is the state of a risk case.
type RiskStage string

// The stages of a risk case.
const (
	RiskOpen       RiskStage = "open"
	RiskContacted  RiskStage = "contacted"
	RiskSaved      RiskStage = "saved"
	RiskLost       RiskStage = "lost"
	RiskFalseAlarm RiskStage = "false_alarm"
)

// RiskCase is a customer who may leave, the evidence, and what was done.
type RiskCase struct {
	record.Base
	Stage      RiskStage
	CustomerID crm.CustomerID
	Rule       string // English sentence of the rule that fired
	Evidence   string
	Score      int
	DueOn      date.Date
	Cause      string
	Measure    string
	Result     string
}

// Risks is the service behind the risk cases.
type Risks struct {
	Store     record.Store[RiskCase]
	Type      *resource.Type[RiskCase]
	Customers *Customers
	Policies  *Policies
	Today     func(ctx context.Context) date.Date
}

// advice says what helps a weak part: last contact, contacts a month, orders, complaints,
// need match, as the score counts them.
var advice = []string{"Contact the customer within {0} days.", "Plan one more follow-up a month.", "Send a case of the customer's industry and propose the next order.", "Close the open complaints first.", "Survey the need again."}

// Weakest are the two parts that cost the most points, the worse first; a part that is
// full is no weakness.
func Weakest(parts []float64) (out []int) {
	for range 2 {
		worst := -1
		for i, p := range parts {
			if p < 20 && (len(out) == 0 || out[0] != i) && (worst < 0 || p < parts[worst]) {
				worst = i
			}
		}
		if worst >= 0 {
			out = append(out, worst)
		}
	}
	return out
}

// Advice is the sentence for a part of the score.
func Advice(part int) string { return advice[part] }

// Open opens a risk case for a customer, once, and moves it to at risk.
func (s *Risks) Open(ctx context.Context, customer int64, rule, evidence string, score int) error {
	c, err := s.Customers.Store.Get(ctx, customer)
	if err != nil {
		return err
	}
	p, err := s.Policies.For(ctx, c.CompanyID, c.DeptID)
	if err != nil {
		return err
	}
	r := &RiskCase{CustomerID: crm.CustomerID(c.ID), Rule: rule, Evidence: evidence, Score: score, DueOn: s.Today(ctx).AddDays(p.TaskDays)}
	r.OwnerID, r.DeptID, r.CompanyID = c.OwnerID, c.DeptID, c.CompanyID
	if err := s.Type.Create(ctx, r, s.Customers.Type.Ref(c.ID)); err != nil {
		return err
	}
	if rank[c.Stage] < rank[crm.Potential] && c.Stage != crm.Dormant {
		return nil
	}
	return s.Customers.fire(ctx, c.ID, crm.AtRisk, rule, s.Type.Ref(r.ID), func(c *Customer) bool { return c.Stage != crm.AtRisk && c.Stage != crm.Lost })
}

type contacted struct{ Measure string }

type closing struct{ Cause, Result string }

// Causes are why customers leave.
var Causes = []resource.Option{{Value: "complaint", Label: "Complaint"}, {Value: "price", Label: "Price"}, {Value: "product", Label: "Product"}, {Value: "service", Label: "Service"}, {Value: "competitor", Label: "Competitor"}, {Value: "other", Label: "Other"}}

func closeForm(cause bool) resource.Fields[closing] {
	f := resource.Fields[closing]{resource.LongText("result", "Result", func(c *closing) *string { return &c.Result }).Required()}
	if cause {
		f = append(f, resource.Enum("cause", "Cause", func(c *closing) *string { return &c.Cause }, Causes...).Required())
	}
	return f
}

func (s *Risks) close(ctx context.Context, r *RiskCase, in *closing) error {
	r.Result, r.Cause = in.Result, in.Cause
	return nil
}

// saved brings the customer back to where it stood.
func (s *Risks) saved(ctx context.Context, r *RiskCase, in *closing) error {
	if err := s.close(ctx, r, in); err != nil {
		return err
	}
	return s.Customers.Revive(ctx, int64(r.CustomerID), s.Type.Ref(r.ID))
}

// lost ends the customer with the cause.
func (s *Risks) lost(ctx context.Context, r *RiskCase, in *closing) error {
	if err := s.close(ctx, r, in); err != nil {
		return err
	}
	return s.Customers.fire(ctx, int64(r.CustomerID), crm.Lost, in.Result, s.Type.Ref(r.ID), func(c *Customer) bool { return c.Stage != crm.Lost && c.Stage != crm.Merged })
}

// Declare returns the document type of the risk case.
func (s *Risks) Declare() *resource.Type[RiskCase] {
	open := resource.From(RiskOpen, RiskContacted)
	s.Type = &resource.Type[RiskCase]{
		Name: "crm.risk_case", Label: "Risk case", Plural: "Risk cases", Icon: "alert-triangle", Number: "RK-{yyyy}-{00000}", Store: s.Store,
		Title: func(r *RiskCase) string { return r.Rule }, Day: func(r *RiskCase) date.Date { return r.DueOn },
		Default: func(ctx context.Context, r *RiskCase) error { r.DueOn = s.Today(ctx).AddDays(3); return nil },
		Check: func(_ context.Context, r *RiskCase) error {
			if r.Evidence == "" {
				return errs.Bad("evidence", "Say what was seen.")
			}
			return nil
		},
		Fields: resource.Fields[RiskCase]{
			resource.Ref("customer_id", "Customer", func(r *RiskCase) *crm.CustomerID { return &r.CustomerID }, "crm.customer").Required().InList().Filter().Source(),
			resource.Text("rule", "Rule", func(r *RiskCase) *string { return &r.Rule }).Required().InList(),
			resource.LongText("evidence", "Evidence", func(r *RiskCase) *string { return &r.Evidence }).Required(),
			resource.Int("score", "Health", func(r *RiskCase) *int { return &r.Score }).ReadOnly().InList(),
			resource.Date("due_on", "Answer due on", func(r *RiskCase) *date.Date { return &r.DueOn }).Required().InList().Filter(),
			resource.Enum("cause", "Cause", func(r *RiskCase) *string { return &r.Cause }, Causes...).ReadOnly().InList().Filter(),
			resource.LongText("measure", "Measure", func(r *RiskCase) *string { return &r.Measure }).ReadOnly(),
			resource.LongText("result", "Result", func(r *RiskCase) *string { return &r.Result }).ReadOnly(),
		},
		Process: resource.Process(func(r *RiskCase) *RiskStage { return &r.Stage },
			[]resource.Stage[RiskStage]{
				{Key: RiskOpen, Label: "Open", Owner: "crm.success", Class: process.Open, Limit: 24 * time.Hour, Help: "Contact the customer within three days; find the cause."},
				{Key: RiskContacted, Label: "Contacted", Owner: "crm.success", Class: process.Working, Limit: 80 * time.Hour, Help: "Carry the measure through; say what came of it."},
				{Key: RiskSaved, Label: "Saved", End: true, Class: process.Won},
				{Key: RiskLost, Label: "Lost", End: true, Class: process.Lost},
				{Key: RiskFalseAlarm, Label: "False alarm", End: true, Class: process.Cancelled},
			},
			[]resource.Move[RiskCase, RiskStage]{
				{Name: "contact", Label: "Contacted", From: resource.From(RiskOpen), To: RiskContacted,
					Do: resource.Ask(resource.Fields[contacted]{resource.LongText("measure", "Measure", func(c *contacted) *string { return &c.Measure }).Required()}, func(_ context.Context, r *RiskCase, in *contacted) error { r.Measure = in.Measure; return nil })},
				{Name: "save", Label: "Saved", From: open, To: RiskSaved, Do: resource.Ask(closeForm(true), s.saved)},
				{Name: "lose", Label: "Lost", From: open, To: RiskLost, Do: resource.Ask(closeForm(true), s.lost), Deviation: true},
				{Name: "dismiss", Label: "False alarm", From: open, To: RiskFalseAlarm, Do: resource.Ask(closeForm(false), s.saved), Deviation: true},
			}),
	}
	return s.Type
}

// FactBook keeps what other modules tell of customers.
type FactBook interface {
	// Record appends a fact unless its key is known.
	Record(ctx context.Context, f crm.Fact) error
	// Undo appends the opposite of every fact of a kind and document.
	Undo(ctx context.Context, kind crm.FactKind, doc crm.Fact) error
	// HealthDue notes that the health of a customer is to be measured anew.
	HealthDue(ctx context.Context, company, customer int64) error
}

// Facts implements crm.Facts.
type Facts struct {
	Book      FactBook
	Customers *Customers
	Loyalty   *Loyalty
}

// Record implements crm.Facts. Money received earns points.
func (s *Facts) Record(ctx context.Context, f crm.Fact) error {
	return s.keep(ctx, f.Customer, func(c *Customer) error {
		f.Customer = crm.CustomerID(c.ID)
		if err := s.Book.Record(ctx, f); err != nil || f.Kind != crm.FactReceipt {
			return err
		}
		return s.Loyalty.Paid(ctx, c, f)
	})
}

// Undo implements crm.Facts.
func (s *Facts) Undo(ctx context.Context, kind crm.FactKind, f crm.Fact) error {
	return s.keep(ctx, f.Customer, func(c *Customer) error { f.Customer = crm.CustomerID(c.ID); return s.Book.Undo(ctx, kind, f) })
}

// keep stores a fact of a customer, whose health is measured after the commit: the sale
// that tells it does not wait for that.
func (s *Facts) keep(ctx context.Context, customer crm.CustomerID, store func(c *Customer) error) error {
	if customer == 0 {
		return nil
	}
	c, err := s.Customers.Resolve(ctx, customer)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := store(c); err != nil {
		return err
	}
	return s.Book.HealthDue(ctx, c.CompanyID, c.ID)
}
