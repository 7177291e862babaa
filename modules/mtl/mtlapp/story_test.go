package mtlapp_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"meridian/modules/mtl"
	"meridian/modules/mtl/mtlapp"
	"meridian/platform/app"
	"meridian/platform/app/apptest"
	"meridian/platform/authz"
	"meridian/platform/db/dbtest"
	"meridian/platform/errs"
	"meridian/platform/kpi"
	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// sales is LTC as MTL sees it: one open lead per person.
type sales struct {
	mu      sync.Mutex
	leads   map[string]int64
	graded  []graded
	refuse  error
	capture []mtl.CapturedLead
}

type graded struct {
	lead      int64
	score     int
	grade     string
	why       string
	qualified bool
}

func (s *sales) Capture(_ context.Context, l mtl.CapturedLead) (trace.Ref, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != nil {
		return trace.Ref{}, false, s.refuse
	}
	s.capture = append(s.capture, l)
	key := l.Email + l.Phone
	id, known := s.leads[key]
	if !known {
		id = int64(len(s.leads) + 1)
		s.leads[key] = id
	}
	return trace.Ref{Type: "ltc.lead", ID: id}, !known, nil
}

func (s *sales) Grade(_ context.Context, lead trace.Ref, score int, grade, why string, qualified bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.graded = append(s.graded, graded{lead.ID, score, grade, why, qualified})
	return nil
}

// budget is one budget line with the rules of DSTE.
type budget struct {
	mu                sync.Mutex
	total             money.Amount
	committed, actual money.Amount
	keys              map[string]bool
}

func (b *budget) write(line, key string, commit, actual money.Amount) (bool, string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if line != "MKT-2026" {
		return false, "", errs.New(errs.NotFound, "There is no budget line {0}.", line)
	}
	if b.keys[key] {
		return true, "", nil
	}
	commit = commit.Max(b.committed.Neg()) // no more is released than is open
	if b.total.Less(b.committed.Add(b.actual).Add(commit).Add(actual)) {
		return false, "The budget line does not cover this amount.", nil
	}
	b.keys[key] = true
	b.committed, b.actual = b.committed.Add(commit), b.actual.Add(actual)
	return true, "", nil
}

func (b *budget) Commit(_ context.Context, line string, _ trace.Ref, amount money.Amount, key string) (bool, string, error) {
	return b.write(line, key, amount, money.Amount{})
}

func (b *budget) Spend(_ context.Context, line string, _ trace.Ref, amount money.Amount, key string) (bool, string, error) {
	return b.write(line, key, amount.Max(money.Amount{}).Neg(), amount)
}

type suite struct {
	*apptest.Suite
	*mtlapp.Module
	sales  *sales
	budget *budget
	boss   context.Context
}

func setup(t *testing.T) *suite {
	t.Helper()
	s := &suite{sales: &sales{leads: map[string]int64{}}, budget: &budget{total: money.MustAmount("100000"), keys: map[string]bool{}}}
	s.Suite = apptest.New(t, func(p *app.Platform) {
		apptest.StandIn(t, p, "dste.objective", "ltc.lead", "crm.resource_plan")
		s.Module = mtlapp.New(p, mtlapp.Needs{Leads: s.sales, Budget: s.budget})
	})
	s.boss = s.User("boss", "core.admin")
	return s
}

// post sends the public form as a browser outside would.
func (s *suite) post(key, kind, body string, header ...string) (int, string) {
	return s.Post("/form/"+key, kind, body, header...)
}

// campaign makes a campaign of a budget and runs it.
func (s *suite) campaign(key, amount string) resource.Row {
	s.T.Helper()
	v := resource.Values{"name": "Autumn drives", "kind": "web", "starts_on": "2026-11-21", "budget": amount, "form_key": key, "thank_you": "Thank you. We call you.", "objective_id": "1"}
	if amount != "0" {
		v["budget_key"] = "MKT-2026"
	}
	c := s.Create(s.Admin, "mtl.campaign", v)
	s.Fire(s.Admin, c, "approve", nil)
	if amount != "0" {
		if n := s.Approve(s.boss); n == 0 {
			s.T.Fatal("nobody was asked to approve the budget")
		}
	}
	return s.Fire(s.Admin, s.Reload(c), "start", nil)
}

