package itrapp_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"meridian/modules/crm"
	"meridian/modules/crm/crmapp"
	"meridian/modules/ipd"
	"meridian/modules/itr"
	"meridian/modules/itr/itrapp"
	"meridian/modules/ltc"
	"meridian/platform/app"
	"meridian/platform/app/apptest"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db/dbtest"
	"meridian/platform/errs"
	"meridian/platform/event"
	"meridian/platform/kpi"
	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// sales is LTC as ITR sees it.
type sales struct {
	mu     sync.Mutex
	orders map[crm.CustomerID]ltc.OrderID
	leads  []ltc.NewLead
	from   []trace.Ref
}

func (s *sales) Order(context.Context, ltc.OrderID) (ltc.Order, error) {
	return ltc.Order{}, errs.Missing()
}

func (s *sales) Last(_ context.Context, customer crm.CustomerID, product ipd.ProductID) (ltc.Order, error) {
	id, ok := s.orders[customer]
	if !ok || product == 99 {
		return ltc.Order{}, errs.Missing()
	}
	return ltc.Order{ID: id, Customer: customer}, nil
}

func (s *sales) Capture(_ context.Context, l ltc.NewLead, from ...trace.Ref) (trace.Ref, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leads, s.from = append(s.leads, l), append(s.from, from...)
	return trace.Ref{Type: "ltc.lead", ID: int64(len(s.leads))}, true, nil
}

func (s *sales) Grade(context.Context, trace.Ref, int, string, string, bool) error { return nil }

// launches is IPD as ITR sees it.
type launches struct{ said []string }

func (l *launches) Acknowledge(_ context.Context, p ipd.ProductID, module, rejected string) error {
	l.said = append(l.said, fmt.Sprintf("%s %s %q", p.Ref(), module, rejected))
	return nil
}

// contacts recognises requesters as wire.go does.
type contacts struct {
	p         *app.Platform
	customers crm.Customers
}

func (c *contacts) ByEmail(ctx context.Context, email string) (crm.Contact, bool, error) {
	d, err := c.p.Types.Doc("crm.contact")
	if err != nil {
		return crm.Contact{}, false, err
	}
	id, err := d.FindKey(ctx, "email", email)
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Invalid) {
		return crm.Contact{}, false, nil
	}
	if err != nil {
		return crm.Contact{}, false, err
	}
	x, err := c.customers.Contact(ctx, crm.ContactID(id))
	return x, err == nil, err
}

type suite struct {
	*apptest.Suite
	*itrapp.Module
	sales    *sales
	launches *launches
	now      time.Time // of the service; zero = the time of day
	events   []any
}

const secret = "a secret of the gateway"

func setup(t *testing.T) *suite {
	t.Helper()
	s := &suite{sales: &sales{orders: map[crm.CustomerID]ltc.OrderID{}}, launches: &launches{}}
	s.Suite = apptest.New(t, func(p *app.Platform) {
		p.Config.WebhookSecret = secret
		p.Now = func() time.Time {
			if s.now.IsZero() {
				return time.Now()
			}
			return s.now
		}
		p.Types.Now = p.Now
		apptest.StandIn(t, p, "ipd.product", "ipd.project", "ltc.order", "ltc.lead")
		c := crmapp.New(p)
		s.Module = itrapp.New(p, itrapp.Needs{Customers: c.Customers, Contacts: &contacts{p, c.Customers}, Launches: s.launches, Orders: s.sales, Leads: s.sales})
		event.Subscribe(p.Bus, "test", func(_ context.Context, e itr.CaseClosed) error { s.events = append(s.events, e); return nil })
		event.Subscribe(p.Bus, "test", func(_ context.Context, e itr.SatisfactionRecorded) error { s.events = append(s.events, e); return nil })
	})
	return s
}

// post calls a public operation as somebody outside would.
func (s *suite) post(path, body string, header ...string) (int, map[string]any) {
	status, answer := s.Post(path, "application/json", body, header...)
	out := map[string]any{}
	_ = json.Unmarshal([]byte(answer), &out)
	return status, out
}

func sign(body string) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(body))
	return hex.EncodeToString(m.Sum(nil))
}

// mail delivers a mail as the gateway does.
func (s *suite) mail(v map[string]any) (int, map[string]any) {
	b, _ := json.Marshal(v)
	return s.post("/hook/mail", string(b), "X-Meridian-Signature", sign(string(b)))
}

func (s *suite) customer(name, email string) (customer resource.Row) {
	s.T.Helper()
	c := s.Create(s.Admin, "crm.customer", resource.Values{"name": name})
	s.Create(s.Admin, "crm.contact", resource.Values{"customer_id": apptest.ID(c), "name": "Ann Li", "email": email})
	return c
}

