package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"meridian/platform/date"
	"meridian/platform/kpi"
	"meridian/platform/process"
	"meridian/platform/web/ui"
)

// home is the process map with live work, the figures of the reader's role and
// what waits for the reader.
func (s *Server) home(v *view) error {
	m, err := v.processMap()
	if err != nil {
		return err
	}
	body := ui.Cockpit{Map: m}
	if body.KPIs, err = v.kpis(monthOf(v.today())); err != nil {
		return err
	}
	inbox, err := v.inboxBody()
	if err != nil {
		return err
	}
	for i := range inbox.Groups {
		if g := &inbox.Groups[i]; len(g.Items) > 5 {
			g.Items, g.More = g.Items[:5], "/inbox"
		}
	}
	body.Panels = append([]ui.Panel{{ID: "home-inbox", Title: v.t("My work"), Body: inbox}}, v.homePanels()...)
	if body.HandOffs, err = v.handOffs(); err != nil {
		return err
	}
	name := v.Authz.Directory().Name(v.user.User)
	return v.show(http.StatusOK, v.t("Good day, {0}", name), v.today().String(), "home", body, nil)
}

// processMap counts the live work of every module the reader may see.
func (v *view) processMap() (*ui.ProcessMap, error) {
	loads, err := v.Process.Loads(v.ctx)
	if err != nil {
		return nil, err
	}
	monthStart := v.today().MonthStart().In(v.loc)
	done, err := v.Process.Done(v.ctx, monthStart)
	if err != nil {
		return nil, err
	}
	m := &ui.ProcessMap{Title: v.t("Process map"), Note: v.t("live work")}
	for _, mod := range orderModules(v) {
		p := ui.Process{Code: upper(mod.code), Label: v.t(mod.label), Icon: mod.icon}
		open, late, finished := 0, 0, 0
		for _, typ := range mod.types {
			if !v.Authz.Can(v.ctx, typ, "read") {
				continue
			}
			if p.Href == "" {
				p.Href = path(typ)
			}
			finished += done[typ]
			def := v.Process.Definition(typ)
			if def == nil {
				continue
			}
			for _, st := range def.Stages {
				for _, l := range loads {
					if l.Process != typ || l.Stage != st.Key || st.Kind == process.End {
						continue
					}
					open += l.Open
					late += l.Late
					count := ui.StageCount{Label: v.label(typ, def.Label) + " · " + v.t(st.Label), Count: group(strconv.Itoa(l.Open)), Href: path(typ) + "?stage=" + st.Key}
					if l.Late > 0 {
						count.Late = group(strconv.Itoa(l.Late))
					}
					p.Stages = append(p.Stages, count)
				}
			}
		}
		if p.Href == "" {
			continue
		}
		p.Open, p.Late, p.Done = group(strconv.Itoa(open)), group(strconv.Itoa(late)), group(strconv.Itoa(finished))
		switch {
		case late > 0 && late*4 >= open:
			p.Tone = ui.Bad
		case late > 0:
			p.Tone = ui.Warn
		}
		m.Processes = append(m.Processes, p)
	}
	return m, nil
}

type mapModule struct {
	code, label, icon string
	types             []string
}

// orderModules lists the modules in the order of the enterprise process map.
func orderModules(v *view) []mapModule {
	order := []string{"dste", "mtl", "ipd", "ltc", "proc", "isc", "itr", "crm"}
	var out []mapModule
	for _, m := range v.Modules {
		out = append(out, mapModule{m.Code, m.Label, m.Icon, m.Types})
	}
	slices.SortFunc(out, func(a, b mapModule) int { return slices.Index(order, a.code) - slices.Index(order, b.code) })
	return out
}

func upper(s string) string {
	b := []byte(s)
	for i := range b {
		if b[i] >= 'a' && b[i] <= 'z' {
			b[i] -= 'a' - 'A'
		}
	}
	return string(b)
}

