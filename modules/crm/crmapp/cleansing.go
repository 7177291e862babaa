package crmapp

import (
	"context"
	"errors"
	"strings"
	"time"

	"meridian/modules/crm"
	"meridian/modules/crm/internal/domain"
	"meridian/modules/crm/internal/store"
	"meridian/platform/errs"
	"meridian/platform/record"
	"meridian/platform/report"
	"meridian/platform/resource"
)

// batchTop is how many customers one command changes at most.
const batchTop = 500

type cleansingIn struct {
	Dept int64
	Kind string
}

// dirtKinds are what can be wrong with a record, apart from being there twice.
var dirtKinds = []resource.Option{{Value: "tax", Label: "Tax number cannot be right"}, {Value: "phone", Label: "Phone cannot be right"}, {Value: "mail", Label: "Mail address cannot be right"},
	{Value: "unverified", Label: "Not verified for long"}, {Value: "silent", Label: "No contact for long"}}

// batchIn names the customers of a batch: by number, or all the list shows.
type batchIn struct {
	Kind, Numbers string
	All           bool
	Reason, Field string
}

func batchForm(more ...*resource.Field[batchIn]) resource.Fields[batchIn] {
	return append(resource.Fields[batchIn]{
		resource.Enum("kind", "What is wrong", func(in *batchIn) *string { return &in.Kind }, dirtKinds...).Hint("Empty: anything."),
		resource.LongText("numbers", "Customer numbers", func(in *batchIn) *string { return &in.Numbers }).Limit(8000).Hint("Several separated by commas or lines."),
		resource.Bool("all", "All customers the list shows", func(in *batchIn) *bool { return &in.All }),
	}, more...)
}

// cleansing is the workbench for records that are double, wrong or outdated (CRM-01).
func (d *desk) cleansing() *report.Report[cleansingIn] {
	return &report.Report[cleansingIn]{
		Name: "crm.cleansing", Label: "Data cleansing", Icon: "adjustments", Perm: "crm.cleansing:read",
		Help: "Customers that are there twice, whose tax number, phone or mail cannot be right, or that nobody has verified or contacted for the days of the customer policy. Work on one by its row, or on many by number; you change what you may change anyway.",
		Form: resource.Fields[cleansingIn]{deptForm(func(in *cleansingIn) *int64 { return &in.Dept }), resource.Enum("kind", "What is wrong", func(in *cleansingIn) *string { return &in.Kind }, dirtKinds...)},
		Run:  d.runCleansing,
		Commands: []report.Command{
			report.Do("verify", "Mark as verified", "crm.cleansing:clean", batchForm(), d.verifyBatch),
			report.Do("clear", "Clear wrong values", "crm.cleansing:clean", batchForm(resource.Enum("field", "Value to clear", func(in *batchIn) *string { return &in.Field }, dirtFields...).Required()), d.clearBatch),
			report.Do("archive", "Archive", "crm.cleansing:archive", batchForm(resource.Text("reason", "Reason", func(in *batchIn) *string { return &in.Reason }).Required()), d.archiveBatch),
			report.Do("merge_sure", "Merge all with the same tax number", "crm.duplicates:merge", resource.Fields[struct{}]{}, d.mergeSure),
			report.Do("merge", "Merge", "crm.duplicates:merge", domain.MergeForm(), d.merge).OnRows(),
			report.Do("fix", "Put right", "crm.cleansing:clean", fixForm(), d.fix).OnRows(),
			report.Do("verify_one", "Verified", "crm.cleansing:clean", idForm("customer", "Customer"), d.verifyOne).OnRows(),
		},
	}
}

var dirtFields = []resource.Option{{Value: "tax_no", Label: "Tax number"}, {Value: "phone", Label: "Phone"}, {Value: "email", Label: "E-mail"}}

