package main

import "meridian/platform/resource"

// selling is how the sales teams work deals: pipelines with steps of their own, and deals
// on their way through them.
func (d *demo) selling() {
	d.pipelines()
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
