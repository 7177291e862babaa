package crmapp

import (
	"context"

	"meridian/modules/crm/internal/domain"
	"meridian/platform/authz"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/report"
	"meridian/platform/resource"
)

// handing adds transfers (CRM-09).
func (d *desk) handing() {
	d.transfers = &domain.Transfers{Portfolio: d.sql, Customers: d.customers, Book: d.sql, Notify: d.p.Notices.Send,
		Store: db.NewStore(d.p.DB, "crm.transfer", db.WithLines("crm.transfer_line", func(t *domain.Transfer) *[]domain.TransferLine { return &t.Lines }))}
	resource.Register(d.p.Types, d.transfers.Declare())
	report.Register(d.p.Reports, d.holdings())
}

// holdings shows what people hold, and who is gone and still holds something.
func (d *desk) holdings() *report.Report[ownerIn] {
	return &report.Report[ownerIn]{
		Name: "crm.holdings", Label: "Who holds what", Icon: "users", Perm: "crm.holdings:read",
		Help:     "Customers, people and open follow-ups of every person. Who has left must hold nothing: propose a transfer, write the hand-over sheet and submit it.",
		Form:     resource.Fields[ownerIn]{resource.Ref("owner_id", "Owner", func(in *ownerIn) *int64 { return &in.Owner }, "core.user")},
		Run:      d.runHoldings,
		Commands: []report.Command{report.Do("propose", "Propose a transfer", "crm.transfer:create", proposeForm(), d.proposeTransfer).OnRows()},
	}
}

func (d *desk) runHoldings(ctx context.Context, in *ownerIn) (*report.Result, error) {
	who, _ := authz.Of(ctx)
	list, err := d.sql.Holdings(ctx, who.Company, in.Owner)
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "people", Title: "People", Empty: "Nobody holds anything.", Cols: []report.Col{{Key: "person", Label: "Person", Kind: resource.KRef}, {Key: "state", Label: "State"}, {Key: "customers", Label: "Customers", Kind: resource.KInt},
		{Key: "signed", Label: "Signed customers", Kind: resource.KInt}, {Key: "contacts", Label: "Contacts", Kind: resource.KInt}, {Key: "followups", Label: "Open follow-ups", Kind: resource.KInt}}}
	gone := 0
	for _, h := range list {
		p := d.p.Authz.Directory().People[h.OwnerID]
		left := p == nil || !p.Active
		state := report.Pill("Works here", "ok")
		row := report.Row{Late: left}
		if left {
			gone++
			state = report.Pill("Has left", "bad")
		}
		row.Cells = []report.Cell{report.Person(h.OwnerID), state, report.Count(h.Customers), report.Count(h.Signed), report.Count(h.Contacts), report.Count(h.Followups)}
		if h.Customers > 0 {
			cause := "reorganisation"
			if left {
				cause = "leave"
			}
			row.Acts = []report.Act{{Command: "propose", Values: resource.Values{"from_user": digits(h.OwnerID), "cause": cause}}}
		}
		t.Rows = append(t.Rows, row)
	}
	return &report.Result{Tiles: []report.Tile{{Key: "gone", Label: "People who left and still hold something", Value: report.Count(gone)}}, Tables: []report.Table{t}}, nil
}

type proposeIn struct {
	From  int64 // may have left, so it is no reference people can choose
	To    int64
	Cause string
	Sheet string
}

func proposeForm() resource.Fields[proposeIn] {
	return resource.Fields[proposeIn]{
		resource.Int("from_user", "Number of the giver", func(in *proposeIn) *int64 { return &in.From }).Required(),
		resource.Ref("to_user", "To", func(in *proposeIn) *int64 { return &in.To }, "core.user").Required(),
		resource.Enum("cause", "Cause", func(in *proposeIn) *string { return &in.Cause }, resource.Option{Value: "leave", Label: "Leaves the company"}, resource.Option{Value: "reorganisation", Label: "Reorganisation"}, resource.Option{Value: "load", Label: "Balance of load"}).Required(),
		resource.LongText("sheet", "Hand-over sheet", func(in *proposeIn) *string { return &in.Sheet }),
	}
}

// proposeTransfer makes the draft of a transfer of everything a person holds.
func (d *desk) proposeTransfer(ctx context.Context, in *proposeIn) (report.Done, error) {
	who, _ := authz.Of(ctx)
	giver := d.p.Authz.Directory().People[in.From]
	if giver == nil || giver.Company != who.Company {
		return report.Done{}, errs.Bad("from_user", "Choose a person.")
	}
	t := &domain.Transfer{FromUser: in.From, ToUser: in.To, Cause: in.Cause, Sheet: in.Sheet}
	t.OwnerID, t.CompanyID = who.User, who.Company
	// past the rows: a person who has left is found in no list any more
	if err := d.transfers.Type.Create(authz.System(ctx, "proposed transfer"), t); err != nil {
		return report.Done{}, err
	}
	return report.Done{Message: "The draft is made; complete the hand-over sheet and submit it.", Href: d.transfers.Type.Ref(t.ID).Path()}, nil
}
