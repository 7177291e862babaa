package ltcapp

import (
	"context"
	"time"

	"meridian/modules/ltc/internal/domain"
	"meridian/modules/ltc/internal/store"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/report"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// contactAnalysis shows how customers were contacted: way, number, visit frequency
// (LTC-17).
func (s *selling) contactAnalysis() *report.Report[domain.DealFilter] {
	fields := s.dealFields()
	return &report.Report[domain.DealFilter]{
		Name: "ltc.contact_analysis", Label: "Contact analysis", Icon: "address-book", Perm: "ltc.opportunity:read", Form: resource.Fields[domain.DealFilter]{fields[0], fields[1], fields[2], fields[3]}, Run: s.runContacts,
		Help: "Activities logged on deals in the period, by customer and way. Visits a month = visits / days of the period x 30. Days between visits are the mean from the first visit of the period to the last.",
		Default: func(ctx context.Context, f *domain.DealFilter) error {
			f.To = s.today(ctx)
			f.From = f.To.AddMonths(-3)
			return nil
		},
	}
}

func (s *selling) runContacts(ctx context.Context, f *domain.DealFilter) (*report.Result, error) {
	if f.From.IsZero() || f.To.IsZero() || f.To.Before(f.From) {
		return nil, errs.Bad("to", "The end must lie above the start.")
	}
	list, err := s.sold.Contacted(ctx, *f, s.p.Location(ctx))
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "customers", Title: "Contacts by customer", Empty: "No activity was logged in this period.", Cols: []report.Col{col("customer", "Customer", resource.KRef), col("n", "Number", resource.KInt), col("visits", "Visits", resource.KInt), col("calls", "Calls", resource.KInt),
		col("meetings", "Meetings", resource.KInt), col("others", "Other ways", resource.KInt), col("persons", "People of ours", resource.KInt), col("monthly", "Visits a month", resource.KQuantity), col("between", "Days between visits", resource.KQuantity), col("last_visit", "Last visit", resource.KTime), col("last", "Last activity", resource.KTime)}}
	var n, visits int64
	for _, x := range list {
		n, visits = n+x.N, visits+x.Visits
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Doc(trace.Ref{Type: "crm.customer", ID: x.CustomerID}, ""), report.Count(x.N), report.Count(x.Visits), report.Count(x.Calls), report.Count(x.Meetings), report.Count(x.Others), report.Count(x.Persons),
			monthly(f, x.Visits), between(&x), moment(x.LastVisit), moment(x.LastAt)}})
	}
	return &report.Result{
		Tiles:  []report.Tile{{Key: "n", Label: "Number", Value: report.Count(n)}, {Key: "customers", Label: "Customers", Value: report.Count(len(list))}, {Key: "visits", Label: "Visits", Value: report.Count(visits)}, {Key: "monthly", Label: "Visits a month", Value: monthly(f, visits)}},
		Tables: []report.Table{t}}, nil
}

// monthly is a number of visits per 30 days of the period.
func monthly(f *domain.DealFilter, visits int64) report.Cell {
	days := money.Units(int64(f.To.Sub(f.From) + 1)).Number()
	return report.Number(money.Units(visits*30).Number().DivRound(days, 1))
}

// between is the mean number of days from visit to visit; nothing for less than two.
func between(x *store.Contacted) report.Cell {
	if x.Visits < 2 || x.FirstVisit == nil || x.LastVisit == nil {
		return report.None()
	}
	hours := money.Units(int64(x.LastVisit.Sub(*x.FirstVisit) / time.Hour)).Number()
	return report.Number(hours.DivRound(money.Units(24*(x.Visits-1)).Number(), 1))
}

func moment(at *time.Time) report.Cell {
	if at == nil {
		return report.None()
	}
	return report.Moment(*at)
}
