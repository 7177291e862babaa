package ui_test

import (
	"fmt"
	"strings"

	"github.com/a-h/templ"

	"meridian/platform/i18n"
	"meridian/platform/web/graph"
	"meridian/platform/web/ui"
)

// say gives the sample texts in the language of a request.
type say func(zh, en string) string

func sayIn(l i18n.Lang) say {
	return func(zh, en string) string {
		if l == i18n.Chinese {
			return zh
		}
		return en
	}
}

// sample is one page of the gallery.
type sample struct {
	page  func(say) ui.Page
	body  func(say) templ.Component
	blank bool
	after string // script that opens something before the picture
}

func menu(s say, active string) []ui.MenuGroup {
	item := func(zh, en, href, icon string, count int, children ...ui.MenuItem) ui.MenuItem {
		return ui.MenuItem{Label: s(zh, en), Href: href, Icon: icon, Count: count, Active: href == active, Children: children}
	}
	return []ui.MenuGroup{
		{Items: []ui.MenuItem{
			item("经营驾驶舱", "Cockpit", "/", "layout-dashboard", 0),
			item("待办中心", "Inbox", "/inbox", "clipboard-check", 12),
			item("流程挖掘", "Process mining", "/process", "topology-star-3", 0),
		}},
		{Title: s("业务流程", "Processes"), Items: []ui.MenuItem{
			item("战略到执行", "Strategy to execution", "/dste", "target-arrow", 0),
			item("市场到线索", "Market to lead", "/mtl", "speakerphone", 0),
			item("产品开发", "Product development", "/ipd", "bulb", 0),
			item("线索到回款", "Lead to cash", "/ltc", "chart-funnel", 0,
				item("商机管道", "Pipeline", "/board", "layout-kanban", 0),
				item("销售订单", "Sales orders", "/list", "file-text", 0),
				item("单据链", "Document chain", "/thread", "hierarchy", 0)),
			item("采购", "Procurement", "/proc", "shopping-cart", 0),
			item("集成供应链", "Supply chain", "/isc", "building-factory-2", 3),
			item("问题到解决", "Issue to resolution", "/itr", "headset", 0),
			item("客户关系", "Customer relations", "/crm", "users-group", 0),
		}},
		{Title: s("系统", "System"), Items: []ui.MenuItem{
			item("角色与权限", "Roles & access", "/matrix", "shield-lock", 0),
			item("用户", "Users", "/admin", "users", 0),
			item("开放接口", "API docs", "/api", "api", 0),
		}},
	}
}

func actions(a ...ui.Action) templ.Component { return ui.Buttons(a) }

func head(zh, en, subZh, subEn, active string, buttons func(say) templ.Component) func(say) ui.Page {
	return func(s say) ui.Page {
		p := ui.Page{Title: s(zh, en), Subtitle: s(subZh, subEn), Menu: menu(s, active)}
		if buttons != nil {
			p.Actions = buttons(s)
		}
		return p
	}
}

var gallery = map[string]sample{
	"cockpit": {page: head("经营驾驶舱", "Executive cockpit", "2026 年 11 月 · 数据更新于 09:30", "November 2026 · updated 09:30", "/", period), body: cockpit},
	"list": {page: head("销售订单", "Sales orders", "线索到回款 · 订单履约", "Lead to cash · Fulfilment", "/list", orderButtons),
		body: func(s say) templ.Component { return orders(s, true) }},
	"list-empty": {page: head("销售订单", "Sales orders", "线索到回款 · 订单履约", "Lead to cash · Fulfilment", "/list", orderButtons),
		body: func(s say) templ.Component { return orders(s, false) }},
	"list-bulk": {page: head("销售订单", "Sales orders", "线索到回款 · 订单履约", "Lead to cash · Fulfilment", "/list", orderButtons),
		body:  func(s say) templ.Component { return orders(s, true) },
		after: `document.querySelectorAll('[data-tick]').forEach((t,i)=>{ if (i===1||i===3) t.click() })`},
	"list-menu": {page: head("销售订单", "Sales orders", "线索到回款 · 订单履约", "Lead to cash · Fulfilment", "/list", orderButtons),
		body:  func(s say) templ.Component { return orders(s, true) },
		after: `(document.querySelector('.dt .k-menu summary').checkVisibility() && document.querySelector('.dt .k-menu summary').click())`},
	"form": {page: head("新建销售订单", "New sales order", "草稿自动保存 · 提交后进入信用与价格审批", "Drafts are kept · submitting starts credit and price approval", "/list", nil),
		body: func(s say) templ.Component { return orderForm(s, false) }},
	"form-errors": {page: head("新建销售订单", "New sales order", "草稿自动保存 · 提交后进入信用与价格审批", "Drafts are kept · submitting starts credit and price approval", "/list", nil),
		body: func(s say) templ.Component { return orderForm(s, true) }},
	"record": {page: func(s say) ui.Page {
		return ui.Page{Title: "SO-2026-10434", OwnHead: true, Menu: menu(s, "/list"), Flash: &ui.Toast{Text: s("订单已确认", "Order confirmed"), Tone: ui.OK}}
	}, body: record},
	"record-process": {page: func(s say) ui.Page { return ui.Page{Title: "SO-2026-10434", OwnHead: true, Menu: menu(s, "/list")} }, body: record,
		after: `document.querySelector('.diagram').open=true`},
	"move": {page: func(s say) ui.Page { return ui.Page{Title: "SO-2026-10434", OwnHead: true, Menu: menu(s, "/list")} }, body: record,
		after: `document.querySelector('.head-a [aria-haspopup=dialog]').click()`},
	"move-page": {page: head("取消订单", "Cancel order", "SO-2026-10434", "SO-2026-10434", "/list", nil), body: cancelForm},
	"board":     {page: head("商机管道", "Pipeline", "拖动卡片改变阶段；键盘用户可用卡片菜单移动", "Drag a card to change its stage; the card menu does the same", "/board", boardButtons), body: board},
	"board-menu": {page: head("商机管道", "Pipeline", "拖动卡片改变阶段；键盘用户可用卡片菜单移动", "Drag a card to change its stage; the card menu does the same", "/board", boardButtons), body: board,
		after: `document.querySelectorAll('.bcard summary')[0].click()`},
	"thread":  {page: head("单据链", "Document chain", "SO-2026-10434 · 成都天府航空部件", "SO-2026-10434 · Tianfu Aviation", "/thread", nil), body: thread},
	"process": {page: head("流程挖掘 · 采购到付款", "Process mining · procure to pay", "1,284 个案例 · 2026-08-01 至 2026-11-21", "1,284 cases · 2026-08-01 to 2026-11-21", "/process", nil), body: process},
	"inbox":   {page: head("待办中心", "Inbox", "12 项待处理 · 3 项已逾期", "12 waiting · 3 overdue", "/inbox", nil), body: inbox},
	"inbox-empty": {page: head("待办中心", "Inbox", "", "", "/inbox", nil), body: func(s say) templ.Component {
		return ui.Inbox{Empty: s("全部处理完毕", "Nothing waits for you")}
	}},
	"notices": {page: head("通知", "Notices", "", "", "/notices", nil), body: func(s say) templ.Component {
		return ui.Notices{Items: notices(s), Pager: ui.Pager{Total: "3", Page: 1, Pages: 1, Target: "notices"}}
	}},
	"bell": {page: head("待办中心", "Inbox", "", "", "/inbox", nil), body: inbox,
		after: `document.querySelector('#bell summary').click()`},
	"palette": {page: head("销售订单", "Sales orders", "线索到回款 · 订单履约", "Lead to cash · Fulfilment", "/list", orderButtons), body: func(s say) templ.Component { return orders(s, true) },
		after: `document.querySelector('[data-palette]').click()`},
	"drawer": {page: head("销售订单", "Sales orders", "线索到回款 · 订单履约", "Lead to cash · Fulfilment", "/list", orderButtons), body: func(s say) templ.Component { return orders(s, true) },
		after: `document.querySelector('[data-drawer]').checkVisibility() && document.querySelector('[data-drawer]').click()`},
	"search":  {page: head("搜索", "Search", "", "", "", nil), body: func(s say) templ.Component { return ui.SearchPage(results(s)) }},
	"admin":   {page: head("用户", "Users", "128 个账号", "128 accounts", "/admin", nil), body: admin},
	"matrix":  {page: head("角色与权限", "Roles & access", "销售代表", "Sales representative", "/matrix", nil), body: matrix},
	"profile": {page: head("个人设置", "Profile", "", "", "", nil), body: profile},
	"login":   {body: signIn, blank: true},
	"404": {page: func(s say) ui.Page {
		return ui.Page{Title: s("找不到页面", "Not found"), OwnHead: true, Menu: menu(s, "")}
	},
		body: func(s say) templ.Component {
			return ui.Failure{Code: "404", Title: s("找不到这条记录", "This record does not exist"), Text: s("它可能已被删除，或者您没有查看它的权限。", "It may have been deleted, or you may not see it.")}
		}},
	"500": {body: func(s say) templ.Component {
		return ui.Failure{Code: "500", Title: s("系统出错了", "Something went wrong"), Text: s("错误已记录。请把下面的编号告诉管理员。", "The error has been recorded. Tell your administrator the number below."), RequestID: "01JD9Z8V6Y3K"}
	}, blank: true},
	"import-1": {page: imported, body: func(s say) templ.Component { return importWizard(s, 1) }},
	"import-2": {page: imported, body: func(s say) templ.Component { return importWizard(s, 2) }},
	"import-3": {page: imported, body: func(s say) templ.Component { return importWizard(s, 3) }},
	"import-4": {page: imported, body: func(s say) templ.Component { return importWizard(s, 4) }},
	"import-5": {page: imported, body: func(s say) templ.Component { return importWizard(s, 5) }},
}

