package api

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/kpi"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// declarePlatform makes the operations that belong to no document type.
func (a *API) declarePlatform() {
	a.add(&Op{ID: "core.inbox.list", Method: http.MethodGet, Path: "/inbox", Summary: "My work: approvals, hand-overs, tasks", answer: &schema{Any: true}, status: http.StatusOK, run: a.inbox})
	for _, verb := range []string{"approve", "reject"} {
		opinion := &resource.Meta{Name: "opinion", Label: "Opinion", Kind: resource.KLongText, Max: 2000}
		a.add(&Op{ID: "core.approval." + verb, Method: http.MethodPost, Path: "/approval/{id}/" + verb, Summary: "Decide an approval task: " + verb,
			body: &schema{Fields: []*resource.Meta{opinion}}, answer: &schema{Any: true}, status: http.StatusOK,
			run: func(ctx context.Context, r *Request) (Response, error) {
				return a.decide(ctx, r, verb == "approve", opinion)
			}})
	}
	a.add(&Op{ID: "core.kpi.list", Method: http.MethodGet, Path: "/kpi", Summary: "The measures I may read", answer: &schema{Any: true}, status: http.StatusOK, run: a.kpis})
	a.add(&Op{ID: "core.kpi.get", Method: http.MethodGet, Path: "/kpi/{code}", Summary: "One measure", answer: &schema{Any: true}, status: http.StatusOK,
		query: []param{{Name: "from", Type: "string", Help: "First day, inclusive."}, {Name: "to", Type: "string", Help: "Last day, inclusive."}, {Name: "dept", Type: "integer"}}, run: a.kpi})
	a.add(&Op{ID: "core.profile.get", Method: http.MethodGet, Path: "/profile", Summary: "Who I am and what I may do", answer: &schema{Any: true}, status: http.StatusOK, run: a.profile})
	a.add(&Op{ID: "core.notification.list", Method: http.MethodGet, Path: "/notification", Summary: "My notices", answer: &schema{Any: true}, status: http.StatusOK, run: a.notices})
}

func answer(v any) (Response, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return Response{}, fmt.Errorf("encode answer: %w", err)
	}
	return Response{Status: http.StatusOK, Body: b}, nil
}

func (a *API) inbox(ctx context.Context, _ *Request) (Response, error) {
	work, err := a.Process.Inbox(ctx, 200)
	if err != nil {
		return Response{}, err
	}
	ids := map[string][]int64{}
	for _, w := range work {
		ids[w.Object.Type] = append(ids[w.Object.Type], w.Object.ID)
	}
	names, err := a.Types.Names(ctx, ids)
	if err != nil {
		return Response{}, err
	}
	type item struct {
		Kind   string     `json:"kind"`
		Task   int64      `json:"task,omitempty"`
		Type   string     `json:"type"`
		ID     int64      `json:"id"`
		Title  string     `json:"title"`
		Stage  string     `json:"stage,omitempty"`
		Amount string     `json:"amount,omitempty"`
		Since  time.Time  `json:"since"`
		DueAt  *time.Time `json:"due_at"`
		Late   bool       `json:"late"`
	}
	items := make([]item, len(work))
	for i, w := range work {
		items[i] = item{Kind: w.Kind, Task: w.Task, Type: w.Object.Type, ID: w.Object.ID, Title: w.Title, Stage: w.Stage, Since: w.Since, Late: w.Late}
		if w.Title == "" {
			items[i].Title = names[w.Object.String()]
		}
		if w.Kind == "approval" {
			items[i].Amount = w.Amount.String()
		}
		if !w.DueAt.IsZero() {
			items[i].DueAt = &w.DueAt
		}
	}
	return answer(map[string]any{"items": items})
}

