package crmapp

import (
	"context"

	"meridian/modules/crm/internal/domain"
	"meridian/platform/authz"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/org"
	"meridian/platform/record"
	"meridian/platform/report"
	"meridian/platform/resource"
)

// ruling adds what branches inherit, set anew, copy and publish (CRM-19).
func (d *desk) ruling() {
	d.positions = &domain.BranchPositions{Store: db.NewStore[domain.BranchPosition](d.p.DB, "crm.branch_position"), Authz: d.p.Authz}
	d.practices = &domain.GoodPractices{Store: db.NewStore[domain.GoodPractice](d.p.DB, "crm.good_practice"), Measures: d.p.KPI, Directory: d.p.Authz.Directory, Today: d.today}
	resource.Register(d.p.Types, d.policies.DeclareBranch())
	resource.Register(d.p.Types, d.positions.Declare())
	resource.Register(d.p.Types, d.practices.Declare())
	d.branched = append(d.branched,
		branched{typ: d.policies.BranchType.Name, field: "branch_id"},
		branched{typ: "crm.field_standard", field: "branch_id", key: []string{"kind", "from_stage", "field"}},
		branched{typ: "crm.follow_standard", field: "branch_id", key: []string{"tier", "at_stage"}},
		branched{typ: d.pools.Type.Name, field: "scope_dept_id", key: []string{"name"}},
		branched{typ: d.care.ProgramType.Name, field: "branch_id", key: []string{"name"}})
	report.Register(d.p.Reports, d.branchRules())
	report.Register(d.p.Reports, d.practiceList())
}

type branchIn struct{ Branch, From int64 }

// branchRules shows what is in force in a branch and where it comes from, and makes a new
// branch of a good one.
func (d *desk) branchRules() *report.Report[branchIn] {
	form := resource.Fields[branchIn]{
		resource.Ref("branch_id", "Branch", func(in *branchIn) *int64 { return &in.Branch }, "core.department").Required(),
		resource.Ref("from_id", "Good branch to copy", func(in *branchIn) *int64 { return &in.From }, "core.department").Hint("Shows what a copy would bring."),
	}
	return &report.Report[branchIn]{
		Name: "crm.branch_rules", Label: "Rules of a branch", Icon: "sitemap", Perm: "crm.branch_rules:read",
		Help: "What holds for the customers of a branch, and from where: head office publishes to every branch at once, a branch sets anew only what head office leaves to it. A new branch starts as a copy of a good one; what it has already stays.",
		Form: form,
		Default: func(ctx context.Context, in *branchIn) error {
			who, _ := authz.Of(ctx)
			in.Branch = d.p.Authz.Directory().BranchOf(who.Dept)
			return nil
		},
		Run:      d.runBranchRules,
		Commands: []report.Command{report.Do("copy", "Copy the good branch", "crm.branch_rules:copy", form, d.copyBranch)},
	}
}

// branchHere finds a branch of the reader's company.
func (d *desk) branchHere(ctx context.Context, field string, id int64) (*org.Department, error) {
	who, _ := authz.Of(ctx)
	b := d.p.Authz.Directory().Departments[id]
	if b == nil || b.Company != who.Company || !b.Branch {
		return nil, errs.Bad(field, "This department does not head a branch.")
	}
	return b, nil
}

func (d *desk) runBranchRules(ctx context.Context, in *branchIn) (*report.Result, error) {
	b, err := d.branchHere(ctx, "branch_id", in.Branch)
	if err != nil {
		return nil, err
	}
	var res report.Result
	for _, part := range []func(ctx context.Context, b *org.Department) (report.Table, error){d.settingTable, d.fieldTable, d.followTable, d.positionTable, d.copiedTable} {
		t, err := part(ctx, b)
		if err != nil {
			return nil, err
		}
		res.Tables = append(res.Tables, t)
	}
	if in.From == 0 {
		return &res, nil
	}
	from, err := d.branchHere(ctx, "from_id", in.From)
	if err != nil {
		return nil, err
	}
	t, err := d.copyTable(ctx, from, b)
	res.Tables = append(res.Tables, t)
	return &res, err
}

// origin says who set a rule.
func (d *desk) origin(branch int64) report.Cell {
	if b := d.p.Authz.Directory().Departments[branch]; b != nil {
		return report.Text(b.Name)
	}
	return report.Word("Head office")
}

// mays says what head office leaves to branches.
var mays = map[string]report.Cell{"": report.Pill("Inherited", "neutral"), "any": report.Pill("As they like", "ok"), "higher": report.Pill("Higher only", "info"), "lower": report.Pill("Lower only", "info"), domain.BranchesSharpen: report.Pill("Branches may ask for more", "info")}

func (d *desk) settingTable(ctx context.Context, b *org.Department) (report.Table, error) {
	t := report.Table{Key: "policy", Title: "Thresholds", Cols: []report.Col{{Key: "threshold", Label: "Threshold"}, {Key: "value", Label: "Value"}, {Key: "origin", Label: "Comes from"}, {Key: "may", Label: "Branches may set it"}}}
	head, err := d.policies.Of(ctx, b.Company)
	if err != nil {
		return t, err
	}
	list, err := d.policies.Settings(authz.System(ctx, "rules of a branch"), &head)
	if err != nil {
		return t, err
	}
	dir := d.p.Authz.Directory()
	heads := domain.Inherit(dir, list, 0)
	for i, x := range domain.Inherit(dir, list, b.ID) {
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Word(domain.SettingLabel(x.Field)), report.Text(x.Value), d.origin(x.Branch), mays[heads[i].May]}})
	}
	return t, nil
}