var imported = head("导入销售订单", "Import sales orders", "线索到回款", "Lead to cash", "/list", nil)

func orderButtons(s say) templ.Component {
	return actions(ui.Action{Label: s("导入", "Import"), Icon: "upload", Href: "/import-1"},
		ui.Action{Label: s("导出", "Export"), Icon: "file-spreadsheet", Href: "/export", Post: true},
		ui.Action{Label: s("新建订单", "New order"), Icon: "plus", Href: "/form", Kind: ui.Primary})
}

func boardButtons(s say) templ.Component {
	return templ.Join(ui.Segment{Label: s("显示方式", "Shown as"), Items: []ui.SegmentItem{
		{Label: s("看板", "Board"), Icon: "layout-kanban", Href: "/board", Active: true}, {Label: s("列表", "List"), Icon: "columns-3", Href: "/list"},
	}}, actions(ui.Action{Label: s("新建商机", "New opportunity"), Icon: "plus", Href: "/form", Kind: ui.Primary}))
}

func period(s say) templ.Component {
	return templ.Join(ui.Segment{Label: s("期间", "Period"), Items: []ui.SegmentItem{
		{Label: s("本月", "Month"), Href: "/?p=m", Active: true}, {Label: s("本季", "Quarter"), Href: "/?p=q"}, {Label: s("本年", "Year"), Href: "/?p=y"},
	}}, actions(ui.Action{Label: s("打印", "Print"), Icon: "printer", Script: "print"}))
}

func cockpit(s say) templ.Component {
	months := []string{"12", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"}
	for i, m := range months {
		months[i] = s(m+"月", "M"+m)
	}
	kpi := func(zh, en, value, unit, change string, up, good bool, target string, points ...float64) ui.KPI {
		return ui.KPI{Label: s(zh, en), Value: value, Unit: unit, Change: change, Up: up, Good: good, Target: s("目标 ", "Target ") + target, Points: points, Href: "/process"}
	}
	proc := func(code, zh, en, icon, open, late, done, median string, tone ui.Tone, stages ...ui.StageCount) ui.Process {
		return ui.Process{Code: code, Label: s(zh, en), Icon: icon, Href: "/process", Open: open, Late: late, Done: done, LateHref: "/list", DoneHref: "/list", Median: median, Tone: tone, Stages: stages}
	}
	st := func(zh, en, n, late string) ui.StageCount {
		return ui.StageCount{Label: s(zh, en), Count: n, Late: late, Href: "/list"}
	}
	days := s(" 天", " d")
	return ui.Cockpit{
		KPIs: []ui.KPI{
			kpi("本月营收", "Revenue MTD", "8,642", s("万", "×10k"), "12.4%", true, true, "9,000", 4, 5, 4.4, 6, 5.8, 6.8, 6.5, 7.6, 7.2, 8.2, 8.6),
			kpi("毛利率", "Gross margin", "31.8", "%", "1.2%", true, true, "32.0", 4, 4.6, 4.1, 5.4, 4.4, 6, 6.6, 6.2, 7),
			kpi("准时足量交付", "OTIF", "94.6", "%", "2.1%", true, true, "95.0", 3, 2.8, 3.6, 4.2, 3.9, 4.6, 5.2, 5.3, 5.8),
			kpi("应收周转天数", "DSO", "46.2", s("天", "d"), "3.8%", false, true, "45", 8, 7.8, 7.9, 7, 6.8, 6.2, 5.8, 6, 5),
			kpi("库存周转天数", "DIO", "58.0", s("天", "d"), "4.5%", true, false, "52", 3, 3.2, 3.8, 3.7, 4.6, 5.4, 5.2, 6.2, 7),
			kpi("现金转换周期", "Cash cycle", "63.4", s("天", "d"), "2.2%", false, true, "60", 8, 7.8, 8.2, 7.2, 7.4, 6.2, 5.8, 5.6, 5),
		},
		Map: &ui.ProcessMap{Title: s("流程地图", "Process map"), Note: s("实时在途单据", "Live work in progress"), Processes: []ui.Process{
			proc("DSTE", "战略到执行", "Strategy to execution", "target-arrow", "24", "1", "6", "21"+days+" / 25"+days, ""),
			proc("MTL", "市场到线索", "Market to lead", "speakerphone", "132", "4", "58", "6.1"+days+" / 7"+days, ""),
			proc("IPD", "产品开发", "Product development", "bulb", "18", "2", "3", "186"+days+" / 180"+days, ui.Warn),
			proc("LTC", "线索到回款", "Lead to cash", "chart-funnel", "437", "12", "361", "9.8"+days+" / 10"+days, "",
				st("线索", "Lead", "112", ""), st("已验证", "Qualified", "74", "3"), st("报价", "Quote", "96", "5"), st("订单", "Order", "88", ""), st("交付", "Delivery", "41", "4"), st("回款", "Cash", "26", "")),
			proc("PROC", "采购", "Procurement", "shopping-cart", "268", "7", "204", "6.1"+days+" / 7"+days, "",
				st("申请", "Request", "60", ""), st("询价", "Sourcing", "41", "2"), st("订单", "Order", "118", "5"), st("收货", "Receipt", "49", "")),
			proc("ISC", "集成供应链", "Supply chain", "building-factory-2", "1,203", "21", "940", "14.2"+days+" / 12"+days, ui.Bad),
			proc("ITR", "问题到解决", "Issue to resolution", "headset", "86", "6", "143", "1.9"+days+" / 1.5"+days, ui.Warn),
			proc("CRM", "客户关系", "Customer relations", "users-group", "91", "0", "77", "4.5"+days+" / 5"+days, ""),
		}},
		HandOffs: []ui.HandOff{
			{From: "MTL", To: "LTC", Label: s("合格线索转商机", "Qualified lead to opportunity"), Waiting: 9, Oldest: s("2 天", "2 days"), Href: "/inbox"},
			{From: "LTC", To: "ISC", Label: s("销售订单转备货", "Sales order to supply"), Waiting: 14, Oldest: s("4 天", "4 days"), Late: true, Href: "/inbox"},
			{From: "ISC", To: "PROC", Label: s("缺料转采购申请", "Shortage to purchase request"), Waiting: 6, Oldest: s("1 天", "1 day"), Href: "/inbox"},
			{From: "ITR", To: "IPD", Label: s("缺陷转设计变更", "Defect to design change"), Waiting: 2, Oldest: s("3 天", "3 days"), Href: "/inbox"},
		},
		Charts: []ui.Chart{
			{ID: "ch-trend", Kind: ui.ChartTrend, Title: s("营收与订单趋势", "Revenue and orders"), Note: s("万元", "10k CNY"), Say: s("营收十二个月从 6,100 万升至 8,642 万，低于预算", "Revenue rose from 61 to 86 million over twelve months, below plan"), Span: 4,
				Data: ui.ChartData{Labels: months, Series: []ui.ChartSeries{
					{Name: s("实际营收", "Revenue"), Kind: "line", Values: []float64{6100, 5350, 6500, 6950, 7050, 7350, 7200, 7650, 8050, 7900, 8300, 8642}},
					{Name: s("预算", "Plan"), Kind: "plan", Values: []float64{5900, 5650, 6450, 6750, 7000, 7250, 7450, 7700, 7900, 8150, 8500, 9000}},
					{Name: s("订单数", "Orders"), Kind: "bar", Values: []float64{320, 265, 345, 360, 365, 375, 370, 395, 405, 402, 425, 437}},
				}}, Table: chartTable(s, months)},
			{ID: "ch-funnel", Kind: ui.ChartFunnel, Title: s("线索到回款漏斗", "Lead to cash funnel"), Note: s("近 90 天", "90 days"), Say: s("1,840 条线索中 361 条回款", "361 of 1,840 leads were paid"),
				Data: ui.ChartData{Labels: []string{s("线索", "Leads"), s("已验证", "Qualified"), s("报价", "Quotes"), s("订单", "Orders"), s("回款", "Cash")}, Values: []float64{1840, 1126, 684, 437, 361}, Texts: []string{"", "↓ 61%", "↓ 61%", "↓ 64%", "↓ 83%"}}, Table: chartTable(s, months[:5])},
			{ID: "ch-gauge", Kind: ui.ChartGauge, Title: s("准时足量交付率", "On time in full"), Note: s("目标 95%", "Target 95%"), Say: s("准时足量交付率 94.6%，目标 95%", "94.6% on time in full, target 95%"),
				Data: ui.ChartData{Values: []float64{94.6}, Targets: []float64{95}, Texts: []string{"94.6"}, Unit: "%", Min: 80, Max: 100}, Table: chartTable(s, months[:1])},
			{ID: "ch-bars", Kind: ui.ChartBars, Title: s("流程周期时间与目标", "Cycle time against target"), Note: s("天 · 中位数", "Days · median"), Say: s("集成供应链与问题到解决超过目标", "Supply chain and issue to resolution exceed their target"), Span: 4,
				Data: ui.ChartData{Labels: []string{s("市场到线索", "Market to lead"), s("线索到回款", "Lead to cash"), s("采购", "Procurement"), s("集成供应链", "Supply chain"), s("问题到解决", "Issue to resolution"), s("战略到执行", "Strategy to execution"), s("客户关系", "Customer relations")},
					Values: []float64{6.1, 9.8, 6.1, 14.2, 1.9, 21, 4.5}, Targets: []float64{7, 10, 7, 12, 1.5, 25, 5}, Texts: []string{"6.1 / 7", "9.8 / 10", "6.1 / 7", "14.2 / 12", "1.9 / 1.5", "21 / 25", "4.5 / 5"}}, Table: chartTable(s, months[:3])},
		},
	}
}

func chartTable(s say, months []string) ui.Table {
	t := ui.Table{Caption: s("图表数据", "Data of the chart"), Cols: []ui.Col{{Label: s("月份", "Month")}, {Label: s("数值", "Value"), Kind: ui.KindNum}}}
	for i, m := range months {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: m}, {Text: fmt.Sprint(6100 + 137*i)}}})
	}
	return t
}

