package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/ledger"
	"meridian/platform/money"
)

// forever is the day after every entry.
var forever = date.New(9999, 12, 31)

// CashChecks compare the sub-ledgers of the cash half with the control accounts.
type CashChecks struct {
	Checks
	Ledger    *ledger.Ledger
	Companies func() []int64
}

type owed struct {
	Party  int64
	Amount money.Amount
}

// Control compares open invoices less open credit notes, and money on account, with
// their control accounts, per company and customer; and the balances of all contracts
// with contract assets and liabilities together.
func (c *CashChecks) Control(ctx context.Context) ([]string, error) {
	var out []string
	for _, company := range c.Companies() {
		for control, q := range map[string]string{
			"receivable": `SELECT customer_id AS party, sum(CASE WHEN kind = 'credit' THEN -open ELSE open END) AS amount FROM ltc.invoice WHERE company_id = ? AND stage IN ('posted', 'paid') AND booked_on IS NOT NULL GROUP BY 1`,
			"loyalty":    `SELECT o.customer_id AS party, sum(u.balance) AS amount FROM ltc.unit u JOIN ltc.obligation o ON u.unit_type = 'ltc.obligation' AND o.id = u.unit_id WHERE u.company_id = ? GROUP BY 1`,
			"on_account": `SELECT coalesce(customer_id, 0) AS party, -sum(rest) AS amount FROM ltc.receipt WHERE company_id = ? AND booked_on IS NOT NULL GROUP BY 1`,
		} {
			book, err := c.Ledger.Parties(ctx, company, control, forever)
			if err != nil {
				return nil, err
			}
			sub, err := db.Select[owed](ctx, c.DB, q, company)
			if err != nil {
				return nil, fmt.Errorf("sub-ledger of %s: %w", control, err)
			}
			for _, s := range sub {
				if !book[s.Party].Equal(s.Amount) {
					out = append(out, fmt.Sprintf("%s of customer %d: journal %s, documents %s", control, s.Party, book[s.Party], s.Amount))
				}
				delete(book, s.Party)
			}
			for _, party := range slices.Sorted(maps.Keys(book)) {
				out = append(out, fmt.Sprintf("%s of customer %d: journal %s, no documents", control, party, book[party]))
			}
		}
		bad, err := c.contracts(ctx, company)
		if err != nil {
			return nil, err
		}
		out = append(out, bad...)
	}
	return out, nil
}

func (c *CashChecks) contracts(ctx context.Context, company int64) ([]string, error) {
	var book money.Amount
	for _, control := range []string{"contract_asset", "contract_liability"} {
		a, err := c.Ledger.Balance(ctx, company, control, 0, forever)
		if err != nil {
			return nil, err
		}
		book = book.Add(a)
	}
	var units money.Amount
	if _, err := c.DB.Row(ctx, `SELECT coalesce(sum(balance), 0) FROM ltc.unit WHERE company_id = $1 AND unit_type <> 'ltc.obligation'`, []any{company}, &units); err != nil || units.Equal(book) {
		return nil, err
	}
	return []string{fmt.Sprintf("contract balances of company %d: journal %s, contracts %s", company, book, units)}, nil
}

// Revenue compares balances and obligations with the ledger under them.
func (c *CashChecks) Revenue(ctx context.Context) ([]string, error) {
	return c.lines(ctx, `SELECT 'balance of ' || u.unit_type || '/' || u.unit_id || ': ' || u.balance || ', its ledger ' || coalesce(e.amount, 0) AS line
		FROM ltc.unit u LEFT JOIN (SELECT unit_type, unit_id, sum(CASE WHEN kind = 'billed' THEN -amount ELSE amount END) AS amount FROM ltc.rev_entry GROUP BY 1, 2) e USING (unit_type, unit_id)
		WHERE u.balance <> coalesce(e.amount, 0)
		UNION ALL SELECT 'obligation ' || o.no || ': recognised ' || o.recognised || ' and billed ' || o.billed || ', its ledger ' || coalesce(e.r, 0) || ' and ' || coalesce(e.b, 0)
		FROM ltc.obligation o LEFT JOIN (SELECT obligation_id, sum(amount) FILTER (WHERE kind = 'recognised') AS r, sum(amount) FILTER (WHERE kind = 'billed') AS b FROM ltc.rev_entry GROUP BY 1) e ON e.obligation_id = o.id
		WHERE o.recognised <> coalesce(e.r, 0) OR o.billed <> coalesce(e.b, 0)
		UNION ALL SELECT 'obligation ' || no || ': ' || recognised || ' is recognised of a price of ' || allocated FROM ltc.obligation WHERE recognised > allocated`)
}
