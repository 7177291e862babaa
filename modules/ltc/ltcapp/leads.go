package ltcapp

import (
	"context"
	"strconv"

	"meridian/modules/crm"
	"meridian/modules/ltc/internal/domain"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/report"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

func leadRef(id int64) trace.Ref { return trace.Ref{Type: "ltc.lead", ID: id} }

func id10(id int64) string { return strconv.FormatInt(id, 10) }

// parseID reads an id; 0 for what is none.
func parseID(s string) int64 {
	id, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return id
}

type leadIn struct{ Lead int64 }

// myLeads is the list of who was given leads, with the clock of 30 minutes: LTC-01.
func (s *selling) myLeads() *report.Report[struct{}] {
	lead := resource.Ref("lead", "Lead", func(in *leadIn) *int64 { return &in.Lead }, "ltc.lead").Required()
	fire := func(name, label, said string) report.Command {
		return report.Do(name, label, "ltc.lead:"+name, resource.Fields[leadIn]{lead}, func(ctx context.Context, in *leadIn) (report.Done, error) {
			_, _, err := s.leads.Type.FireRow(ctx, in.Lead, 0, name, resource.Values{})
			return report.Done{Message: said}, err
		}).OnRows()
	}
	return &report.Report[struct{}]{
		Name: "ltc.my_leads", Label: "Leads given to me", Icon: "magnet", Perm: "ltc.lead:contact", Home: []string{"ltc.rep"}, Run: s.runMyLeads,
		Help:     "Open leads of yours, those nobody has contacted first. The limit of a stage counts in working time: 30 minutes from being given to the first contact.",
		Commands: []report.Command{fire("contact", "Contacted", "The first contact is noted."), fire("accept", "Accept", "The lead is taken over.")},
	}
}

func (s *selling) runMyLeads(ctx context.Context, _ *struct{}) (*report.Result, error) {
	list, err := s.leadBook.Mine(ctx, authz.Actor(ctx))
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	clocks, err := s.p.Process.Clocks(ctx, "ltc.lead", ids)
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "leads", Empty: "No open leads.", Cols: []report.Col{col("lead", "Lead", resource.KRef), col("company", "Company", resource.KText), col("stage", "Stage", resource.KText), col("source", "Source", resource.KText), col("score", "Score", resource.KInt),
		col("given", "Given out at", resource.KTime), col("due", "Due", resource.KTime), col("contacted", "First contacted at", resource.KTime)}}
	late, silent := 0, 0
	for i := range list {
		l := &list[i]
		c := clocks[l.ID]
		if c.Late {
			late++
		}
		if l.ContactedAt == nil {
			silent++
		}
		r := report.Row{Ref: leadRef(l.ID), Late: c.Late, Cells: []report.Cell{report.Doc(leadRef(l.ID), l.Name), report.Text(l.Company), s.word(s.leads.Type.Info().Process.Stage(l.Stage)), report.Text(l.Source), report.Count(l.Score),
			at(l.GivenAt), report.Moment(c.Due), at(l.ContactedAt)}}
		switch domain.LeadStage(l.Stage) {
		case domain.LeadAssigned:
			r.Acts = []report.Act{{Command: "contact", Values: resource.Values{"lead": id10(l.ID)}}}
		case domain.LeadMQL:
			r.Acts = []report.Act{{Command: "accept", Values: resource.Values{"lead": id10(l.ID)}}}
		}
		t.Rows = append(t.Rows, r)
	}
	return &report.Result{Tables: []report.Table{t}, Tiles: []report.Tile{{Key: "open", Label: "Open leads", Value: report.Count(len(list))}, {Key: "silent", Label: "Not contacted", Value: report.Count(silent)}, {Key: "late", Label: "Past the limit", Value: report.Count(late)}}}, nil
}

// conversionIn is the form of the commands of the wizard.
type conversionIn struct {
	Lead, Customer, Deal int64
	Name                 string
	Amount               money.Amount
	CloseOn              date.Date
}

// convert shows what we know already of a lead, and converts it into that or into
// something new: LTC-01.
func (s *selling) convert() *report.Report[leadIn] {
	lead := resource.Ref("lead", "Lead", func(in *conversionIn) *int64 { return &in.Lead }, "ltc.lead").Required()
	fresh := resource.Fields[conversionIn]{lead, resource.Ref("customer", "Customer", func(in *conversionIn) *int64 { return &in.Customer }, "crm.customer"), resource.Text("name", "Name of the deal", func(in *conversionIn) *string { return &in.Name }).Required(),
		resource.Money("amount", "Expected amount", func(in *conversionIn) *money.Amount { return &in.Amount }).Required(), resource.Date("close_on", "Expected close", func(in *conversionIn) *date.Date { return &in.CloseOn }).Required()}
	run := func(ctx context.Context, in *conversionIn, v resource.Values) (report.Done, error) {
		row, _, err := s.leads.Type.FireRow(ctx, in.Lead, 0, "convert", v)
		if err != nil {
			return report.Done{}, err
		}
		return report.Done{Message: "The lead is converted.", Href: "/ltc/opportunity/" + row.Text("opportunity_id")}, nil
	}
	return &report.Report[leadIn]{
		Name: "ltc.convert_lead", Label: "Convert a lead", Icon: "arrows-transfer-up", Perm: "ltc.lead:convert", Run: s.runConvert,
		Help: "What is known already of a lead that sales has qualified: the customer, the person, open deals, other leads. Join the lead to an open deal, use the customer that is there, or make everything new.",
		Form: resource.Fields[leadIn]{resource.Ref("lead", "Lead", func(in *leadIn) *int64 { return &in.Lead }, "ltc.lead")},
		Commands: []report.Command{
			report.Do("make", "New deal", "ltc.lead:convert", fresh, func(ctx context.Context, in *conversionIn) (report.Done, error) {
				v := resource.Values{"name": in.Name, "amount": in.Amount.String(), "close_on": in.CloseOn.String()}
				if in.Customer != 0 {
					v["customer_id"] = id10(in.Customer)
				}
				return run(ctx, in, v)
			}).OnRows(),
			report.Do("join", "Join this deal", "ltc.lead:convert", resource.Fields[conversionIn]{lead, resource.Ref("deal", "Opportunity", func(in *conversionIn) *int64 { return &in.Deal }, "ltc.opportunity").Required()},
				func(ctx context.Context, in *conversionIn) (report.Done, error) {
					return run(ctx, in, resource.Values{"opportunity_id": id10(in.Deal)})
				}).OnRows(),
		},
	}
}

