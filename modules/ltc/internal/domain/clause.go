package domain

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"

	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/i18n"
	"meridian/platform/money"
	"meridian/platform/pdf"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// Clause is a standard text of the library.
type Clause struct {
	record.Base
	Title     string
	Topic     string
	Body      string
	Mandatory bool
}

// ContractClause is a clause of a contract: the standard text, or what was agreed
// instead.
type ContractClause struct {
	record.Line
	ClauseID *int64
	Topic    string
	Body     string
	Deviates bool
}

// Clauses is the service behind the clause type.
type Clauses struct {
	*Ports
	Store record.Store[Clause]
	Type  *resource.Type[Clause]
}

// Declare returns the document type of the clause.
func (s *Clauses) Declare() *resource.Type[Clause] {
	s.Type = &resource.Type[Clause]{
		Name: "ltc.clause", Label: "Contract clause", Plural: "Contract clauses", Icon: "section", Number: "CL-{0000}", NoOwner: true, Store: s.Store,
		Title: func(c *Clause) string { return c.Title },
		Fields: resource.Fields[Clause]{
			resource.Text("title", "Subject", func(c *Clause) *string { return &c.Title }).Required().InList().Search(),
			resource.Text("topic", "Topic", func(c *Clause) *string { return &c.Topic }).Required().InList().Filter().Limit(60),
			resource.LongText("body", "Text", func(c *Clause) *string { return &c.Body }).Required().Search(),
			resource.Bool("mandatory", "In every contract", func(c *Clause) *bool { return &c.Mandatory }).InList().Filter(),
		},
	}
	return s.Type
}

func clauseFields() resource.Fields[ContractClause] {
	return resource.Fields[ContractClause]{
		resource.OptRef("clause_id", "Contract clause", func(c *ContractClause) **int64 { return &c.ClauseID }, "ltc.clause"),
		resource.Text("topic", "Topic", func(c *ContractClause) *string { return &c.Topic }).Limit(60),
		resource.LongText("body", "Text", func(c *ContractClause) *string { return &c.Body }),
		resource.Bool("deviates", "Deviates", func(c *ContractClause) *bool { return &c.Deviates }).ReadOnly(),
	}
}

// clauses compares the clauses of a contract with the library: another text, a text of
// its own or a mandatory clause left out is a deviation, which three departments clear.
func (s *Contracts) clauses(ctx context.Context, c *Contract) error {
	if s.Library == nil {
		return nil
	}
	q := record.Query{}
	list, err := s.Library.Store.Find(authz.System(ctx, "ltc.contract:clauses"), q)
	if err != nil {
		return fmt.Errorf("clause library: %w", err)
	}
	library, missing := map[int64]*Clause{}, map[int64]bool{}
	for i := range list {
		if x := &list[i]; x.CompanyID == c.CompanyID || c.CompanyID == 0 {
			library[x.ID], missing[x.ID] = x, x.Mandatory
		}
	}
	c.Deviates = false
	for i := range c.Clauses {
		x := &c.Clauses[i]
		std := library[value(x.ClauseID)]
		if std == nil {
			x.Deviates, c.Deviates = true, true
			if x.Body == "" {
				return errs.Bad(fmt.Sprintf("clauses.%d.body", i), "This field must not be empty.")
			}
			continue
		}
		missing[std.ID] = false
		if x.Body == "" {
			x.Body = std.Body
		}
		x.Topic, x.Deviates = std.Topic, x.Body != std.Body
		c.Deviates = c.Deviates || x.Deviates
	}
	if len(c.Clauses) > 0 { // a contract without any stands on the paper of somebody else
		for _, gone := range missing {
			c.Deviates = c.Deviates || gone
		}
	}
	return nil
}

// clear notes that a department agrees.
func clear(of func(c *Contract) *bool) func(ctx context.Context, c *Contract) error {
	return func(_ context.Context, c *Contract) error {
		if *of(c) {
			return errs.New(errs.Precondition, "This department has agreed already.")
		}
		*of(c) = true
		return nil
	}
}

// unclear takes the agreements back when the contract goes back to draft.
func (s *Contracts) unclear(_ context.Context, c *Contract) error {
	c.LegalOK, c.FinanceOK, c.DeliveryOK = false, false, false
	return nil
}

// fingerprint is the hash of the paper both sides sign.
func (s *Contracts) fingerprint(ctx context.Context, c *Contract) (string, error) {
	h := sha256.New()
	if err := s.print(ctx, c, h); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}

// print writes the contract with its plan and clauses.
func (s *Contracts) print(ctx context.Context, c *Contract, w io.Writer) error {
	d, err := s.page(ctx, c.CompanyID, c.CustomerID, "Contract", c.No)
	if err != nil {
		return err
	}
	currency := s.currency(c.CompanyID)
	d.Created = c.CreatedAt
	d.Facts = [][2]string{{i18n.T(ctx, "Subject"), c.Title}, {i18n.T(ctx, "Starts on"), c.StartOn.String()}, {i18n.T(ctx, "Ends on"), c.EndOn.String()}, {i18n.T(ctx, "Currency"), currency}}
	d.Columns = []pdf.Column{{Label: "#", Width: 0.4}, {Label: i18n.T(ctx, "Kind"), Width: 1.2}, {Label: i18n.T(ctx, "Milestone"), Width: 2.4}, {Label: i18n.T(ctx, "Planned for"), Width: 1.6}, {Label: i18n.T(ctx, "Amount"), Width: 1.4, Right: true}}
	for i := range c.Plan {
		l := &c.Plan[i]
		when, amount := l.PlannedOn.String(), ""
		if l.TriggerLine > 0 {
			when = i18n.T(ctx, "{0} days after line {1}", l.OffsetDays, l.TriggerLine)
		}
		if l.money() {
			amount = money.Format(l.Amount, 2)
		}
		d.Rows = append(d.Rows, []string{fmt.Sprint(l.Seq), i18n.T(ctx, planWord(l.Kind)), l.Milestone, when, amount})
	}
	sums(ctx, &d, c.sums(), money.Amount{}, currency)
	for i := range c.Clauses {
		d.Notes = append(d.Notes, c.Clauses[i].Topic+": "+c.Clauses[i].Body)
	}
	d.Sign = [2]string{d.Seller.Name, d.Buyer.Name}
	switch c.Stage {
	case ContractDraft, ContractReview:
		d.Watermark = i18n.T(ctx, "Draft")
	case ContractVoid:
		d.Watermark = i18n.T(ctx, "Void")
	}
	return pdf.Render(w, d)
}

// sums is the amount of the contract without and with tax: at the agreed net, else at its
// tax rate.
func (c *Contract) sums() Totals {
	net := c.Price
	if net.IsZero() {
		net = money.RoundTo[money.Cents](c.Amount.Number().Div(money.Units(1).Add(c.TaxRate).Number()))
	}
	return Totals{net, c.Amount.Sub(net), c.Amount}
}

// planWord is the English word of a kind of plan line.
func planWord(k PlanKind) string {
	return map[PlanKind]string{PlanDeliver: "Deliver", PlanAccept: "Acceptance", PlanInvoice: "Invoice", PlanCollect: "Collect"}[k]
}
