package ipdapp_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"meridian/modules/ipd"
	"meridian/modules/ipd/ipdapp"
	"meridian/platform/app"
	"meridian/platform/app/apptest"
	"meridian/platform/authz"
	"meridian/platform/db/dbtest"
	"meridian/platform/errs"
	"meridian/platform/event"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// suite is a started platform; its goals are departments, since the test needs
// nothing of DSTE but a type to point to.
type suite struct {
	*apptest.Suite
	m        *ipdapp.Module
	launched []ipd.Launched
}

func setup(t *testing.T, answers map[string]string) *suite {
	t.Helper()
	s := &suite{}
	s.Suite = apptest.New(t, func(p *app.Platform) {
		s.m = ipdapp.New(p, ipdapp.Needs{Goals: "core.department"})
		event.Subscribe(p.Bus, "test", func(ctx context.Context, e ipd.Launched) error {
			s.launched = append(s.launched, e)
			for module, reason := range answers {
				if err := s.m.Launches.Acknowledge(ctx, e.Product, module, reason); err != nil {
					return err
				}
			}
			return nil
		})
	})
	return s
}

func (s *suite) product(name string, more resource.Values) resource.Row {
	return s.Create(s.Admin, "ipd.product", apptest.Merge(resource.Values{"name": name}, more))
}

func (s *suite) get(r resource.Row) ipd.Product {
	s.T.Helper()
	p, err := s.m.Products.Product(s.T.Context(), ipd.ProductID(r.Base().ID))
	if err != nil {
		s.T.Fatalf("product: %v", err)
	}
	return p
}

func lines(pairs ...string) []resource.Values {
	var out []resource.Values
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, resource.Values{"component_id": pairs[i], "qty": pairs[i+1]})
	}
	return out
}

// project makes a product project that stands in stage verify.
func (s *suite) project(board context.Context, bom []resource.Values) resource.Row {
	p := s.Create(s.Admin, "ipd.project", resource.Values{"name": "Drive 2", "product_name": "Servo drive 2", "target_launch": "2027-03-01", "revenue": "900000",
		"cost": "120000", "price": "1860", "objective_id": "1", "bom": bom})
	if _, pending, err := s.Must("ipd.project").FireRow(s.Admin, p.Base().ID, 0, "approve", resource.Values{}); err != nil || !pending {
		s.T.Fatalf("approve the charter: pending %v, %v", pending, err)
	}
	if n := s.Approve(board); n != 1 {
		s.T.Fatalf("the board decided %d charters, want 1", n)
	}
	for _, move := range []string{"plan", "develop", "verify"} {
		s.Fire(s.Admin, p, move, nil)
	}
	return s.Reload(p)
}

