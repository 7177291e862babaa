package domain

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"meridian/modules/ipd"
	"meridian/platform/authz"
	"meridian/platform/einvoice"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/org"
	"meridian/platform/record"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// EInvoices takes the e-invoices of suppliers in: a UBL file becomes a supplier invoice
// with its lines, or is refused with the reason and leaves nothing behind.
type EInvoices struct {
	Invoices *Invoices
	Products ipd.Products
	// Company returns a company of ours; nil when it is unknown.
	Company func(id int64) *org.Company
	// Attach keeps a file on a document.
	Attach func(ctx context.Context, doc trace.Ref, name string, body []byte) error
	// Tx runs fn in the transaction of ctx, or in a new one.
	Tx func(ctx context.Context, fn func(ctx context.Context) error) error
}

// Received is a file and, where it does not name one, the order it bills.
type Received struct {
	File resource.Upload
	POID int64
}

// Take makes a supplier invoice of a file under the rights of its caller. Errors:
// Invalid with what is wrong in the file, or with the order it needs.
func (s *EInvoices) Take(ctx context.Context, in *Received) (*Invoice, error) {
	d, err := einvoice.Read(in.File.Body)
	if err != nil {
		return nil, err
	}
	if d.Kind == einvoice.CreditNote {
		return nil, errs.Bad("file", "This is a credit note ({0}); settle it with the supplier and cancel or correct the invoice it is about.", d.ID)
	}
	if err := einvoice.Error("file", einvoice.Check(d)); err != nil {
		return nil, err
	}
	if err := s.forUs(ctx, d); err != nil {
		return nil, err
	}
	supplier, err := s.supplier(ctx, &d.Seller)
	if err != nil {
		return nil, err
	}
	o, err := s.order(ctx, d, supplier, in.POID)
	if err != nil {
		return nil, err
	}
	v := &Invoice{POID: o.ID, InvoiceNo: d.ID, InvoiceDate: d.Issued, DueOn: d.Due, FileName: in.File.Name}
	if v.FileName == "" {
		v.FileName = d.ID + ".xml"
	}
	if v.StatedTotal, err = money.FromDecimal[money.Cents](d.Totals.Inclusive.Decimal); err != nil {
		return nil, errs.Bad("file", "{0} is no amount: {1}.", "TaxInclusiveAmount", d.Totals.Inclusive.String())
	}
	if v.Lines, err = s.lines(ctx, d, o); err != nil {
		return nil, err
	}
	err = s.Tx(ctx, func(ctx context.Context) error {
		if err := s.Invoices.Type.Create(ctx, v, s.Invoices.Orders.Type.Ref(o.ID)); err != nil {
			return aboutFile(err)
		}
		return s.Attach(ctx, s.Invoices.Type.Ref(v.ID), v.FileName, in.File.Body)
	})
	return v, err
}

// aboutFile tells a refusal of the invoice as one of the file it was read from.
func aboutFile(err error) error {
	e := errs.Of(err)
	if e.Kind != errs.Invalid && e.Kind != errs.Conflict || len(e.Fields) == 0 {
		return err
	}
	out := &errs.Error{Kind: errs.Invalid, Message: e.Message, Args: e.Args}
	for _, f := range e.Fields {
		out.Fields = append(out.Fields, errs.Field{Name: "file", Message: f.Message, Args: f.Args})
	}
	return out
}

// forUs refuses an invoice in another currency, or one addressed to somebody else.
func (s *EInvoices) forUs(ctx context.Context, d *einvoice.Document) error {
	who, _ := authz.Of(ctx)
	c := s.Company(who.Company)
	if c == nil {
		return nil
	}
	if d.Currency != c.Currency {
		return errs.Bad("file", "The invoice is in {0}; the books are kept in {1}.", d.Currency, c.Currency)
	}
	ids := d.Buyer.IDs()
	if c.TaxNo != "" && len(ids) > 0 && !slices.ContainsFunc(ids, func(x string) bool { return invoiceKey(x) == invoiceKey(c.TaxNo) }) && plainName(d.Buyer.Name) != plainName(c.Name) && plainName(d.Buyer.Name) != plainName(c.NameEn) {
		return errs.Bad("file", "The invoice is addressed to {0} ({1}), not to {2}.", d.Buyer.Name, ids[0], c.Name)
	}
	return nil
}