type orderRow struct {
	customer, place, stage string
	tone                   ui.Tone
	percent                int
	due, owner, amount     string
	late                   bool
}

func orders(s say, full bool) ui.List {
	data := []orderRow{
		{"厦门金龙电控", "厦门 · 30/70", s("已发货", "Shipped"), ui.Teal, 90, "2026-11-21", "陈志远", "¥1,350,675.08", false},
		{"广州粤兴汽车零部件", "广州 · NET30", s("草稿", "Draft"), ui.Neutral, 0, "2026-12-10", "陈志远", "¥239,069.30", false},
		{"华东精密制造有限公司", "上海 · LC", s("已确认", "Confirmed"), ui.Info, 25, "2027-01-01", "王晓明", "¥1,252,611.06", false},
		{"成都天府航空部件", "成都 · NET60", s("待审批", "In review"), ui.Warn, 10, "2026-11-09", "李婉婷", "¥105,859.51", true},
		{"广州粤兴汽车零部件", "广州 · NET30", s("待审批", "In review"), ui.Warn, 10, "2026-12-09", "周凯", "¥478,247.92", false},
		{"Bosch Rexroth (China)", "常州 · NET60", s("草稿", "Draft"), ui.Neutral, 0, "2026-12-14", "Emma Larsen", "¥501,277.87", false},
		{"成都天府航空部件", "成都 · 30/70", s("草稿", "Draft"), ui.Neutral, 0, "2026-11-23", "陈志远", "¥709,393.49", false},
		{"武汉光谷激光", "武汉 · NET60", s("草稿", "Draft"), ui.Neutral, 0, "2026-12-16", "陈志远", "¥929,839.43", false},
		{"深圳市云途智能科技", "深圳 · LC", s("生产中", "Producing"), ui.Violet, 58, "2026-12-09", "周凯", "¥1,521,524.89", false},
		{"重庆长江轴承", "重庆 · LC", s("生产中", "Producing"), ui.Violet, 67, "2026-11-12", "李婉婷", "¥1,666,816.75", true},
		{"宁波海纳轴承集团", "宁波 · NET60", s("生产中", "Producing"), ui.Violet, 50, "2026-12-05", "赵雨桐", "¥407,983.04", false},
		{"成都天府航空部件", "成都 · LC", s("已开票", "Invoiced"), ui.Info, 95, "2027-01-10", "赵雨桐", "¥56,049.16", false},
		{"杭州西子电梯", "杭州 · 30/70", s("已发货", "Shipped"), ui.Teal, 90, "2027-01-02", "陈志远", "¥1,062,285.73", false},
		{"沈阳新松机器人", "沈阳 · NET30", s("已回款", "Paid"), ui.OK, 100, "2027-01-10", "陈志远", "¥1,149,642.30", false},
		{"北京中航材料研究院", "北京 · NET60", s("已取消", "Cancelled"), ui.Neutral, 0, "2026-11-18", "陈志远", "¥273,528.79", false},
	}
	if !full {
		data = nil
	}
	rows := make([]ui.Row, len(data))
	for i, d := range data {
		no := fmt.Sprintf("SO-2026-%d", 10437-i)
		rows[i] = ui.Row{ID: fmt.Sprint(i + 1), Href: "/record", Cells: []ui.Cell{
			{Text: no}, {Text: d.customer, Sub: d.place}, {Text: d.stage, Tone: d.tone}, {Percent: d.percent}, {Text: d.due, Late: d.late}, {Text: d.owner}, {Text: d.amount},
		}, Menu: []ui.Action{
			{Label: s("编辑", "Edit"), Icon: "edit", Href: "/form"},
			{Label: s("确认", "Confirm"), Icon: "check", Href: "/list", Post: true, Version: 3},
			{Label: s("下达生产", "Release"), Icon: "player-play", Blocked: s("缺料 2 项", "2 materials are short")},
			{Label: s("取消", "Cancel order"), Icon: "x", Href: "/move-page", Dialog: true, Kind: ui.Danger},
		}}
	}
	query, total, pager := "", s("¥3.87亿", "¥386.93M"), ui.Pager{Total: "437", Page: 1, Pages: 30, Base: "/list?page="}
	if !full {
		query, total, pager = "zzz", "¥0", ui.Pager{Total: "0", Page: 1, Pages: 1}
	}
	return ui.List{
		Path: "/list", Query: query, Hint: s("单号 / 客户 / 负责人", "No. / customer / owner"), Keep: []ui.Pair{{Name: "view", Value: "all"}},
		Views: []ui.View{{Label: s("全部", "All"), Href: "/list", Count: "437", Active: true}, {Label: s("我负责的", "Mine"), Href: "/list?view=mine", Count: "67"},
			{Label: s("待审批", "In review"), Href: "/list?view=review", Count: "75"}, {Label: s("已逾期", "Overdue"), Href: "/list?view=late", Count: "57"}},
		Filters: []ui.Filter{
			{Name: "stage", Label: s("全部状态", "Any status"), Options: []ui.Option{{Value: "draft", Label: s("草稿", "Draft")}, {Value: "review", Label: s("待审批", "In review")}}},
			{Name: "owner", Label: s("全部负责人", "Any owner"), Options: []ui.Option{{Value: "1", Label: "陈志远"}, {Value: "2", Label: "王晓明"}}},
		},
		More:  []ui.Filter{{Name: "due_from", Label: s("交付日期从", "Due from"), Kind: ui.KindDate}, {Name: "due_to", Label: s("到", "to"), Kind: ui.KindDate}},
		Total: total, Columns: "/move-page",
		Table: ui.Table{Caption: s("销售订单", "Sales orders"), Rows: rows, Cols: []ui.Col{
			{Key: "no", Label: s("单号", "No."), Kind: ui.KindLink, SortHref: "/list?sort=no", SortDir: "desc"},
			{Key: "customer", Label: s("客户", "Customer"), SortHref: "/list?sort=customer"},
			{Key: "stage", Label: s("状态", "Status"), Kind: ui.KindPill},
			{Key: "progress", Label: s("履约进度", "Progress"), Kind: ui.KindProgress, Class: "c-wide"},
			{Key: "due", Label: s("交付日期", "Due"), Kind: ui.KindDate, SortHref: "/list?sort=due"},
			{Key: "owner", Label: s("负责人", "Owner"), Kind: ui.KindPerson, Class: "c-wide"},
			{Key: "total", Label: s("金额（含税）", "Amount"), Kind: ui.KindMoney, SortHref: "/list?sort=total"},
		}},
		Bulk:  []ui.Action{{Label: s("改派负责人", "Reassign"), Icon: "user-check", Href: "/list"}, {Label: s("批量审批", "Approve"), Icon: "check", Href: "/list"}, {Label: s("导出所选", "Export"), Icon: "download", Href: "/export", Download: true}},
		Pager: pager,
		Empty: ui.Empty{Text: s("没有符合条件的订单", "No order matches"), Action: ui.Action{Label: s("清除筛选", "Clear filters"), Href: "/list"}},
	}
}

