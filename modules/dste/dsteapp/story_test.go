package dsteapp_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"meridian/modules/dste"
	"meridian/modules/dste/dsteapp"
	"meridian/platform/app"
	"meridian/platform/app/apptest"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db/dbtest"
	"meridian/platform/errs"
	"meridian/platform/kpi"
	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// suite is a platform with DSTE, a measure whose value the test sets, and a second
// administrator for four eyes.
type suite struct {
	*apptest.Suite
	m     *dsteapp.Module
	sales *money.Decimal
	boss  context.Context
}

func setup(t *testing.T) *suite {
	t.Helper()
	x := &suite{}
	x.Suite = apptest.New(t, func(p *app.Platform) {
		x.m = dsteapp.New(p)
		p.KPI.Register(kpi.Measure{Code: "test.sales", Label: "Sales", Unit: kpi.Currency, Higher: true, Object: "core.company",
			Func: func(_ context.Context, s kpi.Scope) (kpi.Value, error) {
				if s.From.String() != "2026-01-01" || s.To.String() != "2026-12-31" {
					t.Errorf("the measure was asked for %s to %s, not for the period of the goal", s.From, s.To)
				}
				if x.sales == nil {
					return kpi.Value{}, nil
				}
				return kpi.Sum(*x.sales, 3), nil
			}})
	})
	x.boss = x.User("boss", "core.admin")
	return x
}

func (x *suite) sell(s string) { d := money.MustAmount(s).Number(); x.sales = &d }

// TestGoal tells the life of a goal: agreed, approved by somebody else, measured
// live, closed when the numbers say so.
func TestGoal(t *testing.T) {
	t.Parallel()
	x := setup(t)
	in := resource.Values{"name": "Grow sales", "perspective": "finance", "kpi": "test.sales", "target": "1000", "from_on": "2026-01-01", "to_on": "2026-12-31"}
	o := x.Create(x.Admin, "dste.objective", in)
	x.Fire(x.Admin, o, "propose", nil)
	x.Fire(x.Admin, o, "approve", nil)
	if got := x.Reload(o).Stage(); got != "proposed" {
		t.Fatalf("asked for approval, the goal is already %s", got)
	}
	if n := x.Approve(x.Admin); n != 0 {
		t.Errorf("the author was asked to approve the own goal %d times", n)
	}
	if n := x.Approve(x.boss); n != 1 {
		t.Errorf("the boss had %d approvals, want 1", n)
	}
	x.Fire(x.Admin, o, "activate", nil)
	if _, err := x.Must("dste.objective").UpdateRow(x.Admin, o.Base().ID, x.Reload(o).Base().Version, resource.Values{"target": "1"}); !errs.Is(err, errs.Precondition) {
		t.Errorf("the target of an active goal changed: %v", err)
	}

	id := dste.ObjectiveID(o.Base().ID)
	achieve := func() error {
		_, _, err := x.Must("dste.objective").FireRow(x.Admin, o.Base().ID, 0, "achieve", resource.Values{})
		return err
	}
	if a, err := x.m.Objectives.Attainment(x.Admin, id); err != nil || a.Attainment != nil {
		t.Errorf("without data: %+v %v, want no attainment", a, err)
	}
	if err := achieve(); !errs.Is(err, errs.Precondition) {
		t.Errorf("achieved without data: %v", err)
	}
	x.sell("630")
	a, err := x.m.Objectives.Attainment(x.Admin, id)
	if err != nil || a.Attainment == nil || a.Attainment.String() != "0.63" || a.N != 3 {
		t.Errorf("630 of 1000: %+v %v", a, err)
	}
	if err := achieve(); !errs.Is(err, errs.Precondition) || !strings.Contains(err.Error(), "63 %") {
		t.Errorf("achieved at 63 %%: %v", err)
	}
	if s := x.Panels("dste.objective", o.Base().ID); !strings.Contains(s, "630.00") || !strings.Contains(s, "63 %") {
		t.Errorf("the panel does not show value and attainment: %s", s)
	}
	x.sell("1000")
	if err := achieve(); err != nil {
		t.Errorf("achieve at 100 %%: %v", err)
	}
	if bad, err := x.Process.Verify(t.Context()); err != nil || len(bad) > 0 {
		t.Errorf("log: %v %v", bad, err)
	}
}

