package main

import (
	"errors"
	"fmt"
	"strconv"

	"meridian/platform/date"
	"meridian/platform/resource"
)

// strategy makes the goals of the year with live measures and the budgets.
func (d *demo) strategy() {
	from, to := date.New(d.today.Year(), 1, 1), date.New(d.today.Year(), 12, 31)
	goal := func(who, name, perspective, kpi, target string) resource.Values {
		return resource.Values{"name": name, "perspective": perspective, "kpi": kpi, "method": "ratio", "target": target, "from_on": from.String(), "to_on": to.String(), "weight": "1", "owner_id": id10(d.who[who])}
	}
	top := d.make("executive", "dste.objective", goal("executive", "年度净销售额", "finance", "ltc.net_sales", "8000000"))
	d.goal = top
	ids := []int64{top}
	for _, x := range []struct{ name, perspective, kpi, target, weight string }{
		{"赢单率不低于 65%", "customer", "ltc.win_rate", "0.65", "0.4"}, {"准时足量交付率 95%", "process", "isc.on_time_in_full", "0.95", "0.3"}, {"客户满意度 90%", "customer", "itr.csat", "0.9", "0.3"}} {
		v := goal("executive", x.name, x.perspective, x.kpi, x.target)
		v["parent_id"], v["weight"] = id10(top), x.weight
		ids = append(ids, d.make("executive", "dste.objective", v))
	}
	for _, id := range ids {
		d.move("executive", "dste.objective", id, "propose", nil)
		d.move("executive", "dste.objective", id, "approve", nil)
		d.move("executive", "dste.objective", id, "activate", nil)
	}
	wish := d.make("manager", "dste.objective", goal("manager", "华东全年订单 100 单", "finance", "ltc.order_count", "100"))
	d.move("manager", "dste.objective", wish, "propose", nil)
	d.ask("manager", "dste.objective", wish, "approve", nil)

	for _, b := range []struct {
		key, name, dept, kind string
		month                 int
	}{{"MKT", "市场推广费", "market", "opex", 40000}, {"RD", "研发试制费", "rd", "opex", 60000}, {"PUR", "生产物料采购", "purchase", "opex", 500000}, {"SVC", "客户服务费", "service-e", "opex", 20000}} {
		months := make([]resource.Values, 12)
		for m := range months {
			months[m] = resource.Values{"month": strconv.Itoa(m + 1), "amount": strconv.Itoa(b.month)}
		}
		id := d.make("finmanager", "dste.budget", resource.Values{"key": d.budget(b.key), "name": b.name, "department_id": id10(d.depts[b.dept]), "year": strconv.Itoa(d.today.Year()), "kind": b.kind, "rule": "warn", "months": months})
		d.move("finmanager", "dste.budget", id, "submit", nil)
	}
}

func (d *demo) budget(key string) string { return fmt.Sprintf("%s-%d", key, d.today.Year()) }

// formKey is the address of the public form of the campaign that runs.
const formKey = "servo-upgrade"

