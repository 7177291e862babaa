package domain

import (
	"strings"
	"unicode"

	"meridian/modules/crm"
	"meridian/platform/money"
)

// Incoming is what the match knows of a payment.
type Incoming struct {
	Receipt   int64
	No        string
	BankRef   string
	Payer     string
	Reference string
	Customer  crm.CustomerID // 0: unknown
	Alias     crm.CustomerID // who paid under this name before, 0 nobody or several
	Rest      money.Amount
}

// OpenItem is an instalment the match may choose.
type OpenItem struct {
	Invoice, Instalment int64
	InvoiceNo, FiscalNo string
	ContractNo          string
	Customer            crm.CustomerID
	CustomerName        string
	Open, InvoiceOpen   money.Amount
	Planned             bool // a collect line of a contract foresees it
}

// Reason is why a match has points: English words, the keys of their translation.
type Reason string

// The reasons.
const (
	ByReference Reason = "names the invoice"
	ByContract  Reason = "names the contract"
	ByAmount    Reason = "the amount is the same"
	ByTotal     Reason = "the amount is the open invoice"
	ByRounding  Reason = "the amount is close"
	ByCustomer  Reason = "the customer is known"
	ByName      Reason = "the payer has the customer's name"
	ByAlias     Reason = "paid under this name before"
	ByPlan      Reason = "the plan foresees it"
)

// Match is a payment and what it probably pays.
type Match struct {
	Item    OpenItem
	Score   int
	Reasons []Reason
}

// score adds up to 100: reference 45, amount 30, payer 20, plan 5. Another customer than
// the one the payment names is no match.
func score(in Incoming, item OpenItem, rounding money.Amount) Match {
	m := Match{Item: item}
	add := func(points int, r Reason) { m.Score, m.Reasons = m.Score+points, append(m.Reasons, r) }
	if in.Customer != 0 && in.Customer != item.Customer {
		return m
	}
	text := key(in.Reference + " " + in.BankRef)
	switch {
	case names(text, item.FiscalNo) || names(text, item.InvoiceNo):
		add(45, ByReference)
	case names(text, item.ContractNo):
		add(35, ByContract)
	}
	switch diff := in.Rest.Sub(item.Open).Abs(); {
	case diff.IsZero():
		add(30, ByAmount)
	case in.Rest.Equal(item.InvoiceOpen):
		add(30, ByTotal)
	case !rounding.Less(diff):
		add(15, ByRounding)
	}
	switch {
	case in.Customer == item.Customer && in.Customer != 0:
		add(20, ByCustomer)
	case key(in.Payer) != "" && key(in.Payer) == key(item.CustomerName):
		add(20, ByName)
	case in.Alias == item.Customer && in.Alias != 0:
		add(20, ByAlias)
	}
	if item.Planned && m.Score > 0 {
		add(5, ByPlan)
	}
	return m
}

// Best is the match with the most points and whether it is certain: enough points and
// ahead of the next of another invoice by enough. ok is false when nothing speaks for any.
func Best(in Incoming, items []OpenItem, p Policy) (best Match, certain, ok bool) {
	second := 0
	for _, i := range items {
		m := score(in, i, p.Rounding)
		switch {
		case m.Score > best.Score:
			if best.Item.Invoice != i.Invoice {
				second = best.Score
			}
			best = m
		case m.Score > second && m.Item.Invoice != best.Item.Invoice:
			second = m.Score
		}
	}
	return best, best.Score >= p.Score && best.Score-second >= p.Lead, best.Score > 0
}

// key is text without case, spaces and punctuation.
func key(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// names reports whether text holds a document number, and not the start of a longer one.
func names(text, no string) bool {
	k := key(no)
	if len(k) < 5 {
		return false
	}
	for from := 0; ; {
		i := strings.Index(text[from:], k)
		if i < 0 {
			return false
		}
		end := from + i + len(k)
		if end == len(text) || text[end] < '0' || text[end] > '9' {
			return true
		}
		from = end
	}
}
