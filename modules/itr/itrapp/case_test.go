package itrapp_test

import (
	"fmt"
	"net/http"
	"testing"

	"meridian/platform/errs"
	"meridian/platform/resource"
)

func TestPublicCaseForm(t *testing.T) {
	t.Parallel()
	s := setup(t)
	body := `{"name":"Bo","email":"bo@new.example","subject":"Help","description":"Please."}`
	_, first := s.post("/case", body)
	_, again := s.post("/case", body)
	if fmt.Sprint(first) != fmt.Sprint(again) || len(s.List("itr.case", nil)) != 1 {
		t.Errorf("sent twice: %v and %v", first, again)
	}
	if _, other := s.post("/case", body, "Idempotency-Key", "k"); other["no"] == first["no"] {
		t.Error("a key of the caller tells two questions apart")
	}
	if c := s.byNo(first["no"]); c.Text("customer_id") != "" {
		t.Errorf("an unknown person is no customer: %s", c.AppendJSON(nil, nil))
	}
	for body, want := range map[string]int{`{"name":"Bo","email":"bo","subject":"x","description":"y"}`: 422, `{"name":"Bo","email":"bo@x.example"}`: 422,
		`{"name":"Bo","email":"bo@x.example","subject":"x","description":"y","stage":"closed"}`: 422} {
		if status, out := s.post("/case", body); status != want {
			t.Errorf("%s: %d %v, want %d", body, status, out, want)
		}
	}
	_, bot := s.post("/case", `{"name":"Bot","email":"b@spam.example","subject":"Buy","description":"now","website":"http://spam.example"}`)
	if c := s.byNo(bot["no"]); c.Stage() != "cancelled" {
		t.Errorf("spam is %s, want cancelled", c.Stage())
	}

	if _, err := s.Must("itr.case").CreateRow(s.Admin, resource.Values{"subject": "x", "description": "y", "contact_id": "4711"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a contact that does not exist: %v, want Invalid", err)
	}

	t.Run("triage needs to know who asks and what", func(t *testing.T) {
		c := s.byNo(first["no"])
		for field, in := range map[string]resource.Values{"category": {}, "unknown": {"category": "fault"}} {
			_, _, err := s.Must("itr.case").FireRow(s.Admin, c.Base().ID, 0, "triage", in)
			if e := errs.Of(err); e.Kind != errs.Invalid || e.Fields[0].Name != field {
				t.Errorf("%v, want Invalid on %s", err, field)
			}
		}
	})

	t.Run("the token writes on", func(t *testing.T) {
		c := s.open(resource.Values{"requester_email": "bo@new.example"})
		s.Fire(s.Admin, c, "wait", resource.Values{"waiting_for": "customer", "follow_up_on": "2030-01-02"})
		var token string
		if _, err := s.DB.Row(s.Admin, `SELECT public_token FROM itr."case" WHERE id = $1`, []any{c.Base().ID}, &token); err != nil {
			t.Fatal(err)
		}
		if status, out := s.post("/case/"+token, `{"text":"Here is the serial number."}`); status != http.StatusCreated || out["no"] != c.Base().No {
			t.Errorf("%d %v", status, out)
		}
		if got := s.Reload(c).Stage(); got != "in_progress" {
			t.Errorf("stage = %s, want in_progress", got)
		}
		if status, _ := s.post("/case/nosuchtoken", `{"text":"x"}`); status != http.StatusNotFound {
			t.Errorf("unknown token: %d, want 404", status)
		}
	})
	s.Healthy()
}