func TestGoalRefusals(t *testing.T) {
	t.Parallel()
	x := setup(t)
	base := resource.Values{"name": "X", "kpi": "test.sales", "target": "100", "from_on": "2026-01-01", "to_on": "2026-12-31"}
	for name, change := range map[string]resource.Values{
		"unknown measure":                 {"kpi": "ltc.nosuch"},
		"period backwards":                {"to_on": "2025-12-31"},
		"share of nothing":                {"target": "0"},
		"worst value without its method":  {"worst": "5"},
		"worst equals target":             {"method": "two_point", "worst": "100"},
		"wrong direction for the measure": {"method": "two_point", "worst": "200"},
		"weight beyond 100 %":             {"weight": "120 %"},
	} {
		in := resource.Values{}
		for _, m := range []resource.Values{base, change} {
			for k, v := range m {
				in[k] = v
			}
		}
		if _, err := x.Must("dste.objective").CreateRow(x.Admin, in); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v, want Invalid", name, err)
		}
	}
	o := x.Create(x.Admin, "dste.objective", resource.Values{"name": "Without measure"})
	x.Refused(x.Admin, o, "propose", nil, errs.Precondition, "proposed without a measure")
	if _, err := x.Must("dste.objective").UpdateRow(x.Admin, o.Base().ID, 1, resource.Values{"parent_id": apptest.ID(o)}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a goal below itself: %v, want Invalid", err)
	}
}

func TestGoalWeightsBelowOneParent(t *testing.T) {
	t.Parallel()
	x := setup(t)
	goal := func(v resource.Values) resource.Row {
		for k, d := range (resource.Values{"name": "G", "kpi": "test.sales", "target": "100", "from_on": "2026-01-01", "to_on": "2026-12-31"}) {
			if v[k] == nil {
				v[k] = d
			}
		}
		return x.Create(x.Admin, "dste.objective", v)
	}
	top := goal(resource.Values{})
	a := goal(resource.Values{"parent_id": apptest.ID(top), "weight": "60 %"})
	x.Fire(x.Admin, a, "propose", nil)
	x.Fire(x.Admin, a, "approve", nil)
	work, err := x.Process.Inbox(x.boss, 10)
	if err != nil || len(work) != 1 {
		t.Fatalf("inbox: %v %v", work, err)
	}
	if _, err := x.Process.Decide(x.boss, work[0].Task, true, ""); !errs.Is(err, errs.Precondition) {
		t.Errorf("approved with 60 %% of the parent: %v, want Precondition", err)
	}
	goal(resource.Values{"parent_id": apptest.ID(top), "weight": "40 %"})
	if n := x.Approve(x.boss); n != 1 || x.Reload(a).Stage() != "approved" {
		t.Errorf("with 100 %% the goal is %s", x.Reload(a).Stage())
	}
	links, err := x.Trace.Thread(t.Context(), trace.Ref{Type: "dste.objective", ID: top.Base().ID})
	if err != nil || len(links) != 2 {
		t.Errorf("the parent leads to %d goals, want 2 (%v)", len(links), err)
	}
}