func orderForm(s say, errors bool) ui.Form {
	fail := func(zh, en string) string {
		if errors {
			return s(zh, en)
		}
		return ""
	}
	line := func(product, id, qty, price, tax, net string) ui.Line {
		return ui.Line{ID: id, Fields: []ui.Field{
			{Name: "product_id", Label: s("物料", "Product"), Kind: ui.KindRef, Src: "/ref/product", Value: id, Text: product, Required: true},
			{Name: "qty", Label: s("数量", "Quantity"), Kind: ui.KindDecimal, Value: qty, Required: true},
			{Name: "price", Label: s("单价", "Price"), Kind: ui.KindMoney, Value: price},
			{Name: "tax", Label: s("税率", "Tax"), Kind: ui.KindEnum, Value: tax, Options: []ui.Option{{Value: "13", Label: "13%"}, {Value: "6", Label: "6%"}}},
			{Name: "net", Label: s("小计", "Net"), Kind: ui.KindComputed, Text: net},
		}}
	}
	f := ui.Form{
		Action: "/form-errors", Key: "0193579e-7c1a-7000-8000-000000000000", Note: s("草稿已保存于 09:31", "Draft saved at 09:31"), Cancel: "/list", Preview: "/preview",
		Buttons: []ui.Button{{Label: s("保存草稿", "Save draft"), Name: "then", Value: "draft"}, {Label: s("提交审批", "Submit"), Name: "then", Value: "submit", Kind: ui.Primary}},
		Sections: []ui.Section{
			{Title: s("客户与合同", "Customer and contract"), Fields: []ui.Field{
				{Name: "customer_id", Label: s("客户", "Customer"), Kind: ui.KindRef, Src: "/ref/customer", Required: true, Wide: true, Placeholder: s("请选择客户…", "Choose a customer…"), Error: fail("请选择客户", "Choose a customer")},
				{Name: "po", Label: s("客户采购单号", "Customer PO"), Required: true, Placeholder: "PO-", Error: fail("采购单号至少 4 个字符", "The PO has at least 4 characters")},
				{Name: "email", Label: s("联系人邮箱", "E-mail"), Kind: ui.KindEmail, Placeholder: "name@company.com", Value: fail("bad", "bad"), Error: fail("邮箱格式不正确", "This is not an e-mail address")},
				{Name: "due", Label: s("要求交付日期", "Due"), Kind: ui.KindDate, Required: true, Value: fail("2026-01-01", "2026-01-01"), Error: fail("交付日期不能早于今天", "The due date is in the past")},
				{Name: "tax_no", Label: s("纳税人识别号", "Tax number"), Placeholder: s("18 位统一社会信用代码", "18 characters"), Help: s("开具增值税专用发票时必填", "Owed for a VAT invoice")},
				{Name: "terms", Label: s("付款条件", "Terms"), Kind: ui.KindEnum, Value: "net30", Options: []ui.Option{{Value: "net30", Label: "NET30"}, {Value: "net60", Label: "NET60"}}},
				{Name: "limit", Label: s("信用额度", "Credit limit"), Kind: ui.KindMoney, Value: "500,000.00", Unit: "CNY"},
				{Name: "partial", Label: s("允许分批交付", "Part deliveries allowed"), Kind: ui.KindBool, Value: "true"},
				{Name: "note", Label: s("备注", "Note"), Kind: ui.KindLong},
			}},
			{Title: s("订单明细", "Lines"), Lines: &ui.Lines{Name: "lines", Label: s("订单明细", "Lines"), Cols: line("", "", "", "", "", "").Fields, Rows: []ui.Line{
				line(s("SV-750W 伺服驱动器", "SV-750W servo drive"), "1", "24", "1,860.00", "13", "50,443.20"),
				line(s("HMI-10\" 触摸屏", "HMI-10\" panel"), "2", "12", "2,150.00", "13", "29,154.00"),
				line(s("现场安装调试", "Commissioning"), "3", "1", "18,000.00", "6", "19,080.00"),
			}}},
		},
		Aside: []templ.Component{
			ui.Card{Title: s("金额汇总", "Totals"), Body: ui.Facts{Items: []ui.Fact{{Label: s("不含税金额", "Net"), Text: "¥88,440.00"}, {Label: s("税额", "Tax"), Text: "¥10,237.20"}, {Label: s("价税合计", "Total"), Text: "¥98,677.20", Strong: true}}}},
			ui.Card{Title: s("信用与风险", "Credit and risk"), Body: ui.Checks{Bar: &ui.Progress{Label: s("信用额度占用", "Credit used"), Percent: 68, Text: "68%"}, Items: []ui.Check{
				{Text: s("无逾期应收", "Nothing overdue"), Tone: ui.OK}, {Text: s("价格在授权区间内", "Prices within authority"), Tone: ui.OK}, {Text: s("HMI-10\" 库存仅 8 件，预计 12-02 到货", "HMI-10\": 8 in stock, more on 2 Dec"), Tone: ui.Warn}}}},
			ui.Card{Title: s("审批流程", "Approval"), Body: approvalSteps(s)},
		},
	}
	if errors {
		f.Errors = []ui.FieldError{{Field: "customer_id", Text: s("请选择客户", "Choose a customer")}, {Field: "po", Text: s("采购单号至少 4 个字符", "The PO has at least 4 characters")}, {Field: "email", Text: s("邮箱格式不正确", "This is not an e-mail address")}, {Field: "due", Text: s("交付日期不能早于今天", "The due date is in the past")}}
	}
	return f
}