func (s *suite) byNo(no any) resource.Row {
	s.T.Helper()
	return s.One("itr.case", "no", fmt.Sprint(no))
}

// open makes a case somebody works on.
func (s *suite) open(v resource.Values) resource.Row {
	s.T.Helper()
	c := s.Create(s.Admin, "itr.case", apptest.Merge(resource.Values{"subject": "Drive stops", "description": "It stops after an hour.", "category": "fault"}, v))
	s.Fire(s.Admin, c, "triage", resource.Values{"unknown": "true"})
	me, _ := authz.Of(s.Admin)
	s.Fire(s.Admin, c, "assign", resource.Values{"assignee_id": fmt.Sprint(me.User)})
	return s.Fire(s.Admin, c, "accept", nil)
}

var solved = resource.Values{"cause_code": "use", "resolution_code": "settings", "solution": "Set parameter 12 to 4.", "knowledge": "none", "knowledge_note": "Stands in the manual"}

func (s *suite) surveyOf(c resource.Row) resource.Row {
	s.T.Helper()
	l := s.List("itr.survey", map[string][]string{"case_id": {apptest.ID(c)}, "stage": {"sent"}})
	if len(l) != 1 {
		s.T.Fatalf("%d open surveys of a case", len(l))
	}
	return l[0]
}

func (s *suite) answer(c resource.Row, score int) (int, map[string]any) {
	s.T.Helper()
	return s.post("/survey/"+s.surveyOf(c).Text("token"), fmt.Sprintf(`{"score":%d,"comment":"as it is"}`, score))
}

func (s *suite) measure(code string) string {
	s.T.Helper()
	today := date.Of(time.Now())
	return s.Measure(code, kpi.Scope{From: today.AddDays(-1), To: today.AddDays(1)})
}

// clock reads a stored clock: state and minutes of the target.
func (s *suite) clock(c resource.Row, kind string) (state string, minutes int, due *time.Time) {
	s.T.Helper()
	if _, err := s.DB.Row(s.Admin, `SELECT state, minutes, due_at FROM itr.sla_clock WHERE case_id = $1 AND kind = $2`, []any{c.Base().ID, kind}, &state, &minutes, &due); err != nil {
		s.T.Fatal(err)
	}
	return state, minutes, due
}

