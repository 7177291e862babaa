package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/resource"
)

const demoMonths = 24 // of history, ending today

// company makes everything but the people.
func (d *demo) company() {
	d.catalogue()
	d.warehouses()
	d.vendors()
	d.parties()
	d.strategy()
	d.campaigns()
	d.orders()
	d.deals()
	d.leads()
	d.service()
	d.live()
	d.rules()
}

// catalogue makes products on sale and their prices: one list of two years ago and
// one of this year, a little higher.
func (d *demo) catalogue() {
	first := d.today.MonthStart().AddMonths(-demoMonths)
	for _, p := range demoProducts {
		v := resource.Values{"name": p.name, "name_en": p.english, "category": p.category, "unit": p.unit, "kind": "goods", "tax_rate": "0.13"}
		if p.stock == 0 {
			v["kind"], v["tax_rate"] = "service", "0.06"
		} else {
			v["supplier"] = demoSuppliers[p.supplier].name
		}
		id := d.make("product", "ipd.product", v)
		d.move("product", "ipd.product", id, "release", nil)
		d.products = append(d.products, id)
		for _, at := range []struct {
			from    date.Date
			percent int
		}{{first, 96}, {first.AddMonths(14), 100}} {
			d.make("manager", "ltc.price", resource.Values{"product_id": id10(id), "price": strconv.Itoa(p.price * at.percent / 100), "valid_from": at.from.String()})
		}
	}
}

// warehouses makes one for each branch and puts the opening stock on the shelf; the
// planner and finance agree where it is worth much.
func (d *demo) warehouses() {
	for _, x := range []struct{ branch, name, address, who string }{
		{"east", "上海中心仓", "上海市嘉定区马陆镇丰登路 668 号", "warehouse"}, {"south", "东莞分拨仓", "广东省东莞市松山湖工业西路 12 号", "warehouse2"}} {
		id := d.make("planner", "isc.warehouse", resource.Values{"name": x.name, "address": x.address, "is_default": strconv.FormatBool(x.branch == "east")})
		d.stores[x.branch] = id
		for i, p := range demoProducts {
			qty := p.stock
			if x.branch == "south" {
				qty = p.stock / 2
			}
			if qty == 0 {
				continue
			}
			count := d.make(x.who, "isc.adjustment", resource.Values{"cause": "opening", "day": d.in(-30), "product_id": id10(d.products[i]), "warehouse_id": id10(id),
				"qty": strconv.Itoa(qty), "unit_cost": strconv.Itoa(p.cost), "note": "系统上线期初库存"})
			d.move(x.who, "isc.adjustment", count, "post", nil)
		}
	}
}

func (d *demo) vendors() {
	for i, s := range demoSuppliers {
		id := d.make("buyer", "proc.supplier", resource.Values{"name": s.name, "category": s.category, "contact": s.contact, "address": s.address, "country": "中国",
			"phone": fmt.Sprintf("0512-6%07d", 1234567+i*1111), "email": fmt.Sprintf("sales%d@supplier.example.com", i+1), "payment_days": strconv.Itoa(30 + i%3*15), "tax_no": fmt.Sprintf("91320500MA1W%05dXQ", 10000+i*37)})
		d.suppliers = append(d.suppliers, id)
		if i < len(demoSuppliers)-1 { // the last one waits for the purchasing manager
			d.move("purchasing", "proc.supplier", id, "qualify", nil)
		}
		if i == 0 || i == 3 {
			d.move("purchasing", "proc.supplier", id, "prefer", nil)
		}
	}
	d.ask("buyer", "proc.supplier", d.suppliers[2], "change_bank", resource.Values{"account": "台州银行路桥支行 5200 1888 6600 0137"})
}

