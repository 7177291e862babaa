package crmapp

import (
	"context"
	"fmt"

	"meridian/modules/crm/internal/domain"
	"meridian/platform/process"
	"meridian/platform/report"
	"meridian/platform/resource"
)

type poolCardIn struct{ Customer int64 }

func poolCard(id int64) string { return "/crm/pool_customer?customer=" + digits(id) }

// poolCustomer shows one customer of a pool to those who may claim it: what helps to
// decide, but not how it is reached.
func (d *desk) poolCustomer() *report.Report[poolCardIn] {
	return &report.Report[poolCardIn]{
		Name: "crm.pool_customer", Label: "Customer of a pool", Icon: "users", Perm: "crm.public_pool:read", Hidden: true,
		Help: "What is known of a customer without owner. Phone, mail, address and people are shown once it is claimed. Each customer opened counts for the views of the day.",
		Form: resource.Fields[poolCardIn]{resource.Int("customer", "Customer", func(in *poolCardIn) *int64 { return &in.Customer })},
		Run:  d.runPoolCustomer,
		Commands: []report.Command{report.Do("claim", "Claim", "crm.public_pool:claim", idForm("customer", "Customer"), func(ctx context.Context, in *numberIn) (report.Done, error) {
			return report.Done{Message: "The customer is yours.", Href: customerRef(in.ID).Path()}, d.pools.Claim(ctx, in.ID)
		}).OnRows()},
	}
}

func (d *desk) runPoolCustomer(ctx context.Context, in *poolCardIn) (*report.Result, error) {
	t := report.Table{Key: "customer", Title: "Customer", Empty: "Choose a customer in the public pool.", Cols: []report.Col{{Key: "what", Label: "Field"}, {Key: "value", Label: "Value"}}}
	if in.Customer == 0 {
		return &report.Result{Tables: []report.Table{t}}, nil
	}
	c, p, err := d.pools.Open(ctx, in.Customer)
	if err != nil {
		return nil, err
	}
	line := func(label string, value report.Cell) {
		if value.Text != "" {
			t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Word(label), value}})
		}
	}
	line("Customer", report.Text(c.No+" "+c.Name))
	line("Stage", report.Word(domain.StageLabels[c.Stage]))
	line("Industry", report.Text(c.Industry))
	line("Size", report.Text(c.Size))
	line("Region", report.Text(c.Region))
	line("Source", report.Text(c.Source))
	line("Core need", report.Text(c.CoreNeed))
	if c.NeedPriority != "" {
		line("Need priority", report.Word(optionLabel(d.customers.Type.Info().Field("need_priority").Options, c.NeedPriority)))
	}
	if c.LastTouchAt != nil {
		line("Last contact", report.Moment(*c.LastTouchAt))
	}
	line("Pool", report.Text(p.Name))
	if d.p.Authz.Can(ctx, "crm.public_pool", "claim") {
		t.Rows[0].Acts = []report.Act{{Command: "claim", Values: resource.Values{"customer": digits(c.ID)}}}
	}
	owned, err := d.sql.Owners(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	h := report.Table{Key: "owners", Title: "Who had it", Empty: "Nobody had this customer.", Cols: []report.Col{{Key: "owner", Label: "Owner", Kind: resource.KRef}, {Key: "since", Label: "From", Kind: resource.KTime}, {Key: "until", Label: "Until", Kind: resource.KTime}, {Key: "reason", Label: "Reason"}}}
	for _, o := range owned {
		if o.OwnerID == 0 {
			continue
		}
		until := report.None()
		if o.Until != nil {
			until = report.Moment(*o.Until)
		}
		h.Rows = append(h.Rows, report.Row{Cells: []report.Cell{report.Person(o.OwnerID), report.Moment(o.Since), until, report.Text(o.Reason)}})
	}
	return &report.Result{Tables: []report.Table{t, h}}, nil
}

// isBusy reports an open document of the types that keep a customer with its owner.
func (d *desk) isBusy(ctx context.Context, customer int64) (bool, error) {
	for _, name := range d.busy {
		doc, err := d.p.Types.Doc(name)
		if err != nil {
			return false, err
		}
		open, err := liveStages(doc.Info())
		if err != nil {
			return false, err
		}
		l, err := doc.ListRows(ctx, resource.ListQuery{Filters: map[string][]string{"customer_id": {digits(customer)}, "stage": open}, Limit: 1, Total: "none"})
		if err != nil {
			return false, err
		}
		if len(l.Rows) > 0 {
			return true, nil
		}
	}
	return false, nil
}

// liveStages are the stages of a document that has not ended.
func liveStages(i *resource.Info) ([]string, error) {
	if i.Process == nil {
		return nil, fmt.Errorf("%s has no process, so it is never open", i.Name)
	}
	var out []string
	for _, s := range i.Process.Stages {
		if s.Kind != process.End {
			out = append(out, s.Key)
		}
	}
	return out, nil
}