// TestStory tells a case from the web form to the won deal it led to.
func TestStory(t *testing.T) {
	t.Parallel()
	s := setup(t)
	agent := s.User("agent", "itr.agent") // the default rights are enough for all of it
	customer := s.customer("华东精密制造有限公司", "ann@hd.example")
	s.sales.orders[crm.CustomerID(customer.Base().ID)] = 7

	status, receipt := s.post("/case", `{"name":"Ann","email":"ANN@hd.example","subject":"Drive stops","description":"It stops after an hour."}`)
	if status != http.StatusCreated || receipt["token"] == "" {
		t.Fatalf("public form: %d %v", status, receipt)
	}
	c := s.byNo(receipt["no"])
	if c.Stage() != "new" || c.Text("customer_id") != apptest.ID(customer) || c.Text("contact_id") == "" || c.Text("priority") != "3" || c.Text("next_due_at") == "" {
		t.Fatalf("case: %s", c.AppendJSON(nil))
	}

	s.Fire(agent, c, "triage", resource.Values{"impact": "1", "urgency": "2", "category": "fault"})
	c = s.Fire(agent, c, "assign", nil)
	if c.Text("priority") != "2" || c.Text("order_id") != "7" || c.Text("assigned_how") != "load" || c.Text("assigned_load") != "0" {
		t.Errorf("after triage and dispatch: %s", c.AppendJSON(nil))
	}
	s.Refused(s.Admin, c, "accept", nil, errs.Forbidden, "somebody else accepts")
	s.Fire(agent, c, "accept", nil)
	s.Fire(agent, c, "reply", resource.Values{"text": "Checking with R&D.", "internal": "true"})
	if state, _, _ := s.clock(c, "first_response"); state != "running" {
		t.Errorf("an internal note made the first response %s", state)
	}
	s.Fire(agent, c, "reply", resource.Values{"text": "We look into it."})
	if state, minutes, _ := s.clock(c, "first_response"); state != "met" || minutes != 60 {
		t.Errorf("first response: %s of %d min, want met of 60", state, minutes)
	}
	c = s.Fire(agent, c, "resolve", apptest.Merge(solved, resource.Values{"knowledge": "draft"}))
	if c.Text("article_id") == "" || s.List("itr.article", nil)[0].Text("solution") != "Set parameter 12 to 4." {
		t.Errorf("no article was drafted: %s", c.AppendJSON(nil))
	}

	if status, thanks := s.answer(c, 5); status != http.StatusCreated || thanks["case"] != c.Base().No {
		t.Fatalf("survey: %d %v", status, thanks)
	}
	c = s.Reload(c)
	if c.Stage() != "closed" || s.Reload(customer).Stage() != "satisfied" {
		t.Errorf("case %s, customer %s; want closed and satisfied", c.Stage(), s.Reload(customer).Stage())
	}
	id := crm.CustomerID(customer.Base().ID)
	want := []any{itr.SatisfactionRecorded{Case: itr.CaseID(c.Base().ID).Ref(), Customer: id, Score: 5, Satisfied: true}, itr.CaseClosed{Case: itr.CaseID(c.Base().ID).Ref(), Customer: id}}
	if fmt.Sprint(s.events) != fmt.Sprint(want) {
		t.Errorf("events %v, want %v", s.events, want)
	}

	s.Fire(agent, c, "raise_opportunity", resource.Values{"need": "Twenty more drives", "value": "8000"})
	hint := s.List("itr.hint", nil)[0]
	if l := s.sales.leads[0]; l.Company != "华东精密制造有限公司" || l.Email != "ann@hd.example" || l.Source != "ticket" || l.Customer != id || l.Value.String() != "8000.00" {
		t.Errorf("lead: %+v", l)
	}
	lead := trace.Ref{Type: "ltc.lead", ID: 1}
	if got, want := s.Sources(lead), "ltc.order/7 crm.customer/1 itr.case/1 itr.hint/1"; got != want {
		t.Errorf("the lead comes from %q, want %q", got, want)
	}
	if err := s.OnLeadAnswered(s.Admin, ltc.LeadAnswered{Lead: lead, Accepted: true}); err != nil {
		t.Fatal(err)
	}
	if err := s.OnOpportunityClosed(s.Admin, ltc.OpportunityClosed{Lead: lead, Won: true, Amount: money.MustAmount("7500")}); err != nil {
		t.Fatal(err)
	}
	if hint = s.Reload(hint); hint.Stage() != "won" || hint.Text("won_amount") != "7500.00" {
		t.Errorf("hint: %s", hint.AppendJSON(nil))
	}
	who, _ := authz.Of(agent)
	if notes, err := s.Notices.List(s.Admin, who.User, 9); err != nil || len(notes) != 2 {
		t.Errorf("the finder has %d notices, want accepted and won (%v)", len(notes), err)
	}
	for code, want := range map[string]string{"itr.csat": "1", "itr.sla_met": "1", "itr.open_cases": "0"} {
		if got := s.measure(code); got != want {
			t.Errorf("%s = %s, want %s", code, got, want)
		}
	}
	s.Healthy()
}

