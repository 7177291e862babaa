package itrapp_test

import (
	"fmt"
	"strings"
	"testing"

	"meridian/modules/ipd"
	"meridian/platform/app/apptest"
	"meridian/platform/errs"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

func TestKnowledge(t *testing.T) {
	t.Parallel()
	s := setup(t)
	if err := s.OnLaunched(s.Admin, ipd.Launched{Product: 12, Project: trace.Ref{Type: "ipd.project", ID: 3}, Name: "Servo drive S2"}); err != nil {
		t.Fatal(err)
	}
	if want := `[ipd.product/12 itr ""]`; fmt.Sprint(s.launches.said) != want {
		t.Errorf("acknowledged %v, want %s", s.launches.said, want)
	}
	a := s.List("itr.article", map[string][]string{"product_id": {"12"}})[0]
	if from := s.Sources(trace.Ref{Type: "itr.article", ID: a.Base().ID}); !strings.Contains(from, "ipd.product/12") || !strings.Contains(from, "ipd.project/3") {
		t.Errorf("the article comes from %s", from)
	}
	s.Refused(s.Admin, a, "submit", nil, errs.Precondition, "an empty article goes to review")

	c := s.open(nil)
	for field, in := range map[string]resource.Values{"knowledge_note": {"knowledge": "none", "knowledge_note": ""}, "article_id": {"knowledge": "attach"}, "knowledge": {"knowledge": ""}} {
		_, _, err := s.Must("itr.case").FireRow(s.Admin, c.Base().ID, 0, "resolve", apptest.Merge(solved, in))
		if e := errs.Of(err); e.Kind != errs.Invalid || len(e.Fields) == 0 || e.Fields[0].Name != field {
			t.Errorf("%v, want Invalid on %s", err, field)
		}
	}
	s.Fire(s.Admin, c, "resolve", apptest.Merge(solved, resource.Values{"knowledge": "attach", "article_id": apptest.ID(a)}))
	row := s.Fire(s.Admin, c, "to_article", nil)
	art := s.List("itr.article", map[string][]string{"case_id": {apptest.ID(c)}})[0]
	if row.Text("article_id") != apptest.ID(art) || art.Text("symptom") != "It stops after an hour." || art.Text("category") != "fault" {
		t.Errorf("article from the case: %s", art.AppendJSON(nil, nil))
	}
	expert := s.User("expert", "itr.engineer")
	s.Fire(s.Admin, art, "submit", nil)
	s.Refused(s.Admin, art, "publish", nil, errs.Forbidden, "the author publishes")
	if got := s.Fire(expert, art, "publish", nil).Stage(); got != "published" {
		t.Errorf("stage = %s", got)
	}
	if _, err := s.Must("itr.article").UpdateRow(expert, art.Base().ID, s.Reload(art).Base().Version, resource.Values{"title": "x"}); !errs.Is(err, errs.Precondition) {
		t.Errorf("changing a published article: %v, want Precondition", err)
	}
	s.Healthy()
}
