package crmapp

import (
	"context"
	"slices"
	"strings"

	"meridian/modules/crm"
	"meridian/modules/crm/internal/domain"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/i18n"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/report"
	"meridian/platform/resource"
)

// touching adds the touch points (CRM-21).
func (d *desk) touching(sources []crm.TouchSource) {
	d.touches = &domain.TouchPoints{Store: db.NewStore[domain.TouchPoint](d.p.DB, "crm.touch_point"), Actions: db.NewStore[domain.TouchAction](d.p.DB, "crm.touch_action"),
		Sources: sources, Process: d.p.Process.Definition, Read: d.readTouch, Today: d.today}
	resource.Register(d.p.Types, d.touches.Declare())
	resource.Register(d.p.Types, d.touches.DeclareAction())
	report.Register(d.p.Reports, d.touchRanking())
}

// readTouch measures a touch point from the process log and from what its module says;
// what the reader may not read has no value.
func (d *desk) readTouch(ctx context.Context, t *domain.TouchPoint, from, to date.Date) (r domain.Reading, err error) {
	i := slices.IndexFunc(d.touches.Sources, func(s crm.TouchSource) bool { return s.Object == t.Object })
	if i < 0 || !d.p.Authz.Can(ctx, t.Object, "read") {
		return r, nil
	}
	loc := d.p.Location(ctx)
	since, until := from.In(loc), to.AddDays(1).In(loc)
	p, err := d.p.Process.Passage(ctx, t.Object, t.Step, since, until)
	if err != nil {
		return r, err
	}
	r.Volume, r.Left = p.Entered, p.Left
	if p.Left > 0 {
		hours, _ := money.Share(money.Units(p.WorkSecs), money.Units(p.Left*3600))
		q := money.RoundTo[money.Micro](hours.Number())
		drop, _ := money.Share(money.Units(p.Dropped), money.Units(p.Left))
		r.Hours, r.Drop = &q, &drop
	}
	s := d.touches.Sources[i]
	if s.Complaints != "" && d.p.Authz.Can(ctx, s.Complaints, "read") {
		c, err := d.p.Process.Passage(ctx, s.Complaints, s.Complained, since, until)
		if err != nil {
			return r, err
		}
		r.Complaints = &c.Entered
	}
	if s.Scores == nil {
		return r, nil
	}
	sum, n, err := s.Scores(ctx, from, to)
	if err != nil || n == 0 {
		return r, err
	}
	score, _ := money.Share(money.Units(sum), money.Units(n))
	q := money.RoundTo[money.Micro](score.Number())
	r.Score, r.Answers = &q, n
	return r, nil
}

type touchIn struct {
	From, To date.Date
	Phase    string
}

// touchRanking shows the touch points, the weakest first, and what actions changed.
func (d *desk) touchRanking() *report.Report[touchIn] {
	return &report.Report[touchIn]{
		Name: "crm.touch_ranking", Label: "Weak touch points", Icon: "map-pin", Perm: "crm.touch_point:read", Run: d.runTouch, Home: []string{"crm.success"},
		Help: "Volume is what entered the stage, waiting time the working hours of what left it, drop-out the share of that lost or cancelled, all from the process log; satisfaction and complaints are what the module of the documents knows. A dash has no source. Weakness adds up how far the targets are missed.",
		Form: resource.Fields[touchIn]{resource.Date("from", "From", func(in *touchIn) *date.Date { return &in.From }).Required(), resource.Date("to", "Until", func(in *touchIn) *date.Date { return &in.To }).Required(), resource.Enum("phase", "Phase", func(in *touchIn) *string { return &in.Phase }, domain.TouchPhases...)},
		Default: func(ctx context.Context, in *touchIn) error {
			in.To = d.today(ctx)
			in.From = in.To.AddDays(1 - domain.TouchDays)
			return nil
		},
		Commands: []report.Command{
			report.Do("usual", "Add the usual touch points", "crm.touch_point:create", resource.Fields[struct{}]{}, d.usualTouches),
			report.Do("act", "Plan an action", "crm.touch_action:create", domain.TouchActionFields(), func(ctx context.Context, in *domain.TouchAction) (report.Done, error) {
				row, err := d.touches.ActionType.CreateRow(ctx, resource.Encode(domain.TouchActionFields(), in))
				if err != nil {
					return report.Done{}, err
				}
				return report.Done{Message: "The action is planned; start it to freeze the value before.", Href: d.touches.ActionType.Ref(row.Base().ID).Path()}, nil
			}).OnRows(),
		},
	}
}