func TestClocksOfACase(t *testing.T) {
	t.Parallel()
	s := setup(t)
	loc := s.Location(s.Admin)
	day := func(clock string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", clock, loc)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	due := func(c resource.Row, kind, want string) {
		t.Helper()
		_, _, got := s.clock(c, kind)
		if (got == nil) != (want == "") || got != nil && !got.Equal(day(want)) {
			t.Errorf("%s is due %v, want %q", kind, got, want)
		}
	}
	s.now = day("2026-11-23 10:00") // a Monday; nine to twelve and one to six
	c := s.open(nil)
	due(c, "first_response", "2026-11-23 12:00")
	due(c, "resolution", "2026-11-25 10:00")

	s.now = day("2026-11-23 11:00")
	s.Fire(s.Admin, c, "wait", resource.Values{"waiting_for": "part", "follow_up_on": "2026-11-24"})
	due(c, "resolution", "")
	due(c, "first_response", "2026-11-23 12:00")
	if got := s.Reload(c).Text("next_due_at"); got != "2026-11-23T04:00:00Z" {
		t.Errorf("next due = %s, want the first response", got)
	}
	// Another priority while it waits keeps the original start and the pause.
	row := s.Reload(c)
	if _, err := s.Must("itr.case").UpdateRow(s.Admin, row.Base().ID, row.Base().Version, resource.Values{"impact": "1", "urgency": "1"}); err != nil {
		t.Fatal(err)
	}
	s.now = day("2026-11-24 10:00")
	s.Fire(s.Admin, c, "resume", nil)
	due(c, "first_response", "2026-11-23 10:30")
	due(c, "resolution", "2026-11-24 14:00") // 240 min from 10:00, eight hours of pause less one worked

	s.now = day("2026-11-24 13:30")
	s.Fire(s.Admin, c, "resolve", solved)
	if state, _, _ := s.clock(c, "resolution"); state != "met" {
		t.Errorf("resolution = %s, want met", state)
	}
	if state, _, _ := s.clock(c, "first_response"); state != "missed" {
		t.Errorf("first response = %s, want missed: the solution was the first answer", state)
	}
	s.now = day("2026-11-26 09:00")
	s.Fire(s.Admin, c, "reopen", resource.Values{"reason": "It stopped again."})
	due(c, "resolution", "2026-11-26 09:30") // the 30 minutes that were left
	var gap int64
	if _, err := s.DB.Row(s.Admin, `SELECT gap_secs FROM itr.sla_clock WHERE case_id = $1 AND kind = 'resolution'`, []any{c.Base().ID}, &gap); err != nil || gap != int64((4*60+30+8*60)*60) {
		t.Errorf("gap = %d s (%v), want the working time between resolved and reopened", gap, err)
	}
	s.Healthy()

	t.Run("the policy of the company", func(t *testing.T) {
		lines := []resource.Values{}
		for p := 1; p <= 5; p++ {
			lines = append(lines, resource.Values{"priority": fmt.Sprint(p), "first_response": "10", "resolution": "90"})
		}
		policy := s.Must("itr.sla_policy")
		if _, err := policy.CreateRow(s.Admin, resource.Values{"name": "Fast", "targets": lines[:4]}); !errs.Is(err, errs.Invalid) {
			t.Errorf("a policy without P5: %v, want Invalid", err)
		}
		if _, err := policy.CreateRow(s.Admin, resource.Values{"name": "Fast", "targets": append(lines[:4:4], lines[3])}); !errs.Is(err, errs.Invalid) {
			t.Errorf("a policy with P4 twice: %v, want Invalid", err)
		}
		s.Create(s.Admin, "itr.sla_policy", resource.Values{"name": "Fast", "targets": lines})
		if _, err := policy.CreateRow(s.Admin, resource.Values{"name": "Faster", "targets": lines}); !errs.Is(err, errs.Conflict) {
			t.Errorf("a second active policy: %v, want Conflict", err)
		}
		s.now = day("2026-11-26 17:00")
		c := s.open(nil)
		due(c, "resolution", "2026-11-27 09:30")
	})

	t.Run("the history cannot be changed", func(t *testing.T) {
		for _, q := range []string{`UPDATE itr.sla_event SET at = now()`, `DELETE FROM itr.message`} {
			if err := s.DB.Tx(s.Admin, func(ctx context.Context) error { return s.DB.Exec(ctx, q) }); err == nil {
				t.Errorf("%s was allowed", q)
			}
		}
	})

	t.Run("the self-check finds a clock that was tampered with", func(t *testing.T) {
		if err := s.DB.Tx(s.Admin, func(ctx context.Context) error {
			return s.DB.Exec(ctx, `UPDATE itr.sla_clock SET due_at = due_at + interval '1 minute' WHERE case_id = $1 AND kind = 'resolution'`, c.Base().ID)
		}); err != nil {
			t.Fatal(err)
		}
		found := false
		for _, check := range s.Checks {
			bad, err := check.Run(t.Context())
			found = found || check.Name == "itr.clocks" && err == nil && len(bad) == 1
		}
		if !found {
			t.Error("nobody noticed")
		}
	})
}

