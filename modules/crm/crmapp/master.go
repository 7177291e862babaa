package crmapp

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"meridian/modules/crm"
	"meridian/modules/crm/internal/domain"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/process"
	"meridian/platform/report"
	"meridian/platform/resource"
)

// master adds what keeps the customer records right (CRM-01, CRM-02).
func (d *desk) master() {
	report.Register(d.p.Reports, d.duplicates())
	report.Register(d.p.Reports, d.cleansing())
	report.Register(d.p.Reports, d.lookup())
	report.Register(d.p.Reports, d.completeness())
	d.job("crm.completeness", "Measure the completeness of customers and remind owners", "20 1 * * *", d.remindIncomplete)
	d.job("crm.duplicates", "Look for customers that may be one", "0 4 * * 0", func(ctx context.Context, company int64, _ date.Date) error {
		_, err := d.customers.Scan(ctx, company)
		return err
	})
}

var whys = map[domain.Why]report.Cell{
	domain.SameTax: report.Pill("Same tax number", "bad"), domain.SamePhone: report.Pill("Same phone", "warn"),
	domain.SameMail: report.Pill("Same mail domain", "info"), domain.LikeName: report.Pill("Similar name", "neutral"),
}

type duplicateIn struct{ Why string }

// duplicates is the workbench for customers that may be one.
func (d *desk) duplicates() *report.Report[duplicateIn] {
	return &report.Report[duplicateIn]{
		Name: "crm.duplicates", Label: "Duplicate customers", Icon: "copy", Perm: "crm.duplicates:read",
		Help: "Pairs of customers that share tax number, phone or mail domain or have a very similar name. Merge them, or say that they are two.",
		Form: resource.Fields[duplicateIn]{resource.Enum("why", "In common", func(in *duplicateIn) *string { return &in.Why },
			resource.Option{Value: "tax_no", Label: "Same tax number"}, resource.Option{Value: "phone", Label: "Same phone"}, resource.Option{Value: "mail", Label: "Same mail domain"}, resource.Option{Value: "name", Label: "Similar name"})},
		Run: d.runDuplicates,
		Commands: []report.Command{
			report.Do("merge", "Merge", "crm.duplicates:merge", domain.MergeForm(), d.merge).OnRows(),
			report.Do("distinct", "These are two", "crm.duplicates:merge", pairForm(), d.distinct).OnRows(),
			report.Do("undo", "Undo the merge", "crm.duplicates:merge", idForm("merge", "Merge"), d.undoMerge).OnRows(),
			report.Do("scan", "Look for duplicates now", "crm.duplicates:merge", resource.Fields[struct{}]{}, func(ctx context.Context, _ *struct{}) (report.Done, error) {
				who, _ := authz.Of(ctx)
				n, err := d.customers.Scan(authz.System(ctx, "duplicates"), who.Company)
				return report.Done{Message: "{0} customers were compared.", Args: []any{n}}, err
			}),
		},
	}
}

