package web

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"meridian/platform/attach"
	"meridian/platform/audit"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/i18n"
	"meridian/platform/process"
	"meridian/platform/resource"
	"meridian/platform/trace"
	"meridian/platform/web/graph"
	"meridian/platform/web/ui"
)

func (t *typePages) ref(id int64) trace.Ref { return trace.Ref{Type: t.info.Name, ID: id} }

func (t *typePages) detail(v *view) error {
	row, err := t.row(v)
	if err != nil {
		return err
	}
	d, err := t.build(v, row)
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, row.Base().No+" "+row.Title(), t.module(v), "record", d, nil)
}

// build fills the page of one record.
func (t *typePages) build(v *view, row resource.Row) (ui.Detail, error) {
	b := row.Base()
	base := recordPath(t.info.Name, b.ID)
	d := ui.Detail{Number: b.No, Title: row.Title(), Sub: t.title(v), Stage: v.stagePill(t.info, row.Stage())}
	if d.Title == d.Number {
		d.Title = t.title(v)
		d.Sub = ""
	}
	st, def, options, err := t.d.Options(v.ctx, row)
	if err != nil {
		return d, err
	}
	if def != nil {
		t.process1(v, &d, row, st, def, options, base)
		if d.Approvals, err = t.approvals(v, b.ID, base); err != nil {
			return d, err
		}
		if d.Approvals != nil {
			d.Aside = append(d.Aside, *d.Approvals)
			d.Approvals = nil
		}
	}
	d.More = append(d.More, t.more(v, row, st, base)...)
	if err := t.facts(v, &d, row); err != nil {
		return d, err
	}
	d.Panels = t.panels(v, b.ID)
	if t.info.Name == "core.user" && v.Authz.Can(v.ctx, "core.role", "update") {
		panel, err := v.rolesPanel(b.ID)
		if err != nil {
			return d, err
		}
		d.Panels = append(d.Panels, panel)
	}
	if d.Thread, err = t.shortThread(v, b.ID); err != nil {
		return d, err
	}
	d.ThreadHref = base + "/thread"
	d.Timeline, err = t.timeline(v, row, def, base)
	return d, err
}

// process1 fills the head and the way through the stages.
func (t *typePages) process1(v *view, d *ui.Detail, row resource.Row, st process.Status, def *process.Definition, options []process.Option, base string) {
	if st.Late {
		d.Late = v.t("late by {0}", v.span(v.Now().Sub(st.DueAt)))
	}
	if !st.Accepted && st.Stage.Accept {
		d.Moves = append(d.Moves, ui.Action{Label: v.t("Accept hand-over"), Icon: "check", Href: base + "/accept", Post: true})
	}
	for _, o := range options {
		a := ui.Action{Label: v.t(o.Move.Label), Href: base + "/move/" + o.Move.Name, Post: true, Version: row.Base().Version}
		if o.Move.Reason || len(t.info.Forms[o.Move.Name]) > 0 {
			a.Post, a.Dialog, a.Version = false, true, 0
		}
		if o.Blocked != nil {
			e := errs.Of(o.Blocked)
			a.Blocked = v.t(e.Message, e.Args...)
			for _, f := range e.Fields {
				if m := t.info.Field(f.Name); m != nil {
					a.Blocked += " " + v.label(t.info.Name+"."+f.Name, m.Label) + "."
				}
			}
		}
		if o.Move.Deviation {
			d.More = append(d.More, a)
			continue
		}
		d.Moves = append(d.Moves, a)
	}
	d.Steps = v.steps(def, st)
	d.Diagram = rawSVG(v.diagram(def, st.Stage.Key))
}