func TestPublicCaseForm(t *testing.T) {
	t.Parallel()
	s := setup(t)
	body := `{"name":"Bo","email":"bo@new.example","subject":"Help","description":"Please."}`
	_, first := s.post("/case", body)
	_, again := s.post("/case", body)
	if fmt.Sprint(first) != fmt.Sprint(again) || len(s.List("itr.case", nil)) != 1 {
		t.Errorf("sent twice: %v and %v", first, again)
	}
	if _, other := s.post("/case", body, "Idempotency-Key", "k"); other["no"] == first["no"] {
		t.Error("a key of the caller tells two questions apart")
	}
	if c := s.byNo(first["no"]); c.Text("customer_id") != "" {
		t.Errorf("an unknown person is no customer: %s", c.AppendJSON(nil))
	}
	for body, want := range map[string]int{`{"name":"Bo","email":"bo","subject":"x","description":"y"}`: 422, `{"name":"Bo","email":"bo@x.example"}`: 422,
		`{"name":"Bo","email":"bo@x.example","subject":"x","description":"y","stage":"closed"}`: 422} {
		if status, out := s.post("/case", body); status != want {
			t.Errorf("%s: %d %v, want %d", body, status, out, want)
		}
	}
	_, bot := s.post("/case", `{"name":"Bot","email":"b@spam.example","subject":"Buy","description":"now","website":"http://spam.example"}`)
	if c := s.byNo(bot["no"]); c.Stage() != "cancelled" {
		t.Errorf("spam is %s, want cancelled", c.Stage())
	}

	if _, err := s.Must("itr.case").CreateRow(s.Admin, resource.Values{"subject": "x", "description": "y", "contact_id": "4711"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a contact that does not exist: %v, want Invalid", err)
	}

	t.Run("triage needs to know who asks and what", func(t *testing.T) {
		c := s.byNo(first["no"])
		for field, in := range map[string]resource.Values{"category": {}, "unknown": {"category": "fault"}} {
			_, _, err := s.Must("itr.case").FireRow(s.Admin, c.Base().ID, 0, "triage", in)
			if e := errs.Of(err); e.Kind != errs.Invalid || e.Fields[0].Name != field {
				t.Errorf("%v, want Invalid on %s", err, field)
			}
		}
	})

	t.Run("the token writes on", func(t *testing.T) {
		c := s.open(resource.Values{"requester_email": "bo@new.example"})
		s.Fire(s.Admin, c, "wait", resource.Values{"waiting_for": "customer", "follow_up_on": "2030-01-02"})
		var token string
		if _, err := s.DB.Row(s.Admin, `SELECT public_token FROM itr."case" WHERE id = $1`, []any{c.Base().ID}, &token); err != nil {
			t.Fatal(err)
		}
		if status, out := s.post("/case/"+token, `{"text":"Here is the serial number."}`); status != http.StatusCreated || out["no"] != c.Base().No {
			t.Errorf("%d %v", status, out)
		}
		if got := s.Reload(c).Stage(); got != "in_progress" {
			t.Errorf("stage = %s, want in_progress", got)
		}
		if status, _ := s.post("/case/nosuchtoken", `{"text":"x"}`); status != http.StatusNotFound {
			t.Errorf("unknown token: %d, want 404", status)
		}
	})
	s.Healthy()
}

func TestMail(t *testing.T) {
	t.Parallel()
	s := setup(t)
	customer := s.customer("Acme", "ann@acme.example")
	first := map[string]any{"message_id": "<1@acme>", "from": "ann@acme.example", "from_name": "Ann", "subject": "Drive stops", "text": "Help"}

	t.Run("only the gateway delivers", func(t *testing.T) {
		b, _ := json.Marshal(first)
		for _, signature := range []string{"", "00", sign(string(b) + " ")} {
			if status, _ := s.post("/hook/mail", string(b), "X-Meridian-Signature", signature); status != http.StatusUnauthorized {
				t.Errorf("signature %q: %d, want 401", signature, status)
			}
		}
		if n := len(s.List("itr.case", nil)); n != 0 {
			t.Errorf("%d cases", n)
		}
	})

	_, r := s.mail(first)
	c := s.byNo(r["no"])
	if c.Text("customer_id") != apptest.ID(customer) || c.Text("channel") != "mail" {
		t.Fatalf("case: %s", c.AppendJSON(nil))
	}
	for name, tt := range map[string]struct {
		mail map[string]any
		same bool
	}{
		"the same message again":            {first, true},
		"the number in the subject":         {map[string]any{"message_id": "<2@acme>", "from": "bob@acme.example", "subject": "Re: [" + c.Base().No + "] Drive", "text": "More"}, true},
		"an answer to a known message":      {map[string]any{"message_id": "<3@acme>", "in_reply_to": "<1@acme>", "from": "ann@acme.example", "subject": "Re: Drive", "text": "More"}, true},
		"the number comes before the reply": {map[string]any{"message_id": "<4@acme>", "in_reply_to": "<unknown>", "from": "ann@acme.example", "subject": c.Base().No, "text": "More"}, true},
		"a number that does not exist":      {map[string]any{"message_id": "<5@acme>", "from": "ann@acme.example", "subject": "CS-2026-999999", "text": "New"}, false},
		"a new matter":                      {map[string]any{"message_id": "<6@acme>", "from": "ann@acme.example", "text": "Another question\nwith two lines"}, false},
	} {
		if status, r := s.mail(tt.mail); status != http.StatusCreated || (r["no"] == c.Base().No) != tt.same {
			t.Errorf("%s: %d %v, same case %v expected", name, status, r, tt.same)
		}
	}
	if n := len(s.List("itr.case", nil)); n != 3 {
		t.Errorf("%d cases, want 3", n)
	}

	t.Run("a solved case is taken up again by an answer, not by an automatic one", func(t *testing.T) {
		c := s.open(resource.Values{"channel": "mail"})
		s.Fire(s.Admin, c, "resolve", solved)
		old := s.surveyOf(c)
		s.mail(map[string]any{"message_id": "<7@acme>", "from": "ann@acme.example", "subject": c.Base().No, "text": "I am away", "automatic": true})
		if got := s.Reload(c).Stage(); got != "resolved" {
			t.Errorf("an automatic answer: %s, want resolved", got)
		}
		s.mail(map[string]any{"message_id": "<8@acme>", "from": "ann@acme.example", "subject": c.Base().No, "text": "Still broken"})
		if row := s.Reload(c); row.Stage() != "reopened" || row.Text("reopen_count") != "1" || s.Reload(old).Stage() != "expired" {
			t.Errorf("an answer: %s, survey %s; want reopened and expired", row.AppendJSON(nil), s.Reload(old).Stage())
		}
	})

	t.Run("after two weeks a successor is opened", func(t *testing.T) {
		s.now = time.Now().Add(-15 * 24 * time.Hour)
		c := s.open(resource.Values{"channel": "mail"})
		s.Fire(s.Admin, c, "resolve", solved)
		s.now = time.Time{}
		s.Refused(s.Admin, c, "reopen", resource.Values{"reason": "x"}, errs.Precondition, "reopening by hand")
		_, r := s.mail(map[string]any{"message_id": "<9@acme>", "from": "ann@acme.example", "subject": c.Base().No, "text": "Again"})
		from := s.Sources(trace.Ref{Type: "itr.case", ID: s.byNo(r["no"]).Base().ID})
		if !strings.Contains(from, fmt.Sprintf("itr.case/%d", c.Base().ID)) || s.Reload(c).Stage() != "resolved" {
			t.Errorf("successor %v of %s comes from %s", r, c.Base().No, from)
		}
	})
	s.Healthy()
}

func TestSurvey(t *testing.T) {
	t.Parallel()
	s := setup(t)
	customer := s.customer("Acme", "ann@acme.example")
	resolved := func() resource.Row {
		c := s.open(resource.Values{"customer_id": apptest.ID(customer)})
		return s.Fire(s.Admin, c, "resolve", solved)
	}

	t.Run("an answer counts once", func(t *testing.T) {
		c := resolved()
		token := s.surveyOf(c).Text("token")
		var wg sync.WaitGroup
		codes := make([]int, 5)
		for i := range codes {
			wg.Go(func() { codes[i], _ = s.post("/survey/"+token, `{"score":4}`) })
		}
		wg.Wait()
		ok := 0
		for _, code := range codes {
			switch code {
			case http.StatusCreated:
				ok++
			case http.StatusConflict:
			default:
				t.Errorf("status %d", code)
			}
		}
		if ok != 1 || s.Reload(c).Stage() != "closed" {
			t.Errorf("%d answers were taken; the case is %s", ok, s.Reload(c).Stage())
		}
		if status, _ := s.post("/survey/"+token, `{"score":1}`); status != http.StatusConflict {
			t.Errorf("a second answer: %d, want 409", status)
		}
	})

	t.Run("refusals", func(t *testing.T) {
		token := s.surveyOf(resolved()).Text("token")
		for body, want := range map[string]int{`{"score":0}`: 422, `{"score":6}`: 422, `{}`: 422, `{"score":"x"}`: 422} {
			if status, out := s.post("/survey/"+token, body); status != want {
				t.Errorf("%s: %d %v, want %d", body, status, out, want)
			}
		}
		if status, _ := s.post("/survey/nosuch", `{"score":5}`); status != http.StatusNotFound {
			t.Errorf("unknown token: %d, want 404", status)
		}
	})

	t.Run("two or less takes the case up again, three closes it", func(t *testing.T) {
		bad, fair := resolved(), resolved()
		s.answer(bad, 2)
		s.answer(fair, 3)
		if s.Reload(bad).Stage() != "reopened" || s.Reload(fair).Stage() != "closed" {
			t.Errorf("after 2: %s, after 3: %s", s.Reload(bad).Stage(), s.Reload(fair).Stage())
		}
		s.Fire(s.Admin, bad, "resume", nil)
		s.Fire(s.Admin, bad, "resolve", solved)
		s.answer(bad, 5) // each solution asks anew (chatwoot/chatwoot#10628)
		if got := s.Reload(bad).Stage(); got != "closed" {
			t.Errorf("after the second solution: %s", got)
		}
		if got := s.measure("itr.csat"); got != "0.5" { // 4, 2, 3, 5
			t.Errorf("itr.csat = %s, want 0.5", got)
		}
	})

	t.Run("a satisfied answer does not win back a lost customer", func(t *testing.T) {
		c := resolved()
		s.Fire(s.Admin, customer, "lose", resource.Values{"reason": "Went bankrupt"})
		if status, out := s.answer(c, 5); status != http.StatusCreated || s.Reload(customer).Stage() != "lost" {
			t.Errorf("%d %v, customer %s", status, out, s.Reload(customer).Stage())
		}
	})

	t.Run("silence closes after five working days", func(t *testing.T) {
		s.now = time.Now().Add(-20 * 24 * time.Hour)
		old := resolved()
		token := s.surveyOf(old).Text("token")
		s.now = time.Time{}
		fresh := resolved()
		n, err := s.CloseSilent(s.Admin)
		if err != nil || n != 1 || s.Reload(old).Stage() != "closed" || s.Reload(fresh).Stage() != "resolved" {
			t.Errorf("%d closed (%v); old %s, fresh %s", n, err, s.Reload(old).Stage(), s.Reload(fresh).Stage())
		}
		if status, _ := s.post("/survey/"+token, `{"score":5}`); status != http.StatusConflict {
			t.Errorf("an expired survey: %d, want 409", status)
		}
	})

	t.Run("the token is for those who may see it", func(t *testing.T) {
		reader := s.User("reader", "itr.manager")
		c := resolved()
		row, err := s.Must("itr.survey").GetRow(reader, s.surveyOf(c).Base().ID)
		if err != nil || !row.Masked("token") {
			t.Errorf("an agent could rate the own case: %v %v", row, err)
		}
	})
	s.Healthy()
}

func TestDispatch(t *testing.T) {
	t.Parallel()
	s := setup(t)
	c := s.Create(s.Admin, "itr.case", resource.Values{"subject": "x", "description": "y", "category": "fault"})
	s.Fire(s.Admin, c, "triage", resource.Values{"unknown": "true"})
	s.Refused(s.Admin, c, "assign", nil, errs.Invalid, "without agents")
	a, b := s.User("ann", "core.admin,itr.agent"), s.User("bob", "core.admin,itr.agent")
	var wg sync.WaitGroup
	for range 8 {
		c := s.Create(s.Admin, "itr.case", resource.Values{"subject": "x", "description": "y", "category": "fault"})
		s.Fire(s.Admin, c, "triage", resource.Values{"unknown": "true"})
		wg.Go(func() {
			if _, _, err := s.Must("itr.case").FireRow(s.Admin, c.Base().ID, 0, "assign", resource.Values{}); err != nil {
				t.Errorf("assign: %v", err)
			}
		})
	}
	wg.Wait()
	count := func(ctx context.Context) int {
		me, _ := authz.Of(ctx)
		return len(s.List("itr.case", map[string][]string{"assignee_id": {fmt.Sprint(me.User)}}))
	}
	if count(a) != 4 || count(b) != 4 {
		t.Errorf("ann has %d, bob %d; want 4 each", count(a), count(b))
	}
	mine := s.List("itr.case", map[string][]string{"stage": {"assigned"}})[0]
	again := s.Fire(s.Admin, mine, "assign", nil)
	if again.Text("assignee_id") == mine.Text("assignee_id") {
		t.Error("a case that was not accepted is offered to somebody else")
	}
	s.Refused(s.Admin, c, "assign", resource.Values{"assignee_id": "4711"}, errs.Invalid, "to nobody")
	s.Healthy()
}

func TestKnowledge(t *testing.T) {
	t.Parallel()
	s := setup(t)
	if err := s.OnLaunched(s.Admin, ipd.Launched{Product: 12, Project: trace.Ref{Type: "ipd.project", ID: 3}, Name: "Servo drive S2"}); err != nil {
		t.Fatal(err)
	}
	if want := `[ipd.product/12 itr ""]`; fmt.Sprint(s.launches.said) != want {
		t.Errorf("acknowledged %v, want %s", s.launches.said, want)
	}
	a := s.List("itr.article", map[string][]string{"product_id": {"12"}})[0]
	if from := s.Sources(trace.Ref{Type: "itr.article", ID: a.Base().ID}); !strings.Contains(from, "ipd.product/12") || !strings.Contains(from, "ipd.project/3") {
		t.Errorf("the article comes from %s", from)
	}
	s.Refused(s.Admin, a, "submit", nil, errs.Precondition, "an empty article goes to review")

	c := s.open(nil)
	for field, in := range map[string]resource.Values{"knowledge_note": {"knowledge": "none", "knowledge_note": ""}, "article_id": {"knowledge": "attach"}, "knowledge": {"knowledge": ""}} {
		_, _, err := s.Must("itr.case").FireRow(s.Admin, c.Base().ID, 0, "resolve", apptest.Merge(solved, in))
		if e := errs.Of(err); e.Kind != errs.Invalid || len(e.Fields) == 0 || e.Fields[0].Name != field {
			t.Errorf("%v, want Invalid on %s", err, field)
		}
	}
	s.Fire(s.Admin, c, "resolve", apptest.Merge(solved, resource.Values{"knowledge": "attach", "article_id": apptest.ID(a)}))
	row := s.Fire(s.Admin, c, "to_article", nil)
	art := s.List("itr.article", map[string][]string{"case_id": {apptest.ID(c)}})[0]
	if row.Text("article_id") != apptest.ID(art) || art.Text("symptom") != "It stops after an hour." || art.Text("category") != "fault" {
		t.Errorf("article from the case: %s", art.AppendJSON(nil))
	}
	expert := s.User("expert", "itr.engineer")
	s.Fire(s.Admin, art, "submit", nil)
	s.Refused(s.Admin, art, "publish", nil, errs.Forbidden, "the author publishes")
	if got := s.Fire(expert, art, "publish", nil).Stage(); got != "published" {
		t.Errorf("stage = %s", got)
	}
	if _, err := s.Must("itr.article").UpdateRow(expert, art.Base().ID, s.Reload(art).Base().Version, resource.Values{"title": "x"}); !errs.Is(err, errs.Precondition) {
		t.Errorf("changing a published article: %v, want Precondition", err)
	}
	s.Healthy()
}

func TestHint(t *testing.T) {
	t.Parallel()
	s := setup(t)
	c := s.open(nil)
	s.Refused(s.Admin, c, "raise_opportunity", resource.Values{"need": "More"}, errs.Precondition, "without anybody to talk to")
	c = s.open(resource.Values{"requester": "Bo", "requester_email": "bo@new.example"})
	s.Refused(s.Admin, c, "raise_opportunity", resource.Values{"need": "More", "value": "-1"}, errs.Invalid, "a negative value")
	s.Fire(s.Admin, c, "raise_opportunity", resource.Values{"need": "More drives", "value": "100"})
	h := s.List("itr.hint", nil)[0]
	lead := trace.Ref{Type: "ltc.lead", ID: 1}
	if l := s.sales.leads[0]; l.Name != "Bo" || l.Email != "bo@new.example" || l.Customer != 0 || fmt.Sprint(s.sales.from) != "[itr.hint/1]" {
		t.Errorf("lead %+v from %v", l, s.sales.from)
	}
	if err := s.OnLeadAnswered(s.Admin, ltc.LeadAnswered{Lead: lead, Reason: "Too small"}); err != nil {
		t.Fatal(err)
	}
	if h = s.Reload(h); h.Stage() != "rejected" || h.Text("reason") != "Too small" {
		t.Errorf("hint: %s", h.AppendJSON(nil))
	}
	for _, err := range []error{
		s.OnOpportunityClosed(s.Admin, ltc.OpportunityClosed{Lead: lead, Won: true, Amount: money.MustAmount("1")}),
		s.OnOpportunityClosed(s.Admin, ltc.OpportunityClosed{Won: true}),
		s.OnLeadAnswered(s.Admin, ltc.LeadAnswered{Lead: trace.Ref{Type: "ltc.lead", ID: 99}, Accepted: true}),
	} {
		if err != nil {
			t.Errorf("not our business any more: %v", err)
		}
	}
	s.Healthy()
}

func TestPages(t *testing.T) {
	t.Parallel()
	s := setup(t)
	customer := s.customer("Acme", "ann@acme.example")
	c := s.open(resource.Values{"customer_id": apptest.ID(customer)})
	s.Fire(s.Admin, c, "reply", resource.Values{"text": "Have you tried <b>off</b> and on?"})
	for typ, tt := range map[string]struct {
		id   int64
		want []string
	}{
		"itr.case":     {c.Base().ID, []string{"Limit met", "Clock running", "of 960 working minutes used", "Have you tried &lt;b&gt;off", "It stops after an hour."}},
		"crm.customer": {customer.Base().ID, []string{c.Base().No, "In progress", "P3"}},
	} {
		page := s.Panels(typ, tt.id)
		for _, want := range tt.want {
			if !strings.Contains(page, want) {
				t.Errorf("the page of %s lacks %q: %s", typ, want, page)
			}
		}
	}
}

// Every declared word has its Chinese.
func TestChinese(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.Translated("itr")
}
