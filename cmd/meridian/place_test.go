package main

import (
	"fmt"
	"testing"

	"meridian/platform/web/e2e"
)

// TestCRM04CheckInWhereIAm: on a visit one touch fills in where the device is; a device that
// does not say so leaves the address to be typed.
func TestCRM04CheckInWhereIAm(t *testing.T) {
	s := newSuite(t)
	rep := s.person("rep", "ltc.rep")
	c := s.call(rep, "POST", "/crm/customer", map[string]any{"name": "Acme"}, 201)
	f := s.call(rep, "POST", "/crm/followup", map[string]any{"customer_id": id(c), "subject": "Plant", "channel": "visit", "planned_on": today()}, 201)
	tab := e2e.NewTab(t, e2e.Browser(t), s.url, e2e.Narrow)
	tab.SignIn("rep", testPassword)
	tab.Open(fmt.Sprintf("/crm/followup/%d", id(f)))
	tab.Click("a, button", "Check in")
	tab.Wait(`document.querySelector('dialog[open] [data-locate]')`)
	device := func(answer string) { tab.Eval(`navigator.geolocation.getCurrentPosition = ` + answer) }
	device(`(ok, no) => no({code: 1})`)
	tab.Click("[data-locate]", "")
	tab.Wait(`document.querySelector('.toast-m')`)
	device(`(ok) => ok({coords: {latitude: 31.230416, longitude: 121.473701}})`)
	tab.Click("[data-locate]", "")
	tab.Wait(`document.querySelector('[name=place]').value === '31.23042, 121.47370'`)
	tab.Axe("check in")
	tab.Shoot("check_in")
	tab.Click("dialog .bt-primary", "Check in")
	tab.Wait(`!document.querySelector('dialog[open]')`)
	tab.Check("check in")
	tab.Open(fmt.Sprintf("/crm/followup/%d/move/drop", id(f))) // the same form as a page of its own
	tab.Fill("reason", "Cancelled by the customer")
	tab.Go(".bt-primary, .bt-danger", "Drop")
	if got := s.call(rep, "GET", fmt.Sprintf("/crm/followup/%d", id(f)), nil, 200)["stage"]; got != "dropped" {
		t.Errorf("the follow-up is %v", got)
	}
	if got := s.call(rep, "GET", fmt.Sprintf("/crm/followup/%d", id(f)), nil, 200)["checked_in_by"]; got != "31.23042, 121.47370" {
		t.Errorf("checked in at %v", got)
	}
}