// campaigns are two that ended, one that runs with a public form, one that waits
// for approval and one that is planned.
func (d *demo) campaigns() {
	for i, x := range []struct{ name, kind, budget string }{{"工业博览会参展", "event", "90000"}, {"老客户升级邮件", "mail", "8000"}} {
		start := d.today.AddDays(-380 + i*200)
		d.past("marketer", "mtl.campaign", "reviewed", d.no("HD", start), start, resource.Values{"name": x.name, "kind": x.kind, "starts_on": start.String(), "ends_on": start.AddDays(40).String(),
			"budget": x.budget, "budget_key": fmt.Sprintf("MKT-%d", start.Year()), "audience": "机械制造企业的设备和采购负责人", "audience_size": "800", "expected_leads": "40", "form_active": "false"})
	}
	plan := func(name, kind, budget, form string) int64 {
		return d.make("marketer", "mtl.campaign", resource.Values{"name": name, "kind": kind, "objective_id": id10(d.goal), "starts_on": d.in(-10), "ends_on": d.in(50), "audience": "使用老旧伺服系统的机床和包装企业",
			"audience_size": "1200", "expected_leads": "60", "budget": budget, "budget_key": d.budget("MKT"), "form_key": form, "form_title": "伺服系统升级方案", "thank_you": "感谢您的关注，我们会在一个工作日内与您联系。", "form_active": "true"})
	}
	running := plan("伺服系统以旧换新", "web", "60000", formKey)
	d.move("marketer", "mtl.campaign", running, "approve", nil)
	d.move("marketer", "mtl.campaign", running, "start", nil)
	d.move("marketer", "mtl.campaign", running, "book_cost", resource.Values{"kind": "media", "amount": "18000", "spent_on": d.in(0), "note": "搜索推广"})
	d.move("marketer", "mtl.campaign", running, "book_cost", resource.Values{"kind": "material", "amount": "6500", "spent_on": d.in(0), "note": "宣传册"})
	waiting := plan("锂电行业技术研讨会", "event", "30000", "battery-day")
	d.ask("marketer", "mtl.campaign", waiting, "approve", nil)
	plan("机器人上下料直播", "social", "12000", "robot-live")
}

// east and south name a customer of a branch by its place.
func (d *demo) east(i int) demoParty { return d.customers[i] }

func (d *demo) south(i int) demoParty { return d.customers[len(demoEast)+i] }

// line is a position of a quote.
func (d *demo) line(product, qty int, discount string) resource.Values {
	return resource.Values{"product_id": id10(d.products[product]), "qty": strconv.Itoa(qty), "discount": discount}
}

// offer makes an opportunity of today with its quote in draft.
func (d *demo) offer(c demoParty, name string, amount int, lines ...resource.Values) (deal, quote int64) {
	deal = d.make(c.rep, "ltc.opportunity", resource.Values{"customer_id": id10(c.id), "contact_id": id10(c.contact), "name": name, "amount": strconv.Itoa(amount), "close_on": d.in(15), "source": "老客户介绍",
		"next_step": d.pick(demoNext), "next_on": d.in(2)})
	if amount >= 100000 { // the sales policy asks large deals for a survey
		survey := d.make(c.rep, "ltc.need_survey", resource.Values{"opportunity_id": id10(deal), "motive": "replace", "pain": "现有设备故障频繁，影响交付", "budget": strconv.Itoa(amount), "decision": "设备部提出，总经理批准", "delivery": "按批次到厂，含安装调试", "scope": name})
		d.move(c.rep, "ltc.need_survey", survey, "finish", nil)
	}
	d.move(c.rep, "ltc.opportunity", deal, "propose", nil)
	quote = d.make(c.rep, "ltc.quote", resource.Values{"opportunity_id": id10(deal), "customer_id": id10(c.id), "valid_until": d.in(30), "payment_terms": "预付 30%，发货前 60%，验收后 10%", "lines": lines})
	return deal, quote
}

// sell leads an offer to the draft of its order at the order desk.
func (d *demo) sell(c demoParty, name string, amount int, lines ...resource.Values) (deal, order int64) {
	deal, quote := d.offer(c, name, amount, lines...)
	for _, step := range []string{"submit", "send", "accept", "order"} {
		d.move(c.rep, "ltc.quote", quote, step, nil)
	}
	order = d.only("ltc.order", "quote_id", quote)
	d.change("orderdesk", "ltc.order", order, resource.Values{"warehouse_id": id10(d.stores[c.branch]), "wish_date": d.in(14)})
	return deal, order
}

// confirmed is sell with the order confirmed and the deal won.
func (d *demo) confirmed(c demoParty, name string, amount int, lines ...resource.Values) int64 {
	deal, order := d.sell(c, name, amount, lines...)
	d.move("orderdesk", "ltc.order", order, "confirm", nil)
	d.move(c.rep, "ltc.opportunity", deal, "win", nil)
	return order
}

// released is confirmed with the goods asked of the warehouse.
func (d *demo) released(c demoParty, name string, amount int, lines ...resource.Values) (order, shipment int64) {
	order = d.confirmed(c, name, amount, lines...)
	d.move("orderdesk", "ltc.order", order, "release", nil)
	return order, d.only("isc.shipment", "order_id", order)
}

