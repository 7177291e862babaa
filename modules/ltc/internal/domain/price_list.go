package domain

import (
	"context"
	"fmt"
	"slices"

	"meridian/modules/crm"
	"meridian/modules/ipd"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// Tier is the price of a product from a quantity on.
type Tier struct {
	record.Line
	ProductID ipd.ProductID
	MinQty    money.Qty
	Price     money.Price
}

// PriceList holds prices that differ from the general list: of one customer or of all,
// for a time, by quantity.
type PriceList struct {
	record.Base
	Name       string
	CustomerID *int64
	ValidFrom  date.Date
	ValidUntil date.Date
	Priority   int
	Tiers      []Tier `gorm:"-"`
}

// PriceLists is the service behind the price lists.
type PriceLists struct {
	*Ports
	Store record.Store[PriceList]
	Type  *resource.Type[PriceList]
}

// Declare returns the document type of the price lists.
func (s *PriceLists) Declare() *resource.Type[PriceList] {
	s.Type = &resource.Type[PriceList]{
		Name: "ltc.price_list", Label: "Special price list", Plural: "Special price lists", Icon: "tags", Number: "PL-{0000}", Store: s.Store, NoOwner: true, Check: s.check,
		Title:   func(p *PriceList) string { return p.Name },
		Default: func(ctx context.Context, p *PriceList) error { p.ValidFrom = s.Today(ctx); return nil },
		Fields: resource.Fields[PriceList]{
			resource.Text("name", "Name", func(p *PriceList) *string { return &p.Name }).Required().InList().Search(),
			resource.OptRef("customer_id", "Customer", func(p *PriceList) **int64 { return &p.CustomerID }, "crm.customer").InList().Filter().Hint("Empty: for every customer."),
			resource.Date("valid_from", "Valid from", func(p *PriceList) *date.Date { return &p.ValidFrom }).Required().InList().Filter(),
			resource.Date("valid_until", "Valid until", func(p *PriceList) *date.Date { return &p.ValidUntil }).InList().Filter(),
			resource.Int("priority", "Priority", func(p *PriceList) *int { return &p.Priority }).InList().Hint("Of several lists the higher one counts; a list of the customer goes first."),
			resource.Lines("tiers", "Prices", func(p *PriceList) *[]Tier { return &p.Tiers }, resource.Fields[Tier]{
				resource.Ref("product_id", "Product", func(t *Tier) *ipd.ProductID { return &t.ProductID }, "ipd.product").Required(),
				resource.Quantity("min_qty", "From quantity", func(t *Tier) *money.Qty { return &t.MinQty }).Hint("Empty: from the first piece."),
				resource.Price("price", "Unit price", func(t *Tier) *money.Price { return &t.Price }).Required(),
			}),
		},
	}
	return s.Type
}

func (s *PriceLists) check(_ context.Context, p *PriceList) error {
	var bad []errs.Field
	if !p.ValidUntil.IsZero() && p.ValidUntil.Before(p.ValidFrom) {
		bad = append(bad, errs.Field{Name: "valid_until", Message: "The end must lie above the start."})
	}
	for i := range p.Tiers {
		t := &p.Tiers[i]
		at := fmt.Sprintf("tiers.%d.", i)
		if t.MinQty.IsZero() {
			t.MinQty = money.MustQty("0.000001")
		}
		if t.MinQty.Sign() < 0 {
			bad = append(bad, errs.Field{Name: at + "min_qty", Message: "The quantity must be greater than zero."})
		}
		if t.Price.Sign() < 0 {
			bad = append(bad, errs.Field{Name: at + "price", Message: "A price cannot be negative."})
		}
		if slices.ContainsFunc(p.Tiers[:i], func(o Tier) bool { return o.ProductID == t.ProductID && o.MinQty.Equal(t.MinQty) }) {
			bad = append(bad, errs.Field{Name: at + "min_qty", Message: "This product has a price from this quantity on already."})
		}
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// PriceBook answers about prices what no single list knows. Package store implements it.
type PriceBook interface {
	// Tiers returns the special prices of products a customer has on a day, the list
	// that counts first, and within it the highest quantity first.
	Tiers(ctx context.Context, company int64, customer crm.CustomerID, products []ipd.ProductID, day date.Date) ([]Tier, error)
	// Costs returns the standard cost of products on a day; those without are absent.
	Costs(ctx context.Context, company int64, products []ipd.ProductID, day date.Date) (map[ipd.ProductID]money.Price, error)
	// Authorities lists the discount authority of a company for a customer.
	Authorities(ctx context.Context, company int64, customer crm.CustomerID) ([]Authority, error)
}

// tierFor is the special price of a product for a quantity; the first list that has one
// for the quantity counts.
func tierFor(list []Tier, product ipd.ProductID, qty money.Qty) (money.Price, bool) {
	for _, t := range list {
		if t.ProductID == product && !qty.Less(t.MinQty) {
			return t.Price, true
		}
	}
	return money.Price{}, false
}

// completeFor is complete with the special prices of a customer.
func (s *Prices) completeFor(ctx context.Context, company int64, customer crm.CustomerID, day date.Date, lines []priceable) ([]errs.Field, error) {
	ids := idsOf(lines, func(l priceable) bool { return !l.Agreed })
	if len(ids) > 0 {
		list, err := s.Special.Tiers(ctx, company, customer, ids, day)
		if err != nil {
			return nil, fmt.Errorf("special prices: %w", err)
		}
		for i := range lines {
			if p, ok := tierFor(list, lines[i].ProductID, lines[i].Qty); ok && lines[i].special == nil {
				lines[i].special = &p
			}
		}
	}
	return s.complete(ctx, company, day, lines)
}

// Authority is how far below the list price a role may go.
type Authority struct {
	Role        string
	Kind        string
	CustomerID  int64
	MaxDiscount money.Ratio
}

// DiscountAuthority is one row of the matrix: a role, a kind of product, a customer.
type DiscountAuthority struct {
	record.Base
	Role        string
	Kind        string
	CustomerID  *int64
	MaxDiscount money.Ratio
}

// DiscountAuthorities is the service behind the matrix.
type DiscountAuthorities struct {
	*Ports
	Store record.Store[DiscountAuthority]
	Type  *resource.Type[DiscountAuthority]
	Roles func(ctx context.Context) ([]string, error)
}

// Declare returns the document type of the discount authority.
func (s *DiscountAuthorities) Declare() *resource.Type[DiscountAuthority] {
	s.Type = &resource.Type[DiscountAuthority]{
		Name: "ltc.discount_authority", Label: "Discount authority", Plural: "Discount authority", Icon: "discount", Number: "DA-{0000}", Store: s.Store, NoOwner: true, Check: s.check,
		Title: func(a *DiscountAuthority) string { return a.Role },
		Fields: resource.Fields[DiscountAuthority]{
			resource.Text("role", "Role", func(a *DiscountAuthority) *string { return &a.Role }).Required().InList().Filter().Hint("Code of the role, as in ltc.rep."),
			resource.Enum("kind", "Kind of product", func(a *DiscountAuthority) *string { return &a.Kind }, resource.Option{Value: "goods", Label: "Goods"}, resource.Option{Value: "service", Label: "Service"}).InList().Filter().Hint("Empty: every kind."),
			resource.OptRef("customer_id", "Customer", func(a *DiscountAuthority) **int64 { return &a.CustomerID }, "crm.customer").InList().Filter().Hint("Empty: for every customer."),
			resource.Percent("max_discount", "Highest discount", func(a *DiscountAuthority) *money.Ratio { return &a.MaxDiscount }).InList(),
		},
	}
	return s.Type
}

func (s *DiscountAuthorities) check(ctx context.Context, a *DiscountAuthority) error {
	if a.MaxDiscount.Sign() < 0 || money.Units(1).Less(a.MaxDiscount) {
		return errs.Bad("max_discount", "A discount lies between 0 % and 100 %.")
	}
	roles, err := s.Roles(ctx)
	if err != nil {
		return err
	}
	if a.Role != "" && !slices.Contains(roles, a.Role) {
		return errs.Bad("role", "There is no role of this code.")
	}
	return nil
}

// MayGive is the highest discount a person with roles may give on a kind of product: of
// the rows that name the customer if there are any, else of the general ones. ok is
// false when the matrix says nothing, which leaves the decision to the approval rules.
func MayGive(list []Authority, roles []string, kind string) (most money.Ratio, ok bool) {
	named := slices.ContainsFunc(list, func(a Authority) bool {
		return a.CustomerID != 0 && slices.Contains(roles, a.Role) && (a.Kind == "" || a.Kind == kind)
	})
	for _, a := range list {
		if slices.Contains(roles, a.Role) && (a.Kind == "" || a.Kind == kind) && (a.CustomerID != 0) == named {
			most, ok = most.Max(a.MaxDiscount), true
		}
	}
	return most, ok || len(list) > 0
}
