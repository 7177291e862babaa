package domain

import (
	"time"

	"meridian/modules/ipd"
	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/resource"
)

const manager = "ipd.product_manager"

// Declare returns the document type of the product project.
func (s *Projects) Declare() *resource.Type[Project] {
	name := resource.Text("name", "Name", func(p *Project) *string { return &p.Name }).Required().InList().Search().Filter()
	target := resource.Date("target_launch", "Target launch", func(p *Project) *date.Date { return &p.TargetLaunch }).InList().Filter()
	revenue := resource.Money("revenue", "Planned revenue", func(p *Project) *money.Amount { return &p.Revenue }).In("Business case").Sensitive()
	cost := resource.Money("cost", "Planned cost", func(p *Project) *money.Amount { return &p.Cost }).In("Business case").Sensitive()
	product := resource.Text("product_name", "Product name", func(p *Project) *string { return &p.ProductName }).InList().Search().In("Product")
	price := resource.Price("price", "Sales price", func(p *Project) *money.Price { return &p.Price }).In("Product")
	fields := resource.Fields[Project]{
		name,
		resource.Enum("class", "Project class", func(p *Project) *string { return &p.Class },
			resource.Option{Value: "platform", Label: "New platform", Tone: "violet"}, resource.Option{Value: "derivative", Label: "Derivative", Tone: "info"},
			resource.Option{Value: "custom", Label: "Customer-specific", Tone: "teal"}).Required().InList().Filter(),
		target, revenue, cost,
		resource.Money("npv", "Net present value", func(p *Project) *money.Amount { return &p.NPV }).In("Business case").Sensitive(),
		product,
		resource.Enum("product_kind", "Product kind", func(p *Project) *ipd.Kind { return &p.ProductKind }, kinds...).Required().In("Product"),
		resource.Text("unit", "Unit", func(p *Project) *string { return &p.Unit }).Required().Limit(20).In("Product"),
		resource.Percent("tax_rate", "Tax rate", func(p *Project) *money.Ratio { return &p.TaxRate }).In("Product"),
		price,
		resource.Lines("bom", "Bill of material", func(p *Project) *[]Component { return &p.BOM }, componentFields()).In("Product"),
		resource.OptRef("product_id", "Product", func(p *Project) **int64 { return &p.ProductID }, "ipd.product").ReadOnly().Filter().In("Product"),
		resource.Text("held_in", "Held in stage", func(p *Project) *string { return &p.HeldIn }).ReadOnly().Hidden(),
		resource.LongText("note", "Note", func(p *Project) *string { return &p.Note }),
	}
	if s.Goals != "" {
		fields = append(fields, resource.OptRef("objective_id", "Goal", func(p *Project) **int64 { return &p.ObjectiveID }, s.Goals).Source().Filter())
	}
	s.Type = &resource.Type[Project]{
		Name: "ipd.project", Label: "Product project", Plural: "Product projects", Icon: "rocket", Number: "PRJ-{yyyy}-{0000}",
		Store: s.Store, Check: checkProject, Default: projectDefaults,
		Title:       func(p *Project) string { return p.Name },
		AmountField: "cost",
		Amount:      func(p *Project) money.Amount { return p.Cost },
		Day:         func(p *Project) date.Date { return date.Of(p.CreatedAt) },
		SumBy:       "cost",
		Fields:      fields,
		Rules: map[string][]process.Rule{"ipd.project:approve": {
			{Label: "Up to 500,000: the manager", To: money.MustAmount("500000"), Steps: []process.Step{process.ByManager(1)}},
			{Label: "From 500,000: the manager and the executives", From: money.MustAmount("500000"), Steps: []process.Step{process.ByManager(1), process.ByRole("dste.executive")}},
		}},
		Process: resource.Process(func(p *Project) *ProjectStage { return &p.Stage },
			projectStages(resource.Need(target, revenue, cost, product), resource.Need(price)), s.moves()),
	}
	return s.Type
}

func projectStages(charter, launch []string) []resource.Stage[ProjectStage] {
	return []resource.Stage[ProjectStage]{
		{Key: Charter, Label: "Charter", Owner: manager, Class: process.Draft, Out: charter, Limit: 80 * time.Hour, Help: "Write the business case: revenue, cost, launch date."},
		{Key: Concept, Label: "Concept", Owner: manager, Limit: 160 * time.Hour, Help: "Needs and options; choose one."},
		{Key: Plan, Label: "Plan", Owner: manager, Limit: 160 * time.Hour, Help: "Structure, material, process, plan and budget."},
		{Key: Develop, Label: "Develop", Owner: manager, Class: process.Working, Limit: 480 * time.Hour, Help: "Samples, prototypes and function tests."},
		{Key: Verify, Label: "Verify", Owner: manager, Class: process.Working, Limit: 240 * time.Hour, Help: "Results, feedback of users; set price and bill of material."},
		{Key: Launch, Label: "Launch", Owner: manager, Class: process.Transit, In: launch, Limit: 80 * time.Hour, Locked: true, Help: "Supply chain, sales and service take the product over."},
		{Key: Lifecycle, Label: "In the market", End: true, Class: process.Won},
		{Key: OnHold, Label: "On hold", Wait: true, Class: process.Hold},
		{Key: Killed, Label: "Killed", End: true, Class: process.Lost},
	}
}

func (s *Projects) moves() []resource.Move[Project, ProjectStage] {
	moves := []resource.Move[Project, ProjectStage]{
		{Name: "approve", Label: "Approve the charter", From: resource.From(Charter), To: Concept, Matrix: "ipd.project:approve"},
		{Name: "plan", Label: "Concept decided", From: resource.From(Concept), To: Plan},
		{Name: "develop", Label: "Plan decided", From: resource.From(Plan), To: Develop},
		{Name: "verify", Label: "Developed", From: resource.From(Develop), To: Verify},
		{Name: "launch", Label: "Launch", From: resource.From(Verify), To: Launch, Do: resource.Do(s.launch)},
		{Name: "hand_over", Label: "Hand over to the market", From: resource.From(Launch), To: Lifecycle, Do: resource.Do(s.handOver)},
		{Name: "resend", Label: "Ask for take-over again", From: resource.From(Launch), Deviation: true, Do: resource.Do(s.resend)},
		{Name: "hold", Label: "Put on hold", From: resource.From(Concept, Plan, Develop, Verify), To: OnHold, Reason: true, Deviation: true, Do: resource.Do(s.hold)},
		{Name: "kill", Label: "Kill", From: resource.From(Charter, Concept, Plan, Develop, Verify, OnHold), To: Killed, Reason: true, Deviation: true},
	}
	for _, back := range []struct {
		to    ProjectStage
		label string
	}{{Concept, "Resume the concept"}, {Plan, "Resume planning"}, {Develop, "Resume development"}, {Verify, "Resume verification"}} {
		moves = append(moves, resource.Move[Project, ProjectStage]{Name: "resume_" + string(back.to), Label: back.label, From: resource.From(OnHold), To: back.to,
			Guard: `held_in == "` + string(back.to) + `"`, Deviation: true, Do: resource.Do(s.resume)})
	}
	return moves
}
