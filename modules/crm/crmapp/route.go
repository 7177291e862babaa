package crmapp

import (
	"context"
	"time"

	"meridian/modules/crm/internal/domain"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/report"
	"meridian/platform/resource"
)

type routeIn struct {
	Owner int64
	Day   date.Date
}

// route is the day of somebody who goes out: the visits in their order, where they are, and
// how long each took (CRM-04).
func (d *desk) route() *report.Report[routeIn] {
	return &report.Report[routeIn]{
		Name: "crm.route", Label: "Route of the day", Icon: "route", Perm: "crm.followup:read", Home: []string{"ltc.rep"},
		Help: "The visits and meetings of a person on a day, by their time. Check in when you are there; logging the result is the check-out. Without a connection write it down and log it later with the time it took place.",
		Form: resource.Fields[routeIn]{resource.Ref("owner_id", "Owner", func(in *routeIn) *int64 { return &in.Owner }, "core.user"), resource.Date("day", "Day", func(in *routeIn) *date.Date { return &in.Day }).Required()},
		Default: func(ctx context.Context, in *routeIn) error {
			in.Owner, in.Day = authz.Actor(ctx), d.today(ctx)
			return nil
		},
		Run: d.runRoute,
		Commands: []report.Command{
			report.Do("check_in", "Check in", "crm.followup:check_in", resource.Fields[checkInIn]{resource.Ref("followup_id", "Follow-up", func(in *checkInIn) *int64 { return &in.ID }, "crm.followup").Required(),
				resource.Text("place", "Where you are", func(in *checkInIn) *string { return &in.Place }).Limit(200).Hint("Address or coordinates; empty if it does not matter.")}, d.checkIn).OnRows(),
			report.Do("log", "Log the result", "crm.followup:hold", append(resource.Fields[logIn]{
				resource.Ref("followup_id", "Follow-up", func(in *logIn) *int64 { return &in.ID }, "crm.followup").Required()}, logFields()...), d.logFollowup).OnRows(),
		},
	}
}

type checkInIn struct {
	ID    int64
	Place string
}

func (d *desk) checkIn(ctx context.Context, in *checkInIn) (report.Done, error) {
	_, _, err := d.followups.Type.FireRow(ctx, in.ID, 0, "check_in", resource.Values{"place": in.Place})
	return report.Done{Message: "You are checked in."}, err
}

func (d *desk) runRoute(ctx context.Context, in *routeIn) (*report.Result, error) {
	list, err := d.sql.Route(ctx, in.Owner, in.Day)
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "visits", Title: "Visits of the day", Empty: "No visit is planned for this day.", Cols: []report.Col{{Key: "customer", Label: "Customer", Kind: resource.KRef}, {Key: "at", Label: "At"}, {Key: "address", Label: "Address"},
		{Key: "subject", Label: "Subject", Kind: resource.KRef}, {Key: "contact", Label: "Contact"}, {Key: "state", Label: "State"}, {Key: "minutes", Label: "Minutes there", Kind: resource.KInt}, {Key: "last", Label: "Last conclusion", Minor: true}}}
	done, spent := 0, 0
	for i := range list {
		v := &list[i]
		ref := d.followups.Type.Ref(v.ID)
		row := report.Row{Ref: ref}
		state, minutes := report.Pill("Planned", "neutral"), report.None()
		id := resource.Values{"followup_id": digits(v.ID)}
		switch {
		case v.Stage == string(domain.FollowupDone):
			done++
			state = report.Pill("Held", "ok")
			if v.CheckedInAt != nil && v.DoneAt != nil {
				n := int(v.DoneAt.Sub(*v.CheckedInAt) / time.Minute)
				spent, minutes = spent+n, report.Count(n)
			}
		case v.CheckedInAt != nil:
			state = report.Pill("There now", "info")
			row.Acts = []report.Act{{Command: "log", Values: id}}
		default:
			row.Late = in.Day.Before(d.today(ctx))
			row.Acts = []report.Act{{Command: "check_in", Values: id}, {Command: "log", Values: id}}
		}
		row.Cells = []report.Cell{report.Doc(customerRef(v.CustomerID), v.Customer), report.Text(v.AtTime), report.Text(v.Address), report.Doc(ref, v.Subject), report.Text(v.Contact), state, minutes, report.Text(v.LastConclusion)}
		t.Rows = append(t.Rows, row)
	}
	return &report.Result{Tiles: []report.Tile{{Key: "planned", Label: "Visits", Value: report.Count(len(list))}, {Key: "done", Label: "Held", Value: report.Count(done)}, {Key: "minutes", Label: "Minutes with customers", Value: report.Count(spent)}}, Tables: []report.Table{t}}, nil
}