// parties makes the customers with the people there.
func (d *demo) parties() {
	for i, c := range append(append([]demoCustomer{}, demoEast...), demoSouth...) {
		p := demoParty{name: c.name, stage: c.stage, branch: "east", industry: c.industry, region: c.region}
		p.rep = []string{"rep", "rep3"}[i%2]
		if i >= len(demoEast) {
			p.branch, p.rep = "south", "rep2"
		}
		since := d.today.AddDays(-demoMonths*30 + i*5)
		if c.stage == "to_identify" || c.stage == "target" || c.stage == "potential" {
			since = d.today.AddDays(-40 + i)
		}
		p.address = c.region + "省工业园区创新路 " + strconv.Itoa(18+i*7) + " 号"
		if c.region == "上海" {
			p.address = "上海市嘉定区创新路 " + strconv.Itoa(18+i*7) + " 号"
		}
		p.person = d.pick(demoSurnames) + d.pick(demoGiven)
		p.phone = fmt.Sprintf("139%08d", 16000000+i*12347)
		p.email = fmt.Sprintf("contact%02d@customer%02d.example.com", 1, i+1)
		v := resource.Values{"owner_id": id10(d.who[p.rep]), "name": c.name, "industry": c.industry, "region": c.region, "size": c.size, "source": d.pick(demoSources), "tier": "standard", "kind": "company",
			"phone": fmt.Sprintf("0755-8%07d", 2600000+i*4321), "email": fmt.Sprintf("info@customer%02d.example.com", i+1), "website": fmt.Sprintf("www.customer%02d.example.com", i+1), "address": p.address,
			"tax_no": demoTaxNo(fmt.Sprintf("9131000077%06dX", 120000+i*731)), "credit_limit": "0", "payment_days": strconv.Itoa(30 + i%3*15), "note": "演示数据"}
		switch c.stage {
		case "user", "satisfied", "opportunity":
			v["credit_limit"] = strconv.Itoa(400000 + i%5*200000)
		}
		if i%7 == 0 {
			v["tier"], v["credit_limit"] = "key", "2000000"
		}
		p.id = d.pastID(p.rep, "crm.customer", c.stage, "", since, v)
		for k := range 1 + i%2 {
			role := d.rnd.IntN(len(demoTitles))
			name, mail, phone := p.person, p.email, p.phone
			if k > 0 {
				name, mail, phone = d.pick(demoSurnames)+d.pick(demoGiven), fmt.Sprintf("contact%02d@customer%02d.example.com", k+1, i+1), fmt.Sprintf("137%08d", 22000000+i*9973)
			}
			id := d.pastID(p.rep, "crm.contact", "", "", since, resource.Values{"owner_id": id10(d.who[p.rep]), "customer_id": id10(p.id), "name": name, "title": demoTitles[role], "role": demoRoles[role],
				"phone": phone, "email": mail, "is_primary": strconv.FormatBool(k == 0)})
			if k == 0 {
				p.contact = id
			}
		}
		d.customers = append(d.customers, p)
	}
}

// buyers are the customers that have ordered.
func (d *demo) buyers() []demoParty {
	var out []demoParty
	for _, p := range d.customers {
		switch p.stage {
		case "user", "satisfied", "lost":
			out = append(out, p)
		}
	}
	return out
}

// basket draws the lines of an order and roughly what they come to.
func (d *demo) basket(n int) ([]resource.Values, int) {
	var lines []resource.Values
	sum := 0
	for _, i := range d.rnd.Perm(len(demoProducts))[:n] {
		p := demoProducts[i]
		qty := 1 + d.rnd.IntN(p.most)
		v := resource.Values{"product_id": id10(d.products[i]), "qty": strconv.Itoa(qty)}
		if d.rnd.IntN(4) == 0 {
			v["discount"] = []string{"0.03", "0.05", "0.08"}[d.rnd.IntN(3)]
		}
		lines = append(lines, v)
		sum += qty * p.price
	}
	return lines, sum
}

// orders are the orders of two years: more of them from year to year, fewer in the
// month of the spring festival, with what followed them.
func (d *demo) orders() {
	buyers := d.buyers()
	first := d.today.MonthStart().AddMonths(-demoMonths)
	for m := range demoMonths + 1 {
		month := first.AddMonths(m)
		n := 5 + m/4 + d.rnd.IntN(3)
		if month.Month() == 2 {
			n /= 2
		}
		days := month.AddMonths(1).Sub(month)
		for i := range n {
			day := workday(month.AddDays(i * days / n))
			if day.After(d.today.AddDays(-12)) || d.err != nil {
				return // younger orders are alive
			}
			d.order(buyers[d.rnd.IntN(len(buyers))], day)
		}
	}
}

