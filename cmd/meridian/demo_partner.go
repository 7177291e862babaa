package main

import "meridian/platform/resource"

// partners are two channel partners of the east and the south: one has a lead to answer
// and a protected deal, the other works on a lead and has a registration to be checked.
func (d *demo) partners() {
	type demoPartner struct{ name, login, region, tier, manager string }
	var ids []int64
	for _, p := range []demoPartner{{"苏州智联自动化科技有限公司", "partner", "江苏", "gold", "manager"}, {"东莞恒创机电工程有限公司", "partner2", "广东", "silver", "manager2"}} {
		id := d.make(p.manager, "crm.partner", resource.Values{"name": p.name, "region": p.region, "tier": p.tier, "agreement": "年度渠道合作协议", "certified_until": d.in(300), "login_id": id10(d.who[p.login])})
		d.move(p.manager, "crm.partner", id, "approve", nil)
		d.move(p.manager, "crm.partner", id, "certify", nil)
		ids = append(ids, id)
	}
	lead := func(who string, partner int64, name, company, phone, need string) int64 {
		id := d.make(who, "ltc.lead", resource.Values{"name": name, "company": company, "phone": phone, "need": need, "source": "官网", "value": "86000"})
		d.move(who, "ltc.lead", id, "hand_out", resource.Values{"partner_id": id10(partner)})
		return id
	}
	lead("manager", ids[0], "顾晓峰", "常熟汇丰模具有限公司", "13912345671", "注塑机上下料改造")
	taken := lead("manager2", ids[1], "曾海洋", "肇庆金盛铝业有限公司", "13712345672", "挤压线伺服升级")
	d.move("partner2", "ltc.lead", taken, "take", nil)
	deal := d.make("partner", "crm.deal_registration", resource.Values{"company": "张家港永联钢构有限公司", "product": "SV-750W 伺服驱动器", "contact": "陆建平", "value": "128000"})
	d.move("manager", "crm.deal_registration", deal, "approve", nil)
	d.make("partner2", "crm.deal_registration", resource.Values{"company": "清远宏达电缆有限公司", "product": "VFD-5.5 变频器", "contact": "邓志文", "value": "64000"})
	d.funds(ids)
}

// funds are what the partners may spend on marketing: one claim waits for a decision, one
// for its payment.
func (d *demo) funds(partners []int64) {
	for i, manager := range []string{"manager", "manager2"} {
		fund := d.make(manager, "crm.market_fund", resource.Values{"name": "年度市场发展基金", "partner_id": id10(partners[i]), "from_on": d.in(-90), "to_on": d.in(270), "amount": "50000"})
		who := []string{"partner", "partner2"}[i]
		claim := d.make(who, "crm.fund_claim", resource.Values{"fund_id": id10(fund), "activity": []string{"昆山智能制造展会展位", "东莞新品推介会"}[i], "held_on": d.in(-5), "amount": "18000"})
		d.move(who, "crm.fund_claim", claim, "submit", resource.Values{"proof": resource.Upload{Name: "发票与现场照片.txt", Body: []byte("展位费发票 18000 元，现场照片 12 张。")}.Text()})
		if i == 0 {
			d.move(manager, "crm.fund_claim", claim, "approve", resource.Values{"approved": "15000"})
		}
	}
}