func (s *selling) runConvert(ctx context.Context, in *leadIn) (*report.Result, error) {
	t := report.Table{Key: "matches", Title: "Known already", Empty: "Nothing like it is known.", Cols: []report.Col{col("kind", "Kind", resource.KText), col("match", "Match", resource.KRef), col("why", "Why", resource.KText), col("owner", "Owner", resource.KRef), col("amount", "Amount", resource.KMoney)}}
	if in.Lead == 0 {
		t.Empty = "Choose a lead that sales has qualified."
		return &report.Result{Tables: []report.Table{t}}, nil
	}
	l, err := s.leads.Type.Get(ctx, in.Lead)
	if err != nil {
		return nil, err
	}
	customers, err := s.customersOf(ctx, l)
	if err != nil {
		return nil, err
	}
	blocked := ""
	if l.Stage != domain.LeadSQL && l.Stage != domain.LeadPartner {
		blocked = "Only a lead that sales has qualified can be converted."
	}
	fresh := func(customer int64) report.Act {
		v := resource.Values{"lead": id10(l.ID), "name": l.Company, "amount": l.Value.String()}
		if customer != 0 {
			v["customer"] = id10(customer)
		}
		return report.Act{Command: "make", Values: v, Blocked: blocked}
	}
	var ids []int64
	for _, c := range customers {
		ids = append(ids, c.ID)
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Word("Customer"), report.Doc(trace.Ref{Type: "crm.customer", ID: c.ID}, c.Title), report.Word(c.Why), report.None(), report.Cell{Kind: resource.KMoney}}, Acts: []report.Act{fresh(c.ID)}})
	}
	deals, err := s.leadBook.DealsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i := range deals {
		d := &deals[i]
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Word("Opportunity"), report.Doc(dealRef(d.ID), d.Name), report.Word("Open deal of this customer"), report.Person(d.OwnerID), report.Money(d.Amount)},
			Acts: []report.Act{{Command: "join", Values: resource.Values{"lead": id10(l.ID), "deal": id10(d.ID)}, Blocked: blocked}}})
	}
	twins, err := s.leadBook.Twins(ctx, l)
	if err != nil {
		return nil, err
	}
	for i := range twins {
		x := &twins[i]
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Word("Lead"), report.Doc(leadRef(x.ID), x.Name), report.Word("Same person or company"), report.None(), report.Cell{Kind: resource.KMoney}}})
	}
	none := report.Table{Key: "new", Title: "Or everything new", Cols: []report.Col{col("lead", "Lead", resource.KRef), col("company", "Company", resource.KText), col("stage", "Stage", resource.KText)}, Rows: []report.Row{{Ref: leadRef(l.ID),
		Cells: []report.Cell{report.Doc(leadRef(l.ID), l.Name), report.Text(l.Company), s.word(s.leads.Type.Info().Process.Stage(string(l.Stage)))}, Acts: []report.Act{fresh(0)}}}}
	return &report.Result{Tables: []report.Table{t, none}}, nil
}

// customersOf finds the customers a lead may belong to: by its own reference, by name,
// by the e-mail of the person.
func (s *selling) customersOf(ctx context.Context, l *domain.Lead) ([]domain.Known, error) {
	var out []domain.Known
	add := func(id crm.CustomerID, why string) error {
		for _, m := range out {
			if m.ID == int64(id) {
				return nil
			}
		}
		c, err := s.leads.Customers.Customer(ctx, id)
		if err != nil {
			return err
		}
		out = append(out, domain.Known{Kind: "customer", ID: int64(id), Title: c.Name, Why: why})
		return nil
	}
	if l.CustomerID != nil {
		if err := add(crm.CustomerID(*l.CustomerID), "Named on the lead"); err != nil {
			return nil, err
		}
	}
	if l.Company != "" {
		id, ok, err := s.leads.Customers.Match(ctx, crm.NewCustomer{Name: l.Company})
		if err != nil {
			return nil, err
		}
		if ok {
			if err := add(id, "Same name"); err != nil {
				return nil, err
			}
		}
	}
	if l.Email != "" {
		c, ok, err := s.leads.Customers.ContactByEmail(ctx, l.Email)
		if err != nil {
			return nil, err
		}
		if ok {
			if err := add(c.Customer, "The person works there"); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}
