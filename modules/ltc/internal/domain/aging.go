package domain

import (
	"meridian/modules/crm"
	"meridian/platform/money"
)

// Aging is what one customer owes as of a day, by days overdue. OnAccount is
// negative: money that is not allocated to an invoice. Customer 0 is money of
// unknown payers.
type Aging struct {
	Customer                                       crm.CustomerID
	NotDue, Days30, Days60, Days90, Days120, Older money.Amount
	Total                                          money.Amount
	OnAccount                                      money.Amount
}