func (d *desk) runDuplicates(ctx context.Context, in *duplicateIn) (*report.Result, error) {
	pairs, err := d.sql.Pairs(ctx, in.Why, 200)
	if err != nil {
		return nil, err
	}
	open := report.Table{Key: "pairs", Title: "May be one", Empty: "No two customers look alike.", Cols: []report.Col{
		{Key: "why", Label: "In common"}, {Key: "alike", Label: "Alike", Kind: resource.KPercent}, {Key: "a", Label: "Older record", Kind: resource.KRef}, {Key: "a_owner", Label: "Owner", Kind: resource.KRef, Minor: true},
		{Key: "a_complete", Label: "Completeness (%)", Kind: resource.KInt, Minor: true}, {Key: "b", Label: "Newer record", Kind: resource.KRef}, {Key: "b_owner", Label: "Owner", Kind: resource.KRef, Minor: true},
		{Key: "b_complete", Label: "Completeness (%)", Kind: resource.KInt, Minor: true}}}
	for _, p := range pairs {
		keep, other := p.AID, p.BID
		if p.BCompleteness > p.ACompleteness {
			keep, other = other, keep
		}
		pair := resource.Values{"keep": digits(keep), "other": digits(other)}
		open.Rows = append(open.Rows, report.Row{Cells: []report.Cell{whys[p.Why], report.Share(p.Score), report.Doc(customerRef(p.AID), p.ANo+" "+p.AName), report.Person(p.AOwner), report.Count(p.ACompleteness),
			report.Doc(customerRef(p.BID), p.BNo+" "+p.BName), report.Person(p.BOwner), report.Count(p.BCompleteness)},
			Acts: []report.Act{{Command: "merge", Values: pair}, {Command: "distinct", Values: pair}}})
	}
	merged, err := d.sql.Merged(ctx, 50)
	if err != nil {
		return nil, err
	}
	policy, err := d.policies.Mine(ctx, 0)
	if err != nil {
		return nil, err
	}
	done := report.Table{Key: "merged", Title: "Merged", Empty: "Nothing was merged yet.", Cols: []report.Col{
		{Key: "at", Label: "Merged at", Kind: resource.KTime}, {Key: "kept", Label: "Kept", Kind: resource.KRef}, {Key: "other", Label: "Merged", Kind: resource.KText}, {Key: "by", Label: "By", Kind: resource.KRef}, {Key: "state", Label: "State"}}}
	for _, m := range merged {
		row := report.Row{Cells: []report.Cell{report.Moment(m.MergedAt), report.Doc(customerRef(m.KeptID), m.KeptName), report.Text(m.MergedName), report.Person(m.MergedBy), report.Pill("Merged", "ok")}}
		act := report.Act{Command: "undo", Values: resource.Values{"merge": digits(m.ID)}}
		switch {
		case m.UndoneAt != nil:
			row.Cells[4] = report.Pill("Undone", "neutral")
		case d.p.Now().After(m.MergedAt.AddDate(0, 0, policy.UndoDays)):
			act.Blocked, act.Args = "A merge can be undone for {0} days.", []any{policy.UndoDays}
			fallthrough
		default:
			row.Acts = []report.Act{act}
		}
		done.Rows = append(done.Rows, row)
	}
	return &report.Result{Tiles: []report.Tile{{Key: "open", Label: "Open suspicions", Value: report.Count(len(pairs))}}, Tables: []report.Table{open, done}}, nil
}

func (d *desk) merge(ctx context.Context, in *domain.MergeInput) (report.Done, error) {
	if _, err := d.customers.Merge(ctx, in); err != nil {
		return report.Done{}, err
	}
	return report.Done{Message: "The two records are one now. You can undo this for some days."}, nil
}

type pairIn struct{ Keep, Other crm.CustomerID }

func pairForm() resource.Fields[pairIn] {
	return resource.Fields[pairIn]{
		resource.Ref("keep", "Keep", func(in *pairIn) *crm.CustomerID { return &in.Keep }, "crm.customer").Required(),
		resource.Ref("other", "Other", func(in *pairIn) *crm.CustomerID { return &in.Other }, "crm.customer").Required(),
	}
}

func (d *desk) distinct(ctx context.Context, in *pairIn) (report.Done, error) {
	for _, id := range []crm.CustomerID{in.Keep, in.Other} {
		if _, err := d.customers.Store.Get(ctx, int64(id)); err != nil {
			return report.Done{}, err
		}
	}
	return report.Done{Message: "The two customers stay apart."}, d.sql.Distinct(ctx, int64(in.Keep), int64(in.Other))
}

func (d *desk) undoMerge(ctx context.Context, in *numberIn) (report.Done, error) {
	return report.Done{Message: "The merge was undone."}, d.customers.Undo(ctx, in.ID)
}

// numberIn is the input of a command on something that is no document.
type numberIn struct {
	ID     int64
	Reason string
}

func idForm(name, label string) resource.Fields[numberIn] {
	return resource.Fields[numberIn]{resource.Int(name, label, func(in *numberIn) *int64 { return &in.ID }).Required()}
}

func digits(id int64) string { return strconv.FormatInt(id, 10) }

type lookupIn struct {
	Name, TaxNo, Phone, Email string
}

// lookup answers whether somebody has a customer already, without giving it away.
func (d *desk) lookup() *report.Report[lookupIn] {
	return &report.Report[lookupIn]{
		Name: "crm.lookup", Label: "Is this customer known?", Icon: "search", Perm: "crm.customer:create",
		Help: "Look before you create. Of a customer you may not see you learn only that it exists and where its owner works; you can ask to join.",
		Form: resource.Fields[lookupIn]{
			resource.Text("name", "Name", func(in *lookupIn) *string { return &in.Name }), resource.Text("tax_no", "Tax number", func(in *lookupIn) *string { return &in.TaxNo }),
			resource.Text("phone", "Phone", func(in *lookupIn) *string { return &in.Phone }), resource.Text("email", "E-mail", func(in *lookupIn) *string { return &in.Email }),
		},
		Run: d.runLookup,
		Commands: []report.Command{report.Do("join", "Ask to join", "crm.customer:create", append(idForm("customer", "Customer"),
			resource.Text("reason", "Reason", func(in *numberIn) *string { return &in.Reason }).Required()), d.askToJoin).OnRows()},
	}
}

