package ltcapp

import (
	"context"

	"meridian/modules/crm"
	"meridian/modules/ltc/internal/domain"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/report"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// partnering adds what partners do with us: the leads handed out to them, the orders from
// their deals, their commission (CRM-16, LTC-18).
func (s *selling) partnering() {
	report.Register(s.p.Reports, s.partnerLeads())
	report.Register(s.p.Reports, s.partnerOrders())
	report.Register(s.p.Reports, s.partnerCommission())
	daily(s.p, "ltc.partner_leads", "Take back leads partners have not answered", "*/15 * * * *", func(ctx context.Context, company int64, _ date.Date) error {
		_, err := s.leads.TakeBackLeads(ctx, company, s.lateLeads)
		return err
	})
}

// lateLeads says which leads stand longer than the limit of their stage.
func (s *selling) lateLeads(ctx context.Context, ids []int64) (map[int64]bool, error) {
	clocks, err := s.p.Process.Clocks(ctx, "ltc.lead", ids)
	out := map[int64]bool{}
	for id, c := range clocks {
		out[id] = c.Late
	}
	return out, err
}

// declineIn is the form of sending a lead back.
type declineIn struct {
	Lead      int64
	Contacted string
	Spam      bool
	Reason    string
}

// partnerLeads is the list of what stands with partners: a partner sees its own, our own
// people see whom they may.
func (s *selling) partnerLeads() *report.Report[struct{}] {
	lead := resource.Ref("lead", "Lead", func(in *leadIn) *int64 { return &in.Lead }, "ltc.lead").Required()
	fire := func(ctx context.Context, id int64, move string, v resource.Values) error {
		_, _, err := s.leads.Type.FireRow(ctx, id, 0, move, v)
		return err
	}
	return &report.Report[struct{}]{
		Name: "ltc.partner_leads", Label: "Leads with partners", Icon: "magnet", Perm: "ltc.partner_leads:read", Home: []string{"ltc.partner"}, Run: s.runPartnerLeads,
		Help: "Leads handed out to partners, the unanswered ones first. A partner takes a lead or sends it back within two working days; afterwards it goes by itself to the next partner of the region, once to each, and then back to us.",
		Commands: []report.Command{
			report.Do("take", "Take the lead", "ltc.lead:take", resource.Fields[leadIn]{lead}, func(ctx context.Context, in *leadIn) (report.Done, error) {
				return report.Done{Message: "The lead is yours."}, fire(ctx, in.Lead, "take", resource.Values{})
			}).OnRows(),
			report.Do("reach", "Customer contacted", "ltc.lead:reach", resource.Fields[leadIn]{lead}, func(ctx context.Context, in *leadIn) (report.Done, error) {
				return report.Done{Message: "The first contact is noted."}, fire(ctx, in.Lead, "reach", resource.Values{})
			}).OnRows(),
			report.Do("decline", "Send back", "ltc.lead:decline", resource.Fields[declineIn]{resource.Ref("lead", "Lead", func(in *declineIn) *int64 { return &in.Lead }, "ltc.lead").Required(),
				resource.Enum("contacted", "Have you contacted the customer?", func(in *declineIn) *string { return &in.Contacted }, resource.Option{Value: "yes", Label: "Yes"}, resource.Option{Value: "no", Label: "No"}).Required(),
				resource.Bool("spam", "This is no real enquiry", func(in *declineIn) *bool { return &in.Spam }),
				resource.LongText("reason", "Reason", func(in *declineIn) *string { return &in.Reason }).Required().Limit(1000)}, func(ctx context.Context, in *declineIn) (report.Done, error) {
				v := resource.Values{"contacted": in.Contacted, "reason": in.Reason, "spam": map[bool]string{true: "true", false: "false"}[in.Spam]}
				return report.Done{Message: "The lead went back."}, fire(ctx, in.Lead, "decline", v)
			}).OnRows(),
		},
	}
}

func (s *selling) runPartnerLeads(ctx context.Context, _ *struct{}) (*report.Result, error) {
	list, err := s.leadBook.WithPartners(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(list))
	partners := make([]int64, len(list))
	for i := range list {
		ids[i], partners[i] = list[i].ID, list[i].PartnerID
	}
	clocks, err := s.p.Process.Clocks(ctx, "ltc.lead", ids)
	if err != nil {
		return nil, err
	}
	names, err := s.p.Types.Names(ctx, map[string][]int64{"crm.partner": partners})
	if err != nil {
		return nil, err
	}
	me, mine, err := s.deals.Partners.PartnerOf(ctx, authz.Actor(ctx))
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "leads", Empty: "No lead stands with a partner.", Cols: []report.Col{col("lead", "Lead", resource.KRef), col("company", "Company", resource.KText), col("need", "Need", resource.KText), col("value", "Expected value", resource.KMoney), col("partner", "Partner", resource.KText),
		col("stage", "Stage", resource.KText), col("given", "Given out at", resource.KTime), col("due", "Due", resource.KTime), col("contacted", "First contacted at", resource.KTime)}}
	open, late := 0, 0
	for i := range list {
		l := &list[i]
		c := clocks[l.ID]
		offered := l.Stage == string(domain.LeadOffered)
		if offered {
			open++
		}
		if c.Late {
			late++
		}
		r := report.Row{Ref: leadRef(l.ID), Late: c.Late, Cells: []report.Cell{report.Doc(leadRef(l.ID), l.Name), report.Text(l.Company), report.Text(l.Need), report.Money(l.Value), report.Text(names[trace.Ref{Type: "crm.partner", ID: l.PartnerID}.String()]),
			s.word(s.leads.Type.Info().Process.Stage(l.Stage)), at(l.GivenAt), report.Moment(c.Due), at(l.ContactedAt)}}
		if mine && int64(me.ID) == l.PartnerID {
			r.Acts = partnerActs(l.ID, offered, l.ContactedAt == nil)
		}
		t.Rows = append(t.Rows, r)
	}
	return &report.Result{Tables: []report.Table{t}, Tiles: []report.Tile{{Key: "open", Label: "To answer", Value: report.Count(open)}, {Key: "working", Label: "In work", Value: report.Count(len(list) - open)}, {Key: "late", Label: "Past the limit", Value: report.Count(late)}}}, nil
}

