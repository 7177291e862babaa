package itrapp_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"meridian/modules/crm"
	"meridian/modules/crm/crmapp"
	"meridian/modules/ipd"
	"meridian/modules/itr"
	"meridian/modules/itr/itrapp"
	"meridian/modules/ltc"
	"meridian/platform/app"
	"meridian/platform/app/apptest"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db/dbtest"
	"meridian/platform/errs"
	"meridian/platform/event"
	"meridian/platform/kpi"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// sales is LTC as ITR sees it.
type sales struct {
	mu     sync.Mutex
	orders map[crm.CustomerID]ltc.OrderID
	leads  []ltc.NewLead
	from   []trace.Ref
}

func (s *sales) Order(context.Context, ltc.OrderID) (ltc.Order, error) {
	return ltc.Order{}, errs.Missing()
}

func (s *sales) Last(_ context.Context, customer crm.CustomerID, product ipd.ProductID) (ltc.Order, error) {
	id, ok := s.orders[customer]
	if !ok || product == 99 {
		return ltc.Order{}, errs.Missing()
	}
	return ltc.Order{ID: id, Customer: customer}, nil
}

func (s *sales) Capture(_ context.Context, l ltc.NewLead, from ...trace.Ref) (trace.Ref, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leads, s.from = append(s.leads, l), append(s.from, from...)
	return trace.Ref{Type: "ltc.lead", ID: int64(len(s.leads))}, true, nil
}

func (s *sales) Grade(context.Context, trace.Ref, int, string, string, bool) error { return nil }

// launches is IPD as ITR sees it.
type launches struct{ said []string }

func (l *launches) Acknowledge(_ context.Context, p ipd.ProductID, module, rejected string) error {
	l.said = append(l.said, fmt.Sprintf("%s %s %q", p.Ref(), module, rejected))
	return nil
}

// contacts recognises requesters as wire.go does.
type contacts struct {
	p         *app.Platform
	customers crm.Customers
}

func (c *contacts) ByEmail(ctx context.Context, email string) (crm.Contact, bool, error) {
	d, err := c.p.Types.Doc("crm.contact")
	if err != nil {
		return crm.Contact{}, false, err
	}
	id, err := d.FindKey(ctx, "email", email)
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Invalid) {
		return crm.Contact{}, false, nil
	}
	if err != nil {
		return crm.Contact{}, false, err
	}
	x, err := c.customers.Contact(ctx, crm.ContactID(id))
	return x, err == nil, err
}

type suite struct {
	*apptest.Suite
	*itrapp.Module
	sales    *sales
	launches *launches
	now      time.Time // of the service; zero = the time of day
	events   []any
}

const secret = "a secret of the gateway"

func setup(t *testing.T) *suite {
	t.Helper()
	s := &suite{sales: &sales{orders: map[crm.CustomerID]ltc.OrderID{}}, launches: &launches{}}
	s.Suite = apptest.New(t, func(p *app.Platform) {
		p.Config.WebhookSecret = secret
		p.Now = func() time.Time {
			if s.now.IsZero() {
				return time.Now()
			}
			return s.now
		}
		p.Types.Now = p.Now
		apptest.StandIn(t, p, "ipd.product", "ipd.project", "ltc.order", "ltc.lead")
		c := crmapp.New(p)
		s.Module = itrapp.New(p, itrapp.Needs{Customers: c.Customers, Contacts: &contacts{p, c.Customers}, Launches: s.launches, Orders: s.sales, Leads: s.sales})
		event.Subscribe(p.Bus, "test", func(_ context.Context, e itr.CaseClosed) error { s.events = append(s.events, e); return nil })
		event.Subscribe(p.Bus, "test", func(_ context.Context, e itr.SatisfactionRecorded) error { s.events = append(s.events, e); return nil })
	})
	return s
}

// post calls a public operation as somebody outside would.
func (s *suite) post(path, body string, header ...string) (int, map[string]any) {
	status, answer := s.Post(path, "application/json", body, header...)
	out := map[string]any{}
	_ = json.Unmarshal([]byte(answer), &out)
	return status, out
}

func (s *suite) customer(name, email string) (customer resource.Row) {
	s.T.Helper()
	c := s.Create(s.Admin, "crm.customer", resource.Values{"name": name})
	s.Create(s.Admin, "crm.contact", resource.Values{"customer_id": apptest.ID(c), "name": "Ann Li", "email": email})
	return c
}

func (s *suite) byNo(no any) resource.Row {
	s.T.Helper()
	return s.One("itr.case", "no", fmt.Sprint(no))
}

// open makes a case somebody works on.
func (s *suite) open(v resource.Values) resource.Row {
	s.T.Helper()
	c := s.Create(s.Admin, "itr.case", apptest.Merge(resource.Values{"subject": "Drive stops", "description": "It stops after an hour.", "category": "fault"}, v))
	s.Fire(s.Admin, c, "triage", resource.Values{"unknown": "true"})
	me, _ := authz.Of(s.Admin)
	s.Fire(s.Admin, c, "assign", resource.Values{"assignee_id": fmt.Sprint(me.User)})
	return s.Fire(s.Admin, c, "accept", nil)
}

var solved = resource.Values{"cause_code": "use", "resolution_code": "settings", "solution": "Set parameter 12 to 4.", "knowledge": "none", "knowledge_note": "Stands in the manual"}

func (s *suite) measure(code string) string {
	s.T.Helper()
	today := date.Of(time.Now())
	return s.Measure(code, kpi.Scope{From: today.AddDays(-1), To: today.AddDays(1)})
}
