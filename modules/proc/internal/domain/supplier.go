package domain

import (
	"context"
	"strings"
	"time"

	"meridian/platform/errs"
	"meridian/platform/idno"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// SupplierStage is the state of a supplier.
type SupplierStage string

// The stages of a supplier.
const (
	Potential SupplierStage = "potential"
	Qualified SupplierStage = "qualified"
	Preferred SupplierStage = "preferred"
	Suspended SupplierStage = "suspended"
	Exited    SupplierStage = "exited"
)

// Supplier is a company we buy from.
type Supplier struct {
	record.Base
	Stage       SupplierStage
	Name        string
	TaxNo       string
	Category    string
	Contact     string
	Phone       string
	Email       string
	Address     string
	Country     string
	BankAccount string
	PaymentDays int
	Note        string
}

// Suppliers is the service behind the suppliers.
type Suppliers struct {
	Store record.Store[Supplier]
	Type  *resource.Type[Supplier]
}

func (s *Suppliers) check(_ context.Context, v *Supplier) error {
	if v.Email != "" && !strings.Contains(v.Email, "@") {
		return errs.Bad("email", "This is no e-mail address.")
	}
	if v.PaymentDays < 0 || v.PaymentDays > 365 {
		return errs.Bad("payment_days", "Between 0 and 365.")
	}
	return bankOK("bank_account", v.BankAccount)
}

// bankOK refuses an international account number that cannot exist: a payment to it would
// come back, or go astray. Accounts written in another way are taken as they are.
func bankOK(field, account string) error {
	if idno.LooksLikeIBAN(account) && !idno.IBAN(account) {
		return errs.Bad(field, "This IBAN is wrong: country, length or check digits do not fit.")
	}
	return nil
}

// mayDeliver refuses a supplier who gets no orders.
func (v *Supplier) mayDeliver() error {
	if v.Stage == Qualified || v.Stage == Preferred {
		return nil
	}
	return errs.New(errs.Precondition, "Only qualified or preferred suppliers get orders; {0} is neither.", v.Name)
}

// sameBank refuses to pay to an account the supplier no longer has.
func (v *Supplier) sameBank(account string) error {
	if v.BankAccount == account {
		return nil
	}
	return errs.New(errs.Precondition, "The bank account of the supplier changed after this request; cancel it and make a new one.")
}

// newBank is the input of the move "change_bank".
type newBank struct{ Account string }

func newBankForm() resource.Fields[newBank] {
	return resource.Fields[newBank]{
		resource.Text("account", "New bank account", func(b *newBank) *string { return &b.Account }).Required().Limit(120),
	}
}

// changeBank runs when another person has agreed, never before.
func (s *Suppliers) changeBank(_ context.Context, v *Supplier, in *newBank) error {
	v.BankAccount = in.Account
	return nil
}

// Declare returns the document type of the supplier.
func (s *Suppliers) Declare() *resource.Type[Supplier] {
	s.Type = &resource.Type[Supplier]{
		Name: "proc.supplier", Label: "Supplier", Plural: "Suppliers", Icon: "truck-delivery", Number: "SP-{000000}", Store: s.Store, Check: s.check,
		Title:   func(v *Supplier) string { return v.Name },
		Default: func(_ context.Context, v *Supplier) error { v.PaymentDays = 30; return nil },
		Fields: resource.Fields[Supplier]{
			resource.Text("name", "Name", func(v *Supplier) *string { return &v.Name }).Required().InList().Search().Filter().In("Company profile"),
			resource.Text("tax_no", "Tax number", func(v *Supplier) *string { return &v.TaxNo }).Search().Filter().In("Company profile").Limit(40),
			resource.Text("category", "Category", func(v *Supplier) *string { return &v.Category }).InList().Filter().In("Company profile"),
			resource.Text("country", "Country", func(v *Supplier) *string { return &v.Country }).InList().Filter().In("Company profile"),
			resource.LongText("address", "Address", func(v *Supplier) *string { return &v.Address }).In("Company profile").Limit(500),
			resource.LongText("note", "Note", func(v *Supplier) *string { return &v.Note }).In("Company profile").Limit(4000),
			resource.Text("contact", "Contact", func(v *Supplier) *string { return &v.Contact }).InList().In("Contact"),
			resource.Text("phone", "Phone", func(v *Supplier) *string { return &v.Phone }).Search().In("Contact"),
			resource.Text("email", "E-mail", func(v *Supplier) *string { return &v.Email }).Search().In("Contact"),
			resource.Int("payment_days", "Payment term (days)", func(v *Supplier) *int { return &v.PaymentDays }).In("Payment"),
			resource.Text("bank_account", "Bank account", func(v *Supplier) *string { return &v.BankAccount }).ReadOnly().Sensitive().In("Payment").
				Hint("Changed by a step of its own that a second person must approve."),
		},
		Process: resource.Process(func(v *Supplier) *SupplierStage { return &v.Stage },
			[]resource.Stage[SupplierStage]{
				{Key: Potential, Label: "Potential", Owner: "proc.manager", Class: process.Open, Limit: 80 * time.Hour, Help: "Look at samples, documents and references, then qualify or exit."},
				{Key: Qualified, Label: "Qualified", Wait: true, Class: process.Working, Help: "May get orders."},
				{Key: Preferred, Label: "Preferred", Wait: true, Class: process.Won, Help: "Is asked first."},
				{Key: Suspended, Label: "Suspended", Owner: "proc.manager", Class: process.Hold, Help: "Gets no orders until the cause is removed."},
				{Key: Exited, Label: "Exited", End: true, Class: process.Lost},
			},
			[]resource.Move[Supplier, SupplierStage]{
				{Name: "qualify", Label: "Qualify", From: resource.From(Potential), To: Qualified},
				{Name: "prefer", Label: "Prefer", From: resource.From(Qualified), To: Preferred},
				{Name: "suspend", Label: "Suspend", From: resource.From(Qualified, Preferred), To: Suspended, Reason: true, Deviation: true},
				{Name: "reinstate", Label: "Reinstate", From: resource.From(Suspended), To: Qualified, Reason: true, Deviation: true},
				{Name: "exit", Label: "End the relationship", From: resource.From(Potential, Qualified, Preferred, Suspended), To: Exited, Reason: true, Deviation: true},
				{Name: "change_bank", Label: "Change bank account", From: resource.From(Potential, Qualified, Preferred, Suspended), Matrix: "proc.supplier:change_bank", Do: resource.Ask(newBankForm(), s.changeBank)},
			}),
		Rules: map[string][]process.Rule{
			"proc.supplier:change_bank": {{Label: "Bank data of suppliers: finance confirms every change", Steps: []process.Step{process.ByRole("core.finance_manager")}}},
		},
	}
	return s.Type
}