func (d *desk) fieldTable(ctx context.Context, b *org.Department) (report.Table, error) {
	t := report.Table{Key: "fields", Title: "Field standards", Cols: []report.Col{{Key: "field", Label: "Field"}, {Key: "stage", Label: "Counts from stage"}, {Key: "weight", Label: "Weight", Kind: resource.KInt}, {Key: "required", Label: "Required"}, {Key: "origin", Label: "Comes from"}, {Key: "may", Label: "What branches may do"}}}
	list, err := d.sql.FieldStandards(ctx, b.Company)
	if err != nil {
		return t, err
	}
	dir := d.p.Authz.Directory()
	heads := domain.Inherit(dir, list, 0)
	for i, x := range domain.Inherit(dir, list, b.ID) {
		required := report.None()
		if x.Required {
			required = report.Word("Required")
		}
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Word(domain.FieldLabel(x.Field)), report.Word(domain.StageLabels[x.FromStage]), report.Count(x.Weight), required, d.origin(idOf(x.BranchID)), mays[heads[i].Branches]}})
	}
	return t, nil
}

func (d *desk) followTable(ctx context.Context, b *org.Department) (report.Table, error) {
	t := report.Table{Key: "follow", Title: "Follow-up standards", Cols: []report.Col{{Key: "name", Label: "Name"}, {Key: "times", Label: "Contacts", Kind: resource.KInt}, {Key: "days", Label: "In so many days", Kind: resource.KInt}, {Key: "origin", Label: "Comes from"}, {Key: "may", Label: "What branches may do"}}}
	list, err := d.sql.FollowStandards(ctx, b.Company)
	if err != nil {
		return t, err
	}
	dir := d.p.Authz.Directory()
	heads := domain.Inherit(dir, list, 0)
	for i, x := range domain.Inherit(dir, list, b.ID) {
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Text(x.Name), report.Count(x.Times), report.Count(x.PerDays), d.origin(idOf(x.BranchID)), mays[heads[i].Branches]}})
	}
	return t, nil
}

func idOf(id *int64) int64 {
	if id == nil {
		return 0
	}
	return *id
}

// positionTable shows the positions of a branch and how many of them are filled.
func (d *desk) positionTable(ctx context.Context, b *org.Department) (report.Table, error) {
	t := report.Table{Key: "positions", Title: "Positions of branches", Empty: "No position is planned for this branch.", Cols: []report.Col{{Key: "position", Label: "Position"}, {Key: "roles", Label: "Roles"}, {Key: "wanted", Label: "People wanted", Kind: resource.KInt}, {Key: "filled", Label: "Filled", Kind: resource.KInt}}}
	list, err := d.positions.Store.Find(authz.System(ctx, "rules of a branch"), record.Where("branch_id", record.Eq, b.ID))
	for i := range list {
		p, n := &list[i], list[i].FilledBy(d.p.Authz.Directory())
		t.Rows = append(t.Rows, report.Row{Ref: d.positions.Type.Ref(p.ID), Late: n < p.Headcount, Cells: []report.Cell{report.Text(p.Title), report.Text(p.Roles), report.Count(p.Headcount), report.Count(n)}})
	}
	return t, err
}

// practiceList shows everybody the good practices head office has published, with what they
// brought.
func (d *desk) practiceList() *report.Report[struct{}] {
	return &report.Report[struct{}]{
		Name: "crm.practices", Label: "Published good practice", Icon: "bulb", Perm: "crm.practices:read",
		Help: "What a branch did well and head office has published, with the measure before and after.",
		Run:  d.runPractices,
	}
}

func (d *desk) runPractices(ctx context.Context, _ *struct{}) (*report.Result, error) {
	who, _ := authz.Of(ctx)
	list, err := d.practices.Store.Find(authz.System(ctx, "published good practice"), record.Query{Where: []record.Cond{{Col: "company_id", Op: record.Eq, Val: who.Company}, {Col: "stage", Op: record.Eq, Val: string(domain.PracticePublished)}}, Sort: []record.Sort{{Col: "published_on", Desc: true}}, Limit: 200})
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "practices", Title: "Published good practice", Empty: "Nothing is published yet.", Cols: []report.Col{{Key: "name", Label: "Name"}, {Key: "how", Label: "How it is done"}, {Key: "branch", Label: "Branch"}, {Key: "measure", Label: "Measure"},
		{Key: "before", Label: "Value before", Kind: resource.KQuantity}, {Key: "after", Label: "Value after", Kind: resource.KQuantity}, {Key: "published", Label: "Published on", Kind: resource.KDate}}}
	for i := range list {
		p := &list[i]
		measure := report.Text(p.Measure)
		if m, err := d.p.KPI.Get(p.Measure); err == nil {
			measure = report.Word(m.Label)
		}
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Text(p.Name), report.Text(p.How), d.origin(p.BranchID), measure, report.Qty(p.ValueBefore), report.Qty(p.ValueAfter), report.Day(p.PublishedOn)}})
	}
	return &report.Result{Tables: []report.Table{t}}, nil
}