func (s *suite) intakes(filters map[string][]string) []resource.Row {
	return s.List("mtl.intake", filters)
}

const annForm = `{"name":"Ann Li","company":"Acme Ltd.","email":"ann@acme.example","need":"40 drives","consent":true,"utm_source":"expo"}`

// TestStory tells a campaign from its plan to its review.
func TestStory(t *testing.T) {
	t.Parallel()
	s := setup(t)
	c := s.campaign("autumn", "20000")
	if got := s.budget.committed.String(); got != "20000.00" {
		t.Errorf("committed = %s after approval, want 20000.00", got)
	}

	code, body := s.post("autumn", "application/json", annForm)
	if code != http.StatusCreated || !strings.Contains(body, "Thank you. We call you.") || !strings.Contains(body, `"no":"LI-`) {
		t.Fatalf("public form: %d %s", code, body)
	}
	in := s.intakes(nil)
	if len(in) != 1 || in[0].Stage() != "created" || in[0].Text("source") != "expo" || in[0].Text("grade") != "B2" || in[0].Text("score") != "50" || in[0].Text("handed_over_at") == "" {
		t.Fatalf("intake: %s", in[0].AppendJSON(nil, nil))
	}
	if len(s.sales.graded) != 1 || !s.sales.graded[0].qualified || s.sales.graded[0].why != "Company given +15; Business e-mail address +15; Need described +20; Form submitted +50" {
		t.Errorf("grade: %+v", s.sales.graded)
	}
	lead := trace.Ref{Type: "ltc.lead", ID: 1}
	if got, want := s.Sources(lead), "dste.objective/1 mtl.campaign/"+apptest.ID(c)+" mtl.intake/"+apptest.ID(in[0]); got != want {
		t.Errorf("the thread of the lead runs over %q, want %q", got, want)
	}

	s.Fire(s.Admin, s.Reload(c), "book_cost", resource.Values{"kind": "media", "amount": "6000", "note": "Search ads"})
	s.Fire(s.Admin, s.Reload(c), "book_cost", resource.Values{"kind": "media", "amount": "-1000", "note": "Refund"})
	if s.budget.committed.String() != "14000.00" || s.budget.actual.String() != "5000.00" {
		t.Errorf("budget: %s committed, %s actual; want 14000.00 and 5000.00", s.budget.committed, s.budget.actual)
	}
	if err := s.Answers.Accepted(s.Admin, lead); err != nil {
		t.Fatal(err)
	}
	if err := s.Answers.Won(s.Admin, lead, money.MustAmount("30000")); err != nil {
		t.Fatal(err)
	}
	page := s.Panels("mtl.campaign", c.Base().ID)
	for _, want := range []string{"5,000.00", "30,000.00", "500.0 %", "1 accepted, 0 rejected", "Search ads", "-1,000.00"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of the campaign lacks %q: %s", want, page)
		}
	}
	for code, want := range map[string]string{"mtl.leads": "1", "mtl.cost_per_lead": "5000", "mtl.handoff_accept_rate": "1"} {
		if got := s.Measure(code, kpi.Scope{}); got != want {
			t.Errorf("%s = %s, want %s", code, got, want)
		}
	}

	s.Fire(s.Admin, s.Reload(c), "end", nil)
	if code, _ := s.post("autumn", "application/json", annForm); code != http.StatusNotFound {
		t.Errorf("the form of an ended campaign answers %d, want 404", code)
	}
	done := s.Fire(s.Admin, s.Reload(c), "review", resource.Values{"result": "One good lead.", "decision": "scale"})
	if done.Stage() != "reviewed" || done.Text("actual_cost") != "5000.00" || !s.budget.committed.IsZero() {
		t.Errorf("after the review: %s, %s committed", done.AppendJSON(nil, nil), s.budget.committed)
	}
	s.Healthy()
}

