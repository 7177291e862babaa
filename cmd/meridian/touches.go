package main

import (
	"context"

	"meridian/modules/crm"
	"meridian/platform/date"
)

// touchSources are the documents whose steps customers see, from the first enquiry to the
// renewal, with the stage in which they wait for us. scores is asked when a report runs,
// after every module has been built.
func touchSources(scores func(ctx context.Context, from, to date.Date) (sum, n int64, err error)) []crm.TouchSource {
	return []crm.TouchSource{
		{Object: "ltc.lead", Label: "Lead", Name: "First answer to an enquiry", Phase: "buy", Channel: "call", Step: "assigned", Hours: "0.5"},
		{Object: "ltc.opportunity", Label: "Opportunity", Name: "Way to an offer", Phase: "buy", Channel: "visit", Step: "qualify", Hours: "40"},
		{Object: "ltc.quote", Label: "Quote", Name: "Quote in preparation", Phase: "buy", Channel: "mail", Step: "draft", Hours: "8"},
		{Object: "ltc.contract", Label: "Contract", Name: "Contract in review", Phase: "buy", Channel: "paper", Step: "review", Hours: "16"},
		{Object: "ltc.order", Label: "Sales order", Name: "Order to be released", Phase: "buy", Channel: "mail", Step: "confirmed", Hours: "40"},
		{Object: "isc.shipment", Label: "Shipment", Name: "Goods on the way", Phase: "use", Channel: "delivery", Step: "shipped", Hours: "24"},
		{Object: "ltc.acceptance", Label: "Customer acceptance", Name: "Acceptance of a delivery", Phase: "use", Channel: "visit", Step: "requested", Hours: "40", Complaints: "ltc.acceptance", Complained: "rejected"},
		{Object: "ltc.invoice", Label: "Invoice", Name: "Invoice in preparation", Phase: "use", Channel: "mail", Step: "draft", Hours: "8", Complaints: "ltc.dispute", Complained: "open"},
		{Object: "itr.case", Label: "Service case", Name: "Help with a problem", Phase: "maintain", Channel: "call", Step: "in_progress", Hours: "16", Complaints: "itr.case", Complained: "reopened", Scores: scores},
		{Object: "ltc.renewal", Label: "Renewal", Name: "Renewal of a contract", Phase: "upgrade", Channel: "visit", Step: "in_progress", Hours: "80"},
	}
}