// plainName compares names as people do.
func plainName(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// supplier finds who sent the invoice, by one of the numbers it gives or by its name.
func (s *EInvoices) supplier(ctx context.Context, p *einvoice.Party) (*Supplier, error) {
	try := func(col, value string) (*Supplier, error) {
		list, err := s.Invoices.Suppliers.Store.Find(ctx, record.Where(col, record.Eq, value))
		if err != nil || len(list) == 0 {
			return nil, err
		}
		if len(list) > 1 {
			return nil, errs.Bad("file", "{0} names several suppliers; clear that first.", value)
		}
		return &list[0], nil
	}
	for _, id := range p.IDs() {
		if v, err := try("tax_no", id); v != nil || err != nil {
			return v, err
		}
	}
	for _, name := range []string{p.Name, p.TradingName} {
		if name == "" {
			continue
		}
		if v, err := try("name", name); v != nil || err != nil {
			return v, err
		}
	}
	return nil, errs.Bad("file", "No supplier has the tax number or the name of {0} ({1}).", p.Name, strings.Join(p.IDs(), ", "))
}

// order is the one the caller chose, the one the file names, or the only one of the
// supplier that still waits for an invoice.
func (s *EInvoices) order(ctx context.Context, d *einvoice.Document, supplier *Supplier, chosen int64) (*Order, error) {
	where := record.Where("supplier_id", record.Eq, supplier.ID).And("stage", record.In, []string{string(OrderIssued), string(OrderConfirmed), string(OrderPartial), string(OrderReceived)})
	if chosen != 0 {
		where = record.Where("supplier_id", record.Eq, supplier.ID).And("id", record.Eq, chosen)
	} else if d.Order != "" {
		where = record.Where("supplier_id", record.Eq, supplier.ID).And("no", record.Eq, d.Order)
	}
	list, err := s.Invoices.Orders.Store.Find(ctx, where)
	if err != nil {
		return nil, fmt.Errorf("order of an e-invoice: %w", err)
	}
	switch {
	case len(list) == 1:
		return s.Invoices.Orders.Store.Get(ctx, list[0].ID)
	case chosen != 0:
		return nil, errs.Bad("po_id", "This order was not placed with {0}.", supplier.Name)
	case d.Order != "" && len(list) == 0:
		return nil, errs.Bad("po_id", "The invoice names the order {0}; {1} has no such order. Choose the right one.", d.Order, supplier.Name)
	case len(list) == 0:
		return nil, errs.Bad("po_id", "No order of {0} waits for an invoice.", supplier.Name)
	}
	return nil, errs.Bad("po_id", "{0} orders of {1} wait for an invoice and the file names none; choose one.", len(list), supplier.Name)
}

// lines finds the order line of every line of the file.
func (s *EInvoices) lines(ctx context.Context, d *einvoice.Document, o *Order) ([]InvoiceLine, error) {
	ids := make([]ipd.ProductID, len(o.Lines))
	for i := range o.Lines {
		ids[i] = o.Lines[i].ProductID
	}
	products, err := s.Products.Products(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("products of order %s: %w", o.No, err)
	}
	var out []InvoiceLine
	var bad []errs.Field
	for i := range d.Lines {
		l := &d.Lines[i]
		from := o.billedBy(l, products)
		if from == nil {
			bad = append(bad, errs.Field{Name: "file", Message: "Line {0} ({1}) fits no line of order {2}, neither by the number of the product nor by its name.", Args: []any{l.ID, l.Name, o.No}})
			continue
		}
		qty, err := money.FromDecimal[money.Micro](l.Qty.Decimal)
		if err != nil || qty.Sign() <= 0 {
			bad = append(bad, errs.Field{Name: "file", Message: "Line {0} bills a quantity of {1}.", Args: []any{l.ID, l.Qty.String()}})
			continue
		}
		out = append(out, InvoiceLine{POLineID: from.ID, ProductID: from.ProductID, Qty: qty, Price: priceOf(l)})
	}
	if e := errs.Join(bad); e != nil {
		return nil, e
	}
	return out, nil
}

// priceOf is what one unit costs after the allowances of the line.
func priceOf(l *einvoice.Line) money.Price {
	if len(l.Adjustments) > 0 {
		return money.RoundTo[money.Micro](l.Net.DivRound(l.Qty.Decimal, 6))
	}
	if l.Base.Given {
		return money.RoundTo[money.Micro](l.Price.DivRound(l.Base.Decimal, 6))
	}
	return money.RoundTo[money.Micro](l.Price.Decimal)
}

// billedBy is the order line a line of an e-invoice is about: by our number of the
// product, by the position the supplier refers to, by name; of an order with one line
// that one. nil if none fits.
func (o *Order) billedBy(l *einvoice.Line, products map[ipd.ProductID]ipd.Product) *OrderLine {
	find := func(fits func(n int, x *OrderLine, p ipd.Product) bool) *OrderLine {
		for i := range o.Lines {
			if x := &o.Lines[i]; fits(i+1, x, products[x.ProductID]) {
				return x
			}
		}
		return nil
	}
	if l.BuyerItem != "" {
		if x := find(func(_ int, _ *OrderLine, p ipd.Product) bool { return p.No == l.BuyerItem }); x != nil {
			return x
		}
	}
	if l.OrderLine != "" {
		if x := find(func(n int, _ *OrderLine, _ ipd.Product) bool { return fmt.Sprint(n) == l.OrderLine }); x != nil {
			return x
		}
	}
	x := find(func(_ int, x *OrderLine, p ipd.Product) bool {
		name := plainName(l.Name)
		return name == plainName(p.Name) || name == plainName(x.Description) || p.No != "" && p.No == l.SellerItem
	})
	if x == nil && len(o.Lines) == 1 {
		return &o.Lines[0]
	}
	return x
}

// statedSlack is how far the total of a file may be from ours: cents of rounding.
var statedSlack = money.MustAmount("0.05")

// Differs lists that a file says another total than order and lines make.
func (v *Invoice) Differs() []errs.Field {
	if v.StatedTotal.IsZero() || !statedSlack.Less(v.StatedTotal.Sub(v.Total).Abs()) {
		return nil
	}
	return []errs.Field{{Name: "stated_total", Message: "The file of the supplier says {0}; at the tax of the order the lines make {1}.", Args: []any{v.StatedTotal, v.Total}}}
}
