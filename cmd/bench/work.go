package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"meridian/configs"
	"meridian/platform/clock"
	"meridian/platform/date"
)

// work is what the clients ask of meridian.
type work struct {
	customers, orders int // ids 1..n
	products          []int64
	warehouse         int64
}

const api = "/api/v1"

// prepare makes a second person, tokens, a browser session and stock to sell.
func (o options) prepare(ctx context.Context, s *server) error {
	roles, err := allRoles()
	if err != nil {
		return err
	}
	for _, who := range []struct {
		name string
		line *string
	}{{"admin", &s.admin}, {approver, &s.second}} {
		if who.name != "admin" {
			c := o.meridian(ctx, "user", "create", "--user", who.name, "--roles", roles, "--password-stdin")
			c.Stdin, c.Stderr = strings.NewReader(password+"\n"), nil
			_ = c.Run() // an earlier run has made this user
		}
		out, err := o.meridian(ctx, "token", "create", "--user", who.name, "--name", "bench").Output()
		if err != nil {
			return fmt.Errorf("token of %s: %w", who.name, err)
		}
		*who.line = "Authorization: Bearer " + strings.TrimSpace(string(out))
	}
	line, err := s.signIn(ctx, approver)
	s.cookie = line
	return err
}

// approver is the second person, who holds every role.
const approver = "bench-approver"