func (d *desk) runCleansing(ctx context.Context, in *cleansingIn) (*report.Result, error) {
	policy, err := d.policies.Mine(ctx, in.Dept)
	if err != nil {
		return nil, err
	}
	n, err := d.sql.Dirt(ctx, in.Dept, d.today(ctx), policy.VerifyDays)
	if err != nil {
		return nil, err
	}
	list, err := d.sql.Dirties(ctx, in.Dept, in.Kind, d.today(ctx), policy.VerifyDays, batchTop)
	if err != nil {
		return nil, err
	}
	pairs, err := d.sql.Pairs(ctx, "", 200)
	if err != nil {
		return nil, err
	}
	res := &report.Result{Tiles: []report.Tile{{Key: "customers", Label: "Customers", Value: report.Count(n.Customers)}, {Key: "double", Label: "Pairs that may be one", Value: report.Count(len(pairs)), Href: "/crm/duplicates"}}}
	for i, x := range []int64{n.Tax, n.Tel, n.Mail, n.Old, n.Silent} {
		res.Tiles = append(res.Tiles, report.Tile{Key: dirtKinds[i].Value, Label: dirtKinds[i].Label, Value: report.Count(x), Href: "/crm/cleansing?kind=" + dirtKinds[i].Value})
	}
	res.Tables = []report.Table{d.dirtTable(ctx, list), twinTable(pairs)}
	return res, nil
}

func (d *desk) dirtTable(ctx context.Context, list []store.Dirty) report.Table {
	t := report.Table{Key: "records", Title: "To be put right", Empty: "Every record is right and fresh.", Cols: []report.Col{{Key: "customer", Label: "Customer", Kind: resource.KRef}, {Key: "wrong", Label: "What is wrong"}, {Key: "value", Label: "Value", Minor: true},
		{Key: "owner", Label: "Owner", Kind: resource.KRef}, {Key: "verified", Label: "Verified on", Kind: resource.KDate}, {Key: "touch", Label: "Last contact", Kind: resource.KTime}, {Key: "completeness", Label: "Completeness (%)", Kind: resource.KInt, Minor: true}}}
	for i := range list {
		x := &list[i]
		id := resource.Values{"customer": digits(x.ID)}
		row := report.Row{Ref: customerRef(x.ID), Acts: []report.Act{{Command: "verify_one", Values: id}}}
		var wrong report.Cell
		value := report.None()
		switch field := wrongField(x); {
		case field.name != "":
			wrong, value = report.Pill(field.label, "bad"), report.Text(d.valueOf(ctx, x, field.name))
			row.Acts = append(row.Acts, report.Act{Command: "fix", Values: resource.Values{"customer": digits(x.ID), "field": field.name}})
		case x.Silent:
			wrong = report.Pill("No contact for long", "warn")
		default:
			wrong = report.Pill("Not verified for long", "warn")
		}
		touch := time.Time{}
		if x.LastTouchAt != nil {
			touch = *x.LastTouchAt
		}
		row.Cells = []report.Cell{report.Doc(customerRef(x.ID), x.No+" "+x.Name), wrong, value, report.Person(x.OwnerID), report.Day(x.VerifiedOn), report.Moment(touch), report.Count(x.Completeness)}
		t.Rows = append(t.Rows, row)
	}
	return t
}

type wrongValue struct{ name, label string }

// wrongField is the first value of a record that cannot be right.
func wrongField(x *store.Dirty) wrongValue {
	switch {
	case x.Tax:
		return wrongValue{"tax_no", "Tax number cannot be right"}
	case x.Tel:
		return wrongValue{"phone", "Phone cannot be right"}
	case x.Mail:
		return wrongValue{"email", "Mail address cannot be right"}
	}
	return wrongValue{}
}

// valueOf is a value as the reader may see it.
func (d *desk) valueOf(ctx context.Context, x *store.Dirty, field string) string {
	value := map[string]string{"tax_no": x.TaxNo, "phone": x.Phone, "email": x.Email}[field]
	b := &record.Base{ID: x.ID, OwnerID: x.OwnerID, DeptID: x.DeptID, CompanyID: x.CompanyID}
	switch {
	case field == "tax_no":
		return value
	case x.OwnerID == 0 && !d.p.Authz.Can(ctx, "crm.public_pool", "allocate"), !d.p.Authz.Covers(ctx, "crm.customer#"+field, "read", b):
		return "•••"
	}
	return value
}

