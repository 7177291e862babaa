package graph

type sample struct {
	name    string
	graph   Graph
	dir     Direction
	options Options
}

// samples are the graphs every test of the layout runs over.
func samples() []sample {
	p2p := Graph{
		Nodes: []Node{
			{ID: "s", Label: "开始", Kind: Start}, {ID: "pr", Label: "创建采购申请", Sub: "1284", Level: 5}, {ID: "ap", Label: "审批申请", Sub: "1391", Level: 5},
			{ID: "rj", Label: "驳回修改", Sub: "171", Level: 1}, {ID: "po", Label: "创建采购订单", Sub: "1236", Level: 5}, {ID: "pc", Label: "变更价格", Sub: "208", Level: 1},
			{ID: "sv", Label: "发送供应商", Sub: "1229", Level: 5}, {ID: "gr", Label: "收货", Sub: "1198", Level: 5}, {ID: "qc", Label: "质检", Sub: "744", Level: 3},
			{ID: "iv", Label: "发票校验", Sub: "1187", Level: 4}, {ID: "bl", Label: "付款冻结", Sub: "96", Level: 1, Kind: Wait}, {ID: "pay", Label: "付款", Sub: "1160", Level: 4},
			{ID: "e", Label: "结束", Kind: End},
		},
		Edges: []Edge{
			{From: "s", To: "pr", Label: "1284", Weight: 1284, Main: true}, {From: "pr", To: "ap", Label: "1220", Weight: 1220, Main: true}, {From: "ap", To: "rj", Label: "171", Weight: 171},
			{From: "rj", To: "ap", Label: "171", Weight: 170}, {From: "ap", To: "po", Label: "1172", Weight: 1172, Main: true}, {From: "pr", To: "po", Label: "64", Weight: 64, Deviation: true},
			{From: "po", To: "pc", Label: "208", Weight: 208}, {From: "pc", To: "sv", Label: "180", Weight: 180}, {From: "pc", To: "pc", Label: "28", Weight: 28},
			{From: "po", To: "sv", Label: "1028", Weight: 1028, Main: true}, {From: "sv", To: "gr", Label: "1166", Weight: 1166, Main: true, Slow: true}, {From: "gr", To: "qc", Label: "744", Weight: 744},
			{From: "gr", To: "iv", Label: "440", Weight: 440}, {From: "qc", To: "iv", Label: "700", Weight: 700, Warm: true}, {From: "qc", To: "gr", Label: "44", Weight: 44}, {From: "sv", To: "iv", Label: "63", Weight: 63, Deviation: true},
			{From: "iv", To: "bl", Label: "96", Weight: 96}, {From: "bl", To: "pay", Label: "90", Weight: 90, Slow: true}, {From: "iv", To: "pay", Label: "1070", Weight: 1070, Main: true}, {From: "pay", To: "e", Label: "1160", Weight: 1160, Main: true},
			{From: "ap", To: "e", Label: "48", Weight: 48}, {From: "bl", To: "iv", Label: "6", Weight: 6},
		},
	}
	order := Graph{
		Nodes: []Node{
			{ID: "draft", Label: "草稿", Sub: "销售"}, {ID: "confirmed", Label: "已确认", Sub: "订单处"}, {ID: "hold", Label: "暂停", Sub: "信用", Kind: Wait}, {ID: "released", Label: "已下达", Sub: "仓库"},
			{ID: "shipped", Label: "已发货", Sub: "仓库"}, {ID: "invoiced", Label: "已开票", Sub: "财务"}, {ID: "completed", Label: "已完成", Kind: End}, {ID: "cancelled", Label: "已取消", Kind: End},
		},
		Edges: []Edge{
			{From: "draft", To: "confirmed", Label: "确认", Main: true}, {From: "confirmed", To: "released", Label: "下达", Main: true}, {From: "confirmed", To: "hold", Label: "暂停"}, {From: "hold", To: "confirmed", Label: "恢复"},
			{From: "released", To: "shipped", Label: "发货", Main: true}, {From: "shipped", To: "invoiced", Label: "开票", Main: true}, {From: "invoiced", To: "completed", Label: "完成", Main: true},
			{From: "draft", To: "cancelled", Label: "取消", Deviation: true}, {From: "confirmed", To: "cancelled", Label: "取消", Deviation: true}, {From: "confirmed", To: "draft", Label: "退回", Back: true},
		},
	}
	english := Graph{
		Nodes: []Node{
			{ID: "sent", Label: "Sent"}, {ID: "accepted", Label: "Accepted by the receiving department of the project"}, {ID: "done", Label: "Done", Kind: End}, {ID: "rejected", Label: "Rejected", Kind: End}, {ID: "withdrawn", Label: "Withdrawn", Kind: End},
		},
		Edges: []Edge{
			{From: "sent", To: "accepted", Label: "accept"}, {From: "accepted", To: "done", Label: "finish"}, {From: "sent", To: "rejected", Label: "reject"}, {From: "sent", To: "withdrawn", Label: "withdraw"}, {From: "accepted", To: "accepted", Label: "remind"},
		},
	}
	line := Graph{
		Nodes: []Node{{ID: "a", Label: "Lead"}, {ID: "b", Label: "Qualified"}, {ID: "c", Label: "Proposal"}, {ID: "d", Label: "Negotiation"}, {ID: "e", Label: "Won", Kind: End}},
		Edges: []Edge{{From: "a", To: "b"}, {From: "b", To: "c"}, {From: "c", To: "d"}, {From: "d", To: "e"}},
	}
	return []sample{
		{"purchase", p2p, Down, Options{Title: "Purchase to pay", NodeHref: func(id string) string { return "/insight/p2p?node=" + id }, Selected: "qc"}},
		{"order", order, Right, Options{Title: "Sales order", Current: "released", Done: map[string]bool{"draft": true, "confirmed": true}}},
		{"order down", order, Down, Options{Title: "Sales order", Current: "draft"}},
		{"hand-off", english, Right, Options{Title: "Hand-off", Current: "sent"}},
		{"hand-off down", english, Down, Options{Title: "Hand-off"}},
		{"line", line, Right, Options{Title: "Pipeline"}},
		{"one", Graph{Nodes: []Node{{ID: "a", Label: "Alone"}}, Edges: []Edge{{From: "a", To: "a", Label: "again"}, {From: "a", To: "a", Label: "and again"}}}, Down, Options{}},
		{"purchase right", p2p, Right, Options{Title: "Purchase to pay"}},
		{"dense", dense(12, 26), Down, Options{Title: "Dense"}},
	}
}

// dense is a reproducible tangle of n nodes and m edges, cycles and loops included.
func dense(n, m int) Graph {
	var g Graph
	name := func(i int) string { return string(rune('A'+i%26)) + string(rune('a'+i/26)) }
	for i := range n {
		g.Nodes = append(g.Nodes, Node{ID: name(i), Label: "Activity " + name(i), Sub: "x", Level: i % 6})
	}
	x := uint32(42)
	rnd := func(k int) int { x = x*1664525 + 1013904223; return int(x>>8) % k }
	for range m {
		w := 1 + rnd(900)
		g.Edges = append(g.Edges, Edge{From: name(rnd(n)), To: name(rnd(n)), Weight: w, Label: string(rune('0'+w%10)) + "00"})
	}
	return g
}