func TestMeasureUnderTheReadersRights(t *testing.T) {
	t.Parallel()
	x := setup(t)
	x.sell("630")
	o := x.Create(x.Admin, "dste.objective", resource.Values{"name": "G", "kpi": "test.sales", "target": "1000", "from_on": "2026-01-01", "to_on": "2026-12-31"})
	rep := x.User("rep", "ltc.rep")
	if _, err := x.m.Objectives.Attainment(rep, dste.ObjectiveID(o.Base().ID)); !errs.Is(err, errs.NotFound) {
		t.Errorf("a reader without the goal: %v, want NotFound", err)
	}
	// somebody who may read goals but not the rows behind the measure
	err := x.DB.Tx(x.Admin, func(ctx context.Context) error {
		return x.DB.Exec(ctx, `INSERT INTO core.policy_rule (role, object, action, scope) VALUES ('ltc.rep', 'dste.objective', 'read', 'company')`)
	})
	if err == nil {
		err = x.Authz.Reload(x.Admin)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.m.Objectives.Attainment(rep, dste.ObjectiveID(o.Base().ID)); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a reader without the measure: %v, want Forbidden", err)
	}
}

// budget makes an approved line with amount in every month from January on.
func (x *suite) budget(key, rule string, months ...string) resource.Row {
	x.T.Helper()
	s, _ := authz.Of(x.Admin)
	var lines []resource.Values
	for i, m := range months {
		lines = append(lines, resource.Values{"month": fmt.Sprint(i + 1), "amount": m})
	}
	b := x.Create(x.Admin, "dste.budget", resource.Values{"key": key, "name": "Marketing", "department_id": fmt.Sprint(s.Dept), "year": "2026", "rule": rule, "months": lines})
	x.Fire(x.Admin, b, "submit", nil)
	x.Approve(x.boss)
	if got := x.Reload(b).Stage(); got != "approved" {
		x.T.Fatalf("budget %s is %s, want approved", key, got)
	}
	return b
}

// spend checks and writes in a transaction of its own, as the program does.
func (x *suite) spend(sp dste.Spend) (a dste.Answer, err error) {
	err = x.DB.Tx(authz.System(x.Admin, "test"), func(ctx context.Context) error {
		a, err = x.m.Budget.Check(ctx, sp)
		return err
	})
	return a, err
}

func (x *suite) want(name string, sp dste.Spend, verdict dste.Verdict, committed, actual, available string) {
	x.T.Helper()
	a, err := x.spend(sp)
	if err != nil {
		x.T.Errorf("%s: %v", name, err)
		return
	}
	if a.Verdict != verdict || a.Committed.String() != committed || a.Actual.String() != actual || a.Available.String() != available {
		x.T.Errorf("%s: %s committed %s actual %s available %s (%s), want %s %s %s %s", name, a.Verdict, a.Committed, a.Actual, a.Available, a.Reason, verdict, committed, actual, available)
	}
	if (a.Reason == "") != (a.Verdict == dste.Allow) {
		x.T.Errorf("%s: verdict %s with reason %q", name, a.Verdict, a.Reason)
	}
}

var (
	pr  = trace.Ref{Type: "proc.requisition", ID: 1}
	po  = trace.Ref{Type: "proc.po", ID: 1}
	inv = trace.Ref{Type: "proc.invoice", ID: 1}
)

func on(s string) date.Date        { return date.MustParse(s) }
func amount(s string) money.Amount { return money.MustAmount(s) }

