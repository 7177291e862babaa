package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/resource"
	"meridian/platform/web/ui"
)

// approvalRules shows every matrix with its rules in words.
func (s *Server) approvalRules(v *view) error {
	if err := v.Authz.Require(v.ctx, "core.approval_rule", "read"); err != nil {
		return err
	}
	list, err := v.Process.Matrices(v.ctx)
	if err != nil {
		return err
	}
	may := v.mayRule() == nil
	var parts ui.Parts
	for _, m := range list {
		p := v.ladder(m)
		if may {
			p.Actions = []ui.Action{{Label: v.t("Edit"), Icon: "edit", Href: "/admin/approvals/" + m.Key}}
		}
		parts = append(parts, p)
	}
	return v.show(http.StatusOK, v.t("Approval rules"), v.t("Who decides which amounts; the first rule that fits is taken"), "parts", parts, nil)
}

// mayRule refuses whoever may not change the rules, which hold for every company.
func (v *view) mayRule() error {
	if err := v.Authz.Require(v.ctx, "core.approval_rule", "update"); err != nil {
		return err
	}
	if len(v.Authz.Directory().Companies) > 1 && !v.Authz.Reaches(v.ctx, "core.approval_rule", "update", "all") {
		return errs.New(errs.Forbidden, "These rules hold for every company; changing them takes a right for all of them.")
	}
	return nil
}

// matrixTitle names what a matrix decides about: "Order · Confirm".
func (v *view) matrixTitle(m process.Matrix) string {
	d, err := v.Types.Doc(m.Process)
	if err != nil {
		return m.Key
	}
	moves := make([]string, len(m.Moves))
	for i, x := range m.Moves {
		moves[i] = v.moveLabel(d.Info(), x)
	}
	return v.label(m.Process, d.Info().Label) + " · " + strings.Join(moves, v.t(", "))
}

func (v *view) ladder(m process.Matrix) ui.Part {
	title := v.matrixTitle(m)
	p := ui.Part{Title: title, Note: m.Key, Empty: v.t("No rule: every submission is refused.")}
	p.Table = ui.Table{ID: "ladder-" + m.Key, Caption: title, Cols: []ui.Col{{Key: "label", Label: v.t("Rule")}, {Key: "from", Label: v.t("Amount from"), Kind: ui.KindNum}, {Key: "to", Label: v.t("Amount below"), Kind: ui.KindNum},
		{Key: "guard", Label: v.t("Condition"), Kind: ui.KindCode}, {Key: "steps", Label: v.t("Who decides")}}}
	for _, r := range m.Rules {
		row := ui.Row{ID: strconv.FormatInt(r.ID, 10), Cells: []ui.Cell{{Text: v.t(r.Label)}, {Text: v.money(r.From)}, {Text: v.t("no end")}, {Text: r.Guard}, {Text: v.stepsInWords(r.Steps)}}}
		if !r.To.IsZero() {
			row.Cells[2].Text = v.money(r.To)
		}
		if r.Guard == "" {
			row.Cells[3] = ui.Cell{Text: v.t("always"), Kind: ui.KindText}
		}
		p.Table.Rows = append(p.Table.Rows, row)
	}
	return p
}

func (v *view) stepsInWords(steps []process.Step) string {
	if len(steps) == 0 {
		return v.t("passes without approval")
	}
	var out []string
	for _, s := range steps {
		text := v.decider(s)
		if s.Mode == "all" {
			text = v.t("all of: {0}", text)
		}
		out = append(out, text)
	}
	return strings.Join(out, " → ")
}

// decider names who a step asks.
func (v *view) decider(s process.Step) string {
	switch s.By {
	case "role":
		return v.t(v.roleLabel(s.Arg))
	case "manager":
		if s.Arg == "1" {
			return v.t("direct manager")
		}
		return v.t("manager {0} levels up", s.Arg)
	case "ladder":
		return v.t("first manager whose limit covers the amount")
	}
	if p, ok := v.Authz.Directory().ByUsername(s.Arg); ok {
		return p.Name
	}
	return s.Arg
}

