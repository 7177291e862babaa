package domain

import (
	"context"
	"fmt"
	"slices"

	"meridian/modules/ipd"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// Price is one row of the sales price list: what a product costs from a day on.
type Price struct {
	record.Base
	ProductID ipd.ProductID
	Price     money.Price
	Currency  string
	ValidFrom date.Date
	Cost      money.Price // standard cost, for margins; zero = not known
}

// Prices is the service behind the price list.
type Prices struct {
	*Ports
	Store   record.Store[Price]
	Type    *resource.Type[Price]
	Special PriceBook
}

// Declare returns the document type of the price list. It has no process: a price
// counts from its date until a later one takes over.
func (s *Prices) Declare() *resource.Type[Price] {
	s.Type = &resource.Type[Price]{
		Name: "ltc.price", Label: "Sales price", Plural: "Price list", Icon: "tag", Number: "PR-{000000}", Store: s.Store, NoOwner: true,
		Default: func(ctx context.Context, p *Price) error { p.ValidFrom = s.Today(ctx); return nil },
		Check:   s.check,
		Day:     func(p *Price) date.Date { return p.ValidFrom },
		Fields: resource.Fields[Price]{
			resource.Ref("product_id", "Product", func(p *Price) *ipd.ProductID { return &p.ProductID }, "ipd.product").Required().InList().Filter(),
			resource.Price("price", "Unit price", func(p *Price) *money.Price { return &p.Price }).Required().InList().Filter(),
			resource.Price("cost", "Standard cost", func(p *Price) *money.Price { return &p.Cost }).Sensitive().Hint("For margins and the margin floor of quotes."),
			resource.Text("currency", "Currency", func(p *Price) *string { return &p.Currency }).InList().ReadOnly(),
			resource.Date("valid_from", "Valid from", func(p *Price) *date.Date { return &p.ValidFrom }).Required().InList().Filter(),
		},
	}
	return s.Type
}

func (s *Prices) check(_ context.Context, p *Price) error {
	p.Currency = s.currency(p.CompanyID)
	if p.Price.Sign() < 0 {
		return errs.Bad("price", "A price cannot be negative.")
	}
	if p.Cost.Sign() < 0 {
		return errs.Bad("cost", "A cost cannot be negative.")
	}
	return nil
}

// For returns the list price of a product on a day. NotFound when it has none.
func (s *Prices) For(ctx context.Context, product ipd.ProductID, day date.Date) (money.Price, error) {
	sub, _ := authz.Of(ctx)
	list, err := s.Book.ListPrices(ctx, sub.Company, s.currency(sub.Company), []ipd.ProductID{product}, day)
	if err != nil {
		return money.Price{}, err
	}
	p, ok := list[product]
	if !ok {
		return money.Price{}, errs.New(errs.NotFound, "There is no list price for this product.")
	}
	return p, nil
}

// OnLaunched takes the sales price of a launched product into the price list, from
// today on. Repeating it sets the same price again.
func (s *Prices) OnLaunched(ctx context.Context, e ipd.Launched) error {
	ctx = authz.System(ctx, "ltc.price:launched")
	sub, _ := authz.Of(ctx)
	today := s.Today(ctx)
	id, err := s.Book.PriceOf(ctx, sub.Company, s.currency(sub.Company), e.Product, today)
	if err != nil {
		return err
	}
	if id != 0 {
		_, err = s.Type.Update(ctx, id, func(p *Price) error { p.Price = e.Price; return nil })
	} else {
		err = s.Type.Create(ctx, &Price{ProductID: e.Product, Price: e.Price, ValidFrom: today}, e.Product.Ref())
	}
	if err != nil {
		return fmt.Errorf("price of launched product %d: %w", e.Product, err)
	}
	return nil
}

// priceable is a line to be completed.
type priceable struct {
	*Priced
	fresh bool
	list  *money.Price // where to keep the list price; nil = not wanted

	special *money.Price // of a price list or a configuration; counts instead of the general one
}

// complete fills unit price, tax rate, description and net of lines. It returns the
// refused fields by line.
func (s *Prices) complete(ctx context.Context, company int64, day date.Date, lines []priceable) ([]errs.Field, error) {
	list, err := s.listPrices(ctx, company, day, lines)
	if err != nil {
		return nil, err
	}
	products, err := s.products(ctx, lines)
	if err != nil {
		return nil, err
	}
	var bad []errs.Field
	for i, l := range lines {
		price, listed := list[l.ProductID]
		if l.special != nil {
			price, listed = *l.special, true
		}
		if l.UnitPrice.IsZero() && !l.Agreed && l.Discount.Less(money.Units(1)) {
			if !listed && l.ProductID != 0 {
				bad = append(bad, errs.Field{Name: linePath(i) + "unit_price", Message: "There is no list price for this product; enter a price."})
			}
			l.UnitPrice = price
		}
		if l.fresh && !l.Agreed {
			p := products[l.ProductID]
			if l.TaxRate.IsZero() {
				l.TaxRate = p.TaxRate
			}
			if l.Description == "" {
				l.Description = p.Name
			}
		}
		if l.list != nil {
			*l.list = price
		}
		l.Net = money.Net(l.Qty, l.UnitPrice, l.Discount)
		bad = append(bad, l.check(linePath(i))...)
	}
	return bad, nil
}

func (s *Prices) listPrices(ctx context.Context, company int64, day date.Date, lines []priceable) (map[ipd.ProductID]money.Price, error) {
	ids := idsOf(lines, func(l priceable) bool { return l.list != nil || (l.UnitPrice.IsZero() && !l.Agreed) })
	if len(ids) == 0 {
		return nil, nil //nolint:nilnil // no line asks
	}
	return s.Book.ListPrices(ctx, company, s.currency(company), ids, day)
}

func (s *Prices) products(ctx context.Context, lines []priceable) (map[ipd.ProductID]ipd.Product, error) {
	ids := idsOf(lines, func(l priceable) bool { return l.fresh && !l.Agreed && (l.TaxRate.IsZero() || l.Description == "") })
	if len(ids) == 0 {
		return nil, nil //nolint:nilnil // no line asks
	}
	return s.Products.Products(authz.System(ctx, "ltc.price:products"), ids)
}

func idsOf(lines []priceable, want func(priceable) bool) []ipd.ProductID {
	var ids []ipd.ProductID
	for _, l := range lines {
		if l.ProductID != 0 && want(l) && !slices.Contains(ids, l.ProductID) {
			ids = append(ids, l.ProductID)
		}
	}
	return ids
}