func approvalSteps(s say) ui.ApprovalSteps {
	return ui.ApprovalSteps{
		{Title: s("销售录入", "Entry"), Who: "王晓明", When: "11-20 09:31", State: ui.StepDone, Opinion: s("客户要求 12 月前交付", "Owed before December")},
		{Title: s("价格审批", "Price"), Who: s("折扣 8.5% · 自动通过 ≤10%", "Discount 8.5% · automatic up to 10%"), State: ui.StepCurrent},
		{Title: s("信用审批", "Credit"), Who: s("财务部", "Finance"), State: ui.StepTodo},
	}
}

func record(s say) templ.Component {
	lines := ui.Table{Plain: true, Caption: s("订单明细", "Lines"), Cols: []ui.Col{{Label: s("物料", "Product")}, {Label: s("数量", "Quantity"), Kind: ui.KindNum}, {Label: s("单价", "Price"), Kind: ui.KindNum}, {Label: s("税率", "Tax"), Kind: ui.KindNum}, {Label: s("金额", "Amount"), Kind: ui.KindMoney}}}
	for _, r := range [][]string{{s("SV-750W 伺服驱动器", "SV-750W servo drive"), "24", "1,860.00", "13%", "50,443.20"}, {s("HMI-10\" 触摸屏", "HMI-10\" panel"), "12", "2,150.00", "13%", "29,154.00"}, {s("现场安装调试", "Commissioning"), "1", "18,000.00", "6%", "19,080.00"}} {
		lines.Rows = append(lines.Rows, ui.Row{Cells: []ui.Cell{{Text: r[0], Sub: "10-2201"}, {Text: r[1]}, {Text: r[2]}, {Text: r[3]}, {Text: r[4]}}})
	}
	return ui.Detail{
		Number: "SO-2026-10434", Title: "成都天府航空部件", Sub: s("李婉婷 · 线索到回款 · 交付 2026-11-25", "李婉婷 · lead to cash · due 25 Nov 2026"),
		Stage: ui.Pill{Text: s("待审批", "In review"), Tone: ui.Warn}, Late: s("逾期 2 天", "2 days late"),
		Moves: []ui.Action{
			{Label: s("确认订单", "Confirm"), Icon: "check", Href: "/record", Post: true, Version: 3},
			{Label: s("下达生产", "Release"), Blocked: s("缺料 2 项，预计 12-02 到货", "2 materials are short, expected on 2 December")},
			{Label: s("取消订单", "Cancel order"), Href: "/move-page", Dialog: true, Kind: ui.Danger},
		},
		More: []ui.Action{{Label: s("编辑", "Edit"), Icon: "edit", Href: "/form"}, {Label: s("复制", "Copy"), Icon: "copy", Href: "/form"}, {Label: s("打印 PDF", "Print PDF"), Icon: "printer", Href: "/export", Download: true}, {Label: s("归档", "Archive"), Icon: "archive", Href: "/record", Post: true, Version: 3, Kind: ui.Danger, Confirm: s("归档这张订单？", "Archive this order?")}},
		Steps: []ui.Step{
			{Label: s("草稿", "Draft"), State: ui.StepDone, Note: "王晓明 · 11-18"}, {Label: s("待审批", "In review"), State: ui.StepCurrent, Note: s("订单组", "Order desk"), Due: s("11-20 18:00 前", "due 20 Nov 18:00"), Clock: s("逾期 2 天", "2 days late"), Late: true},
			{Label: s("已确认", "Confirmed"), State: ui.StepTodo, Note: s("订单组", "Order desk")}, {Label: s("已下达", "Released"), State: ui.StepTodo, Note: s("仓库", "Warehouse")}, {Label: s("已发货", "Shipped"), State: ui.StepTodo}, {Label: s("已开票", "Invoiced"), State: ui.StepTodo}, {Label: s("已回款", "Paid"), State: ui.StepTodo},
		},
		Diagram: orderGraph(s),
		Facts: []ui.Facts{{Title: s("客户与合同", "Customer and contract"), Items: []ui.Fact{
			{Label: s("客户", "Customer"), Text: "成都天府航空部件", Href: "/record", Sub: s("成都 · A 级", "Chengdu · grade A")}, {Label: s("客户采购单号", "Customer PO"), Text: "PO-88213"}, {Label: s("负责人", "Owner"), Text: "李婉婷", Person: true},
			{Label: s("要求交付", "Due"), Text: "2026-11-09", Late: true}, {Label: s("付款条件", "Terms"), Text: "NET60"}, {Label: s("履约进度", "Progress"), Progress: &ui.Progress{Label: s("履约进度", "Progress"), Percent: 10}},
			{Label: s("币种", "Currency"), Text: "CNY"}, {Label: s("纳税人识别号", "Tax number")}, {Label: s("开票状态", "Invoice"), Pill: ui.Pill{Text: s("未开票", "None"), Tone: ui.Neutral}},
			{Label: s("备注", "Note"), Text: s("客户要求分两批交付，首批 12 月 5 日前到厂。", "Two deliveries; the first is due on 5 December."), Wide: true},
		}}},
		Tables: []ui.Part{{Title: s("订单明细", "Lines"), Note: s("3 行", "3 lines"), Table: lines, Sums: ui.Facts{Items: []ui.Fact{{Label: s("不含税金额", "Net"), Text: "¥88,440.00"}, {Label: s("税额", "Tax"), Text: "¥10,237.20"}, {Label: s("价税合计", "Total"), Text: "¥98,677.20", Strong: true}}}}},
		Panels: []ui.Panel{
			{ID: "stock", Title: s("可用库存", "Stock"), Note: s("集成供应链", "Supply chain"), Body: ui.Checks{Items: []ui.Check{{Text: s("SV-750W：可用 61 件", "SV-750W: 61 available"), Tone: ui.OK}, {Text: s("HMI-10\"：可用 8 件，缺 4 件", "HMI-10\": 8 available, 4 short"), Tone: ui.Warn}}}},
			{ID: "tickets", Title: s("客户问题", "Issues"), Error: s("问题模块暂时不可用。", "The issue module does not answer.")},
		},
		Approvals: &ui.Approvals{Title: s("审批", "Approval"), Steps: approvalSteps(s), Decide: &ui.Decide{Action: "/record", Version: 3, ID: "1"}},
		Thread:    docs(s)[1:5], ThreadHref: "/thread",
		Timeline: &ui.Timeline{Comment: "/record", Upload: "/record", Older: "/record", Entries: []ui.Entry{
			{Kind: ui.EntryComment, Who: "李婉婷", When: s("3 分钟前", "3 minutes ago"), ISO: "2026-11-21T09:28:00Z", Text: s("已和客户确认可以分批，@周凯 请安排首批。", "The customer takes two deliveries, @周凯 please plan the first.")},
			{Kind: ui.EntryLog, Who: "王晓明", When: s("1 小时前", "1 hour ago"), ISO: "2026-11-21T08:31:00Z", Changes: []ui.Change{{Field: s("交付日期", "Due"), From: "2026-12-01", To: "2026-11-25"}, {Field: s("单价", "Price"), From: "1,900.00", To: "1,860.00"}}},
			{Kind: ui.EntryFile, Who: "王晓明", When: "11-20 10:02", ISO: "2026-11-20T10:02:00Z", File: &ui.File{Name: "PO-88213.pdf", Size: "212 KB", Href: "/export"}},
			{Kind: ui.EntryMove, Who: "王晓明", When: "11-20 09:31", ISO: "2026-11-20T09:31:00Z", Text: s("草稿 → 待审批", "Draft → In review")},
		}},
	}
}

func cancelForm(s say) templ.Component {
	return ui.MoveForm{Title: s("取消订单", "Cancel order"), Note: s("取消后预留的库存会释放，此操作会记入流程偏差。", "Reserved stock is released; the process records a deviation."), Submit: s("取消订单", "Cancel order"), Kind: ui.Danger,
		Form: ui.Form{Action: "/move-page", Version: 3, Cancel: "/record", Sections: []ui.Section{{Fields: []ui.Field{
			{Name: "reason", Label: s("原因", "Reason"), Kind: ui.KindEnum, Required: true, Wide: true, Options: []ui.Option{{Value: "price", Label: s("价格", "Price")}, {Value: "late", Label: s("交期", "Delivery")}}},
			{Name: "text", Label: s("说明", "Explanation"), Kind: ui.KindLong, Required: true},
		}}}}}
}

