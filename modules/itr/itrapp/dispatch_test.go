package itrapp_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/resource"
)

func TestDispatch(t *testing.T) {
	t.Parallel()
	s := setup(t)
	c := s.Create(s.Admin, "itr.case", resource.Values{"subject": "x", "description": "y", "category": "fault"})
	s.Fire(s.Admin, c, "triage", resource.Values{"unknown": "true"})
	s.Refused(s.Admin, c, "assign", nil, errs.Invalid, "without agents")
	a, b := s.User("ann", "core.admin,itr.agent"), s.User("bob", "core.admin,itr.agent")
	var wg sync.WaitGroup
	for range 8 {
		c := s.Create(s.Admin, "itr.case", resource.Values{"subject": "x", "description": "y", "category": "fault"})
		s.Fire(s.Admin, c, "triage", resource.Values{"unknown": "true"})
		wg.Go(func() {
			if _, _, err := s.Must("itr.case").FireRow(s.Admin, c.Base().ID, 0, "assign", resource.Values{}); err != nil {
				t.Errorf("assign: %v", err)
			}
		})
	}
	wg.Wait()
	count := func(ctx context.Context) int {
		me, _ := authz.Of(ctx)
		return len(s.List("itr.case", map[string][]string{"assignee_id": {fmt.Sprint(me.User)}}))
	}
	if count(a) != 4 || count(b) != 4 {
		t.Errorf("ann has %d, bob %d; want 4 each", count(a), count(b))
	}
	mine := s.List("itr.case", map[string][]string{"stage": {"assigned"}})[0]
	again := s.Fire(s.Admin, mine, "assign", nil)
	if again.Text("assignee_id") == mine.Text("assignee_id") {
		t.Error("a case that was not accepted is offered to somebody else")
	}
	s.Refused(s.Admin, c, "assign", resource.Values{"assignee_id": "4711"}, errs.Invalid, "to nobody")
	s.Healthy()
}
