package main

import (
	"context"

	"meridian/modules/crm"
	"meridian/modules/crm/crmapp"
	"meridian/modules/dste/dsteapp"
	"meridian/modules/ipd"
	"meridian/modules/ipd/ipdapp"
	"meridian/modules/isc"
	"meridian/modules/isc/iscapp"
	"meridian/modules/itr/itrapp"
	"meridian/modules/ltc"
	"meridian/modules/ltc/ltcapp"
	"meridian/modules/mtl/mtlapp"
	"meridian/modules/proc"
	"meridian/modules/proc/procapp"
	"meridian/platform/app"
	"meridian/platform/date"
	"meridian/platform/event"
)

// system is every module, for the jobs that run them by time.
type system struct {
	sales   *ltcapp.Module
	service *itrapp.Module
}

// wire builds every module on the platform; the order of the lines is the module
// graph. Who reacts to whose events stands below, on one screen.
func wire(p *app.Platform) *system {
	var service *itrapp.Module
	customers := crmapp.New(p, touchSources(func(ctx context.Context, from, to date.Date) (int64, int64, error) {
		return service.Scores(ctx, from, to)
	})...)
	products := ipdapp.New(p, ipdapp.Needs{Goals: "dste.objective"})
	strategy := dsteapp.New(p)
	purchase := procapp.New(p, procapp.Needs{Products: products.Products, Budget: strategy.Budget})
	supply := iscapp.New(p, iscapp.Needs{Products: products.Products, Launches: products.Launches, Orders: purchase.Orders, Requisitions: purchase.Requisitions,
		Credit: shippingCredit{customers.Credit}, Demand: "ltc.order", Customer: "crm.customer"})
	sales := ltcapp.New(p, ltcapp.Needs{Customers: customers.Customers, Partners: customers.Partners, Credit: customers.Credit, Products: products.Products, Stock: supply.Stock, Shipments: supply.Shipments, Followups: salesFollowups{p}, Budget: strategy.Budget})
	market := mtlapp.New(p, mtlapp.Needs{Leads: salesLeads{sales.Leads}, Budget: campaignBudget{strategy.Budget, p}})
	service = itrapp.New(p, itrapp.Needs{Customers: customers.Customers, Contacts: requesters{customers.Customers}, Launches: products.Launches, Orders: sales.Orders, Leads: sales.Leads})

	event.Subscribe(p.Bus, "isc", supply.OnLaunched)
	event.Subscribe(p.Bus, "ltc", func(ctx context.Context, e ipd.Launched) error {
		if err := sales.Reactions.Launched(ctx, e); err != nil {
			return err
		}
		return products.Launches.Acknowledge(ctx, e.Product, "ltc", "")
	})
	event.Subscribe(p.Bus, "itr", service.OnLaunched)
	event.Subscribe(p.Bus, "isc", func(ctx context.Context, e proc.GoodsReceived) error { return supply.OnGoodsReceived(ctx, e) })
	event.Subscribe(p.Bus, "isc", func(ctx context.Context, e proc.InspectionDecided) error { return supply.OnInspectionDecided(ctx, e) })
	event.Subscribe(p.Bus, "ltc", func(ctx context.Context, e isc.Shipped) error { return sales.Reactions.Shipped(ctx, e) })
	event.Subscribe(p.Bus, "ltc", func(ctx context.Context, e isc.Delivered) error { return sales.Reactions.Delivered(ctx, e) })
	event.Subscribe(p.Bus, "ltc", func(ctx context.Context, e isc.Replenished) error { return sales.Reactions.Replenished(ctx, e) })
	event.Subscribe(p.Bus, "mtl", func(ctx context.Context, e ltc.LeadAnswered) error {
		if e.Accepted {
			return market.Answers.Accepted(ctx, e.Lead)
		}
		return market.Answers.Rejected(ctx, e.Lead, e.Reason)
	})
	event.Subscribe(p.Bus, "itr", service.OnLeadAnswered)
	event.Subscribe(p.Bus, "itr", func(ctx context.Context, e ltc.AcceptanceRejected) error { return refusedDelivery(ctx, p, e) })
	event.Subscribe(p.Bus, "mtl", func(ctx context.Context, e ltc.OpportunityClosed) error {
		if !e.Won || e.Lead.IsZero() {
			return nil
		}
		return market.Answers.Won(ctx, e.Lead, e.Amount)
	})
	event.Subscribe(p.Bus, "itr", service.OnOpportunityClosed)
	event.Subscribe(p.Bus, "ltc", func(ctx context.Context, e crm.OwnershipChanged) error {
		return sales.Reactions.OwnershipChanged(ctx, e)
	})
	event.Subscribe(p.Bus, "itr", service.OnOwnershipChanged)
	event.Subscribe(p.Bus, "ltc", func(ctx context.Context, e crm.PartnerPeopleChanged) error {
		return sales.Reactions.PartnerPeople(ctx, e)
	})
	event.Subscribe(p.Bus, "ltc", func(ctx context.Context, e crm.PointsEarned) error { return sales.Reactions.PointsEarned(ctx, e) })
	event.Subscribe(p.Bus, "ltc", func(ctx context.Context, e crm.PointsUsed) error { return sales.Reactions.PointsUsed(ctx, e) })
	event.Subscribe(p.Bus, "ltc", func(ctx context.Context, e crm.DealRegistrationApproved) error {
		return sales.Reactions.Registered(ctx, e)
	})
	event.Subscribe(p.Bus, "itr", func(ctx context.Context, e crm.MessageHanded) error { return messageCase(ctx, p, e) })
	event.Subscribe(p.Bus, "ltc", func(ctx context.Context, e crm.MessageHanded) error { return messageLead(ctx, sales.Leads, e) })
	event.Subscribe(p.Bus, "ltc", func(ctx context.Context, e crm.ResourceGapPublished) error { return sales.Reactions.Gap(ctx, e) })
	event.Subscribe(p.Bus, "mtl", func(ctx context.Context, e crm.ResourceGapPublished) error { return market.Gap(ctx, campaignGap(e)) })
	wireFacts(p, customers)
	customers.StaysWhile("ltc.quote", "ltc.dispute")
	customers.DealsOf("ltc.opportunity")
	customers.CopiedByBranch("ltc.pipeline", "branch_id")
	return &system{sales: sales, service: service}
}