func (d *desk) runLookup(ctx context.Context, in *lookupIn) (*report.Result, error) {
	t := report.Table{Key: "matches", Title: "Matches", Empty: "No such customer is known.", Cols: []report.Col{{Key: "customer", Label: "Customer", Kind: resource.KRef}, {Key: "why", Label: "In common"}, {Key: "dept", Label: "Department of the owner"}}}
	list, err := d.customers.Like(ctx, in.Name, in.TaxNo, in.Phone, in.Email)
	if err != nil {
		return nil, err
	}
	for i := range list {
		x := &list[i]
		dept := ""
		if u := d.p.Authz.Directory().Departments[x.DeptID]; u != nil {
			dept = u.Name
		}
		row := report.Row{Cells: []report.Cell{report.Word("A customer you may not see"), whys[x.Why], report.Text(dept)}, Acts: []report.Act{{Command: "join", Values: resource.Values{"customer": digits(x.ID)}}}}
		if d.p.Authz.Covers(ctx, "crm.customer", "read", x.Base()) {
			row.Cells[0], row.Acts = report.Doc(customerRef(x.ID), x.No+" "+x.Name), nil
		}
		t.Rows = append(t.Rows, row)
	}
	return &report.Result{Tables: []report.Table{t}}, nil
}

// askToJoin tells the owner of a customer that a colleague wants to work with them;
// the owner shares the record.
func (d *desk) askToJoin(ctx context.Context, in *numberIn) (report.Done, error) {
	c, err := d.customers.Store.Get(authz.System(ctx, "ask to join"), in.ID)
	if err != nil {
		return report.Done{}, err
	}
	if who, _ := authz.Of(ctx); c.CompanyID != who.Company || c.OwnerID == 0 {
		return report.Done{}, errs.Missing()
	}
	err = d.p.DB.Tx(ctx, func(ctx context.Context) error {
		return d.p.Notices.Send(ctx, process.Notice{Users: []int64{c.OwnerID}, Kind: "join", Message: "{0} asks to work with you on {1}: {2}",
			Args: []any{d.p.Authz.Directory().Name(authz.Actor(ctx)), c.Name, in.Reason}, Object: customerRef(c.ID)})
	})
	return report.Done{Message: "The owner was asked; you see the customer once it is shared with you."}, err
}

type deptIn struct{ Dept int64 }

func deptForm[T any](at func(*T) *int64) *resource.Field[T] {
	return resource.Ref("dept_id", "Department", at, "core.department")
}

// completeness shows how well customer records are filled, by owner and by record.
func (d *desk) completeness() *report.Report[deptIn] {
	return &report.Report[deptIn]{
		Name: "crm.completeness", Label: "Completeness of customers", Icon: "list-check", Perm: "crm.customer:read",
		Help: "Weight of the fields that are filled and valid over the weight of the fields the standard asks for. Below 60 % is priority work; the goal is 90 %.",
		Form: resource.Fields[deptIn]{deptForm(func(in *deptIn) *int64 { return &in.Dept })},
		Run:  d.runCompleteness,
	}
}