// steps are the stages of the reference path; a stage beside it stands at its end.
func (v *view) steps(def *process.Definition, st process.Status) []ui.Step {
	keys := def.Path()
	at := slices.Index(keys, st.Stage.Key)
	if at < 0 {
		keys = append(slices.Clip(keys), st.Stage.Key)
	}
	var out []ui.Step
	for i, k := range keys {
		s := def.Stage(k)
		step := ui.Step{Label: v.t(s.Label), State: ui.StepTodo}
		switch {
		case k == st.Stage.Key:
			step.State = ui.StepCurrent
			if s.Kind == process.End {
				step.State = ui.StepDone
				if s.Class == process.Lost || s.Class == process.Cancelled {
					step.State = ui.StepFailed
				}
			}
			step.Note = v.worker(st)
			if !st.DueAt.IsZero() && s.Kind != process.End {
				step.Due = v.t("due {0}", v.moment(st.DueAt))
				step.Late = st.Late
				if st.Late {
					step.Clock = v.t("late by {0}", v.span(v.Now().Sub(st.DueAt)))
				} else {
					step.Clock = v.t("{0} left", v.span(st.DueAt.Sub(v.Now())))
				}
			}
		case at >= 0 && i < at:
			step.State = ui.StepDone
		case at < 0:
			step.State = ui.StepSkipped
		}
		out = append(out, step)
	}
	return out
}

func (v *view) worker(st process.Status) string {
	if st.Stage.Kind != process.Task {
		return ""
	}
	if n := v.Authz.Directory().Name(st.OwnerID); n != "" {
		return n
	}
	return v.t(v.roleLabel(st.OwnerRole))
}

// diagram draws a declared process.
func (v *view) diagram(def *process.Definition, current string) string {
	var g graph.Graph
	for i, s := range def.Stages {
		n := graph.Node{ID: s.Key, Label: v.t(s.Label), Kind: graph.Task}
		switch {
		case i == 0:
			n.Kind = graph.Start
		case s.Kind == process.End:
			n.Kind = graph.End
		case s.Kind == process.Wait:
			n.Kind = graph.Wait
		}
		if s.Owner != "" {
			n.Sub = v.t(v.roleLabel(s.Owner))
		}
		g.Nodes = append(g.Nodes, n)
	}
	path := def.Path()
	for _, m := range def.Moves {
		for _, f := range m.From {
			if m.To == "" || m.To == f {
				continue
			}
			i, j := slices.Index(path, f), slices.Index(path, m.To)
			g.Edges = append(g.Edges, graph.Edge{From: f, To: m.To, Label: v.t(m.Label), Main: i >= 0 && j == i+1 && !m.Deviation, Deviation: m.Deviation})
		}
	}
	return graph.SVG(graph.Arrange(g, graph.Right), graph.Options{Title: v.t("Process: {0}", v.label(def.Key, def.Label)), Current: current})
}

func (t *typePages) more(v *view, row resource.Row, st process.Status, base string) []ui.Action {
	var out []ui.Action
	b := row.Base()
	if !t.info.NoEdit && v.Authz.Can(v.ctx, t.info.Name, "update") && v.Authz.Covers(v.ctx, t.info.Name, "update", b) {
		a := ui.Action{Label: v.t("Edit"), Icon: "edit", Href: base + "/edit"}
		if st.Stage.Locked {
			a.Blocked = v.t("In stage {0} the fields no longer change.", v.t(st.Stage.Label))
		}
		out = append(out, a)
	}
	if t.mayShare(v, row) {
		out = append(out, ui.Action{Label: v.t("Share"), Icon: "user-plus", Href: base + "/share", Dialog: true})
	}
	if t.mayReveal(v, row) {
		out = append(out, ui.Action{Label: v.t("Reveal contact data"), Icon: "eye", Href: base + "/reveal", Dialog: true})
	}
	for _, d := range t.info.Downloads {
		a := ui.Action{Label: v.t(d.Label), Icon: d.Icon, Href: base + "/file/" + d.Name, Download: true}
		if e := t.d.NotReady(row, d.Name); e != nil {
			a.Blocked = v.t(e.Message, e.Args...)
		}
		out = append(out, a)
	}
	if st.Pending != "" {
		out = append(out, ui.Action{Label: v.t("Withdraw from approval"), Href: base + "/withdraw", Post: true})
	}
	if !t.info.NoEdit && v.Authz.Can(v.ctx, t.info.Name, "delete") && v.Authz.Covers(v.ctx, t.info.Name, "delete", b) &&
		(t.info.Process == nil || row.Stage() == t.info.Process.Start()) {
		out = append(out, ui.Action{Label: v.t("Delete"), Icon: "trash", Href: base + "/delete", Post: true, Version: b.Version, Kind: ui.Danger, Confirm: v.t("Delete {0}?", b.No)})
	}
	return out
}