func board(s say) templ.Component {
	names := []string{"MES 数据采集网关", "出口订单 Q1", "数字孪生试点", "备件供应协议", "机器人单元集成", "新能源电控样件", "产线改造一期", "轴承检测设备 ×12"}
	customers := []string{"成都天府航空部件", "杭州西子电梯", "天津泰达新材", "北京中航材料研究院", "武汉光谷激光", "Siemens Energy AG"}
	owners := []string{"李婉婷", "陈志远", "赵雨桐", "周凯", "Emma Larsen", "王晓明"}
	tags := []string{s("出口", "Export"), s("框架", "Frame"), s("新客", "New"), s("续约", "Renewal"), s("战略", "Strategic")}
	cols := []ui.Column{
		{Key: "lead", Label: s("线索", "Lead"), Sum: s("¥189.7万", "¥1.90M"), Colour: 0}, {Key: "qualified", Label: s("已验证", "Qualified"), Sum: s("¥179.1万", "¥1.79M"), Colour: 1},
		{Key: "quote", Label: s("方案报价", "Quote"), Sum: s("¥211.4万", "¥2.11M"), Colour: 3}, {Key: "deal", Label: s("商务谈判", "Negotiation"), Sum: s("¥200.8万", "¥2.01M"), Colour: 4}, {Key: "won", Label: s("赢单", "Won"), Sum: s("¥157.5万", "¥1.58M"), Colour: 2},
	}
	for i, n := range []int{5, 5, 4, 4, 3} {
		cols[i].Count = fmt.Sprint(n)
		for j := range n {
			k := i*5 + j
			c := ui.BoardCard{ID: fmt.Sprint(k), Title: names[k%8], Sub: customers[(k*5+i)%6], Href: "/record", Amount: fmt.Sprintf("¥%d,%03d.%02d", 130+k*17, (k*371)%1000, (k*37)%100), Owner: owners[(k+i)%6], Age: s(fmt.Sprintf("%d 天", k%18), fmt.Sprintf("%d days", k%18)), Tags: []ui.Tag{{Text: tags[k%5]}}, Version: 2}
			if k%6 == 4 {
				c.Late, c.Age = true, s("逾期 2 天", "2 days late")
				c.Tags = append(c.Tags, ui.Tag{Text: s("重点", "Key"), Tone: ui.Bad})
			}
			if i < 4 {
				c.Moves = []ui.CardMove{{Label: cols[i+1].Label, To: cols[i+1].Key, Href: "/drop/" + cols[i+1].Key, Dialog: cols[i+1].Key == "won"}}
			}
			if i > 0 {
				c.Moves = append(c.Moves, ui.CardMove{Label: cols[0].Label, To: cols[0].Key, Href: "/refuse"})
			}
			cols[i].Cards = append(cols[i].Cards, c)
		}
	}
	return ui.Board{Label: s("商机管道", "Pipeline"), Columns: cols, Tiles: ui.Tiles{{Label: s("在途商机", "Open"), Value: "20"}, {Label: s("管道金额", "Pipeline"), Value: s("¥781.1万", "¥7.81M")}, {Label: s("加权预测", "Forecast"), Value: s("¥329.0万", "¥3.29M")}, {Label: s("本季赢单", "Won this quarter"), Value: s("¥157.5万", "¥1.58M")}}}
}

func docs(s say) []ui.Doc {
	return []ui.Doc{
		{Type: s("线索", "Lead"), Number: "LD-2026-0881", Title: s("展会登记 · 天府航空", "Trade fair · Tianfu"), Href: "/record", Icon: "speakerphone", Stage: ui.Pill{Text: s("已转化", "Converted"), Tone: ui.OK}, Date: "2026-08-14"},
		{Type: s("商机", "Opportunity"), Number: "OP-2026-0312", Title: s("MES 数据采集网关", "MES gateway"), Href: "/record", Icon: "target", Stage: ui.Pill{Text: s("赢单", "Won"), Tone: ui.OK}, Amount: "¥120,000.00", Date: "2026-10-02"},
		{Type: s("报价", "Quote"), Number: "QT-2026-0877", Title: s("第 3 版", "Version 3"), Href: "/record", Icon: "file-description", Stage: ui.Pill{Text: s("已接受", "Accepted"), Tone: ui.OK}, Amount: "¥105,859.51", Date: "2026-11-12"},
		{Type: s("销售订单", "Sales order"), Number: "SO-2026-10434", Title: "成都天府航空部件", Href: "/record", Icon: "file-text", Stage: ui.Pill{Text: s("待审批", "In review"), Tone: ui.Warn}, Amount: "¥105,859.51", Date: "2026-11-18", Current: true},
		{Type: s("采购申请", "Purchase request"), Number: "PR-0892", Title: s("HMI-10\" 缺 4 件", "4 HMI-10\" short"), Href: "/record", Icon: "shopping-cart", Stage: ui.Pill{Text: s("询价中", "Sourcing"), Tone: ui.Violet}, Amount: "¥8,600.00", Date: "2026-11-19"},
		{Type: s("发货单", "Delivery"), Number: "DN-2026-4410", Title: s("首批", "First part"), Href: "/record", Icon: "truck", Stage: ui.Pill{Text: s("未开始", "Not started")}, Date: "2026-12-05"},
	}
}

func thread(s say) templ.Component {
	d := docs(s)
	return ui.Thread{Steps: []ui.ThreadStep{
		{Code: "MTL", Title: s("市场到线索", "Market to lead"), Docs: d[:1]}, {Code: "LTC", Title: s("线索到订单", "Lead to order"), Docs: d[1:4]},
		{Code: "PROC", Title: s("采购", "Procurement"), Docs: d[4:5]}, {Code: "ISC", Title: s("交付", "Delivery"), Docs: d[5:]},
	}}
}

// drawing is the process graph of a sample, drawn by its own package. The space between two
// texts of a node keeps its visible text inside its name (axe label-content-name-mismatch).
func drawing(g graph.Graph, dir graph.Direction, o graph.Options) templ.Component {
	return templ.Raw(strings.ReplaceAll(graph.SVG(graph.Arrange(g, dir), o), "</text><text", "</text> <text"))
}

func orderGraph(s say) templ.Component {
	return drawing(graph.Graph{
		Nodes: []graph.Node{{ID: "draft", Label: s("草稿", "Draft")}, {ID: "review", Label: s("待审批", "In review")}, {ID: "confirmed", Label: s("已确认", "Confirmed")}, {ID: "hold", Label: s("暂停", "Hold"), Kind: graph.Wait}, {ID: "shipped", Label: s("已发货", "Shipped")}, {ID: "paid", Label: s("已回款", "Paid"), Kind: graph.End}},
		Edges: []graph.Edge{{From: "draft", To: "review", Main: true}, {From: "review", To: "confirmed", Main: true}, {From: "review", To: "draft", Label: s("退回", "send back"), Back: true}, {From: "confirmed", To: "hold"}, {From: "hold", To: "confirmed"}, {From: "confirmed", To: "shipped", Main: true}, {From: "shipped", To: "paid", Main: true}},
	}, graph.Right, graph.Options{Title: s("销售订单流程", "Process of the sales order"), Current: "review", Done: map[string]bool{"draft": true}})
}

