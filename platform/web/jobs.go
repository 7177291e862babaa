package web

import (
	"net/http"
	"strconv"

	"meridian/platform/errs"
	"meridian/platform/jobs"
	"meridian/platform/web/ui"
)

// jobsPage lists what runs by time.
func (s *Server) jobsPage(v *view) error {
	if err := v.Authz.Require(v.ctx, "core.job", "read"); err != nil {
		return err
	}
	states, err := v.Jobs.States(v.ctx)
	if err != nil {
		return err
	}
	may := v.Authz.Can(v.ctx, "core.job", "update")
	body := ui.List{Path: "/admin/jobs", Empty: ui.Empty{Text: v.t("There is nothing here yet.")}}
	body.Table = ui.Table{Caption: v.t("Scheduler"), Cols: []ui.Col{{Key: "job", Label: v.t("Job")}, {Key: "spec", Label: v.t("Schedule"), Kind: ui.KindCode}, {Key: "last", Label: v.t("Last run")}, {Key: "next", Label: v.t("Next run")}, {Key: "out", Label: v.t("Outcome"), Kind: ui.KindPill}}}
	for _, j := range states {
		out := ui.Cell{Text: v.t("not run yet")}
		switch {
		case j.Paused:
			out = ui.Cell{Text: v.t("paused"), Tone: ui.Warn}
		case j.Outcome == "ok":
			out = ui.Cell{Text: v.t("ok"), Tone: ui.OK}
		case j.Outcome != "":
			out = ui.Cell{Text: v.t("failed"), Sub: clip(j.Outcome), Tone: ui.Bad}
		case !j.Last.IsZero():
			out = ui.Cell{Text: v.t("running"), Tone: ui.Info}
		}
		row := ui.Row{ID: j.Name, Cells: []ui.Cell{{Text: v.t(j.Label), Sub: j.Name}, {Text: j.Spec}, {Text: v.moment(j.Last)}, {Text: v.moment(j.Next)}, out}}
		if may {
			act, label := "pause", "Pause"
			if j.Paused {
				act, label = "resume", "Resume"
			}
			row.Menu = []ui.Action{{Label: v.t("Run now"), Href: "/admin/jobs/" + j.Name + "/run", Post: true}, {Label: v.t(label), Href: "/admin/jobs/" + j.Name + "/" + act, Post: true}}
		}
		body.Table.Rows = append(body.Table.Rows, row)
	}
	work, err := v.Queue.Work(v.ctx)
	if err != nil {
		return err
	}
	for _, w := range work {
		body.Table.Rows = append(body.Table.Rows, v.workRow(w, may))
	}
	body.Pager = ui.Pager{Total: strconv.Itoa(len(body.Table.Rows)), Page: 1, Pages: 1, Base: "/admin/jobs?page="}
	return v.show(http.StatusOK, v.t("Scheduler"), v.t("What runs by time; each run once, whatever the number of instances"), "list", body, nil)
}

// workRow is slow work that is done as it comes in.
func (v *view) workRow(w jobs.WorkState, may bool) ui.Row {
	out := ui.Cell{Text: v.t("nothing waits"), Tone: ui.OK}
	switch {
	case w.Failed > 0:
		out = ui.Cell{Text: v.t("{0} failed", w.Failed), Sub: clip(w.Error), Tone: ui.Bad}
	case w.Running > 0:
		out = ui.Cell{Text: v.t("running"), Tone: ui.Info}
	case w.Waiting > 0:
		out = ui.Cell{Text: v.t("{0} waiting", w.Waiting), Tone: ui.Info}
	}
	row := ui.Row{ID: w.Kind, Cells: []ui.Cell{{Text: v.t(w.Label), Sub: w.Kind}, {Text: v.t("as it comes in")}, {Text: v.moment(w.Last)}, {}, out}}
	if may && w.Failed > 0 {
		row.Menu = []ui.Action{{Label: v.t("Try again"), Href: "/admin/jobs/" + w.Kind + "/retry", Post: true}}
	}
	return row
}

// jobAct runs, pauses or resumes a job.
func (s *Server) jobAct(v *view) error {
	if err := v.Authz.Require(v.ctx, "core.job", "update"); err != nil {
		return err
	}
	name := v.c.Param("job")
	var err error
	switch v.c.Param("act") {
	case "run":
		err = v.Jobs.RunNow(v.ctx, name)
	case "pause":
		err = v.Jobs.Pause(v.ctx, name, true)
	case "resume":
		err = v.Jobs.Pause(v.ctx, name, false)
	case "retry":
		err = v.Queue.Retry(v.ctx, name)
	default:
		err = errs.New(errs.NotFound, "There is no such page.")
	}
	if err != nil {
		return err
	}
	return v.done("/admin/jobs", "Done: {0}", name)
}