// SuiteCRM multiplies the cost of a campaign by the number of won deals
// (RoiDetailView.php:127).
func TestCostIsTakenOnceHoweverManyDealsAreWon(t *testing.T) {
	t.Parallel()
	s := setup(t)
	c := s.campaign("once", "1000")
	s.Fire(s.Admin, s.Reload(c), "book_cost", resource.Values{"kind": "event", "amount": "300"})
	s.Fire(s.Admin, s.Reload(c), "book_cost", resource.Values{"kind": "event", "amount": "300"})
	for i := range 3 {
		s.post("once", "application/json", fmt.Sprintf(`{"name":"P","email":"p%d@acme.example","consent":true}`, i))
		if err := s.Answers.Won(s.Admin, trace.Ref{Type: "ltc.lead", ID: int64(i + 1)}, money.MustAmount("500")); err != nil {
			t.Fatal(err)
		}
	}
	page := s.Panels("mtl.campaign", c.Base().ID)
	for _, want := range []string{">600.00", ">1,500.00", ">200.00", "150.0 %"} { // cost, won, cost per lead, (1500 - 600) / 600
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q: %s", want, page)
		}
	}
	if got := s.Measure("mtl.cost_per_lead", kpi.Scope{}); got != "200" {
		t.Errorf("cost per lead = %s, want 200", got)
	}
	s.Healthy()
}

func TestBudget(t *testing.T) {
	t.Parallel()
	s := setup(t)
	doc := s.Must("mtl.campaign")
	plan := func(v resource.Values) (resource.Row, error) {
		return doc.CreateRow(s.Admin, apptest.Merge(resource.Values{"name": "Fair", "kind": "event", "starts_on": "2026-11-21"}, v))
	}
	if _, err := plan(resource.Values{"budget": "10"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a budget without a line: %v, want Invalid", err)
	}

	t.Run("a budget line that is used up blocks the approval", func(t *testing.T) {
		c, err := plan(resource.Values{"budget": "100000.01", "budget_key": "MKT-2026"})
		if err != nil {
			t.Fatal(err)
		}
		chief := s.User("chief", "core.admin")
		s.Fire(s.Admin, c, "approve", nil)
		work, _ := s.Process.Inbox(s.boss, 10)
		if _, err := s.Process.Decide(s.boss, work[0].Task, true, ""); err != nil {
			t.Fatalf("first step: %v", err)
		}
		if work, _ = s.Process.Inbox(chief, 10); len(work) == 0 || work[0].Kind != "approval" {
			t.Fatal("from 50,000 on a second person decides")
		}
		if _, err := s.Process.Decide(chief, work[0].Task, true, ""); !errs.Is(err, errs.Precondition) {
			t.Errorf("more than the line holds: %v, want Precondition", err)
		}
		if got := s.Reload(c).Stage(); got != "planned" {
			t.Errorf("stage = %s, want planned", got)
		}
	})

	t.Run("cancelling sets free what is not spent", func(t *testing.T) {
		c, err := plan(resource.Values{"budget": "500", "budget_key": "MKT-2026"})
		if err != nil {
			t.Fatal(err)
		}
		s.Fire(s.Admin, c, "approve", nil)
		if n := s.Approve(s.Admin); n != 0 {
			t.Errorf("the author decided about the own campaign")
		}
		s.Approve(s.boss)
		s.Fire(s.Admin, s.Reload(c), "book_cost", resource.Values{"kind": "media", "amount": "120"})
		if _, err := doc.UpdateRow(s.Admin, c.Base().ID, s.Reload(c).Base().Version, resource.Values{"budget": "5000"}); !errs.Is(err, errs.Invalid) {
			t.Errorf("changing an approved budget: %v, want Invalid", err)
		}
		s.Fire(s.Admin, s.Reload(c), "cancel", resource.Values{"reason": "The fair is called off."})
		if s.budget.committed.String() != "0.00" || s.budget.actual.String() != "120.00" {
			t.Errorf("budget: %s committed, %s actual; want 0.00 and 120.00", s.budget.committed, s.budget.actual)
		}
	})

	t.Run("costs", func(t *testing.T) {
		c := s.campaign("costs", "500")
		for name, tt := range map[string]struct {
			in    resource.Values
			field string
		}{
			"nought":                 {resource.Values{"kind": "media", "amount": "0"}, "amount"},
			"more back than booked":  {resource.Values{"kind": "media", "amount": "-1", "note": "x"}, "amount"},
			"back without a reason":  {resource.Values{"kind": "media", "amount": "-1"}, "note"},
			"a third digit of cents": {resource.Values{"kind": "media", "amount": "1.005"}, "amount"},
		} {
			_, _, err := doc.FireRow(s.Admin, c.Base().ID, 0, "book_cost", tt.in)
			if e := errs.Of(err); e.Kind != errs.Invalid || len(e.Fields) == 0 || e.Fields[0].Name != tt.field {
				t.Errorf("%s: %v, want Invalid on %s", name, err, tt.field)
			}
		}
		free := s.campaign("free", "0")
		if _, _, err := doc.FireRow(s.Admin, free.Base().ID, 0, "book_cost", resource.Values{"kind": "media", "amount": "1"}); !errs.Is(err, errs.Invalid) {
			t.Errorf("a cost without a budget line: %v, want Invalid", err)
		}
		err := s.DB.Tx(s.Admin, func(ctx context.Context) error { return s.DB.Exec(ctx, `UPDATE mtl.campaign_cost SET amount = 1`) })
		if err == nil {
			t.Error("the cost ledger was changed")
		}
	})
	s.Healthy()
}

func TestConcurrentCostsAddUp(t *testing.T) {
	t.Parallel()
	s := setup(t)
	c := s.campaign("race", "1000")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, _, err := s.Must("mtl.campaign").FireRow(s.Admin, c.Base().ID, 0, "book_cost", resource.Values{"kind": "other", "amount": "10"}); err != nil {
				t.Errorf("book cost: %v", err)
			}
		})
	}
	wg.Wait()
	if got := s.Reload(c).Text("actual_cost"); got != "80.00" || s.budget.actual.String() != "80.00" {
		t.Errorf("cost = %s, on the budget line %s; want 80.00", got, s.budget.actual)
	}
	s.Healthy()
}