// handOffs lists the hand-overs that wait for their receiver, per process.
func (v *view) handOffs() ([]ui.HandOff, error) {
	list, err := v.Process.Waiting(v.ctx)
	if err != nil {
		return nil, err
	}
	var out []ui.HandOff
	for _, w := range list {
		def := v.Process.Definition(w.Process)
		if def == nil {
			continue
		}
		st := def.Stage(w.Stage)
		if st == nil {
			continue
		}
		from := v.t(v.roleLabel(w.FromRole))
		out = append(out, ui.HandOff{From: from, To: v.t(v.roleLabel(st.Owner)), Label: v.label(w.Process, def.Label) + " · " + v.t(st.Label), Waiting: w.N, Oldest: v.span(v.Now().Sub(w.Oldest)), Late: w.Late, Href: path(w.Process) + "?stage=" + w.Stage})
	}
	return out, nil
}

// period is a span of days with the one before it, for comparison.
type period struct {
	key             string
	from, to        date.Date
	before, before2 date.Date
}

func monthOf(today date.Date) period {
	from := today.MonthStart()
	return period{"month", from, from.AddMonths(1).AddDays(-1), from.AddMonths(-1), from.AddDays(-1)}
}

func periodOf(key string, today date.Date) period {
	switch key {
	case "quarter":
		from := date.New(today.Year(), (today.Month()-1)/3*3+1, 1)
		return period{key, from, from.AddMonths(3).AddDays(-1), from.AddMonths(-3), from.AddDays(-1)}
	case "year":
		from := date.New(today.Year(), 1, 1)
		return period{key, from, from.AddMonths(12).AddDays(-1), from.AddMonths(-12), from.AddDays(-1)}
	}
	return monthOf(today)
}

// cockpitOrder are the measures of the cockpit, the first first.
var cockpitOrder = []string{"ltc.net_sales", "ltc.win_rate", "isc.on_time_in_full", "itr.csat", "ltc.open_pipeline", "ltc.receivables"}

// kpis computes the figures the reader may see for a period.
func (v *view) kpis(p period) ([]ui.KPI, error) {
	var out []ui.KPI
	for _, code := range cockpitOrder {
		m, ok := v.measure(code)
		if !ok {
			continue
		}
		scopes := []kpi.Scope{{From: p.from, To: p.to}}
		if !m.State {
			scopes = append(scopes, kpi.Scope{From: p.before, To: p.before2})
			scopes = append(scopes, v.months(8)...)
		}
		vals, err := v.recent(m, scopes...)
		if err != nil {
			return nil, err
		}
		x := v.kpi(m, vals[0])
		if !m.State {
			v.trend(&x, m, vals)
		}
		out = append(out, x)
	}
	return out, nil
}

// measured names a value that a page has asked for.
type measured struct {
	code string
	kpi.Scope
}

// recent measures for a page that overviews; what the page has asked for already, this
// month as one of the last months, is not asked for again.
func (v *view) recent(m kpi.Measure, scopes ...kpi.Scope) ([]kpi.Value, error) {
	var ask []kpi.Scope
	for _, s := range scopes {
		if _, ok := v.measured[measured{m.Code, s}]; !ok && !slices.Contains(ask, s) {
			ask = append(ask, s)
		}
	}
	vals, err := v.KPI.Recent(v.ctx, m, v.Authz.Version(), ask...)
	if err != nil {
		return nil, err
	}
	if v.measured == nil {
		v.measured = map[measured]kpi.Value{}
	}
	for i, s := range ask {
		v.measured[measured{m.Code, s}] = vals[i]
	}
	out := make([]kpi.Value, len(scopes))
	for i, s := range scopes {
		out[i] = v.measured[measured{m.Code, s}]
	}
	return out, nil
}

// months are the scopes of the last n months, this one last.
func (v *view) months(n int) []kpi.Scope {
	first := v.today().MonthStart()
	var out []kpi.Scope
	for i := 1 - n; i <= 0; i++ {
		from := first.AddMonths(i)
		out = append(out, kpi.Scope{From: from, To: from.AddMonths(1).AddDays(-1)})
	}
	return out
}