// live walks the deals of today, each to another point, with the rights of the
// people who do it.
func (d *demo) live() {
	d.liveSales()
	d.partners()
	d.liveDelivery()
	d.livePurchase()
	d.liveService()
	d.liveDevelopment()
	d.projects()
}

func (d *demo) liveSales() {
	// short of robots: the planner finds the shortage
	d.confirmed(d.east(0), "焊装线机器人", 384000, d.line(pRobot, 4, "0"))
	// a discount of 15 % waits for the sales manager
	_, quote := d.offer(d.east(1), "三号线伺服改造", 72080, d.line(pDrive, 20, "0.15"), d.line(pMotor, 20, "0.15"))
	d.ask(d.east(1).rep, "ltc.quote", quote, "submit", nil)
	// a large quote: sales has agreed, finance has not
	_, quote = d.offer(d.south(0), "数控系统批量替换", 111000, d.line(pCNC, 6, "0.05"))
	d.ask(d.south(0).rep, "ltc.quote", quote, "submit", nil)
	d.approve("ltc.quote", quote)
	// a contract to sign
	_, quote = d.offer(d.south(2), "机器人工作站年度框架", 60000, d.line(pCamera, 6, "0.02"), d.line(pSetup, 4, "0"))
	for _, step := range []string{"submit", "send", "accept", "make_contract"} {
		d.move(d.south(2).rep, "ltc.quote", quote, step, nil)
	}
	contract := d.only("ltc.contract", "quote_id", quote)
	d.move(d.south(2).rep, "ltc.contract", contract, "submit", nil)
	d.move(d.south(2).rep, "ltc.contract", contract, "approve", nil)
	// an order the desk has to confirm
	d.sell(d.east(4), "包装线控制柜", 31000, d.line(pPLC, 6, "0.03"), d.line(6, 6, "0.03"))
	for i, c := range []demoParty{d.east(2), d.south(3), d.east(1), d.east(13)} {
		on := d.today // also on a Sunday somebody who looks sees one that is due
		if i > 0 {
			on = workday(d.today.AddDays(i))
		}
		d.make(c.rep, "crm.followup", resource.Values{"customer_id": id10(c.id), "contact_id": id10(c.contact), "subject": demoNext[i], "channel": []string{"call", "visit", "meeting", "chat"}[i], "planned_on": on.String()})
	}
}

func (d *demo) liveDelivery() {
	// to pick, and a service to be signed off
	d.released(d.east(2), "卷绕机控制系统", 24000, d.line(pPLC, 4, "0"), d.line(pDrive, 6, "0"), d.line(pSetup, 2, "0"))
	// on the road from the other branch
	_, ship := d.released(d.south(5), "空调装配线变频器", 21500, d.line(8, 10, "0.05"))
	d.move("warehouse2", "isc.shipment", ship, "pick", nil)
	d.move("warehouse2", "isc.shipment", ship, "ship", resource.Values{"carrier": "顺丰快运", "tracking": "SF1330045521890"})
	// an invoice for the finance manager
	d.invoiced(d.east(3), false)
	// and one that is posted
	d.invoiced(d.east(7), true)
	d.make("finance", "ltc.receipt", resource.Values{"payer": d.east(8).name, "customer_id": id10(d.east(8).id), "bank_ref": "CMB202600718", "received_on": d.in(0), "amount": "20000"})
}