func TestPublicForm(t *testing.T) {
	t.Parallel()
	s := setup(t)
	c := s.campaign("form", "0")

	t.Run("refusals", func(t *testing.T) {
		for name, tt := range map[string]struct {
			key, kind, body string
			status          int
			want            string
		}{
			"unknown form":          {"nosuch", "application/json", annForm, 404, ""},
			"no way to answer":      {"form", "application/json", `{"name":"X"}`, 422, `"field":"email"`},
			"no name":               {"form", "application/json", `{"email":"a@b.example"}`, 422, `"field":"name"`},
			"no e-mail address":     {"form", "application/json", `{"name":"X","email":"a.b"}`, 422, `"field":"email"`},
			"no phone number":       {"form", "application/json", `{"name":"X","phone":"call me"}`, 422, `"field":"phone"`},
			"unknown field":         {"form", "application/json", `{"name":"X","phone":"123456","admin":true}`, 422, `"field":"admin"`},
			"unreadable":            {"form", "application/json", `{`, 400, ""},
			"field that is no bool": {"form", "application/x-www-form-urlencoded", "name=X&phone=123456&consent=perhaps", 422, `"field":"consent"`},
		} {
			if status, body := s.post(tt.key, tt.kind, tt.body); status != tt.status || !strings.Contains(body, tt.want) {
				t.Errorf("%s: %d %s, want %d with %s", name, status, body, tt.status, tt.want)
			}
		}
		if n := len(s.intakes(nil)); n != 0 {
			t.Errorf("%d refused entries were stored", n)
		}
	})

	t.Run("the same person counts once a day", func(t *testing.T) {
		_, first := s.post("form", "application/json", annForm)
		_, again := s.post("form", "application/json", strings.Replace(annForm, "ann@acme", "ANN@acme", 1))
		if first != again || len(s.intakes(nil)) != 1 || len(s.sales.capture) != 1 {
			t.Errorf("%s, then %s; %d leads", first, again, len(s.sales.capture))
		}
	})

	t.Run("a key of the caller tells entries apart and repeats the answer", func(t *testing.T) {
		_, first := s.post("form", "application/json", annForm, "Idempotency-Key", "k1")
		_, again := s.post("form", "application/json", annForm, "Idempotency-Key", "k1")
		if first != again || len(s.intakes(nil)) != 2 {
			t.Errorf("%s, then %s", first, again)
		}
		if status, body := s.post("form", "application/json", strings.Replace(annForm, "40", "50", 1), "Idempotency-Key", "k1"); status != http.StatusConflict {
			t.Errorf("the key with another body: %d %s, want 409", status, body)
		}
		in := s.intakes(nil)[1]
		if in.Stage() != "linked" || in.Text("handed_over_at") != "" || in.Text("score") != "75" {
			t.Errorf("the second entry of the same person: %s", in.AppendJSON(nil, nil))
		}
		if got := s.Reload(c).Text("leads_captured"); got != "1" {
			t.Errorf("leads captured = %s, want 1: both entries are one lead", got)
		}
	})

	t.Run("an HTML form without consent is kept but not handed over", func(t *testing.T) {
		status, body := s.post("form", "application/x-www-form-urlencoded", "name=%E7%8E%8B%E8%8A%B3&company=%E5%8D%8E%E4%B8%9C&email=wang@hd.example&need=drives")
		in := s.intakes(map[string][]string{"name": {"王芳"}})
		if status != http.StatusCreated || len(in) != 1 || in[0].Text("grade") != "B2" || in[0].Text("handed_over_at") != "" {
			t.Errorf("%d %s %d rows", status, body, len(in))
		}
	})

	t.Run("a filled trap is spam", func(t *testing.T) {
		before := len(s.sales.capture)
		status, _ := s.post("form", "application/json", `{"name":"Bot","email":"bot@spam.example","website":"http://spam.example"}`)
		in := s.intakes(map[string][]string{"stage": {"dropped"}})
		if status != http.StatusCreated || len(in) != 1 || len(s.sales.capture) != before {
			t.Errorf("%d, %d dropped, %d leads more", status, len(in), len(s.sales.capture)-before)
		}
	})

	t.Run("a switched-off form is absent", func(t *testing.T) {
		row := s.Reload(c)
		if _, err := s.Must("mtl.campaign").UpdateRow(s.Admin, row.Base().ID, row.Base().Version, resource.Values{"form_active": "false"}); err != nil {
			t.Fatal(err)
		}
		if status, _ := s.post("form", "application/json", annForm, "Idempotency-Key", "k9"); status != http.StatusNotFound {
			t.Errorf("status = %d, want 404", status)
		}
	})
	s.Healthy()
}