func purchaseGraph(s say) templ.Component {
	node := func(id, zh, en, n string, level int) graph.Node {
		return graph.Node{ID: id, Label: s(zh, en), Sub: n, Level: level}
	}
	return drawing(graph.Graph{
		Nodes: []graph.Node{{ID: "s", Label: s("开始", "Start"), Kind: graph.Start}, node("pr", "创建采购申请", "Request", "1284", 5), node("ap", "审批申请", "Approve", "1391", 5), node("rj", "驳回修改", "Mend", "171", 1),
			node("po", "创建采购订单", "Order", "1236", 5), node("pc", "变更价格", "Change price", "208", 1), node("sv", "发送供应商", "Send", "1229", 5), node("gr", "收货", "Receive", "1198", 4)},
		Edges: []graph.Edge{{From: "s", To: "pr", Label: "1284", Weight: 1284, Main: true}, {From: "pr", To: "ap", Label: "1220", Weight: 1220, Main: true}, {From: "ap", To: "rj", Label: "171", Weight: 171}, {From: "rj", To: "ap", Label: "171", Weight: 170}, {From: "ap", To: "po", Label: "1172", Weight: 1172, Main: true},
			{From: "pr", To: "po", Label: "64", Weight: 64}, {From: "po", To: "pc", Label: "208", Weight: 208}, {From: "pc", To: "sv", Label: "180", Weight: 180}, {From: "po", To: "sv", Label: "1028", Weight: 1028, Main: true}, {From: "sv", To: "gr", Label: "5.9d", Weight: 1166, Main: true, Slow: true}},
	}, graph.Down, graph.Options{Title: s("采购流程图", "Graph of purchases"), NodeHref: func(id string) string { return "/process?node=" + id }})
}

func process(s say) templ.Component {
	return ui.ProcessPage{
		Tiles: ui.Tiles{{Label: s("案例数", "Cases"), Value: "1,284"}, {Label: s("变体数", "Variants"), Value: "37"}, {Label: s("中位周期", "Median"), Value: "11.8", Unit: s("天", "d")}, {Label: s("一次通过率", "First pass"), Value: "74.2", Unit: "%"}, {Label: s("合规率", "Conformance"), Value: "88.6", Unit: "%"}},
		Title: s("直接跟随图", "Directly-follows graph"), Path: "/process", Paths: 80, Graph: purchaseGraph(s), Shown: s("前 3 / 37", "top 3 of 37"),
		Mode: ui.Segment{Label: s("着色", "Coloured by"), Items: []ui.SegmentItem{{Label: s("频次", "Frequency"), Href: "/process", Active: true}, {Label: s("耗时", "Time"), Href: "/process?by=time"}}},
		Slow: []ui.Bottleneck{{Label: s("发送供应商 → 收货", "Send → receive"), Value: "5.9d", Late: true, Href: "/list"}, {Label: s("发票校验 → 付款", "Check → pay"), Value: "4.0d", Late: true, Href: "/list"}, {Label: s("付款冻结 → 付款", "Block → pay"), Value: "3.0d", Href: "/list"}},
		Variants: []ui.Variant{
			{Name: "#1", Share: "498 · 38.8%", Time: "11.4d", Percent: 97, Path: s("创建采购申请 › 审批申请 › 创建采购订单 › 发送供应商 › 收货 › 质检 › 发票校验 › 付款", "Request › approve › order › send › receive › inspect › check › pay"), Href: "/list"},
			{Name: "#2", Share: "331 · 25.8%", Time: "10.2d", Percent: 64, Path: s("创建采购申请 › 审批申请 › 创建采购订单 › 发送供应商 › 收货 › 发票校验 › 付款", "Request › approve › order › send › receive › check › pay"), Href: "/list"},
			{Name: "#4", Share: "97 · 7.6%", Time: "15.1d", Percent: 19, Deviates: true, Path: s("创建采购申请 › 审批申请 › 驳回修改 › 审批申请 › 创建采购订单", "Request › approve › mend › approve › order"), Href: "/list"},
		},
	}
}

func inbox(s say) templ.Component {
	decide := func(id string) *ui.Decide {
		return &ui.Decide{Action: "/inbox", Version: 2, Target: "inbox", Compact: true, ID: id}
	}
	accept := []ui.Action{{Label: s("退回", "Send back"), Href: "/move-page", Dialog: true}, {Label: s("接收", "Accept"), Href: "/inbox", Post: true, Kind: ui.Primary, Version: 1}}
	return ui.Inbox{Groups: []ui.InboxGroup{
		{ID: "approvals", Title: s("审批", "Approvals"), Icon: "clipboard-check", More: "/list", Items: []ui.InboxItem{
			{Icon: "file-text", Tone: ui.Info, Title: s("SO-2026-10434 成都天府航空部件", "SO-2026-10434 Tianfu Aviation"), Sub: s("价格审批 · 折扣 12%", "Price · discount 12%"), Href: "/record", Amount: "¥105,859.51", From: "李婉婷", When: s("逾期 2 天", "2 days late"), Late: true, Unread: true, Decide: decide("a")},
			{Icon: "shopping-cart", Tone: ui.Violet, Title: s("PR-0892 伺服电机 24 台", "PR-0892 24 servo motors"), Sub: s("采购申请 · 计划内", "Purchase request · in plan"), Href: "/record", Amount: "¥386,000.00", From: "陈志远", When: s("今天 18:00 前", "today 18:00"), Decide: decide("b")},
		}},
		{ID: "tasks", Title: s("任务", "Tasks"), Icon: "checkbox", Items: []ui.InboxItem{
			{Icon: "phone", Tone: ui.Teal, Title: s("回访 苏州汇川自动化", "Call Inovance Suzhou"), Sub: s("商机 OP-2026-0312", "Opportunity OP-2026-0312"), Href: "/record", When: s("今天", "today"), Actions: []ui.Action{{Label: s("完成", "Done"), Icon: "check", Href: "/inbox", Post: true}}},
		}},
		{ID: "handovers", Title: s("流程交接", "Hand-overs"), Icon: "arrows-exchange", Items: []ui.InboxItem{
			{Icon: "truck", Tone: ui.Info, Title: s("SO-2026-10428 备货", "SO-2026-10428 supply"), Sub: "LTC → ISC", Href: "/record", From: "周凯", When: s("1 天", "1 day"), Actions: accept},
		}},
		{ID: "late", Title: s("已逾期", "Overdue"), Icon: "alert-triangle", Items: []ui.InboxItem{
			{Icon: "clock", Tone: ui.Bad, Title: s("SO-2026-10427 交期已过", "SO-2026-10427 past due"), Sub: "重庆长江轴承", Href: "/record", When: s("逾期 9 天", "9 days late"), Late: true},
		}},
	}}
}

func notices(s say) []ui.Notice {
	return []ui.Notice{
		{Icon: "alert-triangle", Tone: ui.Warn, Text: s("SO-2026-10431 交期预警：缺料 2 项", "SO-2026-10431 may be late: 2 materials short"), When: s("3 分钟前", "3 minutes ago"), Href: "/record", Unread: true},
		{Icon: "clipboard-check", Tone: ui.Info, Text: s("陈志远 提交了采购申请 PR-0892", "陈志远 submitted PR-0892"), When: s("18 分钟前", "18 minutes ago"), Href: "/record"},
		{Icon: "coin", Tone: ui.OK, Text: s("收到回款 ¥386,000.00（苏州汇川）", "¥386,000.00 received (Inovance)"), When: s("1 小时前", "1 hour ago"), Href: "/record"},
	}
}

func results(s say) ui.Results {
	visit, do := s("前往", "Go to"), s("操作", "Action")
	return ui.Results{Groups: []ui.ResultGroup{
		{Items: []ui.Result{
			{Icon: "layout-dashboard", Label: s("经营驾驶舱", "Cockpit"), Kind: visit, Href: "/"}, {Icon: "layout-kanban", Label: s("商机管道", "Pipeline"), Kind: visit, Href: "/board"}, {Icon: "file-text", Label: s("销售订单", "Sales orders"), Kind: visit, Href: "/list"},
			{Icon: "plus", Label: s("新建销售订单", "New sales order"), Kind: do, Href: "/form"},
		}},
		{Title: s("销售订单", "Sales orders"), Items: []ui.Result{{Icon: "file-text", Label: "SO-2026-10434", Sub: "成都天府航空部件", Kind: s("待审批", "In review"), Href: "/record"}}},
	}}
}

