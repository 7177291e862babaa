package procapp

import (
	"context"

	"meridian/modules/proc/internal/domain"
	"meridian/platform/app"
	"meridian/platform/record"
	"meridian/platform/report"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// shownFiles is how many of the last e-invoices the page lists.
const shownFiles = 100

// eInvoices registers the page on which e-invoices of suppliers are read in, and the
// operation of the same.
func eInvoices(p *app.Platform, s *domain.EInvoices) {
	report.Register(p.Reports, &report.Report[struct{}]{
		Name: "proc.einvoice", Label: "E-invoices of suppliers", Icon: "file-import", Perm: "proc.invoice:read",
		Help: "Reads a UBL invoice (EN 16931, Peppol) of a supplier: who it is from by tax number or name, the order it names, its lines by product. The file stays attached. What breaks a rule of the standard or fits no order is refused with the reason, and nothing is stored.",
		Run: func(ctx context.Context, _ *struct{}) (*report.Result, error) {
			return listFiles(ctx, s)
		},
		Commands: []report.Command{
			report.Do("read", "Read a file", "proc.invoice:create", resource.Fields[domain.Received]{
				resource.File("file", "File (UBL, .xml)", func(r *domain.Received) *resource.Upload { return &r.File }).Required(),
				resource.Ref("po_id", "Purchase order", func(r *domain.Received) *int64 { return &r.POID }, "proc.po").Hint("Empty takes the order the file names, or the only one that waits for an invoice."),
			}, func(ctx context.Context, in *domain.Received) (report.Done, error) {
				v, err := s.Take(ctx, in)
				if err != nil {
					return report.Done{}, err
				}
				return report.Done{Message: "The invoice {0} is captured as {1}.", Args: []any{v.InvoiceNo, v.No}, Href: s.Invoices.Type.Ref(v.ID).Path()}, nil
			}),
		},
	})
}

func listFiles(ctx context.Context, s *domain.EInvoices) (*report.Result, error) {
	q := record.Where("file_name", record.Ne, "")
	q.Limit, q.Sort = shownFiles, []record.Sort{{Col: "id", Desc: true}}
	list, err := s.Invoices.Store.Find(ctx, q)
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "files", Title: "Read in last", Empty: "No e-invoice was read in yet.", Cols: []report.Col{{Key: "invoice", Label: "Supplier invoice", Kind: resource.KRef}, {Key: "supplier", Label: "Supplier", Kind: resource.KRef}, {Key: "order", Label: "Purchase order", Kind: resource.KRef},
		{Key: "date", Label: "Invoice date", Kind: resource.KDate}, {Key: "stated", Label: "Total of the file", Kind: resource.KMoney}, {Key: "total", Label: "Total", Kind: resource.KMoney}, {Key: "file", Label: "File", Kind: resource.KText, Minor: true}}}
	for i := range list {
		v := &list[i]
		ref := s.Invoices.Type.Ref(v.ID)
		total := report.Money(v.Total)
		if len(v.Differs()) > 0 {
			total = total.In("bad")
		}
		t.Rows = append(t.Rows, report.Row{Ref: ref, Cells: []report.Cell{report.Doc(ref, v.No+" "+v.InvoiceNo), report.Doc(trace.Ref{Type: "proc.supplier", ID: v.SupplierID}, ""), report.Doc(trace.Ref{Type: "proc.po", ID: v.POID}, ""),
			report.Day(v.InvoiceDate), report.Money(v.StatedTotal), total, report.Text(v.FileName)}})
	}
	return &report.Result{Tables: []report.Table{t}}, nil
}
