package main

import (
	"fmt"
	"strconv"
	"strings"

	"meridian/platform/date"
	"meridian/platform/resource"
)

// rules are what the heads of sales, service and finance have agreed: standards, pools,
// segments, plans and the ladder of letters; then the pages that follow from them are
// computed, as the nights do.
func (d *demo) rules() {
	d.standards()
	d.pools()
	d.dirty()
	d.segments()
	d.plans()
	d.collecting()
	d.wishes()
	d.touches()
	d.logs()
	d.selling()
	for _, x := range [][2]string{{"crm.health_grid", "measure"}, {"crm.value_ranking", "compute"}, {"crm.care", "plan"}, {"crm.touch_ranking", "usual"}} {
		d.command("admin", x[0], x[1], nil)
	}
	d.calling()
}

// calling is a list that two people of inside sales work through.
func (d *demo) calling() {
	var callers []resource.Values
	for _, who := range []string{"rep", "rep2"} {
		callers = append(callers, resource.Values{"user_id": id10(d.who[who])})
	}
	list := d.make("manager", "crm.call_list", resource.Values{"name": "升级换代邀约", "segment_id": id10(d.invited), "until_on": d.in(14), "callers": callers,
		"script": "一、自我介绍，确认对方姓名与职务。\n二、询问在用设备的型号和年限，有无停机困扰。\n三、介绍新一代伺服的节能数据，约一次现场演示。\n常见问题：旧程序能否沿用？——可以，提供免费迁移。"})
	d.move("manager", "crm.call_list", list, "start", nil)
}

// command runs a command of a report the way its button does: right, form, work.
func (d *demo) command(who, name, command string, v resource.Values) {
	if d.err != nil {
		return
	}
	if v == nil {
		v = resource.Values{}
	}
	i := d.o.Reports.Get(name)
	if i == nil || i.Command(command) == nil {
		d.fail(fmt.Errorf("there is no command %s of %s", command, name))
		return
	}
	c := i.Command(command)
	object, action, _ := strings.Cut(c.Perm, ":")
	err := d.o.Authz.Require(d.as(who), object, action)
	if err == nil {
		err = d.o.Types.CheckForm(d.as(who), c.Form, v)
	}
	if err == nil {
		_, err = c.Run(d.as(who), v)
	}
	if err != nil {
		d.fail(fmt.Errorf("%s runs %s of %s %v: %w", who, command, name, v, err))
	}
}

// standards say how often customers are met and what must be known of them; head office sets
// them.
func (d *demo) standards() {
	for _, x := range []struct{ name, tier, stage, times, days, channel string }{
		{"重点客户每周两次", "key", "", "2", "7", "visit"}, {"潜在客户每周一次", "", "potential", "1", "7", "call"}, {"已合作客户每月一次", "standard", "user", "1", "30", "call"}} {
		d.make("executive", "crm.follow_standard", resource.Values{"name": x.name, "tier": x.tier, "at_stage": x.stage, "times": x.times, "per_days": x.days, "channel": x.channel, "need_value": strconv.FormatBool(x.tier == "key")})
	}
	for _, x := range []struct {
		field, stage, weight string
		required             bool
	}{{"name", "to_identify", "2", false}, {"owner", "to_identify", "1", false}, {"industry", "target", "1", true}, {"source", "target", "1", true}, {"phone", "target", "2", false}, {"region", "target", "1", false},
		{"contact", "potential", "2", true}, {"core_need", "potential", "2", false}, {"contact_phone", "potential", "1", false}, {"last_touch", "potential", "1", false}, {"tax_no", "signed", "2", false}, {"address", "signed", "1", false}} {
		d.make("executive", "crm.field_standard", resource.Values{"field": x.field, "from_stage": x.stage, "weight": x.weight, "required": strconv.FormatBool(x.required)})
	}
}

// pools hold customers nobody works on; rules give them out again.
func (d *demo) pools() {
	pool := map[string]int64{}
	for _, x := range []struct{ branch, name, admin string }{{"east", "华东公海", "manager"}, {"south", "华南公海", "manager2"}} {
		pool[x.branch] = d.make("manager", "crm.pool", resource.Values{"name": x.name, "scope_dept_id": id10(d.depts[x.branch]), "admin_id": id10(d.who[x.admin]), "claim_per_day": "5", "cooldown_days": "0", "idle_days": "60", "notice_days": "5", "view_per_day": "20", "ended_days": "180"})
	}
	members := func(who ...string) []resource.Values {
		var out []resource.Values
		for _, w := range who {
			out = append(out, resource.Values{"user_id": id10(d.who[w]), "max": "60"})
		}
		return out
	}
	d.make("manager", "crm.allocation_rule", resource.Values{"name": "长三角轮流分配", "priority": "10", "region": "上海,江苏,浙江,安徽", "how": "round_robin", "members": members("rep", "rep3")})
	d.make("manager", "crm.allocation_rule", resource.Values{"name": "其余区域给最空闲的人", "priority": "90", "how": "load", "members": members("rep2", "rep3")})
	for i, x := range []struct{ name, region, branch string }{{"镇江液压件有限公司", "江苏", "east"}, {"湖州电梯部件有限公司", "浙江", "east"}, {"马鞍山冶金设备有限公司", "安徽", "east"}, {"惠州电池壳体有限公司", "广东", "south"}, {"珠海打印设备有限公司", "广东", "south"}} {
		rep := map[string]string{"east": "rep", "south": "rep2"}[x.branch]
		id := d.make(rep, "crm.customer", resource.Values{"name": x.name, "region": x.region, "industry": "机械制造", "source": "展会", "phone": fmt.Sprintf("0511-8%07d", 1800000+i*3217)})
		d.command(rep, "crm.public_pool", "give_back", resource.Values{"customer_id": id10(id), "pool_id": id10(pool[x.branch]), "reason": "三次联系未果，暂无精力跟进"})
	}
}