func twinTable(pairs []store.Pair) report.Table {
	t := report.Table{Key: "pairs", Title: "Pairs that may be one", Empty: "No two customers look alike.", Cols: []report.Col{{Key: "why", Label: "In common"}, {Key: "alike", Label: "Alike", Kind: resource.KPercent},
		{Key: "a", Label: "Older record", Kind: resource.KRef}, {Key: "b", Label: "Newer record", Kind: resource.KRef}}}
	for _, p := range pairs {
		keep, other := kept(&p)
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{whys[p.Why], report.Share(p.Score), report.Doc(customerRef(p.AID), p.ANo+" "+p.AName), report.Doc(customerRef(p.BID), p.BNo+" "+p.BName)},
			Acts: []report.Act{{Command: "merge", Values: resource.Values{"keep": digits(keep), "other": digits(other)}}}})
	}
	return t
}

// kept says which of a pair stays: the more complete record, the older one of equals.
func kept(p *store.Pair) (keep, other int64) {
	if p.BCompleteness > p.ACompleteness {
		return p.BID, p.AID
	}
	return p.AID, p.BID
}

// chosen reads the customers of a batch. Every number must stand in the list the reader
// sees; a field error names the one that does not.
func (d *desk) chosen(ctx context.Context, in *batchIn) ([]store.Dirty, error) {
	policy, err := d.policies.Mine(ctx, 0)
	if err != nil {
		return nil, err
	}
	names := strings.FieldsFunc(in.Numbers, func(r rune) bool { return strings.ContainsRune(",，;； \n\r\t", r) })
	if len(names) == 0 && !in.All {
		return nil, errs.Bad("numbers", "Name the customers, or choose all.")
	}
	list, err := d.sql.Dirties(ctx, 0, in.Kind, d.today(ctx), policy.VerifyDays, batchTop)
	if err != nil || len(names) == 0 {
		return list, err
	}
	byNo := map[string]store.Dirty{}
	for i := range list {
		byNo[list[i].No] = list[i]
	}
	var out []store.Dirty
	for _, no := range names {
		x, ok := byNo[no]
		if !ok {
			return nil, errs.Bad("numbers", "{0} is not in this list.", no)
		}
		delete(byNo, no)
		out = append(out, x)
	}
	return out, nil
}

// each changes the customers of a batch one by one, each in a transaction of its own, and
// names those that were refused; nothing done is the refusal itself.
func (d *desk) each(ctx context.Context, in *batchIn, change func(ctx context.Context, x *store.Dirty) error) (report.Done, error) {
	list, err := d.chosen(ctx, in)
	if err != nil {
		return report.Done{}, err
	}
	var refused []string
	var first error
	n := 0
	for i := range list {
		err := d.p.DB.Tx(ctx, func(ctx context.Context) error { return change(ctx, &list[i]) })
		if err == nil {
			n++
			continue
		}
		if errs.Is(err, errs.Internal) {
			return report.Done{}, err
		}
		if first == nil {
			first = err
		}
		refused = append(refused, list[i].No)
	}
	switch {
	case n == 0 && first != nil:
		return report.Done{}, first
	case len(refused) > 0:
		return report.Done{Message: "{0} customers were changed; these were refused: {1}.", Args: []any{n, strings.Join(refused, ", ")}}, nil
	}
	return report.Done{Message: "{0} customers were changed.", Args: []any{n}}, nil
}

func (d *desk) verifyBatch(ctx context.Context, in *batchIn) (report.Done, error) {
	return d.each(ctx, in, func(ctx context.Context, x *store.Dirty) error { return d.verify(ctx, x.ID, x.Version) })
}

func (d *desk) verifyOne(ctx context.Context, in *numberIn) (report.Done, error) {
	c, err := d.customers.Store.Get(ctx, in.ID)
	if err != nil {
		return report.Done{}, err
	}
	return report.Done{Message: "The record is verified as of today."}, d.p.DB.Tx(ctx, func(ctx context.Context) error { return d.verify(ctx, c.ID, c.Version) })
}

// verify notes today as the day a record and its people were proved right, as far as the
// actor may change them.
func (d *desk) verify(ctx context.Context, id, version int64) error {
	today := resource.Values{"verified_on": d.today(ctx).String()}
	if _, err := d.customers.Type.UpdateRow(ctx, id, version, today); err != nil {
		return err
	}
	if !d.p.Authz.Can(ctx, "crm.contact", "update") {
		return nil
	}
	people, err := d.sql.PeopleOf(ctx, id)
	if err != nil {
		return err
	}
	for _, p := range people {
		if _, err := d.customers.ContactType.UpdateRow(ctx, p.ID, p.Version, today); err != nil && !errs.Is(err, errs.Forbidden) {
			return err
		}
	}
	return nil
}