// TestStory tells a launch: charter approved by somebody else, product in
// pre-release, on sale once all three modules have taken it over.
func TestStory(t *testing.T) {
	t.Parallel()
	s := setup(t, map[string]string{"isc": "", "ltc": ""})
	board := s.User("board", "core.admin")
	part := s.product("Motor", nil)
	p := s.Fire(s.Admin, s.project(board, lines(apptest.ID(part), "2")), "launch", nil)

	if len(s.launched) != 1 {
		t.Fatalf("published %d launches, want 1", len(s.launched))
	}
	l := s.launched[0]
	if l.Price.String() != "1860" || l.Currency != "CNY" || len(l.BOM) != 1 || l.BOM[0].Qty.String() != "2" {
		t.Errorf("launched %+v", l)
	}
	made, err := s.Must("ipd.product").GetRow(s.Admin, int64(l.Product))
	if err != nil {
		t.Fatal(err)
	}
	if made.Stage() != "pre_release" || s.get(made).Sellable {
		t.Errorf("with an answer missing the product is in %s, sellable %v", made.Stage(), s.get(made).Sellable)
	}
	if _, _, err := s.Must("ipd.project").FireRow(s.Admin, p.Base().ID, 0, "hand_over", resource.Values{}); !errs.Is(err, errs.Precondition) || !strings.Contains(err.Error(), "itr") {
		t.Errorf("hand over before itr answered: %v", err)
	}
	if err := s.m.Launches.Acknowledge(s.Admin, l.Product, "itr", ""); err != nil {
		t.Fatalf("acknowledge: %v", err)
	}
	if got := s.get(made); !got.Sellable || got.Name != "Servo drive 2" || got.TaxRate.String() != "0.13" {
		t.Errorf("after all answers the product is %+v", got)
	}
	bom, err := s.m.Products.BOM(t.Context(), l.Product)
	if err != nil || len(bom) != 1 || int64(bom[0].Component) != part.Base().ID {
		t.Errorf("bill %v %v", bom, err)
	}
	if got := s.Fire(s.Admin, p, "hand_over", nil).Stage(); got != "lifecycle" {
		t.Errorf("project in %s, want lifecycle", got)
	}
	thread, err := s.Trace.Thread(t.Context(), trace.Ref{Type: "ipd.product", ID: int64(l.Product)})
	if err != nil || len(thread) != 2 || thread[1].Source.Type != "core.department" {
		t.Errorf("the thread of the product does not reach its goal: %v %v", thread, err)
	}
	s.Healthy()
}

func TestRefusedLaunchBlocksAndTells(t *testing.T) {
	t.Parallel()
	answers := map[string]string{"isc": "", "itr": "", "ltc": "No price list in CNY."}
	s := setup(t, answers)
	p := s.Fire(s.Admin, s.project(s.User("board", "core.admin"), nil), "launch", nil)
	id := s.launched[0].Product
	notes, err := s.Notices.List(t.Context(), authz.Actor(s.Admin), 1)
	if err != nil || len(notes) != 1 || notes[0].Object.ID != int64(id) || notes[0].Args[2] != "No price list in CNY." {
		t.Errorf("notices of the owner: %+v %v", notes, err)
	}
	if v, err := s.m.Products.Product(s.Admin, id); err != nil || v.Sellable {
		t.Errorf("refused product is sellable: %+v %v", v, err)
	}
	answers["ltc"] = ""
	s.Fire(s.Admin, p, "resend", nil)
	if v, err := s.m.Products.Product(s.Admin, id); err != nil || !v.Sellable {
		t.Errorf("after the second round: %+v %v", v, err)
	}
	s.Refused(s.Admin, p, "resend", nil, errs.Precondition, "ask again although all agreed")
	if err := s.m.Launches.Acknowledge(s.Admin, id, "crm", ""); !errs.Is(err, errs.Invalid) {
		t.Errorf("answer of a module nobody asked: %v", err)
	}
	if err := s.m.Launches.Acknowledge(s.Admin, id+1, "isc", ""); !errs.Is(err, errs.NotFound) {
		t.Errorf("answer about a product that was never launched: %v", err)
	}
}

func TestLaunchNeedsPriceAndHoldComesBack(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	p := s.project(s.User("board", "core.admin"), nil)
	s.Fire(s.Admin, p, "hold", resource.Values{"reason": "No capacity"})
	s.Refused(s.Admin, p, "resume_plan", nil, errs.Precondition, "resume into another stage")
	back := s.Fire(s.Admin, p, "resume_verify", nil)
	cleared, err := s.Must("ipd.project").UpdateRow(s.Admin, back.Base().ID, back.Base().Version, resource.Values{"price": "0"})
	if err != nil {
		t.Fatal(err)
	}
	s.Refused(s.Admin, cleared, "launch", nil, errs.Precondition, "launch without price")
	s.Refused(s.Admin, cleared, "kill", nil, errs.Invalid, "kill without reason")
	if got := s.Fire(s.Admin, cleared, "kill", resource.Values{"reason": "No market"}).Stage(); got != "killed" {
		t.Errorf("stage %s, want killed", got)
	}
}