// order is one order of the past: won, delivered, invoiced and, unless it is too
// young, paid.
func (d *demo) order(c demoParty, day date.Date) {
	lines, _ := d.basket(1 + d.rnd.IntN(3))
	opened := day.AddDays(-15 - d.rnd.IntN(50))
	deal := resource.Values{"owner_id": id10(d.who[c.rep]), "customer_id": id10(c.id)}
	v := with(resource.Values{"contact_id": id10(c.contact), "order_date": day.String(), "wish_date": workday(day.AddDays(14)).String(), "ship_to": c.address, "warehouse_id": id10(d.stores[c.branch]), "lines": lines}, deal)
	quoted := d.rnd.IntN(10)
	if quoted < 6 {
		sum := 0
		for _, l := range lines {
			sum += d.listPrice(l)
		}
		won := d.pastID(c.rep, "ltc.opportunity", "won", d.no("SJ", opened), opened, with(resource.Values{"name": d.pick(demoNeeds), "contact_id": id10(c.contact), "amount": strconv.Itoa(sum),
			"source": d.pick(demoSources), "close_on": day.AddDays(d.rnd.IntN(20) - 5).String(), "closed_on": day.String(), "product_id": lines[0]["product_id"]}, deal))
		v["opportunity_id"] = id10(won)
		if quoted < 4 {
			at := opened.AddDays(5)
			v["quote_id"] = id10(d.pastID(c.rep, "ltc.quote", "accepted", d.no("BJ", at)+"/v1", at, with(resource.Values{"opportunity_id": id10(won), "contact_id": id10(c.contact),
				"valid_until": at.AddDays(30).String(), "payment_terms": "货到验收后 30 天付款", "lines": copied(lines)}, deal)))
		}
	}
	order := d.past("orderdesk", "ltc.order", "completed", d.no("DD", day), day, v)
	if order == nil {
		return
	}
	d.delivered(c, order, day, lines)
	d.paid(c, order, day, lines)
}

// listPrice is what a line comes to at the price of today.
func (d *demo) listPrice(l resource.Values) int {
	qty, _ := strconv.Atoi(fmt.Sprint(l["qty"]))
	for i, id := range d.products {
		if l["product_id"] == id10(id) {
			return qty * demoProducts[i].price
		}
	}
	return 0
}

func copied(lines []resource.Values) []resource.Values {
	out := make([]resource.Values, len(lines))
	for i, l := range lines {
		out[i] = with(resource.Values{}, l)
	}
	return out
}

// delivered is the shipment of an order of the past: mostly on time, one in twelve
// late.
func (d *demo) delivered(c demoParty, order resource.Row, day date.Date, lines []resource.Values) {
	var goods []resource.Values
	for i, l := range order.Lines("lines") {
		if x := l.Text("product_id"); x != id10(d.products[pSetup]) && x != id10(d.products[pSetup+1]) {
			goods = append(goods, resource.Values{"product_id": x, "qty": lines[i]["qty"], "order_line": id10(l.ID())})
		}
	}
	if len(goods) == 0 {
		return
	}
	promised := workday(day.AddDays(10))
	shipped := workday(day.AddDays(3 + d.rnd.IntN(4)))
	arrived := shipped.AddDays(1 + d.rnd.IntN(3))
	if d.rnd.IntN(12) == 0 {
		arrived = promised.AddDays(1 + d.rnd.IntN(6))
	}
	if arrived.After(d.today) {
		arrived = d.today
	}
	d.past("warehouse", "isc.shipment", "delivered", d.no("FH", shipped), shipped, resource.Values{"order_id": id10(order.Base().ID), "customer_id": id10(c.id), "warehouse_id": id10(d.stores[c.branch]),
		"ship_to": c.address, "promised_on": promised.String(), "shipped_on": shipped.String(), "delivered_on": arrived.String(), "carrier": d.pick(demoCarriers),
		"tracking": fmt.Sprintf("YD%010d", d.rnd.IntN(1e9)), "signed_by": c.person, "owner_id": id10(d.who[c.rep]), "lines": goods})
}

// paid is the invoice of an order of the past with its payment; what is younger
// than the time of payment stands open.
func (d *demo) paid(c demoParty, order resource.Row, day date.Date, lines []resource.Values) {
	on := workday(day.AddDays(10))
	if on.After(d.today) {
		return
	}
	due := on.AddDays(45)
	stage := "paid"
	if due.After(d.today.AddDays(-5)) || (due.After(d.today.AddDays(-60)) && d.rnd.IntN(8) == 0) {
		stage = "posted"
	}
	billed := make([]resource.Values, 0, len(lines))
	for _, l := range order.Lines("lines") {
		billed = append(billed, resource.Values{"order_line_id": id10(l.ID()), "product_id": l.Text("product_id"), "description": l.Text("description"), "qty": l.Text("qty"),
			"unit_price": l.Text("unit_price"), "discount": l.Text("discount"), "tax_rate": l.Text("tax_rate")})
	}
	no := d.no("FP", on)
	inv := d.past("finance", "ltc.invoice", stage, no, on, resource.Values{"fiscal_no": no, "customer_id": id10(c.id), "order_id": id10(order.Base().ID), "invoice_date": on.String(), "due_date": due.String(),
		"owner_id": id10(d.who[c.rep]), "lines": billed})
	if inv == nil || stage != "paid" {
		return
	}
	got := due.AddDays(d.rnd.IntN(20) - 14)
	if got.After(d.today) {
		got = d.today
	}
	d.past("finance", "ltc.receipt", "matched", d.no("SK", got), got, resource.Values{"customer_id": id10(c.id), "payer": c.name, "bank_ref": fmt.Sprintf("ICBC%09d", d.rnd.IntN(1e9)),
		"received_on": got.String(), "amount": inv.Amount().String()})
}

