package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"meridian/platform/resource"
)

// projects is the service work sold: one that runs, one whose need is still analysed.
func (d *demo) projects() {
	c := d.east(4)
	task := func(content, who string, from, to int, hours, fee string) resource.Values {
		return resource.Values{"content": content, "person_id": id10(d.who[who]), "from_on": d.in(from), "to_on": d.in(to), "hours": hours, "rate": "220", "fee": fee, "criteria": "双方签字的验收记录"}
	}
	p := d.make(c.rep, "ltc.service_project", resource.Values{"title": "三号线伺服调试与培训", "customer_id": id10(c.id), "need": "新线投产前完成 12 轴伺服调试，并培训操作工。", "understanding": "两周内现场完成，停线不超过三个班次。",
		"tasks": []resource.Values{task("现场勘查与参数核对", "engineer", 0, 3, "16", "9600"), task("12 轴调试", "engineer", 4, 12, "64", "38400"), task("操作工培训", "engineer", 13, 15, "16", "8000")}})
	d.move(c.rep, "ltc.service_project", p, "plan", nil)
	d.move(c.rep, "ltc.service_project", p, "confirm", resource.Values{"confirmed_by": c.person})
	d.move(c.rep, "ltc.service_project", p, "contract", nil)
	if d.err != nil {
		return
	}
	row, err := d.doc("ltc.service_project").GetRow(d.as(c.rep), p)
	if err != nil {
		d.fail(err)
		return
	}
	contract, _ := strconv.ParseInt(row.Text("contract_id"), 10, 64)
	d.move(c.rep, "ltc.contract", contract, "submit", nil)
	d.move(c.rep, "ltc.contract", contract, "approve", nil)
	d.move(c.rep, "ltc.contract", contract, "sign", resource.Values{"signed_by_customer": c.person, "signed_by_us": "总经理", "on": d.in(0)})
	d.move(c.rep, "ltc.service_project", p, "start", nil)
	d.make(c.rep, "ltc.project_risk", resource.Values{"project_id": id10(p), "title": "客户停线窗口变动", "cause": "订单旺季，排产未定", "probability": "3", "impact": "4", "measure": "预留两个周末窗口", "due_on": d.in(4)})
	d.move(c.rep, "ltc.service_project", p, "feedback", resource.Values{"score": "5", "body": "工程师准备充分。", "given_by": c.person})

	c = d.east(6)
	p = d.make(c.rep, "ltc.service_project", resource.Values{"title": "老线节能改造方案", "customer_id": id10(c.id), "need": "电耗降低 15%，改造期间不停产。", "understanding": "先测算，再分段改造。", "confidential": "true"})
	for _, x := range []struct{ name, weeks, hours, fee, good, bad string }{{"分段更换伺服", "6", "180", "126000", "不停产", "周期较长"}, {"整线一次更换", "2", "120", "98000", "费用低", "须停线两周"}} {
		d.make(c.rep, "ltc.service_option", resource.Values{"project_id": id10(p), "name": x.name, "weeks": x.weeks, "fee": x.fee, "advantages": x.good, "drawbacks": x.bad,
			"roles": []resource.Values{{"role": "现场工程师", "person_id": id10(d.who["engineer"]), "hours": x.hours, "rate": "220"}}})
	}
	d.make(c.rep, "ltc.expert_opinion", resource.Values{"project_id": id10(p), "expert_id": id10(d.who["product"]), "question": "现有电机能否配新驱动器，节能效果如何测算？", "wanted_by": d.in(3)})
}

const demoHookSecret = "demo company"

// messages are what customers say on other channels: a mail and a short message that wait,
// a call to be written down, and one nobody took.
func (d *demo) messages(ctx context.Context, h http.Handler) error {
	known := d.east(2)
	at := func(seconds int) string {
		return d.o.Now().Add(-time.Hour + time.Duration(seconds)*time.Second).UTC().Format(time.RFC3339)
	}
	call := func(id, event string, seconds int) map[string]any {
		return map[string]any{"channel": "phone", "external_id": id, "from": known.phone, "agent": known.rep, "event": event, "at": at(seconds)}
	}
	for _, v := range []map[string]any{
		{"channel": "mail", "external_id": "demo-1", "from": known.email, "subject": "伺服驱动器交期", "text": "请问 SV-750W 下个月能否提前一周交货？"},
		call("demo-2", "ringing", 0), call("demo-2", "answered", 12), call("demo-2", "ended", 300),
		call("demo-3", "ringing", 900), call("demo-3", "abandoned", 940),
		{"channel": "sms", "external_id": "demo-4", "from": "13600136000", "text": "在展会上看过贵司的机器人，请联系我。"},
	} {
		body, err := json.Marshal(v)
		if err != nil {
			return err
		}
		mac := hmac.New(sha256.New, []byte(demoHookSecret))
		mac.Write(body)
		if err := visit(ctx, h, "/public/hook/message", v, "X-Meridian-Signature", hex.EncodeToString(mac.Sum(nil))); err != nil {
			return err
		}
	}
	return nil
}