// facts fills sections and line tables.
func (t *typePages) facts(v *view, d *ui.Detail, row resource.Row) error {
	names, err := v.refNames(t.info.Fields, []resource.Row{row})
	if err != nil {
		return err
	}
	var order []string
	sections := map[string]*ui.Facts{}
	for _, m := range t.info.Fields {
		if m.Hidden {
			continue
		}
		if m.Kind == resource.KLines {
			part, err := t.linesTable(v, m, row)
			if err != nil {
				return err
			}
			d.Tables = append(d.Tables, part)
			continue
		}
		text := row.Text(m.Name)
		if text == "" {
			continue
		}
		if sections[m.Section] == nil {
			title := m.Section
			if title == "" {
				title = "Details"
			}
			sections[m.Section] = &ui.Facts{Title: i18n.In(v.ctx, t.info.Module, title)}
			order = append(order, m.Section)
		}
		f := ui.Fact{Label: v.label(t.info.Name+"."+m.Name, m.Label), Text: v.value(m, text), Wide: m.Kind == resource.KLongText}
		switch m.Kind {
		case resource.KRef:
			f.Text = names[m.Target+"/"+text]
			if m.Target == "core.user" {
				f.Person = f.Text != ""
			} else if id, err := strconv.ParseInt(text, 10, 64); err == nil && v.Authz.Can(v.ctx, m.Target, "read") {
				f.Href = recordPath(m.Target, id)
			}
		case resource.KEnum:
			if o := m.Option(text); o != nil && o.Tone != "" {
				f.Pill, f.Text = ui.Pill{Text: f.Text, Tone: tones[o.Tone]}, ""
			}
		}
		sections[m.Section].Items = append(sections[m.Section].Items, f)
	}
	for _, n := range order {
		d.Facts = append(d.Facts, *sections[n])
	}
	return nil
}

func (t *typePages) linesTable(v *view, m *resource.Meta, row resource.Row) (ui.Part, error) {
	label := v.label(t.info.Name+"."+m.Name, m.Label)
	p := ui.Part{Title: label, Table: ui.Table{ID: "lines-" + m.Name, Caption: label, Plain: true}}
	var metas []*resource.Meta
	ids := map[string][]int64{}
	lines := row.Lines(m.Name)
	for _, l := range m.Lines {
		if l.Hidden || row.Masked(m.Name+"."+l.Name) {
			continue
		}
		metas = append(metas, l)
		p.Table.Cols = append(p.Table.Cols, ui.Col{Key: l.Name, Label: v.label(t.info.Name+"."+m.Name+"."+l.Name, l.Label), Kind: cellKind(l)})
		if l.Kind == resource.KRef {
			for _, x := range lines {
				if id, err := strconv.ParseInt(x.Text(l.Name), 10, 64); err == nil {
					ids[l.Target] = append(ids[l.Target], id)
				}
			}
		}
	}
	names, err := v.Types.Names(v.ctx, ids)
	if err != nil {
		return p, err
	}
	for _, x := range lines {
		r := ui.Row{ID: strconv.FormatInt(x.ID(), 10)}
		for _, l := range metas {
			r.Cells = append(r.Cells, v.cell(t.info.Name, l, x.Text(l.Name), names))
		}
		p.Table.Rows = append(p.Table.Rows, r)
	}
	return p, nil
}