// deals are the lost opportunities of two years and those that are open.
func (d *demo) deals() {
	for i := range 85 {
		c := d.customers[d.rnd.IntN(len(d.customers))]
		closed := workday(d.today.AddDays(-3 - i*demoMonths*30/85))
		v := d.deal(c, closed)
		v["closed_on"], v["competitor"] = closed.String(), d.pick(demoRivals)
		at := closed.AddDays(-20 - d.rnd.IntN(60))
		d.past(c.rep, "ltc.opportunity", "lost", d.no("SJ", at), at, v)
	}
	chance := map[string]string{"qualify": "0.1", "propose": "0.4", "negotiate": "0.7", "hold": "0.1"}
	stages := []string{"qualify", "propose", "negotiate", "qualify", "propose", "qualify", "hold", "propose", "negotiate", "qualify"}
	for i := range 60 {
		c := d.customers[(i*7)%len(d.customers)]
		if c.stage == "lost" {
			c = d.customers[0]
		}
		stage := stages[i%len(stages)]
		at := d.today.AddDays(-2 - i*2)
		v := d.deal(c, d.today.AddDays(10+d.rnd.IntN(80)))
		v["probability"], v["next_step"], v["next_on"] = chance[stage], d.pick(demoNext), workday(d.today.AddDays(d.rnd.IntN(14))).String()
		if stage == "negotiate" {
			v["competitor"] = d.pick(demoRivals)
		}
		lead := d.pastID(c.rep, "ltc.lead", "converted", d.no("XS", at), at.AddDays(-3), with(d.lead(c), resource.Values{"need": v["name"], "need_known": "true", "budget_known": "true", "authority_known": "true", "time_known": "true"}))
		v["lead_id"] = id10(lead)
		deal := d.pastID(c.rep, "ltc.opportunity", stage, d.no("SJ", at), at, v)
		if (stage == "negotiate" || stage == "propose") && i%2 == 0 {
			lines, _ := d.basket(2)
			d.past(c.rep, "ltc.quote", "sent", d.no("BJ", at.AddDays(1))+"/v1", at.AddDays(1), resource.Values{"owner_id": v["owner_id"], "customer_id": id10(c.id), "contact_id": id10(c.contact),
				"opportunity_id": id10(deal), "valid_until": d.in(20), "payment_terms": "预付 30%，发货前 60%，验收后 10%", "lines": lines})
		}
	}
}

func (d *demo) deal(c demoParty, closeOn date.Date) resource.Values {
	i := d.rnd.IntN(len(demoProducts) - 2)
	amount := demoProducts[i].price * (1 + d.rnd.IntN(demoProducts[i].most)) * (1 + d.rnd.IntN(4))
	return resource.Values{"owner_id": id10(d.who[c.rep]), "customer_id": id10(c.id), "contact_id": id10(c.contact), "name": d.pick(demoNeeds), "amount": strconv.Itoa(amount), "product_id": id10(d.products[i]),
		"source": d.pick(demoSources), "close_on": closeOn.String()}
}

func (d *demo) lead(c demoParty) resource.Values {
	return resource.Values{"owner_id": id10(d.who[c.rep]), "name": c.person, "company": c.name, "title": "设备部部长", "industry": c.industry, "region": c.region, "source": d.pick(demoSources),
		"customer_id": id10(c.id), "contact_id": id10(c.contact)}
}

