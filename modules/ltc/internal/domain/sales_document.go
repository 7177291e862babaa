package domain

import (
	"context"
	"fmt"

	"meridian/modules/crm"
	"meridian/platform/errs"
	"meridian/platform/record"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// SalesDocument is something to be used again in other deals; its files hang on it.
type SalesDocument struct {
	record.Base
	Title      string
	Purpose    string
	StageKey   DealStage
	CustomerID *int64
	Industry   string
	Body       string
	Used       int // times attached to a deal
}

// SalesDocuments is the service behind the sales library.
type SalesDocuments struct {
	*Ports
	Store record.Store[SalesDocument]
	Type  *resource.Type[SalesDocument]
	Deals *Opportunities
	// Attach copies the files of a document to another one and returns how many.
	Attach func(ctx context.Context, from, to trace.Ref) (int, error)
	// Count notes one more use of a document.
	Count func(ctx context.Context, document int64) error
}

// Purposes are what documents of sales are for.
func Purposes() []resource.Option {
	return []resource.Option{{Value: "intro", Label: "Introduction"}, {Value: "reference", Label: "Reference"}, {Value: "solution", Label: "Solution text"}, {Value: "tender", Label: "Tender"},
		{Value: "quote", Label: "Quote"}, {Value: "contract", Label: "Contract"}, {Value: "training", Label: "Training"}, {Value: "other", Label: "Other"}}
}

// Declare returns the document type of the library.
func (s *SalesDocuments) Declare() *resource.Type[SalesDocument] {
	s.Type = &resource.Type[SalesDocument]{
		Name: "ltc.sales_document", Label: "Sales document", Plural: "Sales documents", Icon: "book", Number: "SD-{00000}", Store: s.Store,
		Title: func(x *SalesDocument) string { return x.Title },
		Fields: resource.Fields[SalesDocument]{
			resource.Text("title", "Title", func(x *SalesDocument) *string { return &x.Title }).Required().InList().Search(),
			resource.Enum("purpose", "Use", func(x *SalesDocument) *string { return &x.Purpose }, Purposes()...).Required().InList().Filter(),
			resource.Enum("stage_key", "Stage", func(x *SalesDocument) *DealStage { return &x.StageKey }, stageOptions()...).InList().Filter().Hint("Empty: every stage."),
			resource.OptRef("customer_id", "Customer", func(x *SalesDocument) **int64 { return &x.CustomerID }, "crm.customer").InList().Filter(),
			resource.Text("industry", "Industry", func(x *SalesDocument) *string { return &x.Industry }).InList().Filter().Hint("Empty: that of the customer."),
			resource.LongText("body", "Text", func(x *SalesDocument) *string { return &x.Body }),
			resource.Int("used", "Times used", func(x *SalesDocument) *int { return &x.Used }).ReadOnly().InList().Filter(),
		},
	}
	return s.Type
}

// Reuse attaches the files of a document to a deal and links the two. The caller must see
// both. Errors: NotFound, Precondition when the document has no file.
func (s *SalesDocuments) Reuse(ctx context.Context, document, deal int64) (files int, err error) {
	err = s.Tx(ctx, func(ctx context.Context) error {
		x, err := s.Store.Get(ctx, document)
		if err != nil {
			return err
		}
		o, err := s.Deals.Store.Get(ctx, deal)
		if err != nil {
			return err
		}
		from, to := s.Type.Ref(x.ID), s.Deals.Type.Ref(o.ID)
		if files, err = s.Attach(ctx, from, to); err != nil {
			return fmt.Errorf("files of %s: %w", x.No, err)
		}
		if files == 0 {
			return errs.New(errs.Precondition, "{0} has no file to attach.", x.Title)
		}
		if err := s.Link(ctx, from, to, "used"); err != nil {
			return err
		}
		return s.Count(ctx, x.ID)
	})
	return files, err
}

// CopyTo drafts a quote for a deal out of another quote, with the customer of the deal
// and the prices of today. It belongs to the caller, who must see both.
func (s *Quotes) CopyTo(ctx context.Context, quote, deal int64) (*Quote, error) {
	q, err := s.Store.Get(ctx, quote)
	if err != nil {
		return nil, err
	}
	o, err := s.Opportunities.Store.Get(ctx, deal)
	if err != nil {
		return nil, err
	}
	switch {
	case o.closed():
		return nil, errs.Bad("deal", "The deal is closed.")
	case o.CustomerID == nil:
		return nil, errs.Bad("deal", "The deal names no customer yet.")
	}
	n := q.again(s.Today(ctx))
	n.Title, n.OpportunityID, n.CustomerID, n.ContactID, n.PaymentDays = o.Name, &o.ID, crm.CustomerID(*o.CustomerID), o.ContactID, 0
	for i := range n.Lines { // a configuration belongs to its customer's wishes, a price to its day
		n.Lines[i].ConfigurationID = nil
	}
	if err := s.Type.Create(ctx, n, s.Type.Ref(q.ID)); err != nil {
		return nil, fmt.Errorf("copy of %s: %w", q.No, err)
	}
	return n, nil
}
