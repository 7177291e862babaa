package crmapp

import (
	"context"
	"slices"
	"strings"

	"meridian/modules/crm"
	"meridian/modules/crm/internal/domain"
	"meridian/modules/crm/internal/store"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/i18n"
	"meridian/platform/record"
	"meridian/platform/report"
	"meridian/platform/resource"
)

// logging adds the daily logs (CRM-20).
func (d *desk) logging() {
	d.logs = &domain.WorkLogs{Store: db.NewStore[domain.WorkLog](d.p.DB, "crm.work_log"), Today: d.today, Drafted: d.draftDay}
	resource.Register(d.p.Types, d.logs.Declare())
	report.Register(d.p.Reports, d.teamLogs())
}

// draftDay writes the day of a person in their language, a line each, and counts it.
func (d *desk) draftDay(ctx context.Context, user int64, day date.Date) (string, domain.DayCounts, error) {
	var n domain.DayCounts
	lines, err := d.sql.DayOf(ctx, user, day)
	if err != nil {
		return "", n, err
	}
	loc, word := d.p.Location(ctx), d.wordsOf(ctx, user)
	var b strings.Builder
	for i := range lines {
		x := &lines[i]
		b.WriteString(x.At.In(loc).Format("15:04") + " ")
		switch x.Kind {
		case "held":
			n.Contacts++
			if x.Channel == "visit" {
				n.Visits++
			}
			if x.Decider {
				n.Deciders++
			}
			b.WriteString(word(optionLabel(domain.Channels, x.Channel)) + " " + x.Customer + ": " + x.Text)
			if x.Next != "" {
				b.WriteString(" → " + x.Next)
			}
		case "moved":
			if x.Up {
				n.MovedUp++
			}
			b.WriteString(x.Customer + ": " + word(domain.StageLabels[crm.Lifecycle(x.FromStage)]) + " → " + word(domain.StageLabels[crm.Lifecycle(x.ToStage)]))
		case "quoted":
			n.Quotes++
			b.WriteString(word("Quote sent") + " " + x.Customer + ": " + x.Text)
		case "need":
			b.WriteString(strings.TrimSpace(word("Need")+" "+x.Customer) + ": " + x.Text)
		}
		b.WriteByte('\n')
	}
	return clipLines(b.String(), 8000), n, nil
}

// wordsOf translates into the language of a person, or of the company where none is set.
func (d *desk) wordsOf(ctx context.Context, user int64) func(key string) string {
	dir, lang := d.p.Authz.Directory(), i18n.LangOf(ctx)
	if p := dir.People[user]; p != nil {
		if c := dir.Companies[p.Company]; c != nil {
			lang = i18n.Parse(c.Lang, lang)
		}
		lang = i18n.Parse(p.Lang, lang)
	}
	return func(key string) string { return d.p.Text.Text(lang, key) }
}

// clipLines keeps whole lines of a text within a number of characters.
func clipLines(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return strings.TrimSpace(s)
	}
	s = string(r[:most])
	if i := strings.LastIndexByte(s, '\n'); i > 0 {
		s = s[:i]
	}
	return strings.TrimSpace(s)
}

type teamDayIn struct {
	Day  date.Date
	Dept int64
}

// teamLogs shows a head who wrote what on a day, and who did not.
func (d *desk) teamLogs() *report.Report[teamDayIn] {
	return &report.Report[teamDayIn]{
		Name: "crm.team_logs", Label: "Daily logs of the team", Icon: "clipboard-list", Perm: "crm.team_logs:read", Home: []string{"ltc.manager"},
		Help:    "Everybody who writes daily logs, with what the day counts: follow-ups held, visits, decision makers met, customers moved to a later state, quotes sent. Who has not handed in stands first.",
		Form:    resource.Fields[teamDayIn]{resource.Date("day", "Day", func(in *teamDayIn) *date.Date { return &in.Day }).Required(), deptForm(func(in *teamDayIn) *int64 { return &in.Dept })},
		Default: func(ctx context.Context, in *teamDayIn) error { in.Day = d.today(ctx); return nil },
		Run:     d.runTeamLogs,
	}
}

func (d *desk) runTeamLogs(ctx context.Context, in *teamDayIn) (*report.Result, error) {
	list, err := d.sql.LogsOf(ctx, in.Dept, in.Day)
	if err != nil {
		return nil, err
	}
	logs := map[int64]store.LoggedDay{}
	for _, x := range list {
		logs[x.OwnerID] = x
	}
	t := report.Table{Key: "logs", Title: "Daily logs", Empty: "Nobody here writes daily logs.", Cols: []report.Col{{Key: "person", Label: "Person", Kind: resource.KRef}, {Key: "log", Label: "Daily log", Kind: resource.KRef}, {Key: "state", Label: "State"}, {Key: "contacts", Label: "Follow-ups held", Kind: resource.KInt},
		{Key: "visits", Label: "Visits", Kind: resource.KInt}, {Key: "deciders", Label: "Decision makers met", Kind: resource.KInt}, {Key: "moved_up", Label: "Moved to a later state", Kind: resource.KInt}, {Key: "quotes", Label: "Quotes sent", Kind: resource.KInt}, {Key: "plan", Label: "Plan for the next day", Minor: true}, {Key: "problem", Label: "Problems and help needed"}}}
	stages := d.logs.Type.Info().Process
	open, late := 0, []report.Row{}
	for _, who := range d.writers(ctx, in.Dept) {
		x, ok := logs[who]
		if !ok {
			open++
			late = append(late, report.Row{Late: true, Cells: []report.Cell{report.Person(who), report.None(), report.Pill("Missing", "bad"), report.None(), report.None(), report.None(), report.None(), report.None(), report.None(), report.None()}})
			continue
		}
		ref := d.logs.Type.Ref(x.ID)
		row := report.Row{Ref: ref, Cells: []report.Cell{report.Person(who), report.Doc(ref, in.Day.String()), report.Word(stages.Stage(x.Stage).Label), report.Count(x.Contacts), report.Count(x.Visits), report.Count(x.Deciders), report.Count(x.MovedUp), report.Count(x.Quotes), report.Text(x.Plan), report.Text(x.Problem)}}
		if x.Stage == string(domain.LogDraft) {
			open++
			late = append(late, row)
			continue
		}
		t.Rows = append(t.Rows, row)
	}
	t.Rows = append(late, t.Rows...)
	return &report.Result{Tiles: []report.Tile{{Key: "people", Label: "People", Value: report.Count(len(t.Rows))}, {Key: "open", Label: "Not handed in", Value: report.Count(open)}}, Tables: []report.Table{t}}, nil
}

// writers are the people who may write daily logs and whose logs the reader may see.
func (d *desk) writers(ctx context.Context, dept int64) []int64 {
	dir := d.p.Authz.Directory()
	var under []int64
	if dept != 0 {
		under = dir.Subtree(dept)
	}
	var out []int64
	for id, p := range dir.People {
		row := &record.Base{OwnerID: id, DeptID: p.Dept, CompanyID: p.Company}
		if !p.Active || dept != 0 && !slices.Contains(under, p.Dept) || !d.p.Authz.Covers(ctx, "crm.work_log", "read", row) {
			continue
		}
		if d.p.Authz.Can(authz.As(ctx, authz.Subject{User: id, Company: p.Company, Dept: p.Dept}), "crm.work_log", "submit") && !slices.Contains(d.p.Authz.Roles(id), "core.admin") {
			out = append(out, id)
		}
	}
	slices.SortFunc(out, func(a, b int64) int { return strings.Compare(dir.Name(a), dir.Name(b)) })
	return out
}