// invoiced delivers an order to the invoice that waits for approval, or posts it.
func (d *demo) invoiced(c demoParty, post bool) {
	order, ship := d.released(c, "机床主轴伺服", 42400, d.line(pDrive, 10, "0.05"), d.line(pMotor, 10, "0.05"))
	d.move("warehouse", "isc.shipment", ship, "pick", nil)
	d.move("warehouse", "isc.shipment", ship, "ship", resource.Values{"carrier": "德邦物流", "tracking": fmt.Sprintf("DPK%010d", order)})
	d.move("warehouse", "isc.shipment", ship, "deliver", resource.Values{"delivered_on": d.in(0), "signed_by": c.person})
	acc := d.only("ltc.acceptance", "order_id", order)
	d.move("orderdesk", "ltc.acceptance", acc, "accept", resource.Values{"signed_by": c.person, "on": d.in(0)})
	d.move("orderdesk", "ltc.acceptance", acc, "invoice", nil)
	inv := d.only("ltc.invoice", "order_id", order)
	if !post {
		d.ask("finance", "ltc.invoice", inv, "approve", nil)
		return
	}
	d.move("finance", "ltc.invoice", inv, "approve", nil)
	d.move("finance", "ltc.invoice", inv, "post", nil)
}

func (d *demo) livePurchase() {
	// cameras for an order: bought, received, to be inspected by another person
	d.confirmed(d.east(6), "晶圆检测工位", 190400, d.line(pCamera, 28, "0.05"))
	short := d.shortage()
	d.move("planner", "isc.shortage", short, "request", nil)
	req := d.only("proc.requisition", "owner_id", d.who["planner"])
	if r := d.row("proc.requisition", req); r != nil {
		l := r.Lines("lines")[0]
		d.change("buyer", "proc.requisition", req, resource.Values{"budget_key": d.budget("PUR"), "lines": []resource.Values{{"id": id10(l.ID()), "product_id": l.Text("product_id"), "qty": l.Text("qty"), "est_price": "4300"}}})
	}
	d.move("buyer", "proc.requisition", req, "submit", nil)
	d.move("buyer", "proc.requisition", req, "order", resource.Values{"supplier_id": id10(d.suppliers[6])})
	po := d.only("proc.po", "requisition_id", req)
	d.change("buyer", "proc.po", po, resource.Values{"warehouse_id": id10(d.stores["east"])})
	for _, step := range []string{"submit", "issue"} {
		d.move("buyer", "proc.po", po, step, nil)
	}
	d.move("buyer", "proc.po", po, "confirm", resource.Values{"confirmed_on": d.in(1)})
	got := d.make("receiver", "proc.receipt", resource.Values{"po_id": id10(po), "received_on": d.in(0), "warehouse_id": id10(d.stores["east"]), "delivery_note": "RS-0918"})
	d.move("receiver", "proc.receipt", got, "post", nil)

	// servo drives for stock: the supplier has not confirmed yet
	d.ordered(d.suppliers[0], pDrive, 30, "1100")
	// controllers for stock: inspected and billed, to be paid
	po = d.ordered(d.suppliers[3], pPLC, 20, "1880")
	d.move("buyer", "proc.po", po, "confirm", resource.Values{"confirmed_on": d.in(0)})
	got = d.make("receiver", "proc.receipt", resource.Values{"po_id": id10(po), "received_on": d.in(0), "warehouse_id": id10(d.stores["east"]), "delivery_note": "XK-2207"})
	d.move("receiver", "proc.receipt", got, "post", nil)
	d.move("inspector", "proc.inspection", d.only("proc.inspection", "receipt_id", got), "decide", resource.Values{"accepted": "20", "rejected": "0"})
	bill := d.make("finance", "proc.invoice", resource.Values{"po_id": id10(po), "invoice_no": "26440000012345678", "invoice_date": d.in(0), "due_on": d.in(45)})
	d.move("finance", "proc.invoice", bill, "match", nil)
	d.move("finmanager", "proc.invoice", bill, "approve", nil)

	// parts for a prototype wait for the purchasing manager
	req = d.make("product", "proc.requisition", resource.Values{"need_by": d.in(25), "budget_key": d.budget("RD"), "reason": "新一代驱动器样机试制",
		"lines": []resource.Values{{"product_id": id10(d.products[pPLC]), "qty": "4", "est_price": "1900"}}})
	d.ask("product", "proc.requisition", req, "submit", nil)
}

