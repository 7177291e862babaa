package crmapp_test

import (
	"strings"
	"testing"

	"meridian/modules/crm"
	"meridian/modules/crm/crmapp"
	"meridian/platform/app/apptest"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// TestCRM03Contacts: who decides is known by role, influence and attitude, what is missing
// in a deal is seen, and contact data without proof turns stale.
func TestCRM03Contacts(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	ann := s.User("ann", "ltc.rep")
	c := s.Create(ann, "crm.customer", resource.Values{"name": "Acme"})
	if err := m.Customers.Advance(authz.System(s.Admin, "test"), crm.CustomerID(c.Base().ID), crm.Opportunity, trace.Ref{Type: "ltc.opportunity", ID: 1}); err != nil {
		t.Fatal(err)
	}
	boss := s.Create(ann, "crm.contact", resource.Values{"customer_id": apptest.ID(c), "name": "Boss", "role": "sponsor", "influence": "3", "attitude": "2", "phone": "13800138000"})
	s.Create(ann, "crm.contact", resource.Values{"customer_id": apptest.ID(c), "name": "Eng", "role": "technical", "influence": "1", "attitude": "-2", "superior_id": apptest.ID(boss)})
	r := show(s, ann, "crm.people", resource.Values{"customer_id": apptest.ID(c)})
	if got := row(table(t, r, "coverage").Rows[0]); !strings.Contains(got, "Acme|2|0.4|Unknown|1|") {
		t.Errorf("coverage %q", got)
	}
	seats := table(t, r, "seats")
	if got := row(seats.Rows[1]); !strings.HasPrefix(got, "Eng||Technical evaluator|●|Against us|Boss|") {
		t.Errorf("seats %q", got)
	}
	for field, bad := range map[string]string{"influence": "4", "attitude": "-3", "birthday": "31-05", "verified_on": day(s, 9)} {
		if _, err := s.Must("crm.contact").CreateRow(ann, resource.Values{"customer_id": apptest.ID(c), "name": "X", field: bad}); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s = %s: %v", field, bad, err)
		}
	}
	write(s, `UPDATE crm.contact SET verified_on = current_date - 200, phone_on = current_date - 200 WHERE id = $1`, boss.Base().ID)
	if err := s.Jobs.RunNow(s.Admin, "crm.completeness"); err != nil {
		t.Fatal(err)
	}
	if got := s.Reload(boss).Text("stale"); got != "true" {
		t.Errorf("200 days without proof: stale %s", got)
	}
}

// TestCRM17CustomerPage: the card of the page shows where the customer stands and who
// owned it; credit only to who may see it.
func TestCRM17CustomerPage(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	c := s.Create(s.Admin, "crm.customer", resource.Values{"name": "Acme", "credit_limit": "700"})
	s.Create(s.Admin, "crm.followup", resource.Values{"customer_id": apptest.ID(c), "subject": "Visit the plant", "channel": "visit", "planned_on": day(s, 2)})
	html := s.Panels("crm.customer", c.Base().ID)
	for _, want := range []string{"To identify", "Visit the plant", "700.00", "Owner history", "First owner"} {
		if !strings.Contains(html, want) {
			t.Errorf("the card lacks %q", want)
		}
	}
	ann := s.User("ann", "ltc.rep")
	mine := s.Create(ann, "crm.customer", resource.Values{"name": "Mine"})
	write(s, `UPDATE crm.customer SET credit_limit = 700 WHERE id = $1`, mine.Base().ID)
	var b strings.Builder
	for _, p := range s.Types.Panels(ann, "crm.customer") {
		if err := p.Render(ann, mine.Base().ID, &b); err != nil {
			t.Fatal(err)
		}
		if err := p.Render(ann, c.Base().ID, &b); !errs.Is(err, errs.NotFound) {
			t.Errorf("ann opens the card of another's customer: %v", err)
		}
	}
	if strings.Contains(b.String(), "700") {
		t.Error("the card shows the limit to who may not see it")
	}
}