// partnerActs are what a partner may do with a lead now.
func partnerActs(lead int64, offered, silent bool) []report.Act {
	v := resource.Values{"lead": id10(lead)}
	var out []report.Act
	if offered {
		out = append(out, report.Act{Command: "take", Values: v})
	} else if silent {
		out = append(out, report.Act{Command: "reach", Values: v})
	}
	return append(out, report.Act{Command: "decline", Values: v})
}

// partnerIn asks for a partner; who signs in for one is answered about that one alone.
type partnerIn struct {
	Partner  int64
	From, To date.Date
}

// ownPartner is the partner a question is about: a partner's person asks about the own,
// whatever the question says; ok is false when there is none.
func (s *selling) ownPartner(ctx context.Context, asked int64) (crm.Partner, bool, error) {
	p, ok, err := s.deals.Partners.PartnerOf(ctx, authz.Actor(ctx))
	if err != nil || ok {
		return p, ok && p.Customer != 0, err
	}
	if asked == 0 || !s.p.Authz.Can(ctx, "crm.partners", "read") {
		return p, false, nil
	}
	p, err = s.deals.Partners.Partner(ctx, crm.PartnerID(asked))
	return p, err == nil && p.Customer != 0, err
}

func (s *selling) partnerField() *resource.Field[partnerIn] {
	return resource.Ref("partner", "Partner", func(in *partnerIn) *int64 { return &in.Partner }, "crm.partner")
}

// partnerOrders shows a partner how far the orders from its deals are.
func (s *selling) partnerOrders() *report.Report[partnerIn] {
	return &report.Report[partnerIn]{
		Name: "ltc.partner_orders", Label: "Orders of a partner", Icon: "shopping-cart", Perm: "ltc.partner_orders:read", Home: []string{"ltc.partner"}, Run: s.runPartnerOrders, Form: resource.Fields[partnerIn]{s.partnerField()},
		Help: "Confirmed orders from the deals of a partner. Who signs in for a partner sees those of the own partner, whatever is asked.",
	}
}

