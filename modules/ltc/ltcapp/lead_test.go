package ltcapp_test

import (
	"fmt"
	"io/fs"
	"testing"
	"testing/fstest"

	"meridian/configs"
	"meridian/modules/ltc"
	"meridian/platform/app/apptest"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/resource"
	"meridian/platform/transfer"
)

// qualified brings a lead of ann to the stage before conversion.
func (w *world) qualified(n ltc.NewLead) resource.Row {
	w.T.Helper()
	ref, _, err := w.ltc.Leads.Capture(w.Admin, n)
	if err != nil {
		w.T.Fatal(err)
	}
	lead := w.Reload(w.One("ltc.lead", "name", n.Name))
	if lead.Base().ID != ref.ID {
		w.T.Fatalf("captured %s, found %d", ref, lead.Base().ID)
	}
	for _, move := range []string{"contact", "qualify_marketing", "accept"} {
		w.Fire(w.Admin, lead, move, nil)
	}
	w.updated(w.Admin, lead, resource.Values{"need_known": "true", "budget_known": "true", "authority_known": "true", "time_known": "true"})
	w.Fire(w.Admin, lead, "qualify", nil)
	return w.Reload(lead)
}

func TestLTC01Leads(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ann, bob := w.User("ann", "ltc.rep"), w.User("bob", "ltc.rep")

	// one person, one open lead, by hand too
	first := w.Create(ann, "ltc.lead", resource.Values{"name": "Li Wei", "company": "Acme", "email": "li@acme.com"})
	_, err := w.Must("ltc.lead").CreateRow(ann, resource.Values{"name": "Li W.", "email": "LI@acme.com"})
	if !errs.Is(err, errs.Invalid) {
		t.Errorf("a second open lead of one person: %v", err)
	}

	// given to ann: on her list with its clock, and the silence is told once
	w.Fire(w.Admin, first, "assign", resource.Values{"owner": w.actor(ann)})
	rows := w.Table(ann, "/ltc/my_leads", "leads")
	if len(rows) != 1 || rows[0]["due"] == nil || rows[0]["stage"] != "Assigned" {
		t.Fatalf("ann's leads: %v", rows)
	}
	if rows := w.Table(bob, "/ltc/my_leads", "leads"); len(rows) != 0 {
		t.Errorf("bob's leads: %v", rows)
	}
	w.exec(`UPDATE ltc.lead SET given_at = now() - interval '8 days' WHERE id = $1`, first.Base().ID)
	before, err := w.Notices.Unread(w.Admin, authz.Actor(ann))
	if err != nil {
		t.Fatal(err)
	}
	w.job("ltc.silent_leads")
	w.job("ltc.silent_leads")
	if after, err := w.Notices.Unread(w.Admin, authz.Actor(ann)); err != nil || after != before+1 {
		t.Errorf("%d notices about a silent lead (%v), want 1", after-before, err)
	}
	w.Call(bob, "POST", "/ltc/my_leads/contact", map[string]any{"lead": first.Base().ID}, 422)
	w.Call(ann, "POST", "/ltc/my_leads/contact", map[string]any{"lead": first.Base().ID}, 200)
	if got := w.Reload(first); got.Stage() != "working" || got.Text("contacted_at") == "" {
		t.Errorf("contacted: %s at %q", got.Stage(), got.Text("contacted_at"))
	}

	// the wizard shows what is known and joins the open deal
	customer := w.Create(w.Admin, "crm.customer", resource.Values{"name": "Acme"})
	deal := w.Create(w.Admin, "ltc.opportunity", resource.Values{"name": "Line 3", "customer_id": apptest.ID(customer), "amount": "500"})
	lead := w.qualified(ltc.NewLead{Name: "Zhao", Company: "ACME", Email: "zhao@acme.com", Value: money.MustAmount("700")})
	path := "/ltc/convert_lead?lead=" + apptest.ID(lead)
	kinds := map[string]int{}
	for _, r := range w.Table(w.Admin, path, "matches") {
		kinds[fmt.Sprint(r["kind"])]++
	}
	if kinds["Customer"] != 1 || kinds["Opportunity"] != 1 || kinds["Lead"] != 1 {
		t.Errorf("matches: %v, want the customer, its deal and the other lead of the company", kinds)
	}
	w.Call(ann, "POST", "/ltc/convert_lead/join", map[string]any{"lead": first.Base().ID, "deal": deal.Base().ID}, 422) // she does not see that deal
	w.Call(w.Admin, "POST", "/ltc/convert_lead/join", map[string]any{"lead": lead.Base().ID, "deal": deal.Base().ID}, 200)
	lead = w.Reload(lead)
	if lead.Stage() != "converted" || lead.Text("opportunity_id") != apptest.ID(deal) || lead.Text("customer_id") != apptest.ID(customer) || lead.Text("contact_id") == "" {
		t.Errorf("joined: %s, deal %s, customer %s, contact %q", lead.Stage(), lead.Text("opportunity_id"), lead.Text("customer_id"), lead.Text("contact_id"))
	}
	if _, err := w.update(w.Admin, lead, resource.Values{"need": "more"}); !errs.Is(err, errs.Precondition) {
		t.Errorf("a converted lead was changed: %v", err)
	}
	second := w.qualified(ltc.NewLead{Name: "Qian", Company: "Acme", Phone: "13900000000"})
	w.Refused(w.Admin, second, "convert", resource.Values{"name": "Half"}, errs.Invalid, "converted without amount and date")
	w.Call(w.Admin, "POST", "/ltc/convert_lead/make", map[string]any{"lead": second.Base().ID, "customer": customer.Base().ID, "name": "Line 5", "amount": "900", "close_on": w.day(40)}, 200)
	if d := w.One("ltc.opportunity", "lead_id", apptest.ID(second)); d.Text("customer_id") != apptest.ID(customer) || d.Text("next_step") == "" {
		t.Errorf("the new deal: customer %s, next step %q", d.Text("customer_id"), d.Text("next_step"))
	}

	// an approval by value is the choice of the company
	m, err := w.Process.Matrix(w.Admin, "ltc.lead:qualify")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Process.SetRules(w.Admin, "ltc.lead:qualify", m.Stamp, []process.Rule{{Label: "Very large", From: money.MustAmount("1000000"), Steps: []process.Step{process.ByRole("ltc.manager"), process.ByRole("dste.executive")}}, {Label: "Large", From: money.MustAmount("100000"), To: money.MustAmount("1000000"), Steps: []process.Step{process.ByRole("ltc.manager")}}, {Label: "Small", To: money.MustAmount("100000")}}); err != nil {
		t.Fatal(err)
	}
	head := w.User("head", "ltc.manager")
	big := w.Create(w.Admin, "ltc.lead", resource.Values{"name": "Sun", "value": "250000", "need_known": "true", "budget_known": "true", "authority_known": "true", "time_known": "true"})
	w.Fire(w.Admin, big, "assign", resource.Values{"owner": w.actor(ann)})
	for _, move := range []string{"contact", "qualify_marketing", "accept"} {
		w.Fire(w.Admin, big, move, nil)
	}
	big = w.Fire(ann, big, "qualify", nil)
	if big.Stage() != "sal" || w.Approve(head) != 1 || w.Reload(big).Stage() != "sql" {
		t.Errorf("a lead of 250,000 went to %s", w.Reload(big).Stage())
	}
	director := w.User("director", "dste.executive")
	huge := w.Create(w.Admin, "ltc.lead", resource.Values{"name": "Zhou", "value": "1000000", "need_known": "true", "budget_known": "true", "authority_known": "true", "time_known": "true"})
	w.Fire(w.Admin, huge, "assign", resource.Values{"owner": w.actor(ann)})
	for _, move := range []string{"contact", "qualify_marketing", "accept"} {
		w.Fire(w.Admin, huge, move, nil)
	}
	huge = w.Fire(ann, huge, "qualify", nil)
	if w.Approve(director) != 0 || w.Approve(head) != 1 || w.Reload(huge).Stage() != "sal" || w.Approve(director) != 1 || w.Reload(huge).Stage() != "sql" {
		t.Errorf("a lead of a million went to %s; want the sales manager first, then the director", w.Reload(huge).Stage())
	}
	w.Call(w.User("clerk", "itr.agent"), "GET", "/ltc/my_leads", nil, 403)
	w.Healthy()
}

