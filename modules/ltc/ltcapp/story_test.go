package ltcapp_test

import (
	"bytes"
	"context"
	"testing"

	"meridian/modules/crm"
	"meridian/modules/isc"
	"meridian/modules/ltc"
	"meridian/platform/app/apptest"
	"meridian/platform/event"
	"meridian/platform/kpi"
	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

var kpiAll = kpi.Scope{}

// heard collects what LTC publishes.
type heard struct {
	answered  []ltc.LeadAnswered
	closed    []ltc.OpportunityClosed
	signed    []ltc.ContractSigned
	accepted  []ltc.AcceptanceSigned
	posted    []ltc.InvoicePosted
	allocated []ltc.ReceiptAllocated
}

func listen(b *event.Bus) *heard {
	h := &heard{}
	event.Subscribe(b, "test", func(_ context.Context, e ltc.LeadAnswered) error { h.answered = append(h.answered, e); return nil })
	event.Subscribe(b, "test", func(_ context.Context, e ltc.OpportunityClosed) error { h.closed = append(h.closed, e); return nil })
	event.Subscribe(b, "test", func(_ context.Context, e ltc.ContractSigned) error { h.signed = append(h.signed, e); return nil })
	event.Subscribe(b, "test", func(_ context.Context, e ltc.AcceptanceSigned) error { h.accepted = append(h.accepted, e); return nil })
	event.Subscribe(b, "test", func(_ context.Context, e ltc.InvoicePosted) error { h.posted = append(h.posted, e); return nil })
	event.Subscribe(b, "test", func(_ context.Context, e ltc.ReceiptAllocated) error {
		h.allocated = append(h.allocated, e)
		return nil
	})
	return h
}

// TestStory is the way of a deal: a web lead, graded, accepted, converted; a quote
// whose second version needs approval; contract, order, delivery, acceptance,
// invoice, payment. Every number and link is checked on the way.
func TestStory(t *testing.T) {
	t.Parallel()
	w := setup(t)
	h := listen(w.Bus)
	boss := w.User("boss", "core.admin")
	w.launch(motor, "100")
	w.launch(motor, "100") // launched again: still one price
	if p, err := w.ltc.Price(w.Admin, motor, w.today().AddDays(1)); err != nil || p.String() != "100" {
		t.Errorf("list price after launch: %s %v, want 100", p, err)
	}
	w.supply.free[motor] = money.Units(6)

	// lead
	campaign := trace.Ref{Type: "mtl.campaign", ID: 77}
	ref, created, err := w.ltc.Leads.Capture(w.Admin, ltc.NewLead{Name: "Li Wei", Company: "华东精密", Email: "Li.Wei@example.com", Phone: "138 0013 8000", Need: "10 drives", Source: "web"}, campaign)
	if err != nil || !created {
		t.Fatalf("capture: %v %v", created, err)
	}
	lead := w.One("ltc.lead", "campaign_id", "77")
	if err := w.ltc.Leads.Grade(w.Admin, ref, 88, "A", "wrote twice", true); err != nil {
		t.Fatalf("grade: %v", err)
	}
	lead = w.Reload(lead)
	if lead.Stage() != "mql" || lead.Text("score") != "88" {
		t.Fatalf("after grading: stage %s score %s", lead.Stage(), lead.Text("score"))
	}
	w.Fire(w.Admin, lead, "accept", nil)
	if _, _, err := w.Must("ltc.lead").FireRow(w.Admin, ref.ID, 0, "qualify", resource.Values{}); err == nil {
		t.Error("a lead without need, budget, authority and time was qualified")
	}
	lead = w.Reload(lead)
	if _, err := w.Must("ltc.lead").UpdateRow(w.Admin, ref.ID, lead.Base().Version, resource.Values{"need_known": "true", "budget_known": "true", "authority_known": "true", "time_known": "true"}); err != nil {
		t.Fatal(err)
	}
	w.Fire(w.Admin, lead, "qualify", nil)
	lead = w.Fire(w.Admin, lead, "convert", resource.Values{"name": "Drives for line 3", "amount": "1000", "close_on": "2027-01-31"})
	deal := w.One("ltc.opportunity", "lead_id", apptest.ID(lead))
	if got := w.Measure("ltc.open_pipeline", kpiAll); got != "1000" {
		t.Errorf("open pipeline %s, want 1000", got)
	}
	customer := w.One("crm.customer", "name", "华东精密")
	if customer.Stage() != string(crm.Opportunity) {
		t.Errorf("life cycle %s, want opportunity", customer.Stage())
	}
	customer, err = w.Must("crm.customer").UpdateRow(w.Admin, customer.Base().ID, customer.Base().Version, resource.Values{"credit_limit": "5000"})
	if err != nil {
		t.Fatal(err)
	}

	// quote, version 2 with a discount somebody else approves
	quote := w.Create(w.Admin, "ltc.quote", resource.Values{"opportunity_id": apptest.ID(deal), "lines": []resource.Values{
		{"product_id": "1", "qty": "10"}, {"product_id": "3", "qty": "1", "unit_price": "200"}}})
	if got := quote.Text("total"); got != "1342.00" { // 1000 + 13 % and 200 + 6 %
		t.Errorf("total of the quote %s, want 1342.00", got)
	}
	quote = w.Fire(w.Admin, quote, "submit", nil)
	w.Fire(w.Admin, quote, "send", nil)
	w.Fire(w.Admin, quote, "new_version", nil)
	v2 := w.One("ltc.quote", "previous_id", apptest.ID(quote))
	if v2.Base().No != "Q-0001/v2" || w.Reload(quote).Stage() != "superseded" {
		t.Errorf("second version %s, first %s", v2.Base().No, w.Reload(quote).Stage())
	}
	lines := v2.Lines("lines")
	if _, err := w.Must("ltc.quote").UpdateRow(w.Admin, v2.Base().ID, v2.Base().Version, resource.Values{"lines": []resource.Values{
		{"id": lineID(lines[0]), "discount": "15%"}, {"id": lineID(lines[1])}}}); err != nil {
		t.Fatal(err)
	}
	v2 = w.Fire(w.Admin, v2, "submit", nil)
	if v2.Stage() != "draft" {
		t.Fatalf("15 %% discount passed without approval: %s", v2.Stage())
	}
	if n := w.Approve(boss); n != 1 {
		t.Fatalf("%d approvals for the boss, want 1", n)
	}
	w.Fire(w.Admin, v2, "send", nil)
	v2 = w.Fire(w.Admin, v2, "accept", nil)
	if got := v2.Text("total"); got != "1172.50" { // 850 + 110.50, 200 + 12
		t.Errorf("total of version 2 %s, want 1172.50", got)
	}

	// contract
	w.Fire(w.Admin, v2, "make_contract", nil)
	contract := w.One("ltc.contract", "quote_id", apptest.ID(v2))
	w.Fire(w.Admin, contract, "submit", nil)
	w.Fire(w.Admin, contract, "approve", nil)
	w.Approve(boss)
	if _, _, err := w.Must("ltc.opportunity").FireRow(w.Admin, deal.Base().ID, 0, "win", resource.Values{}); err == nil {
		t.Error("the deal was won before anything was signed")
	}
	contract = w.Fire(w.Admin, contract, "sign", resource.Values{"signed_by_customer": "Li Wei", "signed_by_us": "Ann"})
	if len(h.signed) != 1 || h.signed[0].Amount.String() != "1172.50" {
		t.Errorf("contract signed: %+v", h.signed)
	}
	w.Fire(w.Admin, contract, "order", nil)
	order := w.One("ltc.order", "contract_id", apptest.ID(contract))

	// order: stock covers six of ten
	order = w.Fire(w.Admin, order, "confirm", nil)
	l := order.Lines("lines")[0]
	if l.Text("reserved") != "6" || l.Text("promised_on") != "" || order.Text("exposure") != "1172.50" {
		t.Errorf("after confirm: reserved %s, promised %q, exposure %s", l.Text("reserved"), l.Text("promised_on"), order.Text("exposure"))
	}
	if err := w.ltc.Reactions.Replenished(w.Admin, isc.Replenished{Doc: trace.Ref{Type: "ltc.order", ID: order.Base().ID}, Line: l.ID(), Qty: money.Units(4)}); err != nil {
		t.Fatalf("replenished: %v", err)
	}
	if l := w.Reload(order).Lines("lines")[0]; l.Text("reserved") != "10" || l.Text("promised_on") == "" {
		t.Errorf("after replenishment: reserved %s, promised %q", l.Text("reserved"), l.Text("promised_on"))
	}
	w.Fire(w.Admin, deal, "win", nil)
	if len(h.closed) != 1 || !h.closed[0].Won || h.closed[0].Lead != ref {
		t.Errorf("closed: %+v", h.closed)
	}
	if got := w.Measure("ltc.net_sales", kpiAll) + " " + w.Measure("ltc.win_rate", kpiAll) + " " + w.Measure("ltc.order_count", kpiAll); got != "1050 1 1" {
		t.Errorf("net sales, win rate, orders = %s, want 1050 1 1", got)
	}
	w.Fire(w.Admin, order, "release", nil)
	service := w.One("ltc.acceptance", "order_id", apptest.ID(order)) // the training needs no truck
	w.Fire(w.Admin, service, "accept", resource.Values{"signed_by": "Li Wei"})
	w.deliver(order)
	if got := w.Reload(order).Stage(); got != "delivered" {
		t.Errorf("order is %s, want delivered", got)
	}
	goods := w.One("ltc.acceptance", "shipment_id", "1")
	w.Fire(w.Admin, goods, "accept", resource.Values{"signed_by": "Li Wei"})
	if got := w.Reload(order).Stage(); got != "completed" || len(h.accepted) != 2 {
		t.Errorf("order is %s after %d acceptances, want completed", got, len(h.accepted))
	}
	if got := w.Reload(customer).Stage(); got != string(crm.User) {
		t.Errorf("life cycle %s, want user", got)
	}

	// invoice, four eyes, legal number
	w.Fire(w.Admin, order, "invoice", nil)
	invoice := w.One("ltc.invoice", "order_id", apptest.ID(order))
	w.Fire(w.Admin, invoice, "approve", nil)
	if n := w.Approve(w.Admin); n != 0 || w.Reload(invoice).Stage() != "draft" {
		t.Error("the maker approved the own invoice")
	}
	w.Approve(boss)
	invoice = w.Fire(w.Admin, invoice, "post", nil)
	year := w.today().String()[:4]
	if invoice.Text("fiscal_no") != "INV-"+year+"-000001" || invoice.Text("open") != "1172.50" {
		t.Errorf("posted: %s open %s", invoice.Text("fiscal_no"), invoice.Text("open"))
	}
	if got := w.Reload(order).Text("exposure"); got != "0.00" {
		t.Errorf("the invoiced order still holds %s", got)
	}
	if got := w.Measure("ltc.receivables", kpiAll); got != "1172.5" {
		t.Errorf("receivables %s, want 1172.5", got)
	}

	// payment in two parts
	first := w.Create(w.Admin, "ltc.receipt", resource.Values{"amount": "1000", "bank_ref": "B-1", "payer": "华东精密"})
	first = w.Fire(w.Admin, first, "allocate", resource.Values{"invoice": apptest.ID(invoice)})
	second := w.Create(w.Admin, "ltc.receipt", resource.Values{"amount": "200", "bank_ref": "B-2"})
	second = w.Fire(w.Admin, second, "allocate_part", resource.Values{"invoice": apptest.ID(invoice)})
	if first.Stage() != "matched" || second.Stage() != "partly" || second.Text("rest") != "27.50" {
		t.Errorf("receipts: %s, %s with %s left", first.Stage(), second.Stage(), second.Text("rest"))
	}
	if got := w.Reload(invoice); got.Stage() != "paid" || got.Text("open") != "0.00" {
		t.Errorf("invoice is %s with %s open", got.Stage(), got.Text("open"))
	}
	contract = w.Reload(contract)
	for _, l := range contract.Lines("plan") {
		if l.Text("done_on") == "" {
			t.Errorf("plan line %s (%s) is not done", l.Text("seq"), l.Text("kind"))
		}
	}
	if contract.Stage() != "completed" {
		t.Errorf("contract is %s, want completed", contract.Stage())
	}
	if got := w.Measure("ltc.receivables", kpiAll); got != "0" {
		t.Errorf("receivables %s after payment, want 0", got)
	}

	// the thread shows the chain both ways
	chain := []string{"mtl.campaign", "ltc.lead", "ltc.opportunity", "ltc.quote", "ltc.contract", "ltc.order", "ltc.acceptance", "ltc.invoice"}
	links, err := w.Trace.Thread(w.Admin, trace.Ref{Type: "ltc.receipt", ID: first.Base().ID})
	if err != nil {
		t.Fatal(err)
	}
	up := map[string]bool{}
	for _, l := range links {
		up[l.Source.Type] = true
	}
	for _, typ := range chain {
		if typ != "ltc.acceptance" && !up[typ] {
			t.Errorf("the payment's thread lacks %s", typ)
		}
	}
	links, err = w.Trace.Thread(w.Admin, campaign)
	if err != nil {
		t.Fatal(err)
	}
	down := map[string]bool{}
	for _, l := range links {
		down[l.Target.Type] = true
	}
	for _, typ := range append(chain[1:], "ltc.receipt") {
		if !down[typ] {
			t.Errorf("the campaign's thread lacks %s", typ)
		}
	}

	// paper
	for _, r := range []resource.Row{v2, invoice} {
		var b bytes.Buffer
		if err := w.Must(r.Type()).DownloadRow(w.Admin, r.Base().ID, resource.PDF.Name, &b); err != nil || !bytes.HasPrefix(b.Bytes(), []byte("%PDF")) {
			t.Errorf("print %s: %v, %d bytes", r.Type(), err, b.Len())
		}
	}
	w.Healthy()
}