func (s *selling) runPartnerOrders(ctx context.Context, in *partnerIn) (*report.Result, error) {
	t := report.Table{Key: "orders", Title: "Orders", Empty: "There is no order from a deal of this partner.", Cols: []report.Col{col("order", "Order", resource.KText), col("deal", "Deal", resource.KText), col("customer", "Customer", resource.KText), col("stage", "Stage", resource.KText),
		col("day", "Order date", resource.KDate), col("wish", "Wanted on", resource.KDate), col("net", "Net", resource.KMoney)}}
	p, ok, err := s.ownPartner(ctx, in.Partner)
	if err != nil || !ok {
		return &report.Result{Tables: []report.Table{t}}, err
	}
	list, err := s.leadBook.PartnerOrders(ctx, company(ctx), int64(p.Customer))
	if err != nil {
		return nil, err
	}
	var customers []int64
	for _, o := range list {
		customers = append(customers, o.CustomerID)
	}
	names, err := s.p.Types.Names(ctx, map[string][]int64{"crm.customer": customers})
	if err != nil {
		return nil, err
	}
	orders, err := s.p.Types.Doc("ltc.order")
	if err != nil {
		return nil, err
	}
	var sum money.Amount
	for _, o := range list {
		if o.Stage != string(domain.OrderCancelled) {
			sum = sum.Add(o.Net)
		}
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Text(o.No), report.Text(o.Deal), report.Text(names[crm.CustomerID(o.CustomerID).Ref().String()]), s.word(orders.Info().Process.Stage(o.Stage)), report.Day(o.OrderDate), report.Day(o.WishDate), report.Money(o.Net)}})
	}
	return &report.Result{Tables: []report.Table{t}, Tiles: []report.Tile{{Key: "net", Label: "Ordered, net", Value: report.Money(sum)}}}, nil
}

// partnerCommission is the statement a partner may trace, without our margin.
func (s *selling) partnerCommission() *report.Report[partnerIn] {
	return &report.Report[partnerIn]{
		Name: "ltc.partner_commission", Label: "Commission of a partner", Icon: "coins", Perm: "ltc.partner_commission:read", Home: []string{"ltc.partner"}, Run: s.runPartnerCommission,
		Form: resource.Fields[partnerIn]{s.partnerField(), resource.Date("from", "From", func(in *partnerIn) *date.Date { return &in.From }), resource.Date("to", "Until", func(in *partnerIn) *date.Date { return &in.To })},
		Help: "Commission is booked when money for a deal of the partner comes in; what is taken back is a line of its own.",
	}
}

func (s *selling) runPartnerCommission(ctx context.Context, in *partnerIn) (*report.Result, error) {
	t := report.Table{Key: "lines", Title: "Line by line", Empty: "No commission in this period.", Cols: []report.Col{col("on", "Collected on", resource.KDate), col("kind", "Kind", resource.KText), col("deal", "Deal", resource.KText), col("invoice", "Invoice", resource.KText),
		col("collected", "Collected without tax", resource.KMoney), col("amount", "Commission", resource.KMoney), col("note", "Note", resource.KText)}}
	p, ok, err := s.ownPartner(ctx, in.Partner)
	if err != nil || !ok {
		return &report.Result{Tables: []report.Table{t}}, err
	}
	list, err := s.leadBook.PartnerCommissions(ctx, company(ctx), int64(p.Customer), in.From, in.To)
	if err != nil {
		return nil, err
	}
	var sum money.Amount
	for _, l := range list {
		sum = sum.Add(l.Amount)
		kind := report.Pill("Earned", "ok")
		if l.Kind == domain.Clawback {
			kind = report.Pill("Taken back", "bad")
		}
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Day(l.OnDate), kind, report.Text(l.Deal), report.Text(l.Invoice), report.Money(l.Collected), report.Money(l.Amount), report.Text(l.Note)}})
	}
	return &report.Result{Tables: []report.Table{t}, Tiles: []report.Tile{{Key: "sum", Label: "Commission", Value: report.Money(sum)}}}, nil
}