// Files as Salesforce exports them come in by the maps of configs/import/salesforce;
// running them twice changes nothing.
func TestLTC01SalesforceImport(t *testing.T) {
	t.Parallel()
	w := setup(t)
	maps, err := fs.Sub(configs.FS, "import/salesforce")
	if err != nil {
		t.Fatal(err)
	}
	data := fstest.MapFS{
		"Lead.csv": {Data: []byte("Id,FirstName,LastName,Company,Title,Phone,Email,Industry,State,LeadSource,Status,CreatedDate,Description\n" +
			"00Q1,Bertha,Boxer,Farmers Coop,Director,(850) 644-4200,bertha@fcof.net,Agriculture,FL,Web,Working - Contacted,2025-03-01T10:00:00Z,Pumps\n" +
			"00Q2,Phyllis,Cotton,Abbott Insurance,CFO,(703) 757-1000,pcotton@abbott.net,Insurance,VA,Web,Closed - Not Converted,2025-03-02T10:00:00Z,\n")},
		"Account.csv": {Data: []byte("Id,Name,Phone,Industry,BillingState\n0011,Edge Communications,(512) 757-6000,Electronics,TX\n")},
		"Contact.csv": {Data: []byte("Id,FirstName,LastName,AccountId,Title,Phone,Email\n0031,Rose,Gonzalez,0011,SVP,(512) 757-6000,rose@edge.com\n")},
	}
	for range 2 {
		if err := w.Imports.Set(w.Admin, maps, data, false, func(file string, r transfer.Report) {
			if r.Wrong > 0 {
				t.Errorf("%s: %+v", file, r)
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	leads := w.List("ltc.lead", nil)
	if len(leads) != 2 || leads[0].Stage() != "working" || leads[0].Title() != "Bertha Boxer, Farmers Coop" || leads[1].Stage() != "disqualified" {
		t.Fatalf("%d leads", len(leads))
	}
	if c := w.One("crm.contact", "name", "Rose Gonzalez"); c.Text("customer_id") != apptest.ID(w.One("crm.customer", "name", "Edge Communications")) {
		t.Error("the contact is not of its account")
	}
	data["Lead.csv"] = &fstest.MapFile{Data: []byte("Id,FirstName,LastName,Company,Title,Phone,Email,Industry,State,LeadSource,Status,CreatedDate,Description\n00Q9,B.,Boxer,Farmers,,,BERTHA@fcof.net,,,Web,New,2025-03-05T10:00:00Z,\n")}
	if err := w.Imports.Set(w.Admin, maps, data, false, func(string, transfer.Report) {}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a second open lead of one person came in: %v", err)
	}
}