func (a *API) decide(ctx context.Context, r *Request, yes bool, opinion *resource.Meta) (Response, error) {
	id, err := pathID(r)
	if err != nil {
		return Response{}, err
	}
	v, err := decode(r.Body, []*resource.Meta{opinion})
	if err != nil {
		return Response{}, err
	}
	text, _ := v["opinion"].(string)
	res, err := a.Process.Decide(ctx, id, yes, text)
	if err != nil {
		return Response{}, err
	}
	return answer(map[string]any{"type": res.Event.Object.Type, "id": res.Event.Object.ID, "stage": res.Event.To, "pending": res.Pending})
}

// KPIValue is a measure as the interface shows it.
type KPIValue struct {
	Code        string   `json:"code"`
	Label       string   `json:"label"`
	Unit        kpi.Unit `json:"unit"`
	From        string   `json:"from"`
	To          string   `json:"to"`
	Value       *string  `json:"value"`
	Numerator   string   `json:"numerator"`
	Denominator string   `json:"denominator"`
	N           int64    `json:"n"`
}

func (a *API) kpi(ctx context.Context, r *Request) (Response, error) {
	m, err := a.KPI.Get(r.Path["code"])
	if err != nil {
		return Response{}, err
	}
	var s kpi.Scope
	if s.From, err = date.Parse(r.Query.Get("from")); err != nil {
		return Response{}, errs.Bad("from", "Not a date (YYYY-MM-DD): {0}.", r.Query.Get("from"))
	}
	if s.To, err = date.Parse(r.Query.Get("to")); err != nil {
		return Response{}, errs.Bad("to", "Not a date (YYYY-MM-DD): {0}.", r.Query.Get("to"))
	}
	if !s.From.IsZero() && !s.To.IsZero() && s.To.Before(s.From) {
		return Response{}, errs.Bad("to", "The last day lies before the first.")
	}
	if d := r.Query.Get("dept"); d != "" {
		if s.Dept, err = strconv.ParseInt(d, 10, 64); err != nil {
			return Response{}, errs.Bad("dept", "A number is expected.")
		}
	}
	object, action := m.Right()
	if err := a.Authz.Require(ctx, object, action); err != nil {
		return Response{}, err
	}
	v, err := m.Func(ctx, s)
	if err != nil {
		return Response{}, err
	}
	out := KPIValue{Code: m.Code, Label: m.Label, Unit: m.Unit, From: s.From.String(), To: s.To.String(), Numerator: v.Numerator.String(), Denominator: v.Denominator.String(), N: v.N}
	if v.Value != nil {
		text := v.Value.String()
		if m.Unit == kpi.Currency {
			text = v.Value.StringFixed(2)
		}
		out.Value = &text
	}
	return answer(out)
}

func (a *API) kpis(ctx context.Context, _ *Request) (Response, error) {
	type item struct {
		Code  string   `json:"code"`
		Label string   `json:"label"`
		Unit  kpi.Unit `json:"unit"`
		Help  string   `json:"help"`
	}
	items := []item{}
	for _, m := range a.KPI.All() {
		if object, action := m.Right(); a.Authz.Can(ctx, object, action) {
			items = append(items, item{m.Code, m.Label, m.Unit, m.Help})
		}
	}
	return answer(map[string]any{"items": items})
}

func (a *API) profile(ctx context.Context, _ *Request) (Response, error) {
	s, _ := authz.Of(ctx)
	p := a.Authz.Directory().People[s.User]
	can := map[string][]string{}
	for _, d := range a.Types.Docs() {
		for _, act := range d.Info().Actions() {
			if a.Authz.Can(ctx, d.Info().Name, act) {
				can[d.Info().Name] = append(can[d.Info().Name], act)
			}
		}
	}
	return answer(map[string]any{"id": s.User, "username": p.Username, "name": p.Name, "company_id": s.Company, "dept_id": s.Dept, "roles": p.Roles, "can": can})
}

func (a *API) notices(ctx context.Context, _ *Request) (Response, error) {
	list, err := a.Notices.List(ctx, authz.Actor(ctx), 100)
	if err != nil {
		return Response{}, err
	}
	return answer(map[string]any{"items": list})
}