func (v *view) kpi(m kpi.Measure, now kpi.Value) ui.KPI {
	x := ui.KPI{Label: v.t(m.Label), Value: "–", Href: now.Href}
	if now.Value == nil {
		return x
	}
	switch m.Unit {
	case kpi.Fraction:
		x.Value, x.Unit = now.Value.Shift(2).StringFixed(1), "%"
	case kpi.Currency:
		x.Value, x.Unit = v.short(*now.Value)
	default:
		x.Value = group(now.Value.String())
	}
	return x
}

// trend compares the value with that of the period before and draws the last months:
// vals are now, before, and the months.
func (v *view) trend(x *ui.KPI, m kpi.Measure, vals []kpi.Value) {
	if now, before := vals[0].Value, vals[1].Value; now != nil && before != nil && !before.IsZero() {
		change := now.Sub(*before)
		if m.Unit == kpi.Fraction {
			x.Change = change.Shift(2).Abs().StringFixed(1) + v.t(" pt")
		} else {
			x.Change = change.Shift(2).DivRound(*before, 1).Abs().StringFixed(1) + "%"
		}
		x.Up = change.Sign() >= 0
		x.Good = x.Up == m.Higher
	}
	for _, val := range vals[2:] {
		y := 0.0
		if val.Value != nil {
			y = val.Value.InexactFloat64() // places ink only
		}
		x.Points = append(x.Points, y)
	}
}

// cockpit is the page of the executives: figures, process map, charts.
func (s *Server) cockpit(v *view) error {
	if err := v.Authz.Require(v.ctx, "page.cockpit", "read"); err != nil {
		return err
	}
	p := periodOf(v.c.Query("period"), v.today())
	body := ui.Cockpit{}
	var err error
	if body.KPIs, err = v.kpis(p); err != nil {
		return err
	}
	if body.Map, err = v.processMap(); err != nil {
		return err
	}
	if body.Charts, err = v.charts(p); err != nil {
		return err
	}
	if body.HandOffs, err = v.handOffs(); err != nil {
		return err
	}
	seg := ui.Segment{Label: v.t("Period")}
	for _, k := range []string{"month", "quarter", "year"} {
		seg.Items = append(seg.Items, ui.SegmentItem{Label: v.t("This " + k), Href: "/cockpit?period=" + k, Active: p.key == k})
	}
	return v.show(http.StatusOK, v.t("Cockpit"), fmt.Sprintf("%s – %s · %s", p.from, p.to, v.t("as of {0}", v.Now().In(v.loc).Format("15:04"))), "cockpit", body, seg)
}

// charts draws the trend of sales, the funnel of deals, on-time delivery against
// its target, and the median time of the processes.
func (v *view) charts(p period) ([]ui.Chart, error) {
	var out []ui.Chart
	for _, build := range []func(period) (*ui.Chart, error){v.salesChart, v.funnelChart, v.onTimeChart, v.timeChart} {
		c, err := build(p)
		if err != nil {
			return nil, err
		}
		if c != nil {
			out = append(out, *c)
		}
	}
	return out, nil
}

func (v *view) measure(code string) (kpi.Measure, bool) {
	m, err := v.KPI.Get(code)
	object, action := m.Right()
	return m, err == nil && v.Authz.Can(v.ctx, object, action)
}

func (v *view) salesChart(period) (*ui.Chart, error) {
	m, ok := v.measure("ltc.net_sales")
	if !ok {
		return nil, nil //nolint:nilnil // not for this reader
	}
	orders, countOK := v.measure("ltc.order_count")
	c := &ui.Chart{ID: "sales", Kind: ui.ChartTrend, Title: v.t("Sales and orders"), Note: v.t("12 months"), Say: v.t("Net sales and number of orders per month"), Span: 4,
		Table: ui.Table{Caption: v.t("Sales and orders"), Cols: []ui.Col{{Key: "m", Label: v.t("Month")}, {Key: "s", Label: v.t(m.Label), Kind: ui.KindMoney}, {Key: "o", Label: v.t("Orders"), Kind: ui.KindNum}}}}
	line, bars := ui.ChartSeries{Name: v.t(m.Label), Kind: "line"}, ui.ChartSeries{Name: v.t("Orders"), Kind: "bar"}
	months := v.months(12)
	sales, err := v.recent(m, months...)
	if err != nil {
		return nil, err
	}
	counts := make([]kpi.Value, len(months))
	if countOK {
		if counts, err = v.recent(orders, months...); err != nil {
			return nil, err
		}
	}
	for i, s := range months {
		n := "0"
		if countOK {
			n = counts[i].Numerator.String()
			bars.Values = append(bars.Values, counts[i].Numerator.InexactFloat64())
		}
		label := s.From.In(v.loc).Format("2006-01")
		c.Data.Labels = append(c.Data.Labels, label)
		line.Values = append(line.Values, sales[i].Numerator.InexactFloat64())
		c.Table.Rows = append(c.Table.Rows, ui.Row{Cells: []ui.Cell{{Text: label}, {Text: v.symbol() + group(sales[i].Numerator.StringFixed(2))}, {Text: n}}})
	}
	c.Data.Series = []ui.ChartSeries{line, bars}
	return c, nil
}