// ordered is a purchase order the supplier has got.
func (d *demo) ordered(supplier int64, product, qty int, price string) int64 {
	po := d.make("buyer", "proc.po", resource.Values{"supplier_id": id10(supplier), "order_date": d.in(0), "wanted_on": d.in(20), "warehouse_id": id10(d.stores["east"]), "budget_key": d.budget("PUR"),
		"lines": []resource.Values{{"product_id": id10(d.products[product]), "qty": strconv.Itoa(qty), "price": price, "tax_rate": "0.13"}}})
	d.move("buyer", "proc.po", po, "submit", nil)
	d.move("buyer", "proc.po", po, "issue", nil)
	return po
}

// shortage finds what the newest order lacks.
func (d *demo) shortage() int64 {
	if d.err != nil {
		return 0
	}
	list, err := d.doc("isc.shortage").ListRows(d.as("planner"), resource.ListQuery{Filters: map[string][]string{"stage": {"open"}}, Sort: "-created_at", Limit: 1, Total: "none"})
	if err == nil && len(list.Rows) == 0 {
		err = errors.New("nothing is short")
	}
	if err != nil {
		d.fail(err)
		return 0
	}
	return list.Rows[0].Base().ID
}

func (d *demo) liveService() {
	issue := func(c demoParty, i int, impact, urgency string) int64 {
		v := d.issue(c, i)
		delete(v, "owner_id")
		v["impact"], v["urgency"] = impact, urgency
		return d.make("agent", "itr.case", v)
	}
	judge := func(id int64, to string) {
		d.move("agent", "itr.case", id, "triage", nil)
		d.move("agent", "itr.case", id, "assign", resource.Values{"assignee_id": id10(d.who[to])})
	}
	// both clocks run
	id := issue(d.east(7), 4, "1", "1")
	judge(id, "agent")
	d.move("agent", "itr.case", id, "accept", nil)
	// answered, not solved
	id = issue(d.south(0), 0, "2", "1")
	judge(id, "agent2")
	d.move("agent2", "itr.case", id, "accept", nil)
	d.move("agent2", "itr.case", id, "reply", resource.Values{"text": "您好，请先断电检查电机电缆，我们的工程师稍后与您联系。"})
	// at the engineer's, not accepted
	id = issue(d.east(0), 8, "2", "2")
	judge(id, "engineer")
	// waits for a part
	id = issue(d.south(2), 10, "2", "3")
	judge(id, "engineer")
	d.move("engineer", "itr.case", id, "accept", nil)
	d.move("engineer", "itr.case", id, "reply", resource.Values{"text": "已确认为示教器电缆故障，备件发出后安排更换。"})
	d.move("engineer", "itr.case", id, "wait", resource.Values{"waiting_for": "part", "follow_up_on": d.in(3)})
	// new
	issue(d.east(11), 6, "3", "2")
	article := d.make("agent", "itr.article", resource.Values{"title": "示教器黑屏的判断", "symptom": "示教器上电黑屏，指示灯正常。", "solution": "先换电缆，再换示教器；电缆可用万用表量通断。", "category": "fault"})
	d.move("agent", "itr.article", article, "submit", nil)
}

func (d *demo) liveDevelopment() {
	project := func(name, product, class string) int64 {
		return d.make("product", "ipd.project", resource.Values{"name": name, "class": class, "target_launch": d.in(240), "product_name": product, "product_kind": "goods", "unit": "台", "tax_rate": "0.13",
			"revenue": "6000000", "cost": "480000", "price": "2280"})
	}
	charter := project("SV-1500W 大功率驱动器", "SV-1500W 伺服驱动器", "derivative")
	d.ask("product", "ipd.project", charter, "approve", nil)
	id := project("总线型伺服平台", "SV-E 总线伺服驱动器", "platform")
	d.move("product", "ipd.project", id, "approve", nil)
	d.move("product", "ipd.project", id, "plan", nil)
	d.move("product", "ipd.project", id, "develop", nil)
	d.make("product", "ipd.product", resource.Values{"name": "SM-1500W 伺服电机（样机）", "category": "伺服系统", "unit": "台", "kind": "goods", "tax_rate": "0.13"})
}