// thread answers the documents up and down stream the reader may see.
func (a *API) thread(ctx context.Context, self trace.Ref) (Response, error) {
	links, err := a.Trace.Thread(ctx, self)
	if err != nil {
		return Response{}, err
	}
	docs, err := a.Types.Cards(ctx, self, links)
	if err != nil {
		return Response{}, err
	}
	type link struct {
		Source   string `json:"source"`
		Target   string `json:"target"`
		Relation string `json:"relation"`
	}
	out := []link{}
	for _, l := range links {
		if docs[l.Source] != nil && docs[l.Target] != nil {
			out = append(out, link{l.Source.String(), l.Target.String(), l.Relation})
		}
	}
	type card struct {
		Ref    string `json:"ref"`
		Type   string `json:"type"`
		ID     int64  `json:"id"`
		No     string `json:"no"`
		Title  string `json:"title"`
		Stage  string `json:"stage,omitempty"`
		Amount string `json:"amount,omitempty"`
		Day    string `json:"date,omitempty"`
	}
	cards := []card{}
	for ref, row := range docs {
		c := card{Ref: ref.String(), Type: ref.Type, ID: ref.ID, No: row.Base().No, Title: row.Title(), Stage: row.Stage(), Day: row.Day().String()}
		if !row.Amount().IsZero() {
			c.Amount = row.Amount().String()
		}
		cards = append(cards, c)
	}
	slices.SortFunc(cards, func(a, b card) int {
		return cmp.Or(strings.Compare(a.Day, b.Day), strings.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID))
	})
	return answer(map[string]any{"documents": cards, "links": out})
}

func (a *API) history(ctx context.Context, ref trace.Ref) (Response, error) {
	events, err := a.Process.History(ctx, ref)
	if err != nil {
		return Response{}, err
	}
	type event struct {
		Seq      int               `json:"seq"`
		At       time.Time         `json:"at"`
		Kind     string            `json:"kind"`
		Move     string            `json:"move"`
		From     string            `json:"from_stage"`
		To       string            `json:"to_stage"`
		WorkSecs int64             `json:"work_secs"`
		Actor    string            `json:"actor"`
		OnBehalf string            `json:"on_behalf_of,omitempty"`
		Role     string            `json:"role"`
		Flags    string            `json:"flags,omitempty"`
		Reason   string            `json:"reason,omitempty"`
		Data     map[string]string `json:"data,omitempty"`
		Hash     string            `json:"hash"`
	}
	out := make([]event, len(events))
	dir := a.Authz.Directory()
	for i, e := range events {
		out[i] = event{e.Seq, e.At, e.Kind, e.Move, e.From, e.To, e.WorkSecs, dir.Name(e.Actor), dir.Name(e.OnBehalf), e.Role, e.Flags, e.Reason, e.Data, fmt.Sprintf("%x", e.Hash)}
	}
	return answer(map[string]any{"items": out})
}

// approvals tells who was asked to approve a document, and what they said.
func (a *API) approvals(ctx context.Context, ref trace.Ref) (Response, error) {
	rounds, err := a.Process.Rounds(ctx, ref)
	if err != nil {
		return Response{}, err
	}
	type task struct {
		Task     int64  `json:"task"`
		Step     int    `json:"step"`
		Assignee string `json:"assignee"`
		State    string `json:"state"`
		Opinion  string `json:"opinion,omitempty"`
	}
	type round struct {
		Move        string    `json:"move"`
		State       string    `json:"state"`
		Explanation string    `json:"explanation"`
		Submitter   string    `json:"submitter"`
		OpenedAt    time.Time `json:"opened_at"`
		Tasks       []task    `json:"tasks"`
	}
	dir := a.Authz.Directory()
	out := make([]round, len(rounds))
	for i, r := range rounds {
		out[i] = round{r.Move, r.State, r.Explanation, dir.Name(r.Submitter), r.OpenedAt, make([]task, len(r.Tasks))}
		for j, t := range r.Tasks {
			out[i].Tasks[j] = task{t.ID, t.Step, dir.Name(t.Assignee), t.State, t.Opinion}
		}
	}
	return answer(map[string]any{"items": out})
}
