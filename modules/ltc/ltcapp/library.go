package ltcapp

import (
	"context"
	"slices"
	"strings"

	"meridian/modules/ltc/internal/domain"
	"meridian/modules/ltc/internal/store"
	"meridian/platform/db"
	"meridian/platform/report"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// shelving wires decision points and the sales library: LTC-03.
func (s *selling) shelving() {
	p, ports := s.p, s.deals.Ports
	shelf := &store.Library{DB: p.DB}
	decisions := &domain.Decisions{Ports: ports, Opportunities: s.deals, Last: shelf.LastDecision,
		Store: db.NewStore(p.DB, "ltc.deal_decision", db.WithLines("ltc.decision_paper", func(x *domain.DealDecision) *[]domain.DecisionPaper { return &x.Papers }))}
	s.quotes.Decisions = decisions
	documents := &domain.SalesDocuments{Ports: ports, Deals: s.deals, Store: db.NewStore[domain.SalesDocument](p.DB, "ltc.sales_document"), Attach: s.attachCopy, Count: shelf.Count}
	resource.Register(p.Types, decisions.Declare())
	resource.Register(p.Types, documents.Declare())
	report.Register(p.Reports, s.library(shelf, documents))
}

// attachCopy gives the files of a document to another one and counts them.
func (s *selling) attachCopy(ctx context.Context, from, to trace.Ref) (int, error) {
	list, err := s.p.Files.List(ctx, from)
	if err != nil {
		return 0, err
	}
	for _, f := range slices.Backward(list) {
		_, body, err := s.p.Files.Read(ctx, f.ID)
		if err != nil {
			return 0, err
		}
		if err := s.p.Files.Add(ctx, to, f.Name, body); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

// reuseIn names what is used again, and for which deal.
type reuseIn struct{ Quote, Document, Deal int64 }

// library finds documents, quotes and contracts, and uses them again.
func (s *selling) library(shelf *store.Library, documents *domain.SalesDocuments) *report.Report[store.LibraryFilter] {
	deal := resource.Ref("deal", "My deal", func(in *reuseIn) *int64 { return &in.Deal }, "ltc.opportunity").Required()
	kinds := []resource.Option{{Value: "document", Label: "Sales document"}, {Value: "quote", Label: "Quote"}, {Value: "contract", Label: "Contract"}}
	return &report.Report[store.LibraryFilter]{
		Name: "ltc.library", Label: "Sales library", Icon: "book", Perm: "ltc.sales_document:read",
		Help: "Documents, quotes and contracts to learn from and to use again, as far as you may see them. A quote becomes a new draft on your deal at the prices of today; the files of a document are attached to it.",
		Form: resource.Fields[store.LibraryFilter]{
			resource.Text("text", "Title or number", func(f *store.LibraryFilter) *string { return &f.Text }),
			resource.Enum("kind", "Kind", func(f *store.LibraryFilter) *string { return &f.Kind }, kinds...),
			resource.Enum("purpose", "Use", func(f *store.LibraryFilter) *string { return &f.Purpose }, domain.Purposes()...),
			resource.Enum("stage", "Stage", func(f *store.LibraryFilter) *string { return &f.Stage }, s.options("lost_stage")...),
			resource.Ref("customer", "Customer", func(f *store.LibraryFilter) *int64 { return &f.Customer }, "crm.customer"),
			resource.Text("industry", "Industry", func(f *store.LibraryFilter) *string { return &f.Industry }),
		},
		Run: func(ctx context.Context, f *store.LibraryFilter) (*report.Result, error) {
			return s.runLibrary(ctx, shelf, f, kinds)
		},
		Commands: []report.Command{
			report.Do("copy_quote", "Use for my deal", "ltc.quote:create", resource.Fields[reuseIn]{resource.Ref("quote", "Quote", func(in *reuseIn) *int64 { return &in.Quote }, "ltc.quote").Required(), deal},
				func(ctx context.Context, in *reuseIn) (report.Done, error) {
					q, err := s.quotes.CopyTo(ctx, in.Quote, in.Deal)
					if err != nil {
						return report.Done{}, err
					}
					return report.Done{Message: "The quote is drafted.", Href: quoteRef(q.ID).Path()}, nil
				}).OnRows(),
			report.Do("attach", "Attach to my deal", "ltc.opportunity:update", resource.Fields[reuseIn]{resource.Ref("document", "Sales document", func(in *reuseIn) *int64 { return &in.Document }, "ltc.sales_document").Required(), deal},
				func(ctx context.Context, in *reuseIn) (report.Done, error) {
					n, err := documents.Reuse(ctx, in.Document, in.Deal)
					return report.Done{Message: "{0} files are attached.", Args: []any{n}, Href: dealRef(in.Deal).Path()}, err
				}).OnRows(),
		},
	}
}

func (s *selling) runLibrary(ctx context.Context, shelf *store.Library, f *store.LibraryFilter, kinds []resource.Option) (*report.Result, error) {
	list, err := shelf.Find(ctx, *f, func(object string) bool { return s.p.Authz.Can(ctx, object, "read") })
	if err != nil {
		return nil, err
	}
	industry, err := s.industries(ctx, list)
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "pieces", Empty: "Nothing fits.", Cols: []report.Col{col("what", "Document", resource.KRef), col("kind", "Kind", resource.KText), col("purpose", "Use", resource.KText), col("stage", "Stage", resource.KText),
		col("customer", "Customer", resource.KRef), col("industry", "Industry", resource.KText), col("amount", "Amount", resource.KMoney), col("on", "On", resource.KDate), col("used", "Times used", resource.KInt)}}
	for _, x := range list {
		at := x.Industry
		if at == "" {
			at = industry[x.CustomerID]
		}
		if f.Industry != "" && !strings.Contains(strings.ToLower(at), strings.ToLower(f.Industry)) {
			continue
		}
		ref := trace.Ref{Type: map[string]string{"document": "ltc.sales_document", "quote": "ltc.quote", "contract": "ltc.contract"}[x.Kind], ID: x.ID}
		r := report.Row{Ref: ref, Cells: []report.Cell{report.Doc(ref, strings.TrimSpace(x.No+" "+x.Title)), optionWord(kinds, x.Kind), optionWord(domain.Purposes(), x.Purpose), s.stageWord(x.Stage), report.None(), report.Text(at), report.None(), report.Day(x.On), report.Count(x.Used)}}
		if x.CustomerID != 0 {
			r.Cells[4] = report.Doc(trace.Ref{Type: "crm.customer", ID: x.CustomerID}, "")
		}
		switch x.Kind {
		case "document":
			r.Acts = []report.Act{{Command: "attach", Values: resource.Values{"document": id10(x.ID)}}}
		case "quote":
			r.Acts = []report.Act{{Command: "copy_quote", Values: resource.Values{"quote": id10(x.ID)}}}
		}
		if x.Kind != "document" {
			r.Cells[6] = report.Money(x.Amount)
		}
		t.Rows = append(t.Rows, r)
	}
	return &report.Result{Tables: []report.Table{t}}, nil
}

// industries are those of the customers of a list, as far as the reader sees them.
func (s *selling) industries(ctx context.Context, list []store.Shelved) (map[int64]string, error) {
	var ids []int64
	for _, x := range list {
		if x.CustomerID != 0 && !slices.Contains(ids, x.CustomerID) {
			ids = append(ids, x.CustomerID)
		}
	}
	d, err := s.p.Types.Doc("crm.customer")
	if err != nil {
		return nil, err
	}
	rows, err := d.Rows(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := map[int64]string{}
	for _, r := range rows {
		out[r.Base().ID] = r.Text("industry")
	}
	return out, nil
}