func TestTheSameEntryAtOnceIsOneLead(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.campaign("race", "0")
	var wg sync.WaitGroup
	answers := make([]string, 6)
	for i := range answers {
		wg.Go(func() { _, answers[i] = s.post("race", "application/json", annForm) })
	}
	wg.Wait()
	if len(s.intakes(nil)) != 1 || len(s.sales.leads) != 1 {
		t.Fatalf("%d intakes, %d leads; want 1", len(s.intakes(nil)), len(s.sales.leads))
	}
	for _, a := range answers {
		if a != answers[0] || !strings.Contains(a, "LI-") {
			t.Errorf("answers differ: %s and %s", a, answers[0])
		}
	}
	s.Healthy()
}

func TestWhatFailsIsKeptAndTriedAgain(t *testing.T) {
	t.Parallel()
	s := setup(t)
	c := s.campaign("form", "0")
	s.sales.refuse = errs.New(errs.Precondition, "Sales is closed today.")
	if status, body := s.post("form", "application/json", annForm); status != http.StatusCreated {
		t.Fatalf("the visitor gets %d %s, want 201: the entry is stored", status, body)
	}
	in := s.intakes(map[string][]string{"stage": {"failed"}})
	if len(in) != 1 || in[0].Text("failure") != "Sales is closed today." || s.Reload(c).Text("leads_captured") != "0" {
		t.Fatalf("failed intakes: %d", len(in))
	}
	s.Refused(s.Admin, in[0], "retry", nil, errs.Precondition, "retry while sales is closed")
	s.sales.refuse = nil
	row := s.Fire(s.Admin, in[0], "retry", nil)
	if row.Stage() != "linked" || row.Text("lead_id") != "1" || row.Text("failure") != "" || !s.sales.graded[0].qualified || s.Reload(c).Text("leads_captured") != "1" {
		t.Errorf("after the retry: %s", row.AppendJSON(nil, nil))
	}
	s.Healthy()
}