func (v *view) funnelChart(p period) (*ui.Chart, error) {
	if !v.Authz.Can(v.ctx, "ltc.opportunity", "read") {
		return nil, nil //nolint:nilnil // not for this reader
	}
	c := &ui.Chart{ID: "funnel", Kind: ui.ChartFunnel, Title: v.t("From lead to cash"), Note: v.t("last 90 days"), Say: v.t("Documents created in the last 90 days, from lead to payment"), Span: 2,
		Table: ui.Table{Caption: v.t("From lead to cash"), Cols: []ui.Col{{Key: "s", Label: v.t("Step")}, {Key: "n", Label: v.t("Number"), Kind: ui.KindNum}}}}
	since := v.Now().Add(-90 * 24 * time.Hour)
	for _, typ := range []string{"ltc.lead", "ltc.opportunity", "ltc.quote", "ltc.order", "ltc.receipt"} {
		d, err := v.Types.Doc(typ)
		if err != nil || !v.Authz.Can(v.ctx, typ, "read") {
			continue
		}
		n, err := v.Process.Begun(v.ctx, typ, since)
		if err != nil {
			return nil, err
		}
		label := v.label(typ+".plural", d.Info().Plural)
		c.Data.Labels = append(c.Data.Labels, label)
		c.Data.Values = append(c.Data.Values, float64(n))
		c.Data.Texts = append(c.Data.Texts, group(strconv.Itoa(n)))
		c.Table.Rows = append(c.Table.Rows, ui.Row{Cells: []ui.Cell{{Text: label}, {Text: group(strconv.Itoa(n))}}})
	}
	if len(c.Data.Labels) == 0 {
		return nil, nil //nolint:nilnil // nothing to draw
	}
	return c, nil
}

func (v *view) onTimeChart(p period) (*ui.Chart, error) {
	m, ok := v.measure("isc.on_time_in_full")
	if !ok {
		return nil, nil //nolint:nilnil // not for this reader
	}
	vals, err := v.recent(m, kpi.Scope{From: p.from, To: p.to})
	if err != nil {
		return nil, err
	}
	val := vals[0]
	text, y := "–", 0.0
	if val.Value != nil {
		text, y = val.Value.Shift(2).StringFixed(1), val.Value.Shift(2).InexactFloat64()
	}
	return &ui.Chart{ID: "ontime", Kind: ui.ChartGauge, Title: v.t(m.Label), Note: v.t("target {0}", "95%"), Say: v.t("On time in full: {0} %, target 95 %", text), Span: 2,
		Data:  ui.ChartData{Values: []float64{y}, Targets: []float64{95}, Texts: []string{text}, Unit: "%", Min: 0, Max: 100},
		Table: ui.Table{Caption: v.t(m.Label), Cols: []ui.Col{{Key: "w", Label: v.t("Measure")}, {Key: "v", Label: v.t("Value"), Kind: ui.KindNum}}, Rows: []ui.Row{{Cells: []ui.Cell{{Text: v.t(m.Label)}, {Text: text + "%"}}}, {Cells: []ui.Cell{{Text: v.t("On time")}, {Text: val.Numerator.String()}}}, {Cells: []ui.Cell{{Text: v.t("Delivered")}, {Text: val.Denominator.String()}}}}}}, nil
}