// usualTouches adds the touch points of the sources the register does not have yet.
func (d *desk) usualTouches(ctx context.Context, _ *struct{}) (report.Done, error) {
	who, _ := authz.Of(ctx)
	n := 0
	err := d.p.DB.Tx(ctx, func(ctx context.Context) error {
		for _, s := range d.touches.Sources {
			have, err := d.touches.Store.Count(authz.System(ctx, "usual touch points"), record.Where("object", record.Eq, s.Object).And("company_id", record.Eq, who.Company), 0)
			if err != nil {
				return err
			}
			if have > 0 {
				continue
			}
			v := resource.Values{"name": i18n.T(ctx, s.Name), "phase": s.Phase, "channel": s.Channel, "object": s.Object, "step": s.Step, "target_hours": s.Hours}
			if s.Scores != nil {
				v["target_score"] = "4"
			}
			if _, err := d.touches.Type.CreateRow(ctx, v); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return report.Done{Message: "{0} touch points were added.", Args: []any{n}}, err
}

// touched is a touch point with what it showed.
type touched struct {
	domain.TouchPoint
	r    domain.Reading
	weak money.Ratio
}

func (d *desk) runTouch(ctx context.Context, in *touchIn) (*report.Result, error) {
	q := record.Query{Sort: []record.Sort{{Col: "name"}}}
	if in.Phase != "" {
		q = q.And("phase", record.Eq, in.Phase)
	}
	points, err := d.touches.Store.Find(ctx, q)
	if err != nil {
		return nil, err
	}
	list := make([]touched, len(points))
	weak := 0
	for i := range points {
		r, err := d.readTouch(ctx, &points[i], in.From, in.To)
		if err != nil {
			return nil, err
		}
		list[i] = touched{points[i], r, points[i].Weakness(r)}
		if list[i].weak.Sign() > 0 {
			weak++
		}
	}
	slices.SortStableFunc(list, func(a, b touched) int { return b.weak.Cmp(a.weak) })
	after, err := d.touchEffects(ctx, points)
	if err != nil {
		return nil, err
	}
	return &report.Result{Tiles: []report.Tile{{Key: "weak", Label: "Touch points that miss a target", Value: report.Count(weak)}}, Tables: []report.Table{d.touchTable(ctx, list), after}}, nil
}

func (d *desk) touchTable(ctx context.Context, list []touched) report.Table {
	t := report.Table{Key: "touch", Title: "Touch points", Empty: "No touch point is registered.", Cols: []report.Col{{Key: "point", Label: "Touch point", Kind: resource.KRef}, {Key: "phase", Label: "Phase"}, {Key: "stage", Label: "Stage"}, {Key: "role", Label: "Role", Minor: true}, {Key: "owner", Label: "Owner", Kind: resource.KRef},
		{Key: "volume", Label: "Volume", Kind: resource.KInt}, {Key: "hours", Label: "Waiting time in hours", Kind: resource.KQuantity}, {Key: "score", Label: "Satisfaction", Kind: resource.KQuantity}, {Key: "answers", Label: "Answers", Kind: resource.KInt, Minor: true},
		{Key: "complaints", Label: "Complaints", Kind: resource.KInt}, {Key: "drop", Label: "Drop-out", Kind: resource.KPercent}, {Key: "weakness", Label: "Weakness", Kind: resource.KPercent}}}
	act := d.p.Authz.Can(ctx, "crm.touch_action", "create")
	for i := range list {
		x := &list[i]
		row := report.Row{Ref: d.touches.Type.Ref(x.ID), Late: x.weak.Sign() > 0, Cells: []report.Cell{report.Doc(d.touches.Type.Ref(x.ID), x.Name), report.Word(optionLabel(domain.TouchPhases, x.Phase)), report.None(), report.None(), report.Person(x.OwnerID),
			report.Count(x.r.Volume), report.None(), report.None(), report.None(), report.None(), report.None(), report.Share(x.weak)}}
		if st := d.p.Process.Definition(x.Object).Stage(x.Step); st != nil {
			row.Cells[2] = report.Word(st.Label)
			if st.Owner != "" {
				row.Cells[3] = report.Text(st.Owner)
			}
		}
		if d.p.Authz.Can(ctx, x.Object, "read") {
			row.Cells[5] = row.Cells[5].Link("/" + strings.Replace(x.Object, ".", "/", 1) + "?stage=" + x.Step)
		} else {
			row.Cells[5] = report.None()
		}
		if x.r.Hours != nil {
			row.Cells[6], row.Cells[10] = report.Qty(*x.r.Hours), report.Share(*x.r.Drop)
		}
		if x.r.Score != nil {
			row.Cells[7], row.Cells[8] = report.Number(x.r.Score.Number().Round(2)), report.Count(x.r.Answers)
		}
		if x.r.Complaints != nil {
			row.Cells[9] = report.Count(*x.r.Complaints)
		}
		if act {
			row.Acts = []report.Act{{Command: "act", Values: resource.Values{"touch_point_id": digits(x.ID)}}}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// touchEffects lists the actions of touch points with their values before and after.
func (d *desk) touchEffects(ctx context.Context, points []domain.TouchPoint) (report.Table, error) {
	t := report.Table{Key: "actions", Title: "Before and after", Empty: "No action is planned.", Cols: []report.Col{{Key: "action", Label: "Touch point action", Kind: resource.KRef}, {Key: "point", Label: "Touch point"}, {Key: "measure", Label: "Measure"}, {Key: "stage", Label: "Stage"}, {Key: "due", Label: "Due", Kind: resource.KDate},
		{Key: "before", Label: "Before", Kind: resource.KQuantity}, {Key: "n", Label: "Measured before", Kind: resource.KInt}, {Key: "after", Label: "After", Kind: resource.KQuantity}, {Key: "n2", Label: "Measured after", Kind: resource.KInt}}}
	name := map[int64]string{}
	ids := make([]int64, len(points))
	for i := range points {
		ids[i], name[points[i].ID] = points[i].ID, points[i].Name
	}
	if !d.p.Authz.Can(ctx, "crm.touch_action", "read") || len(ids) == 0 {
		return t, nil
	}
	list, err := d.touches.Actions.Find(ctx, record.Query{Where: []record.Cond{{Col: "touch_point_id", Op: record.In, Val: ids}}, Sort: []record.Sort{{Col: "due_on"}}, Limit: 200})
	if err != nil {
		return t, err
	}
	def := d.touches.ActionType.Info().Process
	today := d.today(ctx)
	for i := range list {
		a := &list[i]
		ref := d.touches.ActionType.Ref(a.ID)
		open := a.Stage == domain.TouchPlanned || a.Stage == domain.TouchRunning
		row := report.Row{Ref: ref, Late: open && a.DueOn.Before(today), Cells: []report.Cell{report.Doc(ref, a.No+" "+a.Action), report.Text(name[a.TouchPointID]), report.Word(optionLabel(domain.TouchMeasures, a.Measure)), report.Word(def.Stage(string(a.Stage)).Label), report.Day(a.DueOn),
			report.None(), report.None(), report.None(), report.None()}}
		if a.Baseline != nil {
			row.Cells[5], row.Cells[6] = report.Qty(*a.Baseline), report.Count(a.BaselineN)
		}
		if a.After != nil {
			row.Cells[7], row.Cells[8] = report.Qty(*a.After), report.Count(a.AfterN)
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}