func TestSalesSendsALeadBack(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.campaign("form", "0")
	s.post("form", "application/json", annForm, "Idempotency-Key", "1")
	lead := trace.Ref{Type: "ltc.lead", ID: 1}
	if err := s.Answers.Rejected(authz.System(s.boss, "test"), lead, "No budget this year"); err != nil {
		t.Fatal(err)
	}
	in := s.intakes(nil)[0]
	if in.Text("answer") != "rejected" || in.Text("answer_reason") != "No budget this year" {
		t.Errorf("answer: %s", in.AppendJSON(nil, nil))
	}
	me, _ := authz.Of(s.Admin)
	notes, err := s.Notices.List(s.Admin, me.User, 10)
	if err != nil || len(notes) == 0 || notes[0].Object.Type != "mtl.intake" {
		t.Errorf("the owner was not told: %v %v", notes, err)
	}
	s.post("form", "application/json", annForm, "Idempotency-Key", "2")
	if last := s.sales.graded[len(s.sales.graded)-1]; !last.qualified || last.grade != "B1" {
		t.Errorf("a rejected lead that comes back is handed over again: %+v", last)
	}
	if err := s.Answers.Accepted(s.Admin, lead); err != nil {
		t.Fatal(err)
	}
	if got := s.Measure("mtl.handoff_accept_rate", kpi.Scope{}); got != "0.5" {
		t.Errorf("accept rate = %s, want 0.5", got)
	}
	if err := s.Answers.Accepted(s.Admin, trace.Ref{Type: "ltc.lead", ID: 999}); err != nil {
		t.Errorf("the lead of somebody else: %v", err)
	}
	s.Healthy()
}

func TestGateOfTheCampaign(t *testing.T) {
	t.Parallel()
	s := setup(t)
	c := s.campaign("form", "0")
	if _, err := s.Must("mtl.campaign").UpdateRow(s.Admin, c.Base().ID, c.Base().Version, resource.Values{"mql_fit": "51"}); err != nil {
		t.Fatal(err)
	}
	s.post("form", "application/json", annForm)
	if g := s.sales.graded[0]; g.qualified || g.grade != "B2" {
		t.Errorf("fit 50 passed a gate of 51: %+v", g)
	}
}

// The default roles let marketing work, each person on the own rows.
func TestRoles(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ann, bob, head := s.User("ann", "mtl.marketer"), s.User("bob", "mtl.marketer"), s.User("head", "mtl.manager")
	c := s.Create(ann, "mtl.campaign", resource.Values{"name": "Fair", "kind": "event", "starts_on": "2026-11-21", "budget": "100", "budget_key": "MKT-2026", "form_key": "fair", "objective_id": "1"})
	s.Fire(ann, c, "approve", nil)
	if s.Approve(bob) != 0 || s.Approve(head) != 1 {
		t.Error("the marketing manager decides about a budget below 50,000")
	}
	s.Fire(ann, c, "start", nil)
	s.Fire(ann, c, "book_cost", resource.Values{"kind": "event", "amount": "10"})
	s.post("fair", "application/json", annForm)
	list, err := s.Must("mtl.intake").ListRows(ann, resource.ListQuery{})
	if err != nil || len(list.Rows) != 1 || list.Rows[0].Masked("email") {
		t.Errorf("ann does not see what her form brought: %v %v", list.Rows, err)
	}
	if list, err := s.Must("mtl.intake").ListRows(bob, resource.ListQuery{}); err != nil || len(list.Rows) != 0 {
		t.Errorf("bob sees what ann's form brought: %v %v", list.Rows, err)
	}
	s.Refused(bob, c, "end", nil, errs.NotFound, "bob ends ann's campaign")
	if _, err := s.Must("mtl.intake").CreateRow(ann, resource.Values{}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("an intake by hand: %v, want Forbidden", err)
	}
	if list, err := s.Must("mtl.campaign").ListRows(head, resource.ListQuery{}); err != nil || len(list.Rows) != 1 {
		t.Errorf("the head sees %d campaigns of the team (%v)", len(list.Rows), err)
	}
}

// Every declared word has its Chinese.
func TestChinese(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.Translated("mtl")
}