// TestBudget follows one purchase through the ledger: requisition, order, two
// invoices, and what is left is released at the end.
func TestBudget(t *testing.T) {
	t.Parallel()
	x := setup(t)
	b := x.budget("MKT-2026", "block", "10000", "10000", "10000")
	x.want("requisition", dste.Spend{Line: "MKT-2026", Doc: pr, Key: "pr1", Kind: dste.PreCommit, Amount: amount("8000"), On: on("2026-01-10")}, dste.Allow, "8000.00", "0.00", "22000.00")
	x.want("the same requisition again", dste.Spend{Line: "MKT-2026", Doc: pr, Key: "pr1", Kind: dste.PreCommit, Amount: amount("8000"), On: on("2026-01-10")}, dste.Allow, "8000.00", "0.00", "22000.00")
	x.want("order for more", dste.Spend{Line: "MKT-2026", Doc: po, Key: "po1", Kind: dste.Commit, Amount: amount("9000"), On: on("2026-02-01"), Releases: dste.PreCommit, Of: pr}, dste.Allow, "9000.00", "0.00", "21000.00")
	x.want("first invoice frees its part", dste.Spend{Line: "MKT-2026", Doc: po, Key: "inv1/release", Kind: dste.Commit, Amount: amount("-4000"), On: on("2026-02-20")}, dste.Allow, "5000.00", "0.00", "25000.00")
	x.want("first invoice", dste.Spend{Line: "MKT-2026", Doc: inv, Key: "inv1", Kind: dste.Actual, Amount: amount("4100"), On: on("2026-02-20")}, dste.Allow, "5000.00", "4100.00", "20900.00")
	x.want("more than is open is not released", dste.Spend{Line: "MKT-2026", Doc: po, Key: "inv2/release", Kind: dste.Commit, Amount: amount("-6000"), On: on("2026-03-02")}, dste.Allow, "0.00", "4100.00", "25900.00")
	x.want("credit note", dste.Spend{Line: "MKT-2026", Doc: inv, Key: "cn1", Kind: dste.Actual, Amount: amount("-100"), On: on("2027-01-02")}, dste.Allow, "0.00", "4000.00", "26000.00")
	x.want("only asking", dste.Spend{Line: "MKT-2026"}, dste.Allow, "0.00", "4000.00", "26000.00")
	if got := x.Reload(b); got.Text("actual") != "4000.00" || got.Text("available") != "26000.00" {
		t.Errorf("the line shows actual %s available %s", got.Text("actual"), got.Text("available"))
	}
	if s := x.Panels("dste.budget", b.Base().ID); !strings.Contains(s, "2026-02") || !strings.Contains(s, "4,100.00") {
		t.Errorf("the panel does not show the months: %s", s)
	}
	if got := x.Measure("dste.budget_used", kpi.Scope{From: on("2026-01-01"), To: on("2026-02-28")}); got != "0.205" { // 4100 of 20000; the credit note is of December
		t.Errorf("budget used: %s, want 0.205", got)
	}
	if got := x.Measure("dste.budget_used", kpi.Scope{From: on("2025-01-01"), To: on("2025-12-31")}); got != "–" {
		t.Errorf("budget used of a year without budget: %s, want no value", got)
	}
	x.Healthy()
}

// TestBudgetRules proves both checks: the year, and the months up to the posting
// date; and that a refused spend leaves no trace.
func TestBudgetRules(t *testing.T) {
	t.Parallel()
	x := setup(t)
	x.budget("BLOCK", "block", "1000", "1000", "1000")
	x.budget("WARN", "warn", "1000", "1000", "1000")
	x.budget("ALLOW", "allow", "1000", "1000", "1000")
	x.want("January does not hold 1500", dste.Spend{Line: "BLOCK", Doc: pr, Key: "a", Kind: dste.Commit, Amount: amount("1500"), On: on("2026-01-31")}, dste.Block, "0.00", "0.00", "3000.00")
	x.want("a refused key may be used again", dste.Spend{Line: "BLOCK", Doc: pr, Key: "a", Kind: dste.Commit, Amount: amount("1500"), On: on("2026-02-01")}, dste.Allow, "1500.00", "0.00", "1500.00")
	x.want("the year does not hold 1500.01 more", dste.Spend{Line: "BLOCK", Doc: po, Key: "b", Kind: dste.Actual, Amount: amount("1500.01"), On: on("2026-12-01")}, dste.Block, "1500.00", "0.00", "1500.00")
	x.want("exactly the rest", dste.Spend{Line: "BLOCK", Doc: po, Key: "c", Kind: dste.Commit, Amount: amount("1500"), On: on("2026-12-01")}, dste.Allow, "3000.00", "0.00", "0.00")
	x.want("conversion at the same amount of a full line", dste.Spend{Line: "BLOCK", Doc: inv, Key: "d", Kind: dste.Actual, Amount: amount("1500"), On: on("2026-12-02"), Releases: dste.Commit, Of: po}, dste.Allow, "1500.00", "1500.00", "0.00")
	x.want("spending of next year on what was committed", dste.Spend{Line: "BLOCK", Doc: inv, Key: "e", Kind: dste.Actual, Amount: amount("1500"), On: on("2027-01-05"), Releases: dste.Commit, Of: pr}, dste.Allow, "0.00", "3000.00", "0.00")
	x.want("a warning is written", dste.Spend{Line: "WARN", Doc: pr, Key: "f", Kind: dste.Commit, Amount: amount("1500"), On: on("2026-01-31")}, dste.Warn, "1500.00", "0.00", "1500.00")
	x.want("without control", dste.Spend{Line: "ALLOW", Doc: pr, Key: "g", Kind: dste.Commit, Amount: amount("5000"), On: on("2026-01-31")}, dste.Allow, "5000.00", "0.00", "-2000.00")
	x.Healthy()
}