func allRoles() (string, error) {
	f, err := configs.FS.Open("roles.csv")
	if err != nil {
		return "", fmt.Errorf("open default roles: %w", err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return "", fmt.Errorf("read default roles: %w", err)
	}
	var roles []string
	for _, r := range rows[1:] {
		if !slices.Contains(roles, r[0]) {
			roles = append(roles, r[0])
		}
	}
	return strings.Join(roles, ","), nil
}

type doc = map[string]any

// call asks for JSON.
func (s *server) call(c *client, want int, auth, method, path string, body any) (doc, error) {
	var b []byte
	if body != nil {
		b, _ = json.Marshal(body) // maps of plain values
	}
	out, err := c.do(want, method, api+path, auth, b)
	if err != nil {
		return nil, err
	}
	var d doc
	if err := json.Unmarshal(out, &d); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return d, nil
}

// day is a day from now on, in the zone of the demo company: its day begins before that of
// this machine.
func day(from int) string {
	return date.Of(clock.System().In(time.FixedZone("", 8*3600))).AddDays(from).String()
}

func idOf(d doc) int64 { f, _ := d["id"].(float64); return int64(f) }

// first is the first record of a list.
func (s *server) first(c *client, path string) (doc, error) {
	d, err := s.call(c, http.StatusOK, s.admin, "GET", path, nil)
	if err != nil {
		return nil, err
	}
	items, _ := d["items"].([]any)
	if len(items) == 0 {
		return nil, errors.New("nothing in " + path)
	}
	r, _ := items[0].(doc)
	return r, nil
}

// look finds products on sale and lays in stock.
func (w *work) look(s *server) error {
	c, err := dial(s.addr, 1)
	if err != nil {
		return err
	}
	house, err := s.first(c, "/isc/warehouse?sort=id&limit=1")
	if err != nil {
		return err
	}
	w.warehouse = idOf(house)
	list, err := s.call(c, http.StatusOK, s.admin, "GET", "/ipd/product?stage=released&kind=goods&sort=id", nil)
	if err != nil {
		return err
	}
	items, _ := list["items"].([]any)
	for _, x := range items {
		p, _ := x.(doc)
		w.products = append(w.products, idOf(p))
		adj, err := s.call(c, http.StatusCreated, s.admin, "POST", "/isc/adjustment", doc{"cause": "opening", "day": day(0), "product_id": idOf(p), "warehouse_id": w.warehouse, "qty": "1000000", "unit_cost": "0.0001", "note": "bench"})
		if err != nil {
			return err
		}
		if err := s.pass(c, "isc/adjustment", idOf(adj), "post", nil); err != nil {
			return err
		}
	}
	if len(w.products) < 3 {
		return fmt.Errorf("%d products on sale, 3 are needed", len(w.products))
	}
	return nil
}

// pass runs a step and lets the second person approve when that is asked for.
func (s *server) pass(c *client, typ string, id int64, move string, body doc) error {
	if body == nil {
		body = doc{}
	}
	b, _ := json.Marshal(body) // maps of plain values
	_, err := c.do(http.StatusOK, "POST", fmt.Sprintf("%s/%s/%d/%s", api, typ, id, move), s.admin, b)
	if err != nil && strings.Contains(err.Error(), "answered 202") {
		return s.approve(c, typ, id)
	}
	return err
}

// approve decides the open round of a document as the second person, step by step.
func (s *server) approve(c *client, typ string, id int64) error {
	for {
		task, err := s.asked(c, typ, id)
		if err != nil {
			return err
		}
		d, err := s.call(c, http.StatusOK, s.second, "POST", fmt.Sprintf("/approval/%d/approve", task), doc{})
		if err != nil || d["pending"] != true {
			return err
		}
	}
}

// asked finds what the second person is asked to decide.
func (s *server) asked(c *client, typ string, id int64) (int64, error) {
	d, err := s.call(c, http.StatusOK, s.admin, "GET", fmt.Sprintf("/%s/%d/approvals", typ, id), nil)
	if err != nil {
		return 0, err
	}
	rounds, _ := d["items"].([]any)
	for _, x := range rounds {
		r, _ := x.(doc)
		tasks, _ := r["tasks"].([]any)
		for _, y := range tasks {
			t, _ := y.(doc)
			if task, _ := t["task"].(float64); t["state"] == "open" && t["assignee"] == approver {
				return int64(task), nil
			}
		}
	}
	return 0, fmt.Errorf("nobody is asked to approve %s/%d", typ, id)
}

const deals = api + "/ltc/opportunity?stage=negotiate&sort=-amount&limit=50"

// list asks for the fields the bare server answers with.
func (w *work) list(s *server, c *client) error {
	_, err := c.do(http.StatusOK, "GET", deals+"&fields=no,name,customer_id,stage,amount,probability,close_on,owner_id,updated_at", s.admin, nil)
	return err
}

// listAll asks for every field of a deal.
func (w *work) listAll(s *server, c *client) error {
	_, err := c.do(http.StatusOK, "GET", deals, s.admin, nil)
	return err
}

func (w *work) read(s *server, c *client) error {
	_, err := c.do(http.StatusOK, "GET", api+"/ltc/order/"+c.id(w.orders), s.admin, nil)
	return err
}

// opportunity is one of a customer of the mass of history: the few of the demo company
// before them may have no credit limit.
func (w *work) opportunity(c *client) doc {
	return doc{"name": "Servo drives", "customer_id": w.customers - c.rnd.IntN(w.customers*9/10), "product_id": w.products[0], "amount": "18600", "close_on": day(30)}
}

func (w *work) create(s *server, c *client) error {
	b, _ := json.Marshal(w.opportunity(c)) // a map of plain values
	_, err := c.do(http.StatusCreated, "POST", api+"/ltc/opportunity", s.admin, b)
	return err
}

// deal goes from an opportunity to a posted invoice and a won deal, with what the
// declared process asks for between: release, pick, proof of delivery, acceptance,
// the approval of the invoice by somebody else.
func (w *work) deal(s *server, c *client) error {
	opp, order, err := w.order(s, c, "required")
	if err != nil {
		return err
	}
	for _, move := range []string{"confirm", "release"} {
		if err := s.pass(c, "ltc/order", order, move, nil); err != nil {
			return err
		}
	}
	if err := w.ship(s, c, order); err != nil {
		return err
	}
	if err := w.invoice(s, c, order); err != nil {
		return err
	}
	return s.pass(c, "ltc/opportunity", opp, "win", nil)
}

// order drafts an opportunity and an order of three lines about it.
func (w *work) order(s *server, c *client, acceptance string) (opp, order int64, err error) {
	body := w.opportunity(c)
	o, err := s.call(c, http.StatusCreated, s.admin, "POST", "/ltc/opportunity", body)
	if err != nil {
		return 0, 0, err
	}
	lines := make([]doc, 3)
	for i, k := range c.rnd.Perm(len(w.products))[:3] {
		lines[i] = doc{"product_id": w.products[k], "qty": "2", "unit_price": "100"}
	}
	d, err := s.call(c, http.StatusCreated, s.admin, "POST", "/ltc/order", doc{"customer_id": body["customer_id"], "opportunity_id": idOf(o), "warehouse_id": w.warehouse, "wish_date": day(10), "ship_to": "Plant 3", "acceptance": acceptance, "lines": lines})
	return idOf(o), idOf(d), err
}

func (w *work) ship(s *server, c *client, order int64) error {
	sh, err := s.first(c, fmt.Sprintf("/isc/shipment?order_id=%d&total=none", order))
	if err != nil {
		return err
	}
	if err := s.pass(c, "isc/shipment", idOf(sh), "pick", nil); err != nil {
		return err
	}
	if err := s.pass(c, "isc/shipment", idOf(sh), "ship", doc{"carrier": "SF", "tracking": "1"}); err != nil {
		return err
	}
	return s.pass(c, "isc/shipment", idOf(sh), "deliver", doc{"delivered_on": day(0), "signed_by": "Li Wei"})
}

func (w *work) invoice(s *server, c *client, order int64) error {
	acc, err := s.first(c, fmt.Sprintf("/ltc/acceptance?order_id=%d&total=none", order))
	if err != nil {
		return err
	}
	if err := s.pass(c, "ltc/acceptance", idOf(acc), "accept", doc{"signed_by": "Li Wei", "on": day(0)}); err != nil {
		return err
	}
	if err := s.pass(c, "ltc/acceptance", idOf(acc), "invoice", nil); err != nil {
		return err
	}
	inv, err := s.first(c, fmt.Sprintf("/ltc/invoice?order_id=%d&total=none", order))
	if err != nil {
		return err
	}
	for _, move := range []string{"approve", "post"} {
		if err := s.pass(c, "ltc/invoice", idOf(inv), move, nil); err != nil {
			return err
		}
	}
	return nil
}

// straight lets the program take the steps between those of people while fn runs.
func (w *work) straight(s *server, fn func() error) (err error) {
	c, err := dial(s.addr, 0)
	if err != nil {
		return err
	}
	for _, step := range []string{"ltc.order:release", "isc.shipment:pick", "ltc.acceptance:invoice", "ltc.invoice:approve", "ltc.invoice:post"} {
		d, err := s.call(c, http.StatusCreated, s.admin, "POST", "/core/auto_step", doc{"step": step})
		if err != nil {
			return err
		}
		defer func() {
			_, e := c.do(http.StatusNoContent, "DELETE", fmt.Sprintf("%s/core/auto_step/%d", api, idOf(d)), s.admin+"\r\nIf-Match: 1", nil)
			err = errors.Join(err, e)
		}()
	}
	return fn()
}

// straightDeal is a deal whose goods pass to the customer with the dispatch, in a company
// that lets the program release, pick, invoice, ask for the approval and post. The second
// person still approves the invoice.
func (w *work) straightDeal(s *server, c *client) error {
	opp, order, err := w.order(s, c, "on_dispatch")
	if err != nil {
		return err
	}
	if err := s.pass(c, "ltc/order", order, "confirm", nil); err != nil {
		return err
	}
	sh, err := s.first(c, fmt.Sprintf("/isc/shipment?order_id=%d&total=none", order))
	if err != nil {
		return err
	}
	if err := s.pass(c, "isc/shipment", idOf(sh), "ship", doc{"carrier": "SF", "tracking": "1"}); err != nil {
		return err
	}
	inv, err := s.first(c, fmt.Sprintf("/ltc/invoice?order_id=%d&total=none", order))
	if err != nil {
		return err
	}
	if err := s.approve(c, "ltc/invoice", idOf(inv)); err != nil {
		return err
	}
	return s.pass(c, "ltc/opportunity", opp, "win", nil)
}

type page struct {
	name string
	job  job
}

// pages are what people open all day.
func (w *work) pages() []page {
	get := func(path func(c *client) string) job {
		return func(s *server, c *client) error {
			_, err := c.do(http.StatusOK, "GET", path(c), s.cookie, nil)
			return err
		}
	}
	fixed := func(path string) job { return get(func(*client) string { return path }) }
	return []page{
		{"process map", fixed("/")}, {"inbox", fixed("/inbox")}, {"cockpit", fixed("/cockpit")},
		{"list of a million deals, filtered and sorted", fixed("/ltc/opportunity?stage=negotiate&sort=-amount")},
		{"board of deals", fixed("/ltc/opportunity?as=board")},
		{"customer 360", get(func(c *client) string { return "/crm/customer/" + c.id(w.customers) })},
		{"order with lines", get(func(c *client) string { return "/ltc/order/" + c.id(w.orders) })},
		{"thread of an order", get(func(c *client) string { return "/ltc/order/" + c.id(w.orders) + "/thread" })},
		{"new order form", fixed("/ltc/order/new")},
		{"search", fixed("/search?q=servo")},
	}
}

func bareList(_ *server, c *client) error {
	_, err := c.do(http.StatusOK, "GET", "/list", "X: 1", nil)
	return err
}

func (w *work) bareRead(_ *server, c *client) error {
	_, err := c.do(http.StatusOK, "GET", "/order/"+c.id(w.orders), "X: 1", nil)
	return err
}

func bareCreate(_ *server, c *client) error {
	_, err := c.do(http.StatusOK, "POST", "/create", "X: 1", []byte("{}"))
	return err
}

func bareDeal(_ *server, c *client) error {
	step := func(path string) (n int64, err error) {
		out, err := c.do(http.StatusOK, "POST", path, "X: 1", []byte("{}"))
		if err != nil {
			return 0, err
		}
		var d doc
		if err := json.Unmarshal(out, &d); err != nil {
			return 0, fmt.Errorf("%s: %w", path, err)
		}
		return idOf(d), nil
	}
	opp, err := step("/create")
	if err != nil {
		return err
	}
	order, err := step("/order")
	if err != nil {
		return err
	}
	for _, path := range []string{fmt.Sprintf("/confirm/%d", order), fmt.Sprintf("/ship/%d", order), fmt.Sprintf("/invoice/%d", order), fmt.Sprintf("/win/%d", opp)} {
		if _, err := step(path); err != nil {
			return err
		}
	}
	return nil
}
