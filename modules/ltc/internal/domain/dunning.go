package domain

import (
	"context"
	"fmt"
	"time"

	"meridian/modules/crm"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/i18n"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// DunningStage is the state of a dunning letter.
type DunningStage string

// The stages of a dunning letter.
const (
	DunningProposed  DunningStage = "proposed"
	DunningApproved  DunningStage = "approved"
	DunningSent      DunningStage = "sent"
	DunningSuspended DunningStage = "suspended"
	DunningEscalated DunningStage = "escalated"
	DunningResolved  DunningStage = "resolved"
	DunningDropped   DunningStage = "dropped"
)

// DunningItem is an instalment a letter reminds of.
type DunningItem struct {
	record.Line
	InvoiceID    int64
	InstalmentID int64
	DueOn        date.Date
	Days         int
	Level        int
	Open         money.Amount
	Interest     money.Amount
	InterestFrom date.Date
	InterestTo   date.Date
}

// Dunning is a letter to a customer about what is overdue: one per customer and run, per
// instalment what level it reached.
type Dunning struct {
	record.Base
	Stage      DunningStage
	RunOn      date.Date
	CustomerID crm.CustomerID
	PolicyID   int64
	Level      int
	Channel    string
	Subject    string
	Body       string
	Open       money.Amount
	Fee        money.Amount
	Interest   money.Amount
	SentOn     date.Date
	ChargeID   *int64
	Delivery   Delivery
	MailedTo   string
	MailError  string
	MailedAt   *time.Time
	Items      []DunningItem `gorm:"-"`
}

// Dunnings is the service behind the dunning type.
type Dunnings struct {
	*Ports
	Store    record.Store[Dunning]
	Type     *resource.Type[Dunning]
	Policies *DunningPolicies
	Invoices *Invoices
}

// Proposal is what a run would send, with the policy it comes from.
type Proposal struct {
	Reminder
	Policy *DunningPolicy
}

// Proposals works out the letters of a run of the actor's company on a day.
func (s *Dunnings) Proposals(ctx context.Context, run date.Date) ([]Proposal, error) {
	policies, err := s.Policies.All(ctx)
	if err != nil || len(policies) == 0 {
		return nil, err
	}
	items, err := s.Cash.Remindable(ctx, run)
	if err != nil {
		return nil, err
	}
	by, segment := map[*DunningPolicy][]Remindable{}, map[crm.CustomerID]string{}
	for _, r := range items {
		seg, seen := segment[r.Customer]
		if !seen {
			c, err := s.Customers.Customer(ctx, r.Customer)
			if err != nil {
				return nil, err
			}
			seg = c.Tier
			segment[r.Customer] = seg
		}
		p := policies[seg]
		if p == nil {
			p = policies[""]
		}
		if p != nil {
			by[p] = append(by[p], r)
		}
	}
	var out []Proposal
	for p, list := range by {
		for _, r := range p.Propose(list, run) {
			out = append(out, Proposal{r, p})
		}
	}
	return out, nil
}

// Run writes the letters of a day. A customer whose letter is still in preparation gets
// no second one. It returns how many were written.
func (s *Dunnings) Run(ctx context.Context, run date.Date) (int, error) {
	list, err := s.Proposals(ctx, run)
	if err != nil {
		return 0, err
	}
	n := 0
	for i := range list {
		switch err := s.write(authz.System(ctx, "ltc.dunning:run"), &list[i], run); {
		case err == nil:
			n++
		case !errs.Is(err, errs.Conflict):
			return n, err
		}
	}
	return n, nil
}

// write stores a proposed letter; the owner of the customer is told before the customer.
func (s *Dunnings) write(ctx context.Context, x *Proposal, run date.Date) error {
	customer, err := s.Customers.Customer(ctx, x.Customer)
	if err != nil {
		return fmt.Errorf("customer of reminder: %w", err)
	}
	l := x.Policy.Levels[min(x.Level, len(x.Policy.Levels))-1]
	d := &Dunning{RunOn: run, CustomerID: x.Customer, PolicyID: x.Policy.ID, Level: x.Level, Channel: l.Channel, Subject: l.Subject, Body: l.Body, Items: x.Items}
	d.OwnerID, d.CompanyID = x.Owner, x.Policy.CompanyID
	if d.Channel == "email" && customer.Email == "" {
		d.Channel = "letter"
	}
	if x.Policy.Carry {
		d.Fee = l.Fee
	}
	return s.Tx(ctx, func(ctx context.Context) error {
		if err := s.Type.Create(ctx, d); err != nil {
			return fmt.Errorf("reminder for %s: %w", customer.Name, err)
		}
		for i := range d.Items {
			if err := s.Link(ctx, s.Invoices.Type.Ref(d.Items[i].InvoiceID), s.Type.Ref(d.ID), "reminded"); err != nil {
				return err
			}
		}
		return s.Notify(ctx, process.Notice{Users: []int64{customer.Owner, x.Owner}, Kind: "work", Message: "{0} will be reminded of {1}; say so if it should not.", Args: []any{customer.Name, money.Format(d.Open, 2)}, Object: s.Type.Ref(d.ID)})
	})
}

// check adds the letter up.
func (s *Dunnings) check(_ context.Context, d *Dunning) error {
	if d.Stage != DunningProposed {
		return nil
	}
	d.Open, d.Interest, d.Level = money.Amount{}, sumInterest(d.Items), 0
	for i := range d.Items {
		if d.Items[i].InstalmentID == 0 {
			return errs.Bad(fmt.Sprintf("items.%d.invoice_id", i), "Items come from the run; they can only be taken out.")
		}
		d.Open, d.Level = d.Open.Add(d.Items[i].Open), max(d.Level, d.Items[i].Level)
	}
	if len(d.Items) == 0 {
		return errs.Bad("items", "A letter without items is dropped instead.")
	}
	if d.Fee.Sign() < 0 {
		return errs.Bad("fee", "An amount cannot be negative.")
	}
	return nil
}

// send tells the customer: what was paid, disputed or promised since the run is taken
// out; the instalments remember their level; fee and interest are charged if the policy
// says so.
func (s *Dunnings) send(ctx context.Context, d *Dunning) error {
	today := s.Today(ctx)
	var keep []DunningItem
	for _, x := range d.Items {
		ok, err := s.remind(ctx, &x, today)
		if err != nil {
			return err
		}
		if ok {
			keep = append(keep, x)
		}
	}
	if len(keep) == 0 {
		return errs.New(errs.Precondition, "Everything on this letter was paid, promised or disputed meanwhile; drop it.")
	}
	d.Items, d.SentOn, d.Interest, d.Open, d.Level = keep, today, sumInterest(keep), money.Amount{}, 0
	for i := range keep {
		d.Open, d.Level = d.Open.Add(keep[i].Open), max(d.Level, keep[i].Level)
	}
	if err := s.dispatch(ctx, d); err != nil {
		return err
	}
	return s.charge(ctx, d)
}

// remind notes the level on the instalment unless nothing is to be said any more.
func (s *Dunnings) remind(ctx context.Context, x *DunningItem, today date.Date) (ok bool, err error) {
	_, err = s.Invoices.Type.Update(ctx, x.InvoiceID, func(v *Invoice) error {
		for n := range v.Instalments {
			i := &v.Instalments[n]
			if i.ID != x.InstalmentID {
				continue
			}
			r := Remindable{Disputed: i.Disputed, PromisedOn: i.PromisedOn}
			if ok = !r.stopped(today) && (i.Open.Sign() > 0 || x.Interest.Sign() > 0); ok {
				x.Open, i.Level, i.RemindedOn = i.Open, max(i.Level, x.Level), today
			}
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("remind of invoice %d: %w", x.InvoiceID, err)
	}
	return ok, nil
}

// charge drafts the invoice over fee and interest, once per letter; they stay due when
// the principal is paid.
func (s *Dunnings) charge(ctx context.Context, d *Dunning) error {
	claim := d.Fee.Add(d.Interest)
	if claim.IsZero() {
		return nil
	}
	v := &Invoice{Kind: InvoiceCharge, CustomerID: d.CustomerID, Note: d.No}
	inherit(&v.Base, &d.Base)
	if d.Fee.Sign() > 0 {
		v.Items = append(v.Items, InvoiceItem{Description: i18n.T(ctx, "Dunning fee"), Gross: d.Fee})
	}
	if d.Interest.Sign() > 0 {
		v.Items = append(v.Items, InvoiceItem{Description: i18n.T(ctx, "Interest on arrears"), Gross: d.Interest})
	}
	if err := s.Invoices.start(ctx, v); err != nil {
		return err
	}
	d.ChargeID = &v.ID
	return s.Link(ctx, s.Type.Ref(d.ID), s.Invoices.Type.Ref(v.ID), "charged")
}

// Review brings letters in line with what happened: resolved when everything is paid,
// suspended while something on them is disputed or promised, taken up again after.
func (s *Dunnings) Review(ctx context.Context, day date.Date) error {
	ctx = authz.System(ctx, "ltc.dunning:review")
	list, err := s.Store.Find(ctx, record.Where("stage", record.In, []string{string(DunningSent), string(DunningSuspended), string(DunningEscalated)}))
	if err != nil {
		return fmt.Errorf("letters: %w", err)
	}
	for i := range list {
		d := &list[i]
		left, stopped, err := s.Cash.LetterState(ctx, d.ID, day)
		if err != nil {
			return err
		}
		var move string
		switch {
		case left == 0:
			move = "resolve"
		case stopped && d.Stage == DunningSent:
			move = "suspend"
		case !stopped && d.Stage == DunningSuspended:
			move = "resume"
		default:
			continue
		}
		if err := s.Type.Fire(ctx, d.ID, move, nil); err != nil {
			return fmt.Errorf("%s letter %s: %w", move, d.No, err)
		}
	}
	return nil
}

// Declare returns the document type of the dunning letter.
func (s *Dunnings) Declare() *resource.Type[Dunning] {
	sent := resource.From(DunningSent, DunningSuspended, DunningEscalated)
	s.Type = &resource.Type[Dunning]{
		Name: "ltc.dunning", Label: "Dunning letter", Plural: "Dunning letters", Icon: "mail-exclamation", Number: "DL-{yyyy}-{00000}", Store: s.Store, Check: s.check, NoCreate: true, SumBy: "open", Print: s.print,
		Title:  func(d *Dunning) string { return d.Subject },
		Amount: func(d *Dunning) money.Amount { return d.Open },
		Day:    func(d *Dunning) date.Date { return d.RunOn },
		Fields: resource.Fields[Dunning]{
			resource.Ref("customer_id", "Customer", func(d *Dunning) *crm.CustomerID { return &d.CustomerID }, "crm.customer").ReadOnly().InList().Filter(),
			resource.Date("run_on", "Run of", func(d *Dunning) *date.Date { return &d.RunOn }).ReadOnly().InList().Filter(),
			resource.Ref("policy_id", "Dunning policy", func(d *Dunning) *int64 { return &d.PolicyID }, "ltc.dunning_policy").ReadOnly().Filter(),
			resource.Int("level", "Level", func(d *Dunning) *int { return &d.Level }).ReadOnly().InList().Filter(),
			resource.Enum("channel", "Channel", func(d *Dunning) *string { return &d.Channel }, channels()...).InList().Filter(),
			resource.Text("subject", "Subject", func(d *Dunning) *string { return &d.Subject }).Required().InList(),
			resource.LongText("body", "Text", func(d *Dunning) *string { return &d.Body }).Limit(2000),
			resource.Lines("items", "Items", func(d *Dunning) *[]DunningItem { return &d.Items }, resource.Fields[DunningItem]{
				resource.Ref("invoice_id", "Invoice", func(i *DunningItem) *int64 { return &i.InvoiceID }, "ltc.invoice").ReadOnly(),
				resource.Date("due_on", "Due on", func(i *DunningItem) *date.Date { return &i.DueOn }).ReadOnly(),
				resource.Int("days", "Days overdue", func(i *DunningItem) *int { return &i.Days }).ReadOnly(),
				resource.Int("level", "Level", func(i *DunningItem) *int { return &i.Level }).ReadOnly(),
				resource.Money("open", "Open", func(i *DunningItem) *money.Amount { return &i.Open }).ReadOnly(),
				resource.Money("interest", "Interest", func(i *DunningItem) *money.Amount { return &i.Interest }).ReadOnly(),
			}),
			resource.Money("open", "Open", func(d *Dunning) *money.Amount { return &d.Open }).ReadOnly().InList().Filter(),
			resource.Money("fee", "Fee", func(d *Dunning) *money.Amount { return &d.Fee }).InList().Hint("Once per letter; 0 waives it."),
			resource.Money("interest", "Interest", func(d *Dunning) *money.Amount { return &d.Interest }).ReadOnly().InList(),
			resource.OptRef("charge_id", "Charged by", func(d *Dunning) **int64 { return &d.ChargeID }, "ltc.invoice").ReadOnly(),
			resource.Date("sent_on", "Sent on", func(d *Dunning) *date.Date { return &d.SentOn }).ReadOnly().InList().Filter(),
			resource.Enum("delivery", "Delivery", func(d *Dunning) *Delivery { return &d.Delivery }, deliveries()...).ReadOnly().InList().Filter().In("Delivery"),
			resource.Text("mailed_to", "Mailed to", func(d *Dunning) *string { return &d.MailedTo }).ReadOnly().In("Delivery"),
			resource.Text("mail_error", "What went wrong", func(d *Dunning) *string { return &d.MailError }).Limit(500).ReadOnly().In("Delivery"),
		},
		Process: resource.Process(func(d *Dunning) *DunningStage { return &d.Stage },
			[]resource.Stage[DunningStage]{
				{Key: DunningProposed, Label: "Proposed", Owner: "ltc.rep", Class: process.Draft, Limit: 16 * time.Hour, Help: "Take out what should not be reminded of; then approve."},
				{Key: DunningApproved, Label: "Approved", Owner: "core.finance_clerk", Class: process.Open, Locked: true, Limit: 8 * time.Hour, Help: "Send it: by mail with the PDF, else print it."},
				{Key: DunningSent, Label: "Sent", Wait: true, Class: process.Transit, Locked: true, Help: "The customer pays, promises or disputes."},
				{Key: DunningSuspended, Label: "Suspended", Wait: true, Class: process.Hold, Locked: true, Help: "A dispute or a promise stops it."},
				{Key: DunningEscalated, Label: "With legal", Owner: "core.finance_manager", Class: process.Working, Locked: true, Limit: 80 * time.Hour, Help: "Collect it by law, or write it off."},
				{Key: DunningResolved, Label: "Paid", End: true, Class: process.Done},
				{Key: DunningDropped, Label: "Dropped", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Dunning, DunningStage]{
				{Name: "approve", Label: "Approve", From: resource.From(DunningProposed), To: DunningApproved},
				{Name: "send", Label: "Send", From: resource.From(DunningApproved), To: DunningSent, Do: resource.Do(s.send)},
				{Name: "mail", Label: "Mail again", From: sent, Do: resource.Do(s.mailAgain)},
				{Name: "drop", Label: "Drop", From: resource.From(DunningProposed, DunningApproved), To: DunningDropped, Reason: true, Deviation: true},
				{Name: "suspend", Label: "Suspend", From: resource.From(DunningSent), To: DunningSuspended, System: true, Deviation: true},
				{Name: "resume", Label: "Take up again", From: resource.From(DunningSuspended), To: DunningSent, System: true, Deviation: true},
				{Name: "escalate", Label: "Hand to legal", From: resource.From(DunningSent, DunningSuspended), To: DunningEscalated, Reason: true, Deviation: true},
				{Name: "resolve", Label: "Everything is paid", From: sent, To: DunningResolved, System: true},
			}),
	}
	return s.Type
}