// timeChart compares the median working time of each process with the sum of its
// declared limits.
func (v *view) timeChart(p period) (*ui.Chart, error) {
	times, err := v.Process.CycleTimes(v.ctx, p.from.In(v.loc))
	if err != nil || len(times) == 0 {
		return nil, err
	}
	c := &ui.Chart{ID: "time", Kind: ui.ChartBars, Title: v.t("Working time per document and limit"), Note: v.t("hours, median"), Say: v.t("Median working time of finished documents per process against the declared limit"), Span: 4,
		Table: ui.Table{Caption: v.t("Working time per document and limit"), Cols: []ui.Col{{Key: "p", Label: v.t("Process")}, {Key: "m", Label: v.t("Median (h)"), Kind: ui.KindNum}, {Key: "l", Label: v.t("Limit (h)"), Kind: ui.KindNum}, {Key: "n", Label: v.t("Number of documents"), Kind: ui.KindNum}}}}
	for _, x := range times[:min(len(times), 8)] {
		def := v.Process.Definition(x.Process)
		var limit time.Duration
		for _, k := range def.Path() {
			limit += def.Stage(k).Limit
		}
		label := v.label(x.Process, def.Label)
		c.Data.Labels = append(c.Data.Labels, label)
		c.Data.Values = append(c.Data.Values, x.Median.Hours())
		c.Data.Targets = append(c.Data.Targets, limit.Hours())
		c.Data.Texts = append(c.Data.Texts, fmt.Sprintf("%.1f / %.0f", x.Median.Hours(), limit.Hours()))
		c.Table.Rows = append(c.Table.Rows, ui.Row{Cells: []ui.Cell{{Text: label}, {Text: fmt.Sprintf("%.1f", x.Median.Hours())}, {Text: fmt.Sprintf("%.0f", limit.Hours())}, {Text: strconv.Itoa(x.N)}}})
	}
	return c, nil
}

// process is the page of one declared process: diagram, live work per stage, and
// the stages in words.
func (t *typePages) process(v *view) error {
	if err := v.Authz.Require(v.ctx, t.info.Name, "read"); err != nil {
		return err
	}
	loads, err := v.Process.Loads(v.ctx)
	if err != nil {
		return err
	}
	tab := ui.Table{Caption: v.t("Stages"), Cols: []ui.Col{{Key: "s", Label: v.t("Stage"), Kind: ui.KindPill}, {Key: "o", Label: v.t("Owner role")}, {Key: "l", Label: v.t("Limit (working time)")}, {Key: "n", Label: v.t("Open work"), Kind: ui.KindNum}, {Key: "late", Label: v.t("Late"), Kind: ui.KindNum}, {Key: "h", Label: v.t("What to do"), Class: "c-wide"}}}
	open, late := 0, 0
	for _, s := range t.info.Process.Stages {
		n, l := 0, 0
		for _, x := range loads {
			if x.Process == t.info.Name && x.Stage == s.Key {
				n, l = x.Open, x.Late
			}
		}
		open, late = open+n, late+l
		limit := ""
		if s.Limit > 0 {
			limit = v.span(s.Limit)
		}
		owner := ""
		if s.Owner != "" {
			owner = v.t(v.roleLabel(s.Owner))
		}
		help := ""
		if s.Help != "" {
			help = v.t(s.Help)
		}
		p := v.stagePill(t.info, s.Key)
		tab.Rows = append(tab.Rows, ui.Row{Href: t.base + "?stage=" + s.Key, Cells: []ui.Cell{{Text: p.Text, Tone: p.Tone}, {Text: owner}, {Text: limit}, {Text: group(strconv.Itoa(n))}, {Text: group(strconv.Itoa(l)), Late: l > 0}, {Text: help}}})
	}
	body := ui.Detail{Number: t.info.Name, Title: v.t("Process: {0}", t.title(v)), Sub: v.t("{0} open, {1} late", open, late), Tables: []ui.Part{{Title: v.t("Stages"), Table: tab}}}
	body.Diagram = rawSVG(v.diagram(t.info.Process, ""))
	return v.show(http.StatusOK, v.t("Process: {0}", t.title(v)), "", "record", body, nil)
}