// panels renders what modules put on the page; a failing one shows its own error.
func (t *typePages) panels(v *view, id int64) []ui.Panel {
	var out []ui.Panel
	for _, p := range v.Types.Panels(v.ctx, t.info.Name) {
		x := ui.Panel{ID: "panel-" + strings.ReplaceAll(p.Key, ".", "-"), Title: v.t(p.Title)}
		var b bytes.Buffer
		if err := p.Render(v.ctx, id, &b); err != nil {
			slog.ErrorContext(v.ctx, "panel failed", slog.String("panel", p.Key), slog.Any("error", err))
			x.Error = v.t("This part could not be shown.")
		} else {
			x.Body = templ.Raw(b.String())
		}
		out = append(out, x)
	}
	return out
}

func (t *typePages) approvals(v *view, id int64, base string) (*ui.Approvals, error) {
	rounds, err := v.Process.Rounds(v.ctx, t.ref(id))
	if err != nil || len(rounds) == 0 {
		return nil, err
	}
	r := rounds[0]
	out := &ui.Approvals{Title: v.t("Approval: {0}", v.moveLabel(t.info, r.Move))}
	dir := v.Authz.Directory()
	out.Steps = append(out.Steps, ui.ApprovalStep{Title: v.t("Submitted"), Who: dir.Name(r.Submitter), When: v.moment(r.OpenedAt), State: ui.StepDone, Opinion: v.t(r.Explanation)})
	for i := range r.Steps {
		step := ui.ApprovalStep{Title: v.t("Step {0}", i+1), State: ui.StepTodo}
		var who []string
		for _, x := range r.Tasks {
			if x.Step != i {
				continue
			}
			switch x.State {
			case "approved", "rejected":
				step.Who, step.When, step.Opinion = dir.Name(x.DecidedBy), v.moment(x.DecidedAt), x.Opinion
				step.State = map[string]string{"approved": ui.StepDone, "rejected": ui.StepFailed}[x.State]
				who = nil
			case "open":
				who = append(who, dir.Name(x.Assignee))
				step.State = ui.StepCurrent
				if x.Assignee == v.user.User && r.State == "open" {
					out.Decide = &ui.Decide{Action: fmt.Sprintf("%s/decide/%d", base, x.ID), Target: "record"}
				}
			}
		}
		if step.Who == "" {
			step.Who = strings.Join(who, v.t(", "))
		}
		out.Steps = append(out.Steps, step)
	}
	if r.State == "withdrawn" || r.State == "void" {
		out.Steps = append(out.Steps, ui.ApprovalStep{Title: v.t(map[string]string{"withdrawn": "Withdrawn", "void": "Void: the document changed"}[r.State]), State: ui.StepFailed})
	}
	return out, nil
}

func (v *view) moveLabel(info *resource.Info, name string) string {
	if info.Process != nil {
		for _, m := range info.Process.Moves {
			if m.Name == name {
				return v.t(m.Label)
			}
		}
	}
	return v.t(map[string]string{"create": "Record created", "delete": "Deleted", "accept": "Hand-over accepted", "reveal": "Reveal contact data"}[name])
}

// timeline joins log, field changes, comments and files, the newest first.
func (t *typePages) timeline(v *view, row resource.Row, def *process.Definition, base string) (*ui.Timeline, error) {
	id := row.Base().ID
	type entry struct {
		at time.Time
		ui.Entry
	}
	var list []entry
	dir := v.Authz.Directory()
	add := func(at time.Time, e ui.Entry) {
		e.When, e.ISO = v.ago(at), at.UTC().Format(time.RFC3339)
		list = append(list, entry{at, e})
	}
	if def != nil {
		events, err := v.Process.History(v.ctx, t.ref(id))
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			add(e.At, ui.Entry{Kind: ui.EntryMove, Who: v.who(e), Text: t.eventText(v, def, e)})
		}
	}
	changes, err := v.Audit.List(v.ctx, audit.Filter{Type: t.info.Name, ObjectID: id, Limit: 50})
	if err != nil {
		return nil, err
	}
	for _, a := range changes {
		if e := t.changeEntry(v, row, a); e != nil {
			e.Who = dir.Name(a.Actor)
			add(a.At, *e)
		}
	}
	comments, err := v.Comments.List(v.ctx, t.ref(id))
	if err != nil {
		return nil, err
	}
	for _, c := range comments {
		add(c.At, ui.Entry{Kind: ui.EntryComment, Who: dir.Name(c.Author), Text: c.Body})
	}
	files, err := v.Files.List(v.ctx, t.ref(id))
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		add(f.At, ui.Entry{Kind: ui.EntryFile, Who: dir.Name(f.ByUser), File: &ui.File{Name: f.Name, Size: size(f.Size), Href: fmt.Sprintf("/file/%d", f.ID)}})
	}
	slices.SortStableFunc(list, func(a, b entry) int { return b.at.Compare(a.at) })
	out := &ui.Timeline{Comment: base + "/comment", Upload: base + "/attach"}
	for _, e := range list[:min(len(list), 80)] {
		out.Entries = append(out.Entries, e.Entry)
	}
	return out, nil
}