// TestCRM18CustomerAnalysis: states at any two days, good customers by how they changed,
// who was not contacted; a reader counts the own customers.
func TestCRM18CustomerAnalysis(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	ann := s.User("ann", "ltc.rep")
	a := s.Create(ann, "crm.customer", resource.Values{"name": "Falling"})
	s.Create(s.Admin, "crm.customer", resource.Values{"name": "Other"})
	record(s, m, a, crm.FactOrder, day(s, -20), "100", 1)
	record(s, m, a, crm.FactOrder, day(s, -400), "400", 2)
	must(s, s.Admin, "crm.value_ranking", "compute", resource.Values{})
	write(s, `UPDATE crm.customer SET created_at = now() - interval '40 days'`)
	r := show(s, ann, "crm.stocktaking", nil)
	if tile(t, r, "customers") != "1" || tile(t, r, "quiet") != "1" {
		t.Errorf("ann counts %s customers, %s quiet", tile(t, r, "customers"), tile(t, r, "quiet"))
	}
	if got := row(table(t, r, "good").Rows[0]); !strings.Contains(got, "Falling|A|100.00|400.00|-0.75|") {
		t.Errorf("good customers %q", got)
	}
	past := show(s, s.Admin, "crm.stocktaking", resource.Values{"from": day(s, -20), "to": day(s, -10)})
	if got := tile(t, past, "customers"); got != "0" {
		t.Errorf("ten days ago there were %s customers in the log", got)
	}
	if _, err := run(s, s.User("otto", "isc.planner"), "crm.stocktaking", nil); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a planner takes stock: %v", err)
	}
}

// TestCRM19Branches and CRM-20: work and result by person and branch.
func TestCRM19Branches(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	efforts(t, s, m)
	b := table(t, show(s, s.Admin, "crm.branches", nil), "branches")
	if len(b.Rows) != 1 || !strings.HasSuffix(row(b.Rows[0]), "|1|0|100|1|1|1|1|2|1|500.00|0|1") || b.Foot[10].Text != "500.00" {
		t.Errorf("branches: %q", row(b.Rows[0]))
	}
	if _, err := run(s, s.User("rep", "ltc.rep"), "crm.branches", nil); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a representative compares branches: %v", err)
	}
}

// TestCRM20EmployeesWork: sales, moves, visits, timeliness, complaints and praise of a person.
func TestCRM20EmployeesWork(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	efforts(t, s, m)
	p := table(t, show(s, s.Admin, "crm.employees", nil), "people")
	if len(p.Rows) != 1 || !strings.HasPrefix(row(p.Rows[0]), "1||1|0|100|1|1|1|1|2|1|500.00|0|1|") {
		t.Errorf("people: %q", row(p.Rows[0]))
	}
	if _, err := run(s, s.User("rep", "ltc.rep"), "crm.employees", nil); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a representative ranks colleagues: %v", err)
	}
}

// efforts makes one person with one customer, a visit, a sale and praise.
func efforts(t *testing.T, s *apptest.Suite, m *crmapp.Module) {
	t.Helper()
	ann := s.User("ann", "ltc.rep")
	c := s.Create(ann, "crm.customer", resource.Values{"name": "Acme", "industry": "x", "source": "web", "phone": "13800138000", "region": "East"})
	s.Fire(ann, c, "identify", nil)
	f := s.Create(ann, "crm.followup", resource.Values{"customer_id": apptest.ID(c), "subject": "x", "channel": "visit", "planned_on": day(s, 0)})
	s.Fire(ann, f, "hold", resource.Values{"conclusion": "x", "closed": "true"})
	record(s, m, c, crm.FactOrder, day(s, -1), "500", 1)
	record(s, m, c, crm.FactPraise, day(s, -1), "0", 2)
	record(s, m, c, crm.FactQuote, day(s, -1), "480", 3)
	record(s, m, c, crm.FactQuote, day(s, -1), "500", 4)
}
