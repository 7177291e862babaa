package org

import (
	"context"
	"net/mail"
	"strings"

	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
)

// CompanyRecord is a legal entity as it is edited.
type CompanyRecord struct {
	record.Base
	Name, NameEn, TaxNo, Address, Phone, Bank string
	Currency, Lang, TZ                        string
	FiscalStart                               int
	ExportRows                                int // records a person may export without asking; 0 = any
	RevealPerDay                              int // records whose contact data a person may reveal; 0 = any
}

// TableName keeps gorm from guessing.
func (CompanyRecord) TableName() string { return "core.company" }

// DepartmentRecord is one department as it is edited.
type DepartmentRecord struct {
	record.Base
	Name      string
	ParentID  *int64
	Branch    bool
	ManagerID int64
}

// UserRecord is one person as it is edited; the password is not part of it.
type UserRecord struct {
	record.Base
	Username, Name, Email, Phone, Title string
	ManagerID                           int64
	ApproveLimit                        money.Amount
	Lang                                string
	Mail                                bool // wants notices by mail too
	Active                              bool
}

// CheckCompany holds the rules of a company.
func CheckCompany(_ context.Context, c *CompanyRecord) error {
	if c.RevealPerDay < 0 {
		return errs.Bad("reveal_per_day", "A number from zero on is expected.")
	}
	if c.ExportRows < 0 {
		return errs.Bad("export_rows", "A number from zero on is expected.")
	}
	return nil
}

// CheckUser holds the rules of a user.
func CheckUser(_ context.Context, u *UserRecord) error {
	u.Username = strings.ToLower(u.Username)
	if u.Email != "" {
		if a, err := mail.ParseAddress(u.Email); err != nil || a.Address != u.Email {
			return errs.Bad("email", "This is no e-mail address.")
		}
	}
	if strings.ContainsAny(u.Username, " /:@\t") {
		return errs.Bad("username", "Letters, digits, dot, dash and underscore only.")
	}
	if u.Lang != "en" {
		u.Lang = "zh"
	}
	return nil
}