func (v *view) who(e process.Event) string {
	dir := v.Authz.Directory()
	name := dir.Name(e.Actor)
	if e.OnBehalf != 0 {
		return v.t("{0} for {1}", name, dir.Name(e.OnBehalf))
	}
	return name
}

func (t *typePages) eventText(v *view, def *process.Definition, e process.Event) string {
	text := v.moveLabel(t.info, e.Move)
	if e.Kind == "approval" {
		text += v.t(": ") + v.t(map[string]string{"submit": "submitted for approval", "approved": "approved", "rejected": "rejected", "withdrawn": "withdrawn", "void": "approval void"}[e.Data["act"]])
	}
	if e.From != e.To {
		if s := def.Stage(e.To); s != nil {
			text += " → " + v.t(s.Label)
		}
	}
	if e.Reason != "" {
		text += v.t(": ") + e.Reason
	}
	return text
}

// changeEntry is a change of fields; values the reader may not see are left out.
func (t *typePages) changeEntry(v *view, row resource.Row, a audit.Entry) *ui.Entry {
	if text := v.shareText(a); text != "" {
		return &ui.Entry{Kind: ui.EntryLog, Text: text}
	}
	if a.Action == "reveal" {
		return &ui.Entry{Kind: ui.EntryLog, Text: v.t("Revealed contact data: {0}", a.Reason)}
	}
	if a.Action != "update" {
		return nil
	}
	e := &ui.Entry{Kind: ui.EntryLog, Text: v.t("Changed")}
	for _, c := range a.Changes {
		m := t.info.Field(c.Field)
		if m == nil || m.Hidden || row.Masked(c.Field) {
			continue
		}
		x := ui.Change{Field: v.label(t.info.Name+"."+c.Field, m.Label), From: v.value(m, c.Before), To: v.value(m, c.After)}
		if m.Kind == resource.KLines {
			x.From, x.To = "", v.t("changed")
		}
		if m.Kind == resource.KRef {
			x.From, x.To = v.refTitle(m.Target, c.Before), v.refTitle(m.Target, c.After)
		}
		e.Changes = append(e.Changes, x)
	}
	if len(e.Changes) == 0 {
		return nil
	}
	return e
}

// shareText says who was given the record or lost it again, "" for other changes.
func (v *view) shareText(a audit.Entry) string {
	if len(a.Changes) == 0 {
		return ""
	}
	who := a.Changes[0]
	switch {
	case a.Action == "unshare":
		return v.t("No longer shared with {0}", who.Before)
	case a.Action == "share" && len(a.Changes) > 1:
		return v.t("Shared with {0} until {1}", who.After, a.Changes[1].After)
	case a.Action == "share":
		return v.t("Shared with {0}", who.After)
	}
	return ""
}

func (v *view) refTitle(target, text string) string {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return text
	}
	return v.Types.Title(authz.System(v.ctx, "audit"), trace.Ref{Type: target, ID: id})
}

func size(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%d KB", (n+1023)/1024)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
}