func (d *desk) runCompleteness(ctx context.Context, in *deptIn) (*report.Result, error) {
	policy, err := d.policies.Mine(ctx, in.Dept)
	if err != nil {
		return nil, err
	}
	teams, err := d.sql.CompletenessByOwner(ctx, in.Dept, policy.RemindBelow)
	if err != nil {
		return nil, err
	}
	low, err := d.sql.Incompletes(ctx, in.Dept, policy.RemindBelow, 200)
	if err != nil {
		return nil, err
	}
	owners := report.Table{Key: "owners", Title: "By owner", Empty: "No customers.", Cols: []report.Col{{Key: "owner", Label: "Owner", Kind: resource.KRef}, {Key: "n", Label: "Customers", Kind: resource.KInt},
		{Key: "average", Label: "Completeness (%)", Kind: resource.KInt}, {Key: "below", Label: "Below the reminder", Kind: resource.KInt}, {Key: "priority", Label: "Below 60 %", Kind: resource.KInt}}}
	var n, sum, below int64
	for _, t := range teams {
		n, sum, below = n+t.N, sum+t.Average*t.N, below+t.Below
		owners.Rows = append(owners.Rows, report.Row{Late: t.Average < 60, Cells: []report.Cell{report.Person(t.OwnerID), report.Count(t.N), report.Count(t.Average), report.Count(t.Below), report.Count(t.Priority)}})
	}
	list := report.Table{Key: "customers", Title: "To be completed", Empty: "Every record is complete enough.", Cols: []report.Col{{Key: "customer", Label: "Customer", Kind: resource.KRef}, {Key: "stage", Label: "Stage"},
		{Key: "owner", Label: "Owner", Kind: resource.KRef}, {Key: "completeness", Label: "Completeness (%)", Kind: resource.KInt}}}
	for _, c := range low {
		list.Rows = append(list.Rows, report.Row{Ref: customerRef(c.ID), Late: c.Completeness < 60, Cells: []report.Cell{report.Doc(customerRef(c.ID), c.No+" "+c.Name), report.Word(domain.StageLabels[c.Stage]), report.Person(c.OwnerID), report.Count(c.Completeness)}})
	}
	tiles := []report.Tile{{Key: "customers", Label: "Customers", Value: report.Count(n)}, {Key: "below", Label: "Below the reminder", Value: report.Count(below)}}
	if n > 0 {
		tiles = append(tiles, report.Tile{Key: "average", Label: "Completeness (%)", Value: report.Count(sum / n)})
	}
	return &report.Result{Tiles: tiles, Tables: []report.Table{owners, list}}, nil
}

// remindIncomplete measures every customer and tells each owner once how many are
// below the standard: one notice a night, not one a record.
func (d *desk) remindIncomplete(ctx context.Context, company int64, day date.Date) error {
	policies, err := d.policies.Everywhere(ctx, company)
	if err != nil {
		return err
	}
	return d.p.DB.Tx(ctx, func(ctx context.Context) error {
		for i := range policies {
			if err := d.sql.MarkStale(ctx, company, &policies[i]); err != nil {
				return err
			}
		}
		if err := d.askForProof(ctx, company, day); err != nil {
			return err
		}
		if err := d.sql.Refresh(ctx, company, nil); err != nil {
			return err
		}
		for i := range policies {
			if err := d.remindOwners(ctx, company, &policies[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// remindOwners tells each owner how many customers are below what a policy asks for.
func (d *desk) remindOwners(ctx context.Context, company int64, p *domain.PolicyReach) error {
	owners, err := d.sql.BelowByOwner(ctx, company, p)
	if err != nil {
		return err
	}
	for _, o := range owners {
		if err := d.p.Notices.Send(ctx, process.Notice{Users: []int64{o.OwnerID}, Kind: "completeness", Message: "{0} of your customers are less than {1} % complete.", Args: []any{o.Below, p.RemindBelow}}); err != nil {
			return err
		}
	}
	return nil
}

// proofsANight is how many contacts an owner is asked to put right in one night.
const proofsANight = 5

// askForProof plans a follow-up for contacts whose phone or mail is stale or wrong: one a
// cause, until it is put right.
func (d *desk) askForProof(ctx context.Context, company int64, day date.Date) error {
	list, err := d.sql.Doubtfuls(ctx, company, proofsANight)
	if err != nil {
		return err
	}
	on := date.Of(d.p.Calendar(company).Add(d.p.Now(), 8*time.Hour).In(d.p.Authz.Directory().Companies[company].Location))
	for _, x := range list {
		ask, way := "Ask for the right e-mail address: {0}", "call"
		if x.Phone {
			ask, way = "Ask for the right phone number: {0}", "mail"
		}
		f := &domain.Followup{CustomerID: crm.CustomerID(x.CustomerID), ContactID: &x.ID, Channel: way, PlannedOn: on, Subject: strings.ReplaceAll(d.wordsOf(ctx, x.OwnerID)(ask), "{0}", x.Name)}
		f.OwnerID = x.OwnerID
		if err := d.followups.Type.Create(ctx, f); err != nil {
			return fmt.Errorf("task for contact %d: %w", x.ID, err)
		}
		if _, err := d.customers.ContactType.Update(ctx, x.ID, func(c *domain.Contact) error { c.AskedOn = day; return nil }); err != nil {
			return fmt.Errorf("contact %d: %w", x.ID, err)
		}
	}
	return nil
}

func atoi(s string) int64 { n, _ := strconv.ParseInt(s, 10, 64); return n }
