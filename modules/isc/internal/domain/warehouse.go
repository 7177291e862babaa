package domain

import (
	"context"

	"meridian/platform/errs"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// Warehouse is a place of the company that holds stock.
type Warehouse struct {
	record.Base
	Name      string
	Address   string
	IsDefault bool
}

// Site is a warehouse as the ledger knows it.
type Site struct{ Warehouse, Company, Location int64 }

func (s Site) at(status Status) Place { return Place{s.Location, status} }

// Sites finds warehouses.
type Sites interface {
	// Site returns a warehouse, or with 0 the default one of company. NotFound if
	// there is none.
	Site(ctx context.Context, warehouse, company int64) (Site, error)
}

// Warehouses is the service behind the warehouse type.
type Warehouses struct {
	Store record.Store[Warehouse]
	Type  *resource.Type[Warehouse]
}

// defaults makes the first warehouse the default one.
func (s *Warehouses) defaults(ctx context.Context, w *Warehouse) error {
	_, err := s.Store.First(ctx, record.Where("is_default", record.Eq, true).And("company_id", record.Eq, w.CompanyID))
	w.IsDefault = errs.Is(err, errs.NotFound)
	if w.IsDefault {
		return nil
	}
	return err
}

func (s *Warehouses) check(ctx context.Context, w *Warehouse) error {
	if !w.IsDefault {
		return nil
	}
	other, err := s.Store.First(ctx, record.Where("is_default", record.Eq, true).And("company_id", record.Eq, w.CompanyID).And("id", record.Ne, w.ID))
	switch {
	case errs.Is(err, errs.NotFound):
		return nil
	case err != nil:
		return err
	}
	return errs.Bad("is_default", "{0} is the default warehouse already.", other.Name)
}

// Declare returns the document type of the warehouse.
func (s *Warehouses) Declare() *resource.Type[Warehouse] {
	s.Type = &resource.Type[Warehouse]{
		Name: "isc.warehouse", Label: "Warehouse", Plural: "Warehouses", Icon: "building-warehouse", Number: "WH-{000}", NoOwner: true,
		Store: s.Store, Check: s.check, Default: s.defaults,
		Title: func(w *Warehouse) string { return w.Name },
		Fields: resource.Fields[Warehouse]{
			resource.Text("name", "Name", func(w *Warehouse) *string { return &w.Name }).Required().InList().Search().Filter(),
			resource.LongText("address", "Address", func(w *Warehouse) *string { return &w.Address }).InList().Limit(500),
			resource.Bool("is_default", "Default warehouse", func(w *Warehouse) *bool { return &w.IsDefault }).InList().Filter().Hint("Where goods arrive and leave when a document names no warehouse."),
		},
	}
	return s.Type
}