// clearBatch empties values that cannot be right; a right one is never cleared.
func (d *desk) clearBatch(ctx context.Context, in *batchIn) (report.Done, error) {
	if in.Kind == "" { // only records whose value is wrong
		in.Kind = map[string]string{"tax_no": "tax", "phone": "phone", "email": "mail"}[in.Field]
	}
	return d.each(ctx, in, func(ctx context.Context, x *store.Dirty) error {
		if wrong := map[string]bool{"tax_no": x.Tax, "phone": x.Tel, "email": x.Mail}[in.Field]; !wrong {
			return errs.New(errs.Precondition, "The value of {0} can be right; it is not cleared.", x.No)
		}
		_, err := d.customers.Type.UpdateRow(ctx, x.ID, x.Version, resource.Values{in.Field: ""})
		return err
	})
}

// archiveBatch takes records out of every list: one nobody has worked on is deleted, any
// other is lost for the reason given first. Open business keeps it.
func (d *desk) archiveBatch(ctx context.Context, in *batchIn) (report.Done, error) {
	return d.each(ctx, in, func(ctx context.Context, x *store.Dirty) error {
		c, err := d.customers.Store.Lock(ctx, x.ID)
		if err != nil {
			return err
		}
		return d.customers.Archive(ctx, c, in.Reason)
	})
}

// mergeSure merges every pair with the same tax number. Each merge can be undone.
func (d *desk) mergeSure(ctx context.Context, _ *struct{}) (report.Done, error) {
	pairs, err := d.sql.Pairs(ctx, string(domain.SameTax), 200)
	if err != nil {
		return report.Done{}, err
	}
	gone := map[int64]bool{}
	n := 0
	for i := range pairs {
		keep, other := kept(&pairs[i])
		if gone[keep] || gone[other] {
			continue
		}
		_, err := d.customers.Merge(ctx, &domain.MergeInput{Keep: crm.CustomerID(keep), Other: crm.CustomerID(other)})
		if errs.Is(err, errs.Forbidden) {
			continue
		}
		if err != nil {
			return report.Done{}, err
		}
		gone[other] = true
		n++
	}
	return report.Done{Message: "{0} pairs were merged; each can be undone in the list of duplicates.", Args: []any{n}, Href: "/crm/duplicates"}, nil
}

type fixIn struct {
	Customer     int64
	Field, Value string
}

func fixForm() resource.Fields[fixIn] {
	return resource.Fields[fixIn]{
		resource.Int("customer", "Customer", func(in *fixIn) *int64 { return &in.Customer }).Required(),
		resource.Enum("field", "Value to put right", func(in *fixIn) *string { return &in.Field }, dirtFields...).Required(),
		resource.Text("value", "Right value", func(in *fixIn) *string { return &in.Value }).Required().Limit(200),
	}
}

// fix puts one value right; one that cannot be right either is refused.
func (d *desk) fix(ctx context.Context, in *fixIn) (report.Done, error) {
	c, err := d.customers.Store.Get(ctx, in.Customer)
	if err != nil {
		return report.Done{}, err
	}
	if ok := map[string]func(string) bool{"tax_no": domain.TaxOK, "phone": domain.PhoneOK, "email": domain.MailOK}[in.Field]; !ok(in.Value) {
		return report.Done{}, errs.Bad("value", "This value cannot be right either.")
	}
	if _, err := d.customers.Type.UpdateRow(ctx, c.ID, c.Version, resource.Values{in.Field: in.Value}); err != nil {
		return report.Done{}, fieldAs(err, in.Field, "value")
	}
	return report.Done{Message: "The record is right now."}, nil
}

// fieldAs names the field of a form in an error that names the field of a document.
func fieldAs(err error, from, to string) error {
	var e *errs.Error
	if !errors.As(err, &e) || e.Kind != errs.Invalid {
		return err
	}
	for i := range e.Fields {
		if e.Fields[i].Name == from {
			e.Fields[i].Name = to
		}
	}
	return e
}
