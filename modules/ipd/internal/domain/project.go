package domain

import (
	"context"
	"strings"

	"meridian/modules/ipd"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/event"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// ProjectStage is where a product project stands.
type ProjectStage string

// The stages of a product project.
const (
	Charter   ProjectStage = "charter"
	Concept   ProjectStage = "concept"
	Plan      ProjectStage = "plan"
	Develop   ProjectStage = "develop"
	Verify    ProjectStage = "verify"
	Launch    ProjectStage = "launch"
	Lifecycle ProjectStage = "lifecycle"
	OnHold    ProjectStage = "hold"
	Killed    ProjectStage = "killed"
)

// Project takes a product from its charter to sale: the business case that was
// approved, the price and the bill of material the launch hands over.
type Project struct {
	record.Base
	Stage        ProjectStage
	Name         string
	Class        string
	ObjectiveID  *int64
	TargetLaunch date.Date
	Revenue      money.Amount
	Cost         money.Amount
	NPV          money.Amount `gorm:"column:npv"`
	ProductName  string
	ProductKind  ipd.Kind
	Unit         string
	TaxRate      money.Ratio
	Price        money.Price
	ProductID    *int64
	HeldIn       string // the stage a held project goes back to
	Note         string
	BOM          []Component `gorm:"-"`
}

// Projects is the service behind the project type.
type Projects struct {
	Store    record.Store[Project]
	Products *Products
	Launches *Launches
	Bus      *event.Bus
	Currency func(company int64) string
	// Goals is the type of the strategic goals a project may serve; "" for none.
	Goals string

	Type *resource.Type[Project]
}

func projectDefaults(_ context.Context, p *Project) error {
	p.Class, p.ProductKind, p.Unit, p.TaxRate = "derivative", ipd.Goods, "pcs", defaultTax
	return nil
}

func checkProject(_ context.Context, p *Project) error {
	bad := append(checkTax(p.TaxRate), checkBOM(p.BOM, 0)...)
	for _, f := range []struct {
		name string
		sign int
	}{{"revenue", p.Revenue.Sign()}, {"cost", p.Cost.Sign()}, {"price", p.Price.Sign()}} {
		if f.sign < 0 {
			bad = append(bad, errs.Field{Name: f.name, Message: "This cannot be negative."})
		}
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// hold remembers the stage to come back to.
func (s *Projects) hold(_ context.Context, p *Project) error {
	p.HeldIn = string(p.Stage)
	return nil
}

// resume forgets it.
func (s *Projects) resume(_ context.Context, p *Project) error {
	p.HeldIn = ""
	return nil
}

// launch makes the product in pre-release with its bill and asks supply chain,
// sales and service to take it over.
func (s *Projects) launch(ctx context.Context, p *Project) error {
	product := &Product{Name: p.ProductName, Kind: p.ProductKind, Unit: p.Unit, TaxRate: p.TaxRate, ProjectID: &p.ID, BOM: componentsOf(p.BOM)}
	product.OwnerID, product.CompanyID = p.OwnerID, p.CompanyID
	if err := s.Products.Type.Create(ctx, product); err != nil {
		return err
	}
	if err := s.Products.Type.Fire(ctx, product.ID, "pre_release", nil); err != nil {
		return err
	}
	p.ProductID = &product.ID
	return s.announce(ctx, p)
}

// resend asks the modules that have not agreed once more.
func (s *Projects) resend(ctx context.Context, p *Project) error {
	acks, err := s.Launches.Acks.Answers(ctx, ipd.ProductID(*p.ProductID))
	if err != nil {
		return err
	}
	if len(missing(acks)) == 0 {
		return errs.New(errs.Precondition, "Everybody has taken this launch over already.")
	}
	return s.announce(ctx, p)
}

func (s *Projects) announce(ctx context.Context, p *Project) error {
	id := ipd.ProductID(*p.ProductID)
	if err := s.Launches.Acks.Expect(ctx, id, launchModules); err != nil {
		return err
	}
	return s.Bus.Publish(ctx, ipd.Launched{Product: id, Project: s.Type.Ref(p.ID), Name: p.ProductName, Price: p.Price,
		Currency: s.Currency(p.CompanyID), BOM: bomView(p.BOM)})
}

// handOver ends the project when the product is on sale.
func (s *Projects) handOver(ctx context.Context, p *Project) error {
	acks, err := s.Launches.Acks.Answers(ctx, ipd.ProductID(*p.ProductID))
	if err != nil {
		return err
	}
	if open := missing(acks); len(open) > 0 {
		return errs.New(errs.Precondition, "The launch is not taken over yet by: {0}.", strings.Join(open, ", "))
	}
	return nil
}

// componentsOf copies lines without the ids of their document.
func componentsOf(lines []Component) []Component {
	out := make([]Component, len(lines))
	for i, l := range lines {
		out[i] = Component{ComponentID: l.ComponentID, Qty: l.Qty}
	}
	return out
}
