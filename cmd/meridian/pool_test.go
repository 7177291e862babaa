package main

import (
	"context"
	"testing"

	"meridian/modules/crm"
	"meridian/modules/ltc"
	"meridian/platform/date"
	"meridian/platform/trace"
)

// TestCRM08OpenQuoteKeepsCustomer: sales tells the pools of its documents: a customer with
// an open quote stays with its owner, and a signed contract is known with its end.
func TestCRM08OpenQuoteKeepsCustomer(t *testing.T) {
	s := newSuite(t)
	tok := s.person("admin", "")
	customer := int(s.call(tok, "POST", "/crm/customer", map[string]any{"name": "华东精密制造有限公司"}, 201)["id"].(float64))
	pool := int(s.call(tok, "POST", "/crm/pool", map[string]any{"name": "公海", "admin_id": 1}, 201)["id"].(float64))
	s.call(tok, "POST", "/ltc/quote", map[string]any{"customer_id": customer, "valid_until": inDays(30)}, 201)
	back := map[string]any{"customer_id": customer, "pool_id": pool, "reason": "x"}
	s.call(tok, "POST", "/crm/public_pool/give_back", back, 409)

	signed := ltc.ContractSigned{Contract: trace.Ref{Type: "ltc.contract", ID: 7}, Customer: crm.CustomerID(customer), Start: date.MustParse(inDays(0)), End: date.MustParse(inDays(90))}
	if err := s.DB.Tx(s.as("admin"), func(ctx context.Context) error { return s.Bus.Publish(ctx, signed) }); err != nil {
		t.Fatal(err)
	}
	if n := s.number(`SELECT count(*) FROM crm.contract_term WHERE customer_id = $1 AND end_on = $2::date`, customer, inDays(90)); n != 1 {
		t.Errorf("%d contracts of the customer are known, want 1", n)
	}

	other := int(s.call(tok, "POST", "/crm/customer", map[string]any{"name": "苏州恒力装备有限公司"}, 201)["id"].(float64))
	back["customer_id"] = other
	s.call(tok, "POST", "/crm/public_pool/give_back", back, 200)
}
