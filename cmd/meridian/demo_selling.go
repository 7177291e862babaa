package main

import "meridian/platform/resource"

// selling is how the sales teams work deals: pipelines with steps of their own, and deals
// on their way through them.
func (d *demo) selling() {
	d.pipelines()
	d.decisions()
	d.lends()
}

// pipelines are the ways of care contracts and of partner deals, beside the one for every deal.
func (d *demo) pipelines() {
	step := func(name, stage, probability, category, days, enter, leave, practice string) resource.Values {
		return resource.Values{"name": name, "stage_key": stage, "probability": probability, "category": category, "limit_days": days, "enter_items": enter, "leave_items": leave, "practice": practice}
	}
	care := d.make("manager", "ltc.pipeline", resource.Values{"name": "维保与续约", "product_line": "维保服务", "serves": "renewal", "active": "true", "steps": []resource.Values{
		step("到期提醒", "qualify", "60%", "", "5", "", "已核对现有设备清单", "合同到期前两个月主动联系。"),
		step("使用回顾", "propose", "70%", "", "7", "", "已展示全年服务报告\n未结服务单已答复", "先谈成效，再谈价格。"),
		step("续约报价", "propose", "80%", "commit", "7", "内部已确认价格", "", "给出一年与三年两种方案。"),
		step("签约", "negotiate", "90%", "commit", "10", "", "", ""),
	}})
	d.make("manager", "ltc.pipeline", resource.Values{"name": "渠道合作商机", "serves": "partner", "active": "true", "steps": []resource.Values{
		step("报备核实", "qualify", "20%", "", "3", "", "最终客户已确认", ""), step("联合方案", "propose", "", "", "10", "", "", ""), step("商务谈判", "negotiate", "", "", "10", "", "", "")}})
	for i, x := range []struct{ name, amount, to string }{{"伺服系统年度维保", "36000", ""}, {"机器人维保三年", "88000", "使用回顾"}, {"控制柜延保", "18000", "签约"}} {
		c := d.east(8 + i)
		deal := d.make(c.rep, "ltc.opportunity", resource.Values{"customer_id": id10(c.id), "contact_id": id10(c.contact), "name": x.name, "amount": x.amount, "close_on": d.in(30), "pipeline_id": id10(care), "next_step": d.pick(demoNext), "next_on": d.in(2)})
		if x.to == "" {
			continue
		}
		for _, item := range []string{"已核对现有设备清单", "已展示全年服务报告", "未结服务单已答复", "内部已确认价格"} {
			d.move(c.rep, "ltc.opportunity", deal, "tick", resource.Values{"item": item, "proof": "拜访纪要"})
		}
		d.command(c.rep, "ltc.pipeline_board", "move", resource.Values{"deal": id10(deal), "step": x.to})
	}
}

// decisions are those about large deals, and what the sales library holds.
func (d *demo) decisions() {
	c := d.east(1)
	deal := d.make(c.rep, "ltc.opportunity", resource.Values{"customer_id": id10(c.id), "contact_id": id10(c.contact), "name": "整线自动化改造", "amount": "860000", "close_on": d.in(60), "next_step": d.pick(demoNext), "next_on": d.in(2)})
	for i, x := range []struct{ point, question string }{{"ati", "是否立项投入售前团队？"}, {"atb", "是否按目标价投标？"}} {
		decision := d.make(c.rep, "ltc.deal_decision", resource.Values{"opportunity_id": id10(deal), "point": x.point, "question": x.question,
			"papers": []resource.Values{{"title": "需求调研纪要", "ready": "true"}, {"title": "成本估算与风险清单", "ready": "true"}}})
		d.move(c.rep, "ltc.deal_decision", decision, "ask", nil)
		if i == 0 {
			d.move("manager", "ltc.deal_decision", decision, "condition", resource.Values{"conditions": "预付款不低于 30%", "condition_owner": id10(d.who[c.rep]), "condition_due_on": d.in(7)})
		}
	}
	for _, x := range []struct{ title, purpose, stage, industry string }{{"伺服系统改造案例集", "reference", "propose", "机械制造"}, {"公司与产品介绍", "intro", "qualify", ""}, {"年度框架合同范本", "contract", "negotiate", ""}} {
		d.make(c.rep, "ltc.sales_document", resource.Values{"title": x.title, "purpose": x.purpose, "stage_key": x.stage, "industry": x.industry, "body": x.title})
	}
}

// lends are what other departments lend to a deal: one granted, one still asked for.
func (d *demo) lends() {
	c := d.east(2)
	deal := d.make(c.rep, "ltc.opportunity", resource.Values{"customer_id": id10(c.id), "contact_id": id10(c.contact), "name": "检测线升级", "amount": "150000", "close_on": d.in(45), "next_step": d.pick(demoNext), "next_on": d.in(2)})
	ask := func(v resource.Values) int64 {
		v["opportunity_id"], v["until_on"] = id10(deal), d.in(20)
		x := d.make(c.rep, "ltc.lend_request", v)
		d.move(c.rep, "ltc.lend_request", x, "ask", nil)
		return x
	}
	x := ask(resource.Values{"kind": "people", "role": "quality", "lender_dept_id": id10(d.depts["service-e"]), "person_id": id10(d.who["engineer"]), "why": "现场评估验收标准"})
	d.move("service", "ltc.lend_request", x, "grant", nil)
	ask(resource.Values{"kind": "people", "role": "sr", "lender_dept_id": id10(d.depts["rd"]), "why": "评审定制视觉方案"})
}