// dirty are records to be cleansed: a phone, a tax number and a mail address that cannot be right.
func (d *demo) dirty() {
	for _, x := range []resource.Values{{"name": "无锡恒达传动有限公司", "region": "江苏", "phone": "0510-8"}, {"name": "嘉兴佳通五金有限公司", "region": "浙江", "tax_no": "91330400MA2B0XQ1XX"}, {"name": "南通海安轴承厂", "region": "江苏", "email": "sales@haian"}} {
		x["industry"], x["source"] = "机械制造", "展会"
		d.make("rep", "crm.customer", x)
	}
}

// logs are what two of sales did today; the head has read one of them.
func (d *demo) logs() {
	for i, who := range []string{"rep", "rep2"} {
		log := d.make(who, "crm.work_log", resource.Values{"plan": "上午回访老客户，下午准备报价。", "problem": []string{"交期需要生产部门尽快答复。", ""}[i]})
		d.move(who, "crm.work_log", log, "submit", nil)
		if i == 1 {
			d.move("manager2", "crm.work_log", log, "acknowledge", resource.Values{"answer": "做得好，继续跟进。"})
		}
	}
}

// segments and the weights of value.
func (d *demo) segments() {
	rule := func(field, op, value string) resource.Values {
		return resource.Values{"grp": "1", "field": field, "op": op, "value": value}
	}
	d.invited = d.make("manager", "crm.segment", resource.Values{"name": "江浙已合作客户", "kind": "dynamic", "purpose": "升级换代邀约", "rules": []resource.Values{rule("region", "one_of", "江苏,浙江"), rule("orders", "ge", "1")}})
	d.make("manager", "crm.segment", resource.Values{"name": "半年内投诉过的客户", "kind": "dynamic", "purpose": "回访", "rules": []resource.Values{rule("complaints", "ge", "1")}})
	d.make("manager", "crm.value_model", resource.Values{"name": "年度价值模型", "active": "true", "weights": []resource.Values{{"indicator": "net", "weight": "40"}, {"indicator": "margin", "weight": "30"}, {"indicator": "recency", "weight": "15"}, {"indicator": "payment", "weight": "15"}}})
	d.make("success", "crm.care_program", resource.Values{"name": "验收后一周回访", "occasion": "accepted", "offset_days": "0", "channel": "call", "todo": "询问设备运行情况，确认培训是否到位，记录新需求。", "active": "true"})
	d.make("success", "crm.care_program", resource.Values{"name": "联系人生日祝福", "occasion": "birthday", "offset_days": "0", "channel": "chat", "todo": "送上祝福，问候近况。", "gift_limit": "100", "active": "true"})
	for _, c := range []demoParty{d.east(2), d.east(8), d.south(3)} {
		d.change(c.rep, "crm.contact", c.contact, resource.Values{"birthday": d.in(0)[5:]})
	}
	d.make("success", "crm.care_program", resource.Values{"name": "沉默六十天关怀", "occasion": "silence", "offset_days": "60", "channel": "visit", "todo": "上门拜访，了解近期产线变化。", "gift_limit": "200", "active": "true"})
}

