package itrapp_test

import (
	"fmt"
	"testing"

	"meridian/modules/ltc"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

func TestHint(t *testing.T) {
	t.Parallel()
	s := setup(t)
	c := s.open(nil)
	s.Refused(s.Admin, c, "raise_opportunity", resource.Values{"need": "More"}, errs.Precondition, "without anybody to talk to")
	c = s.open(resource.Values{"requester": "Bo", "requester_email": "bo@new.example"})
	s.Refused(s.Admin, c, "raise_opportunity", resource.Values{"need": "More", "value": "-1"}, errs.Invalid, "a negative value")
	s.Fire(s.Admin, c, "raise_opportunity", resource.Values{"need": "More drives", "value": "100"})
	h := s.List("itr.hint", nil)[0]
	lead := trace.Ref{Type: "ltc.lead", ID: 1}
	if l := s.sales.leads[0]; l.Name != "Bo" || l.Email != "bo@new.example" || l.Customer != 0 || fmt.Sprint(s.sales.from) != "[itr.hint/1]" {
		t.Errorf("lead %+v from %v", l, s.sales.from)
	}
	if err := s.OnLeadAnswered(s.Admin, ltc.LeadAnswered{Lead: lead, Reason: "Too small"}); err != nil {
		t.Fatal(err)
	}
	if h = s.Reload(h); h.Stage() != "rejected" || h.Text("reason") != "Too small" {
		t.Errorf("hint: %s", h.AppendJSON(nil, nil))
	}
	for _, err := range []error{
		s.OnOpportunityClosed(s.Admin, ltc.OpportunityClosed{Lead: lead, Won: true, Amount: money.MustAmount("1")}),
		s.OnOpportunityClosed(s.Admin, ltc.OpportunityClosed{Won: true}),
		s.OnLeadAnswered(s.Admin, ltc.LeadAnswered{Lead: trace.Ref{Type: "ltc.lead", ID: 99}, Accepted: true}),
	} {
		if err != nil {
			t.Errorf("not our business any more: %v", err)
		}
	}
	s.Healthy()
}
