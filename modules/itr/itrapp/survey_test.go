package itrapp_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"meridian/platform/app/apptest"
	"meridian/platform/resource"
)

func (s *suite) surveyOf(c resource.Row) resource.Row {
	s.T.Helper()
	l := s.List("itr.survey", map[string][]string{"case_id": {apptest.ID(c)}, "stage": {"sent"}})
	if len(l) != 1 {
		s.T.Fatalf("%d open surveys of a case", len(l))
	}
	return l[0]
}

func (s *suite) answer(c resource.Row, score int) (int, map[string]any) {
	s.T.Helper()
	return s.post("/survey/"+s.surveyOf(c).Text("token"), fmt.Sprintf(`{"score":%d,"comment":"as it is"}`, score))
}

func TestSurvey(t *testing.T) {
	t.Parallel()
	s := setup(t)
	customer := s.customer("Acme", "ann@acme.example")
	resolved := func() resource.Row {
		c := s.open(resource.Values{"customer_id": apptest.ID(customer)})
		return s.Fire(s.Admin, c, "resolve", solved)
	}

	t.Run("an answer counts once", func(t *testing.T) {
		c := resolved()
		token := s.surveyOf(c).Text("token")
		var wg sync.WaitGroup
		codes := make([]int, 5)
		for i := range codes {
			wg.Go(func() { codes[i], _ = s.post("/survey/"+token, `{"score":4}`) })
		}
		wg.Wait()
		ok := 0
		for _, code := range codes {
			switch code {
			case http.StatusCreated:
				ok++
			case http.StatusConflict:
			default:
				t.Errorf("status %d", code)
			}
		}
		if ok != 1 || s.Reload(c).Stage() != "closed" {
			t.Errorf("%d answers were taken; the case is %s", ok, s.Reload(c).Stage())
		}
		if status, _ := s.post("/survey/"+token, `{"score":1}`); status != http.StatusConflict {
			t.Errorf("a second answer: %d, want 409", status)
		}
	})

	t.Run("refusals", func(t *testing.T) {
		token := s.surveyOf(resolved()).Text("token")
		for body, want := range map[string]int{`{"score":0}`: 422, `{"score":6}`: 422, `{}`: 422, `{"score":"x"}`: 422} {
			if status, out := s.post("/survey/"+token, body); status != want {
				t.Errorf("%s: %d %v, want %d", body, status, out, want)
			}
		}
		if status, _ := s.post("/survey/nosuch", `{"score":5}`); status != http.StatusNotFound {
			t.Errorf("unknown token: %d, want 404", status)
		}
	})

	t.Run("two or less takes the case up again, three closes it", func(t *testing.T) {
		bad, fair := resolved(), resolved()
		s.answer(bad, 2)
		s.answer(fair, 3)
		if s.Reload(bad).Stage() != "reopened" || s.Reload(fair).Stage() != "closed" {
			t.Errorf("after 2: %s, after 3: %s", s.Reload(bad).Stage(), s.Reload(fair).Stage())
		}
		s.Fire(s.Admin, bad, "resume", nil)
		s.Fire(s.Admin, bad, "resolve", solved)
		s.answer(bad, 5) // each solution asks anew (chatwoot/chatwoot#10628)
		if got := s.Reload(bad).Stage(); got != "closed" {
			t.Errorf("after the second solution: %s", got)
		}
		if got := s.measure("itr.csat"); got != "0.5" { // 4, 2, 3, 5
			t.Errorf("itr.csat = %s, want 0.5", got)
		}
	})

	t.Run("a satisfied answer does not win back a lost customer", func(t *testing.T) {
		c := resolved()
		s.Fire(s.Admin, customer, "lose", resource.Values{"reason": "Went bankrupt"})
		if status, out := s.answer(c, 5); status != http.StatusCreated || s.Reload(customer).Stage() != "lost" {
			t.Errorf("%d %v, customer %s", status, out, s.Reload(customer).Stage())
		}
	})

	t.Run("silence closes after five working days", func(t *testing.T) {
		s.now = time.Now().Add(-20 * 24 * time.Hour)
		old := resolved()
		token := s.surveyOf(old).Text("token")
		s.now = time.Time{}
		fresh := resolved()
		n, err := s.CloseSilent(s.Admin)
		if err != nil || n != 1 || s.Reload(old).Stage() != "closed" || s.Reload(fresh).Stage() != "resolved" {
			t.Errorf("%d closed (%v); old %s, fresh %s", n, err, s.Reload(old).Stage(), s.Reload(fresh).Stage())
		}
		if status, _ := s.post("/survey/"+token, `{"score":5}`); status != http.StatusConflict {
			t.Errorf("an expired survey: %d, want 409", status)
		}
	})

	t.Run("the token is for those who may see it", func(t *testing.T) {
		reader := s.User("reader", "itr.manager")
		c := resolved()
		row, err := s.Must("itr.survey").GetRow(reader, s.surveyOf(c).Base().ID)
		if err != nil || !row.Masked("token") {
			t.Errorf("an agent could rate the own case: %v %v", row, err)
		}
	})
	s.Healthy()
}