// plans are the year in amounts, in customers, and what sales says will come.
func (d *demo) plans() {
	year := d.today.Year()
	targets := func(dept string, amount int) resource.Values {
		return resource.Values{"span": "year", "period_start": date.New(year, 1, 1).String(), "dept_id": id10(d.depts[dept]), "amount": strconv.Itoa(amount)}
	}
	plan := d.make("manager", "ltc.sales_plan", resource.Values{"name": fmt.Sprintf("%d 年订单计划", year), "year": strconv.Itoa(year), "metric": "order", "targets": []resource.Values{targets("east", 4200000), targets("south", 2600000)}})
	d.move("manager", "ltc.sales_plan", plan, "break_down", resource.Values{"season": "last_year"})
	d.move("manager", "ltc.sales_plan", plan, "submit", nil)
	for dept, who := range map[string]string{"east": "manager", "south": "manager2"} {
		d.make(who, "crm.resource_plan", resource.Values{"unit_dept_id": id10(d.depts[dept]), "from_on": d.today.MonthStart().String(), "to_on": d.today.MonthStart().AddMonths(3).AddDays(-1).String(), "target": "900000", "average_deal": "60000"})
	}
	for who, amount := range map[string]string{"rep": "260000", "rep3": "180000", "rep2": "310000"} {
		d.command(who, "ltc.forecast", "submit", resource.Values{"span": "month", "day": d.in(0), "amount": amount, "note": "按在手商机逐单确认"})
	}
	d.command("manager", "ltc.forecast", "adjust", resource.Values{"span": "month", "day": d.in(0), "person": id10(d.who["rep"]), "amount": "230000", "note": "一单客户预算推迟"})
	d.command("manager", "ltc.forecast", "freeze", nil)
	d.make("manager", "ltc.price_list", resource.Values{"name": "伺服系统批量价", "valid_from": d.in(-30), "valid_until": d.in(180), "priority": "5", "tiers": []resource.Values{
		{"product_id": id10(d.products[pDrive]), "min_qty": "50", "price": "1690"}, {"product_id": id10(d.products[pDrive]), "min_qty": "100", "price": "1610"}, {"product_id": id10(d.products[pMotor]), "min_qty": "50", "price": "1480"}}})
}

// collecting is the ladder of letters, the letters it proposes today, a promise and a
// contract with instalments.
func (d *demo) collecting() {
	d.make("finmanager", "ltc.dunning_policy", resource.Values{"title": "标准催收", "min_amount": "100", "carry": "false", "levels": []resource.Values{
		{"delay_days": "5", "mode": "net", "channel": "email", "subject": "付款提醒", "body": "贵司以下款项已到期，请安排付款。"},
		{"delay_days": "15", "mode": "previous", "channel": "phone", "subject": "第二次催款", "body": "请在五个工作日内付款，或告知付款日期。"},
		{"delay_days": "15", "mode": "previous", "channel": "letter", "fee": "50", "rate": "0.05", "subject": "最后催款", "body": "逾期仍未付款的，将暂停发货并保留追索权利。"}}})
	d.command("finance", "ltc.dunning_run", "run", resource.Values{"day": d.in(0)})
	c := d.south(4)
	contract := d.make(c.rep, "ltc.contract", resource.Values{"customer_id": id10(c.id), "title": "注塑机节能改造项目", "amount": "300000", "start_on": d.in(0), "end_on": d.in(200), "plan": []resource.Values{
		{"kind": "deliver", "milestone": "设备到厂", "planned_on": d.in(30)}, {"kind": "accept", "milestone": "验收", "planned_on": d.in(60)},
		{"kind": "invoice", "milestone": "预付款", "percent": "0.3", "planned_on": d.in(3)}, {"kind": "invoice", "milestone": "验收款", "percent": "0.7", "planned_on": d.in(65)},
		{"kind": "collect", "milestone": "预付款", "percent": "0.3", "planned_on": d.in(10)}, {"kind": "collect", "milestone": "验收款", "percent": "0.7", "planned_on": d.in(95)}}})
	for _, step := range []string{"submit", "approve"} {
		d.move(c.rep, "ltc.contract", contract, step, nil)
	}
	d.move(c.rep, "ltc.contract", contract, "sign", resource.Values{"signed_by_customer": c.person, "signed_by_us": "总经理", "on": d.in(0)})
}

// touches are talks of today with most customers; the others have been silent, and the
// measure of health shows it.
func (d *demo) touches() {
	for i, c := range d.customers {
		if i%4 == 3 || c.stage == "lost" || c.stage == "to_identify" {
			continue
		}
		talk := d.make(c.rep, "crm.followup", resource.Values{"customer_id": id10(c.id), "contact_id": id10(c.contact), "subject": "例行回访", "channel": []string{"call", "visit", "meeting"}[i%3], "planned_on": d.in(0)})
		d.move(c.rep, "crm.followup", talk, "hold", resource.Values{"conclusion": "设备运行稳定，年内有扩产打算。", "value_given": "给出备件清单和保养建议", "feedback": "希望交期再短一些", "next_step": d.pick(demoNext), "next_on": workday(d.today.AddDays(7 + i%14)).String()})
	}
}

// wishes are what customers have said, and a portfolio that changes hands.
func (d *demo) wishes() {
	need := func(c demoParty, text, value string) int64 {
		return d.make(c.rep, "crm.need", resource.Values{"customer_id": id10(c.id), "verbatim": text, "source_class": "c", "value": value, "tags": "伺服,节能"})
	}
	need(d.east(5), "希望驱动器支持 EtherCAT，换型时不用重新接线。", "180000")
	need(d.south(1), "备件能否在华南备库，停机一天损失很大。", "60000")
	need(d.east(10), "培训资料最好有视频，新员工上手慢。", "20000")
	d.make("manager", "crm.transfer", resource.Values{"from_user": id10(d.who["rep3"]), "to_user": id10(d.who["rep"]), "cause": "load", "sheet": "两家客户离 rep 的区域更近，合同都在执行中。", "lines": []resource.Values{{"customer_id": id10(d.east(1).id)}, {"customer_id": id10(d.east(3).id)}}})
}
