package ltc

import (
	"meridian/modules/crm"
	"meridian/modules/ipd"
	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// InvoiceID names an invoice.
type InvoiceID int64

// InvoicePage is the page of one invoice; every module may add a panel.
var InvoicePage = resource.Point[InvoiceID]("ltc.invoice")

// CreditNotePosted is published when a credit note gets its legal number.
type CreditNotePosted struct {
	CreditNote, Invoice trace.Ref
	No                  string
	Customer            crm.CustomerID
	Total               money.Amount
}

// RevenueRecognised is published when control of goods or services passed, never when
// money comes in. Amount is negative when revenue is reversed.
type RevenueRecognised struct {
	Obligation trace.Ref
	Customer   crm.CustomerID
	Product    ipd.ProductID // 0 when it is for none
	Amount     money.Amount  // base currency, without tax
	On         date.Date     // the day it is posted on
}

// InstalmentOverdue is published once when a part of an invoice was not paid in time.
type InstalmentOverdue struct {
	Invoice  trace.Ref
	Customer crm.CustomerID
	Open     money.Amount
	Due      date.Date
	Days     int
}

// ContractChanged is published when a change of a signed contract is applied. Delta
// includes tax.
type ContractChanged struct {
	Contract, Change trace.Ref
	Customer         crm.CustomerID
	Delta            money.Amount
	On               date.Date
}