// TestTradingCompany needs no project: made by hand or imported, released, sold,
// ended.
func TestTradingCompany(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	p := s.product("Chai", resource.Values{"quantity_per_unit": "10 boxes x 20 bags", "supplier": "Exotic Liquids", "category": "Beverages"})
	if s.get(p).Sellable {
		t.Error("a draft is sellable")
	}
	for _, step := range []struct {
		move     string
		sellable bool
	}{{"release", true}, {"block", false}, {"unblock", true}, {"end_sale", false}} {
		s.Fire(s.Admin, p, step.move, resource.Values{"reason": "test"})
		if got := s.get(p).Sellable; got != step.sellable {
			t.Errorf("after %s sellable is %v", step.move, got)
		}
	}
	doc := s.Must("ipd.product")
	for stage, sellable := range map[string]bool{"released": true, "end_of_sale": false} {
		r, err := doc.ImportRow(s.Admin, resource.Values{"name": "Imported " + stage}, resource.History{Stage: stage, Reason: "products.csv"})
		if err != nil {
			t.Fatalf("import as %s: %v", stage, err)
		}
		if got := s.get(r).Sellable; got != sellable {
			t.Errorf("imported as %s sellable is %v", stage, got)
		}
	}
	if _, err := doc.ImportRow(s.Admin, resource.Values{"name": "X"}, resource.History{Stage: "pre_release", Reason: "products.csv"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("import into pre-release: %v", err)
	}
	if _, err := s.m.Products.Product(s.Admin, 99999); !errs.Is(err, errs.NotFound) {
		t.Errorf("absent product: %v", err)
	}
	some, err := s.m.Products.Products(s.Admin, []ipd.ProductID{ipd.ProductID(p.Base().ID), 99999})
	if err != nil || len(some) != 1 {
		t.Errorf("products: %v %v", some, err)
	}
}

func TestBillOfMaterialNeverEnds(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	doc := s.Must("ipd.product")
	bolt := s.product("Bolt", nil)
	frame := s.product("Frame", resource.Values{"bom": lines(apptest.ID(bolt), "8")})
	bike := s.product("Bike", resource.Values{"bom": lines(apptest.ID(frame), "1", apptest.ID(bolt), "4")})
	for name, bom := range map[string][]resource.Values{
		"a cycle of three levels": lines(apptest.ID(bike), "1"),
		"itself":                  lines(apptest.ID(bolt), "1"),
		"nothing of it":           lines(apptest.ID(bike), "0"),
	} {
		if _, err := doc.UpdateRow(s.Admin, bolt.Base().ID, 1, resource.Values{"bom": bom}); !errs.Is(err, errs.Invalid) {
			t.Errorf("bolt containing %s: %v, want Invalid", name, err)
		}
	}
	if _, err := doc.CreateRow(s.Admin, resource.Values{"name": "Y", "bom": lines(apptest.ID(bolt), "1", apptest.ID(bolt), "2")}); !errs.Is(err, errs.Invalid) {
		t.Errorf("one component on two lines: %v", err)
	}
}

// TestTwoHalvesOfACycle stores a > b and b > a at the same moment: one must lose.
func TestTwoHalvesOfACycle(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	doc := s.Must("ipd.product")
	for range 10 {
		a, b := s.product("A", nil), s.product("B", nil)
		var wg sync.WaitGroup
		var failed [2]error
		for i, pair := range [][2]resource.Row{{a, b}, {b, a}} {
			wg.Go(func() {
				_, failed[i] = doc.UpdateRow(s.Admin, pair[0].Base().ID, 1, resource.Values{"bom": lines(apptest.ID(pair[1]), "1")})
			})
		}
		wg.Wait()
		if (failed[0] == nil) == (failed[1] == nil) {
			t.Fatalf("both halves: %v, %v", failed[0], failed[1])
		}
	}
	s.Healthy()
}