func TestBudgetErrors(t *testing.T) {
	t.Parallel()
	x := setup(t)
	x.budget("MKT-2026", "warn", "1000")
	s, _ := authz.Of(x.Admin)
	x.Create(x.Admin, "dste.budget", resource.Values{"key": "DRAFT", "name": "D", "department_id": fmt.Sprint(s.Dept), "year": "2026"})
	for _, c := range []struct {
		name string
		sp   dste.Spend
		want errs.Kind
	}{
		{"no key", dste.Spend{Doc: pr, Key: "x", Kind: dste.Commit, Amount: amount("1"), On: on("2026-01-01")}, errs.Invalid},
		{"blank key", dste.Spend{Line: " ", Doc: pr, Key: "x", Kind: dste.Commit, Amount: amount("1"), On: on("2026-01-01")}, errs.Invalid},
		{"unknown key", dste.Spend{Line: "MKT-2027", Doc: pr, Key: "x", Kind: dste.Commit, Amount: amount("1"), On: on("2026-01-01")}, errs.NotFound},
		{"unapproved line", dste.Spend{Line: "DRAFT", Doc: pr, Key: "x", Kind: dste.Commit, Amount: amount("1"), On: on("2026-01-01")}, errs.Precondition},
		{"another year", dste.Spend{Line: "MKT-2026", Doc: pr, Key: "x", Kind: dste.Commit, Amount: amount("1"), On: on("2027-01-01")}, errs.Invalid},
		{"without idempotency key", dste.Spend{Line: "MKT-2026", Doc: pr, Kind: dste.Commit, Amount: amount("1"), On: on("2026-01-01")}, errs.Internal},
	} {
		if _, err := x.spend(c.sp); err == nil || errs.KindOf(err) != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	if _, err := x.Must("dste.budget").CreateRow(x.Admin, resource.Values{"key": "MKT-2026", "name": "Twice", "department_id": fmt.Sprint(s.Dept), "year": "2026"}); !errs.Is(err, errs.Conflict) {
		t.Errorf("the same key twice: %v, want Conflict", err)
	}
	if _, err := x.Must("dste.budget").CreateRow(x.Admin, resource.Values{"key": "M", "name": "M", "department_id": fmt.Sprint(s.Dept), "year": "2026",
		"months": []resource.Values{{"month": "1", "amount": "1"}, {"month": "1", "amount": "2"}}}); !errs.Is(err, errs.Invalid) {
		t.Errorf("January twice: %v, want Invalid", err)
	}
}

func TestBudgetLockAndClose(t *testing.T) {
	t.Parallel()
	x := setup(t)
	b := x.budget("MKT-2026", "allow", "1000")
	x.want("order", dste.Spend{Line: "MKT-2026", Doc: po, Key: "po", Kind: dste.Commit, Amount: amount("400"), On: on("2026-01-01")}, dste.Allow, "400.00", "0.00", "600.00")
	x.Fire(x.Admin, b, "lock", nil)
	x.want("nothing new on a locked line", dste.Spend{Line: "MKT-2026", Doc: pr, Key: "pr", Kind: dste.PreCommit, Amount: amount("1"), On: on("2026-01-01")}, dste.Block, "400.00", "0.00", "600.00")
	x.Refused(x.Admin, b, "close", nil, errs.Precondition, "closed with open commitments")
	x.want("what is committed may be spent", dste.Spend{Line: "MKT-2026", Doc: inv, Key: "inv", Kind: dste.Actual, Amount: amount("400"), On: on("2026-01-01"), Releases: dste.Commit, Of: po}, dste.Allow, "0.00", "400.00", "600.00")
	x.Fire(x.Admin, b, "close", nil)
	if _, err := x.spend(dste.Spend{Line: "MKT-2026", Doc: inv, Key: "late", Kind: dste.Actual, Amount: amount("1"), On: on("2026-01-01")}); !errs.Is(err, errs.Precondition) {
		t.Errorf("spent on a closed line: %v, want Precondition", err)
	}
	x.Healthy()
}

// TestNobodyOverspends lets 16 buyers grab 100 of a line of 1000 at once.
func TestNobodyOverspends(t *testing.T) {
	t.Parallel()
	x := setup(t)
	b := x.budget("RACE", "block", "1000")
	var wg sync.WaitGroup
	verdicts := make([]dste.Verdict, 16)
	for i := range verdicts {
		wg.Go(func() {
			a, err := x.spend(dste.Spend{Line: "RACE", Doc: trace.Ref{Type: "proc.po", ID: int64(i + 1)}, Key: fmt.Sprint("po", i), Kind: dste.Commit, Amount: amount("100"), On: on("2026-01-05")})
			if err != nil {
				t.Errorf("buyer %d: %v", i, err)
			}
			verdicts[i] = a.Verdict
		})
	}
	wg.Wait()
	got := map[dste.Verdict]int{}
	for _, v := range verdicts {
		got[v]++
	}
	if got[dste.Allow] != 10 || got[dste.Block] != 6 {
		t.Errorf("verdicts %v, want 10 allowed and 6 blocked", got)
	}
	if r := x.Reload(b); r.Text("available") != "0.00" || r.Text("committed") != "1000.00" {
		t.Errorf("available %s committed %s, want 0.00 and 1000.00", r.Text("available"), r.Text("committed"))
	}
	x.Healthy()
}

// TestOneKeyOnce sends the same spend from 16 clients at once.
func TestOneKeyOnce(t *testing.T) {
	t.Parallel()
	x := setup(t)
	b := x.budget("ONCE", "block", "1000")
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if _, err := x.spend(dste.Spend{Line: "ONCE", Doc: po, Key: "po", Kind: dste.Commit, Amount: amount("100"), On: on("2026-01-05")}); err != nil {
				t.Errorf("repeat: %v", err)
			}
		})
	}
	wg.Wait()
	if got := x.Reload(b).Text("committed"); got != "100.00" {
		t.Errorf("committed %s, want 100.00", got)
	}
	x.Healthy()
}

// TestSelfCheckFindsADifference proves that the self-check can fail.
func TestSelfCheckFindsADifference(t *testing.T) {
	t.Parallel()
	x := setup(t)
	b := x.budget("MKT-2026", "block", "1000")
	err := x.DB.Tx(x.Admin, func(ctx context.Context) error {
		return x.DB.Exec(ctx, `UPDATE dste.budget SET actual = 5 WHERE id = $1`, b.Base().ID)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range x.Checks {
		if bad, err := c.Run(t.Context()); c.Name == "dste.budget" && (err != nil || len(bad) != 1) {
			t.Errorf("the self-check found %v (%v), want one difference", bad, err)
		}
	}
}