// again answers a post on a record: the fresh block for htmx, else the page.
func (t *typePages) again(v *view, id int64, message string, args ...any) error {
	if target, ok := htmx(v.c); ok {
		row, err := t.d.GetRow(v.ctx, id)
		to := ""
		switch {
		case err != nil: // the move took it out of the reader's sight
			to = t.base
		case strings.Contains(v.c.GetHeader("HX-Current-URL"), recordPath(t.info.Name, id)+"/move/"): // its form is a page of its own
			to = recordPath(t.info.Name, id)
		}
		if to != "" {
			v.c.Header("HX-Redirect", to)
			v.c.Status(http.StatusOK)
			return nil
		}
		d, err := t.build(v, row)
		if err != nil {
			return err
		}
		v.c.Header("HX-Trigger", asciiJSON(ui.Toast{Text: v.t(message, args...), Tone: ui.OK}))
		if target == "dialog-body" {
			v.c.Header("HX-Retarget", "#record")
			v.c.Header("HX-Reswap", "outerHTML")
		}
		return v.fragment(http.StatusOK, d)
	}
	return v.done(recordPath(t.info.Name, id), message, args...)
}

func (t *typePages) comment(v *view) error {
	row, err := t.row(v)
	if err != nil {
		return err
	}
	form, err := v.parse()
	if err != nil {
		return err
	}
	if err := v.Comments.Add(v.ctx, t.ref(row.Base().ID), row.Base().No, form.Get("text")); err != nil {
		return err
	}
	return t.timelineAgain(v, row, "Comment added.")
}

func (t *typePages) attach(v *view) error {
	row, err := t.row(v)
	if err != nil {
		return err
	}
	v.c.Request.Body = http.MaxBytesReader(v.c.Writer, v.c.Request.Body, attach.MaxSize+1<<20)
	name, body, err := v.sent("file")
	if err != nil {
		return err
	}
	if name == "" {
		return errs.Bad("file", "Choose a file of at most {0} MB.", attach.MaxSize>>20)
	}
	if err := v.Files.Add(v.ctx, t.ref(row.Base().ID), name, body); err != nil {
		return err
	}
	return t.timelineAgain(v, row, "File added.")
}

func (t *typePages) timelineAgain(v *view, row resource.Row, message string) error {
	if target, ok := htmx(v.c); ok && target == "timeline" {
		tl, err := t.timeline(v, row, t.info.Process, recordPath(t.info.Name, row.Base().ID))
		if err != nil {
			return err
		}
		return v.fragment(http.StatusOK, tl)
	}
	return t.again(v, row.Base().ID, message)
}

// download sends an attachment to whoever may read its document.
func (s *Server) download(v *view) error {
	id, err := strconv.ParseInt(v.c.Param("id"), 10, 64)
	if err != nil {
		return errs.Missing()
	}
	f, body, err := v.Files.Read(v.ctx, id)
	if err != nil {
		return err
	}
	d, err := v.Types.Doc(f.ObjectType)
	if err != nil {
		return err
	}
	if _, err := d.GetRow(v.ctx, f.ObjectID); err != nil {
		return err
	}
	v.c.Header("Content-Disposition", contentDisposition(f.Name))
	v.c.Header("Content-Security-Policy", "sandbox")
	v.c.Data(http.StatusOK, f.MediaType, body)
	return nil
}

// contentDisposition names a download in any script.
func contentDisposition(name string) string {
	ascii := strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e || r == '"' || r == '\\' {
			return '_'
		}
		return r
	}, name)
	return fmt.Sprintf(`attachment; filename="%s"; filename*=UTF-8''%s`, ascii, escapePath(name))
}

func escapePath(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// file sends a file of the document: its PDF, its e-invoice.
func (t *typePages) file(v *view) error {
	row, err := t.row(v)
	if err != nil {
		return err
	}
	d := t.info.Download(v.c.Param("name"))
	if d == nil {
		return errs.New(errs.NotFound, "There is no such page.")
	}
	var b bytes.Buffer
	if err := t.d.DownloadRow(v.ctx, row.Base().ID, d.Name, &b); err != nil {
		return err
	}
	v.c.Header("Content-Disposition", contentDisposition(row.Base().No+d.Ext))
	v.c.Data(http.StatusOK, d.Media, b.Bytes())
	return nil
}