// stepMetas are the columns of the steps of a rule; more are deciders that stand in
// the rules already.
func (v *view) stepMetas(name string, rules []process.Rule) (*resource.Meta, error) {
	who := &resource.Meta{Name: "who", Label: "Who decides", Kind: resource.KEnum, Required: true}
	add := func(s process.Step) {
		value := s.By + ":" + s.Arg
		if !slices.ContainsFunc(who.Options, func(o resource.Option) bool { return o.Value == value }) {
			who.Options = append(who.Options, resource.Option{Value: value, Label: v.decider(s)})
		}
	}
	roles, err := v.Authz.AllRoles(v.ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range roles {
		add(process.ByRole(r.Code))
	}
	for level := range 3 {
		add(process.ByManager(level + 1))
	}
	add(process.ByLadder())
	for _, r := range rules {
		for _, s := range r.Steps {
			add(s)
		}
	}
	return &resource.Meta{Name: name, Label: "Steps, one after the other", Kind: resource.KLines, Lines: []*resource.Meta{who,
		{Name: "mode", Label: "How many agree", Kind: resource.KEnum, Required: true, Options: []resource.Option{{Value: "any", Label: "one is enough"}, {Value: "all", Label: "all of them"}}},
		{Name: "hours", Label: "Working hours to decide", Kind: resource.KInt}}}, nil
}

func (s *Server) approvalForm(v *view) error {
	if err := v.mayRule(); err != nil {
		return err
	}
	m, err := v.Process.Matrix(v.ctx, v.c.Param("matrix"))
	if err != nil {
		return err
	}
	form := url.Values{"stamp": {m.Stamp}}
	for i, r := range m.Rules {
		at := fmt.Sprintf("rules.%d.", i)
		for name, x := range map[string]string{"id": strconv.FormatInt(r.ID, 10), "label": r.Label, "order": strconv.Itoa(r.Priority), "from": amountText(r.From), "to": amountText(r.To), "guard": r.Guard} {
			form.Set(at+name, x)
		}
		for n, x := range r.Steps {
			step := fmt.Sprintf("%ssteps.%d.", at, n)
			form.Set(step+"who", x.By+":"+x.Arg)
			form.Set(step+"mode", x.Mode)
			form.Set(step+"hours", strconv.Itoa(int(x.Limit/time.Hour)))
		}
	}
	return s.showApprovalForm(v, http.StatusOK, m, form, nil)
}

func amountText(a money.Amount) string {
	if a.IsZero() {
		return ""
	}
	return a.String()
}

// showApprovalForm draws a section per rule, and an empty one for a new rule.
func (s *Server) showApprovalForm(v *view, status int, m process.Matrix, form url.Values, e *errs.Error) error {
	f := ui.Form{Action: "/admin/approvals/" + m.Key, Cancel: "/admin/approvals", Hidden: []ui.Pair{{Name: "stamp", Value: form.Get("stamp")}}, Errors: v.faults(e), Buttons: []ui.Button{{Label: v.t("Save"), Kind: ui.Primary}}}
	faults := map[string]string{}
	for _, x := range f.Errors {
		faults[x.Field] = x.Text
	}
	n := ruleCount(form)
	for i := range n + 1 {
		at := fmt.Sprintf("rules.%d.", i)
		field := func(name, label, kind string) ui.Field {
			return ui.Field{Name: at + name, Label: v.t(label), Kind: kind, Value: form.Get(at + name), Error: faults[at+name]}
		}
		sec := ui.Section{ID: fmt.Sprintf("rule-%d", i), Title: v.t("New rule"), Note: v.t("Stays away while everything is empty.")}
		fields := []ui.Field{field("label", "Name", ui.KindText), field("order", "Tried as number", ui.KindInt), field("from", "Amount from", ui.KindMoney), field("to", "Amount below", ui.KindMoney), field("guard", "Condition", ui.KindText)}
		fields[0].MaxLength = 200
		fields[2].Unit, fields[3].Unit = strings.TrimSpace(v.symbol()), strings.TrimSpace(v.symbol())
		fields[1].Help, fields[3].Help, fields[4].Help = v.t("The lowest number is tried first."), v.t("Leave empty for no upper end."), v.t("Leave empty for always.")
		fields[4].Wide, fields[4].MaxLength = true, 500
		if i == n || fields[4].Value != "" {
			fields[4].Help = v.t("Empty: always. Otherwise an expression over {0}.", strings.Join(m.Fields, ", "))
		}
		if i < n {
			fields[0].Required = true
			sec.Title, sec.Note = v.t("Rule {0}", i+1), v.t(form.Get(at+"label"))
			f.Hidden = append(f.Hidden, ui.Pair{Name: at + "id", Value: form.Get(at + "id")})
			remove := field("remove", "Remove this rule", ui.KindBool)
			remove.Wide, remove.Value = true, fmt.Sprint(slices.Contains(form[at+"remove"], "true"))
			fields = append(fields, remove)
		}
		sec.Fields = fields
		metas, err := v.stepMetas(at+"steps", m.Rules)
		if err != nil {
			return err
		}
		steps := &typePages{s: s, info: &resource.Info{Name: "core.approval_rule"}}
		if sec.Lines, err = steps.lines(v, metas, source{typed: resource.Values{metas.Name: postedLines(form, metas)}}, faults); err != nil {
			return err
		}
		f.Sections = append(f.Sections, sec)
	}
	return v.show(status, v.matrixTitle(m), v.t("Approval rules"), "form", f, nil)
}

// ruleCount is how many rules a form holds, the one left wholly empty aside.
func ruleCount(form url.Values) int {
	n := 0
	for key, x := range form {
		rest, ok := strings.CutPrefix(key, "rules.")
		if !ok || x[len(x)-1] == "" {
			continue
		}
		text, name, _ := strings.Cut(rest, ".")
		i, err := strconv.Atoi(text)
		if err != nil || i < 0 || i >= 100 || strings.HasSuffix(name, "._delete") || name == "remove" {
			continue
		}
		n = max(n, i+1)
	}
	return n
}

func (s *Server) saveApprovals(v *view) error {
	if err := v.mayRule(); err != nil {
		return err
	}
	m, err := v.Process.Matrix(v.ctx, v.c.Param("matrix"))
	if err != nil {
		return err
	}
	form, err := v.parse()
	if err != nil {
		return err
	}
	rules, at, err := v.postedRules(m, form)
	if err == nil {
		err = v.Process.SetRules(v.ctx, m.Key, form.Get("stamp"), rules)
	}
	if e := refused(err); e != nil {
		return s.showApprovalForm(v, http.StatusUnprocessableEntity, m, form, renumber(e, at))
	}
	if err != nil {
		return err
	}
	return v.done("/admin/approvals", "Saved. The change is in effect.")
}

// renumber points messages about the rules kept to their sections of the form.
func renumber(e *errs.Error, at []int) *errs.Error {
	out := *e
	out.Fields = slices.Clone(e.Fields)
	for i, f := range out.Fields {
		parts := strings.SplitN(f.Name, ".", 3)
		if n, err := strconv.Atoi(parts[1]); err == nil && n < len(at) {
			out.Fields[i].Name = fmt.Sprintf("rules.%d.%s", at[n], parts[2])
		}
	}
	return &out
}

// postedRules reads the form; at[i] is the section rule i stands in.
func (v *view) postedRules(m process.Matrix, form url.Values) (rules []process.Rule, at []int, err error) {
	var bad []errs.Field
	for i := range ruleCount(form) {
		name := fmt.Sprintf("rules.%d.", i)
		if slices.Contains(form[name+"remove"], "true") {
			continue
		}
		get := func(field string) string { return strings.TrimSpace(form.Get(name + field)) }
		refuse := func(field string) {
			bad = append(bad, errs.Field{Name: fmt.Sprintf("rules.%d.%s", len(rules), field), Message: "A number is expected."})
		}
		r := process.Rule{Label: get("label"), Guard: get("guard")}
		r.ID, _ = strconv.ParseInt(get("id"), 10, 64)
		amounts := map[string]*money.Amount{"from": &r.From, "to": &r.To}
		for _, field := range []string{"from", "to"} {
			if x := get(field); x != "" {
				if *amounts[field], err = money.Parse[money.Cents](x); err != nil {
					refuse(field)
				}
			}
		}
		if x := get("order"); x != "" {
			if r.Priority, err = strconv.Atoi(x); err != nil || r.Priority < 1 || r.Priority > 1_000_000 {
				refuse("order")
			}
		}
		metas := &resource.Meta{Name: name + "steps", Lines: []*resource.Meta{{Name: "who"}, {Name: "mode"}, {Name: "hours"}}}
		for n, x := range postedLines(form, metas) {
			step := process.Step{Mode: text(x, "mode")}
			step.By, step.Arg, _ = strings.Cut(text(x, "who"), ":")
			if t := text(x, "hours"); t != "" {
				hours, err := strconv.Atoi(t)
				if err != nil || hours < 0 || hours > 10_000 {
					refuse(fmt.Sprintf("steps.%d.hours", n))
				}
				step.Limit = time.Duration(hours) * time.Hour
			}
			r.Steps = append(r.Steps, step)
		}
		rules, at = append(rules, r), append(at, i)
	}
	if e := errs.Join(bad); e != nil {
		return nil, at, e
	}
	return rules, at, nil
}

func text(v resource.Values, name string) string {
	s, _ := v[name].(string)
	return strings.TrimSpace(s)
}