func admin(s say) templ.Component {
	t := ui.Table{ID: "users", Caption: s("用户", "Users"), Cols: []ui.Col{{Label: s("用户名", "Login"), Kind: ui.KindLink}, {Label: s("姓名", "Name")}, {Label: s("部门", "Department")}, {Label: s("角色", "Roles")}, {Label: s("管理员", "Admin"), Kind: ui.KindBool}, {Label: s("状态", "State"), Kind: ui.KindPill}, {Label: s("最近登录", "Last seen"), Kind: ui.KindDate}}}
	for i, n := range []string{"王晓明", "陈志远", "李婉婷", "Emma Larsen"} {
		t.Rows = append(t.Rows, ui.Row{Href: "/form", ID: fmt.Sprint(i), Cells: []ui.Cell{{Text: fmt.Sprintf("user%d", i)}, {Text: n}, {Text: s("销售部", "Sales")}, {Text: s("销售代表", "Sales representative")}, {On: i == 0}, {Text: s("启用", "Active"), Tone: ui.OK}, {Text: "2026-11-21"}},
			Menu: []ui.Action{{Label: s("停用", "Disable"), Href: "/admin", Post: true}}})
	}
	return ui.Card{Title: s("用户", "Users"), Body: t, Flush: true}
}

func matrix(s say) templ.Component {
	scopes := []ui.Option{{Value: "none", Label: s("无", "none")}, {Value: "own", Label: s("本人", "own")}, {Value: "team", Label: s("团队", "team")}, {Value: "branch", Label: s("部门", "branch")}, {Value: "company", Label: s("公司", "company")}, {Value: "all", Label: s("全部", "all")}}
	row := func(object, zh, en string, moves []ui.MatrixCell, sc ...string) ui.MatrixRow {
		r := ui.MatrixRow{Object: object, Label: s(zh, en), Moves: moves}
		for i, c := range sc {
			r.Cells = append(r.Cells, ui.MatrixCell{Action: []string{"read", "create", "update", "delete", "export"}[i], Scope: c, Changed: object == "ltc.order" && i == 4})
		}
		return r
	}
	return ui.Matrix{Role: "rep", Roles: []ui.Option{{Value: "rep", Label: s("销售代表", "Sales representative")}, {Value: "desk", Label: s("订单组", "Order desk")}}, Path: "/matrix", Action: "/matrix", Version: 7, Scopes: scopes, Preview: "/matrix-diff",
		Actions: []string{s("查看", "Read"), s("新建", "Create"), s("修改", "Update"), s("删除", "Delete"), s("导出", "Export")},
		Groups: []ui.MatrixGroup{
			{Module: s("LTC · 线索到回款", "LTC · lead to cash"), Rows: []ui.MatrixRow{
				row("ltc.order", "销售订单", "Sales order", []ui.MatrixCell{{Action: "confirm", Label: s("确认", "Confirm"), Scope: "own"}, {Action: "release", Label: s("下达", "Release"), Scope: "none"}}, "team", "own", "own", "none", "own"),
				row("ltc.quote", "报价", "Quote", []ui.MatrixCell{{Action: "send", Label: s("发送", "Send"), Scope: "own"}}, "team", "own", "own", "none", "none"),
			}},
			{Module: s("CRM · 客户关系", "CRM · customers"), Rows: []ui.MatrixRow{row("crm.customer", "客户", "Customer", nil, "all", "own", "own", "none", "none"), row("crm.contact", "联系人", "Contact", nil, "all", "own", "own", "none", "none")}},
		},
		Diff: []string{s("销售订单 · 导出：无 → 本人", "Sales order · export: none → own")}}
}

func profile(s say) templ.Component {
	return ui.Profile{
		Facts:    ui.Facts{Title: s("我的信息", "About me"), Items: []ui.Fact{{Label: s("用户名", "Login"), Text: "wangxm"}, {Label: s("部门", "Department"), Text: s("华东销售部", "Sales East")}, {Label: s("角色", "Role"), Text: s("销售总监", "Sales director")}}},
		Prefs:    []ui.Field{{Name: "lang", Label: s("语言", "Language"), Kind: ui.KindEnum, Value: "zh", Options: []ui.Option{{Value: "zh", Label: "中文"}, {Value: "en", Label: "English"}}}, {Name: "theme", Label: s("主题", "Theme"), Kind: ui.KindEnum, Value: "light", Options: []ui.Option{{Value: "light", Label: s("浅色", "Light")}, {Value: "dark", Label: s("深色", "Dark")}}}},
		Password: []ui.Field{{Name: "old", Label: s("当前密码", "Current password"), Kind: ui.KindPassword, Complete: "current-password", Required: true}, {Name: "new", Label: s("新密码", "New password"), Kind: ui.KindPassword, Complete: "new-password", Required: true, Help: s("至少 12 个字符", "At least 12 characters")}},
		Saved:    s("设置已保存", "Saved"),
		Sessions: []ui.Session{{ID: "1", Device: "Chrome · Windows", Address: "10.0.8.14", Seen: s("现在", "now"), Current: true}, {ID: "2", Device: "Safari · iPhone", Address: "10.0.9.77", Seen: s("昨天 21:10", "yesterday 21:10")}},
		Tokens:   []ui.Token{{ID: "1", Name: "BI", Prefix: "mer_8f2c", Created: "2026-09-01", Used: "2026-11-20", Expires: "2027-09-01"}},
		NewToken: "mer_8f2c1d90a7b64e2fb1c0", Token: []ui.Field{{Name: "name", Label: s("名称", "Name"), Required: true}, {Name: "expires", Label: s("到期日", "Expires on"), Kind: ui.KindDate}},
	}
}

func signIn(s say) templ.Component {
	return ui.SignIn{Next: "/", Login: "wangxm", Error: s("用户名或密码不正确。", "User name or password is wrong."), Code: true, Others: []ui.Action{{Label: s("企业统一登录", "Single sign-on"), Icon: "key", Href: "/login/oidc"}}, Note: s("演示账号：admin / meridian", "Demonstration: admin / meridian")}
}

func importWizard(s say, step int) templ.Component {
	m := ui.Import{Type: s("销售订单", "Sales orders")}
	tiles := ui.Tiles{{Label: s("读取行数", "Rows read"), Value: "1,204"}, {Label: s("新增", "New"), Value: "1,188"}, {Label: s("更新", "Changed"), Value: "12"}, {Label: s("错误", "Wrong"), Value: "4"}}
	errs := ui.Table{Plain: true, Caption: s("有错误的行", "Rows with errors"), Cols: []ui.Col{{Label: s("行", "Row"), Kind: ui.KindNum}, {Label: s("列", "Column")}, {Label: s("值", "Value"), Kind: ui.KindCode}, {Label: s("问题", "What is wrong")}},
		Rows: []ui.Row{{Cells: []ui.Cell{{Text: "17"}, {Text: s("客户", "Customer")}, {Text: "C-0981"}, {Text: s("没有这个客户", "There is no such customer")}}}, {Cells: []ui.Cell{{Text: "230"}, {Text: s("交付日期", "Due")}, {Text: "2026-13-01"}, {Text: s("不是日期", "This is not a date")}}}}}
	switch step {
	case 1:
		m.Upload = &ui.ImportUpload{Action: "/import-2", Template: "/export", Help: s("最多 100,000 行，20 MB", "At most 100,000 rows and 20 MB")}
	case 2:
		m.Map = &ui.ImportMap{Action: "/import-3", Hidden: []ui.Pair{{Name: "job", Value: "7"}}, Fields: []ui.Option{{Value: "customer_id", Label: s("客户", "Customer")}, {Value: "due", Label: s("交付日期", "Due")}},
			Columns: []ui.ImportColumn{{Head: "客户编号", Samples: "C-0012, C-0044", Field: "customer_id"}, {Head: "交期", Samples: "2026-12-01", Field: "due"}, {Head: "备注", Samples: "—"}}}
	case 3:
		m.Check = &ui.ImportCheck{Action: "/import-4", Tiles: tiles, Errors: errs, Back: "/import-2"}
	case 4:
		m.Run = &ui.ImportRun{Href: "/import-4", Progress: ui.Progress{Label: s("正在导入", "Importing"), Percent: 62, Text: "746 / 1,204"}, Note: s("可以离开此页，完成后会通知您", "You may leave; you will be told")}
	case 5:
		m.Result = &ui.ImportResult{Tone: ui.OK, Text: s("已导入 1,200 行", "1,200 rows imported"), Tiles: tiles, Errors: errs, Undo: "/import-5", UndoTill: s("11-22 10:00 前可撤销", "until 22 Nov 10:00"), Records: "/list"}
	}
	return m
}