// leads stand in every stage.
func (d *demo) leads() {
	for i, stage := range []string{"new", "assigned", "working", "mql", "sal", "sql", "nurture", "disqualified", "disqualified", "nurture", "working", "assigned", "mql", "sal", "new", "disqualified", "working", "disqualified", "nurture", "disqualified"} {
		at := d.today.AddDays(-1 - i*3)
		if stage == "new" || stage == "mql" {
			at = d.today
		}
		rep := []string{"rep", "rep2", "rep3"}[i%3]
		owner := rep
		if stage == "new" {
			owner = []string{"manager", "manager2"}[i%2]
		}
		if stage == "nurture" {
			owner = "marketer"
		}
		v := resource.Values{"owner_id": id10(d.who[owner]), "name": d.pick(demoSurnames) + d.pick(demoGiven), "company": fmt.Sprintf("%s%s有限公司", d.pick([]string{"盐城", "湖州", "清远", "江门", "漳州", "九江", "株洲"}), d.pick([]string{"通用机械", "智能装备", "精密零件", "自动化", "电子科技"})),
			"title": d.pick(demoTitles), "phone": fmt.Sprintf("136%08d", 55000000+i*77777), "email": fmt.Sprintf("lead%02d@prospect.example.com", i+1), "need": d.pick(demoNeeds), "industry": "机械制造",
			"source": d.pick(demoSources), "value": strconv.Itoa(20000 + d.rnd.IntN(30)*5000)}
		if stage == "sql" {
			with(v, resource.Values{"need_known": "true", "budget_known": "true", "authority_known": "true", "time_known": "true"})
		}
		d.past(rep, "ltc.lead", stage, d.no("XS", at), at, v)
	}
}

// service is two years of cases; those of the last days are solved today, since an
// answer to a survey cannot be imported.
func (d *demo) service() {
	buyers := d.buyers()
	for _, a := range demoArticles {
		d.past("engineer", "itr.article", "published", "", d.today.AddDays(-200), resource.Values{"title": a.title, "symptom": a.symptom, "solution": a.solution, "category": a.category, "owner_id": id10(d.who["engineer"])})
	}
	for i := range 110 {
		on := workday(d.today.AddDays(-8 - i*demoMonths*30/110))
		d.past("agent", "itr.case", "closed", d.no("AL", on), on, d.issue(buyers[d.rnd.IntN(len(buyers))], i))
	}
	for i := range 14 {
		on := d.today.AddDays(-7 + i/2)
		x := demoCases[i%len(demoCases)]
		c := buyers[(i*5)%len(buyers)]
		id := d.pastID("agent", "itr.case", "triaged", d.no("AL", on), on, d.issue(c, i))
		d.move("agent", "itr.case", id, "assign", resource.Values{"assignee_id": id10(d.who["agent"])})
		d.move("agent", "itr.case", id, "accept", nil)
		d.move("agent", "itr.case", id, "reply", resource.Values{"text": "您好，已收到您的反馈，我们正在处理。"})
		d.move("agent", "itr.case", id, "resolve", resource.Values{"cause_code": x.cause, "resolution_code": x.resolution, "solution": x.solution, "knowledge": "none", "knowledge_note": "已有知识文章"})
	}
}

func (d *demo) issue(c demoParty, i int) resource.Values {
	x := demoCases[i%len(demoCases)]
	return resource.Values{"subject": x.subject, "description": x.text, "category": x.category, "impact": strconv.Itoa(1 + i%3), "urgency": strconv.Itoa(1 + i/2%3), "channel": []string{"phone", "mail", "web", "portal"}[i%4],
		"customer_id": id10(c.id), "contact_id": id10(c.contact), "product_id": id10(d.products[i%(len(d.products)-2)]), "owner_id": id10(d.who["agent"])}
}

// surveys returns the tokens of the surveys that wait for an answer.
func (d *demo) surveys(ctx context.Context) []string {
	t, err := d.o.Types.Doc("itr.survey")
	if err != nil {
		d.fail(err)
		return nil
	}
	list, err := t.ListRows(authz.System(ctx, demoMark), resource.ListQuery{Filters: map[string][]string{"stage": {"sent"}}, Sort: "id", Limit: 50, Total: "none"})
	d.fail(err)
	var out []string
	for _, r := range list.Rows {
		out = append(out, r.Text("token"))
	}
	return out
}

// demoTaxNo adds the check character of a unified social credit code (GB 32100-2015) to its
// first 17.
func demoTaxNo(body string) string {
	const digits = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	sum, weight := 0, 1
	for i := range body {
		sum, weight = sum+strings.IndexByte(digits, body[i])*weight, weight*3%31
	}
	return body + digits[(31-sum%31)%31:][:1]
}
