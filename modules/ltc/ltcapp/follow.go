package ltcapp

import (
	"context"

	"meridian/modules/crm"
	"meridian/platform/app"
)

// followers are the documents that are work with one customer: whoever owns the customer
// goes on with them. The instalments of a contract go with the contract.
var followers = []string{"ltc.lead", "ltc.opportunity", "ltc.need_survey", "ltc.quote", "ltc.contract", "ltc.contract_change", "ltc.order", "ltc.acceptance", "ltc.invoice", "ltc.renewal", "ltc.service_project"}

// followsCustomer gives the open documents of a customer that its old owner owned to the
// new one (CRM-09).
func followsCustomer(p *app.Platform) func(ctx context.Context, e crm.OwnershipChanged) error {
	return func(ctx context.Context, e crm.OwnershipChanged) error {
		return e.Follow(ctx, p.Types.Reassign, followers...)
	}
}
