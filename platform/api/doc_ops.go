package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// declare makes the operations of one document type.
func (a *API) declare(d resource.Doc) {
	info := d.Info()
	base := "/" + strings.Replace(info.Name, ".", "/", 1)
	one := base + "/{id}"
	rec := &schema{Ref: info.Name}
	op := func(verb, method, path, perm, summary string) *Op {
		return &Op{ID: info.Name + "." + verb, Method: method, Path: path, Perm: info.Name + ":" + perm, Summary: summary, doc: info.Name, answer: rec, status: http.StatusOK}
	}

	list := op("list", http.MethodGet, base, "read", "List: "+info.Plural)
	list.query, list.answer = listParams(info), &schema{List: info.Name}
	list.run = func(ctx context.Context, r *Request) (Response, error) { return a.list(ctx, d, r) }
	a.add(list)

	get := op("get", http.MethodGet, one, "read", "Read: "+info.Label)
	get.Perm = "" // no right reads as absent
	get.run = func(ctx context.Context, r *Request) (Response, error) {
		id, err := pathID(r)
		if err != nil {
			return Response{}, err
		}
		row, err := d.GetRow(ctx, id)
		return record(row, http.StatusOK, err)
	}
	a.add(get)

	if !info.NoCreate {
		create := op("create", http.MethodPost, base, "create", "Create: "+info.Label)
		create.body, create.status = &schema{Fields: writable(info.Fields), Require: true}, http.StatusCreated
		create.run = func(ctx context.Context, r *Request) (Response, error) {
			v, err := decode(r.Body, info.Fields)
			if err != nil {
				return Response{}, err
			}
			row, err := d.CreateRow(ctx, v)
			return record(row, http.StatusCreated, err)
		}
		a.add(create)
	}
	if !info.NoEdit {
		a.declareEdit(d, info, one, op)
		a.declareShare(info, one+"/share", op)
	}
	a.declareFiles(d, info, one, op)
	a.declareMoves(d, info, one, op)
	a.declareExtras(d, info, one, op)
}

// declareFiles makes the operations that answer with a file of the document.
func (a *API) declareFiles(d resource.Doc, info *resource.Info, one string, op func(verb, method, path, perm, summary string) *Op) {
	for _, f := range info.Downloads {
		o := op(f.Name, http.MethodGet, one+"/"+f.Name, "read", f.Label+": "+info.Label)
		o.Perm, o.answer, o.media = "", nil, f.Media // no right reads as absent
		o.run = func(ctx context.Context, r *Request) (Response, error) {
			id, err := pathID(r)
			if err != nil {
				return Response{}, err
			}
			row, err := d.GetRow(ctx, id)
			if err != nil {
				return Response{}, err
			}
			var b bytes.Buffer
			if err := d.DownloadRow(ctx, id, f.Name, &b); err != nil {
				return Response{}, err
			}
			return Response{Status: http.StatusOK, Body: b.Bytes(), Media: f.Media, Name: row.Base().No + f.Ext}, nil
		}
		a.add(o)
	}
}

// declareReveal makes the operation that shows contact data in full, for a reason.
func (a *API) declareReveal(d resource.Doc, info *resource.Info, one string, op func(verb, method, path, perm, summary string) *Op) {
	reason := []*resource.Meta{{Name: "reason", Label: "Reason", Kind: resource.KText, Required: true}}
	o := op("reveal", http.MethodPost, one+"/reveal", "reveal", "Reveal contact data: "+info.Label)
	o.body, o.answer = &schema{Fields: reason, Require: true}, &schema{Any: true}
	o.run = func(ctx context.Context, r *Request) (Response, error) {
		id, err := pathID(r)
		if err != nil {
			return Response{}, err
		}
		v, err := decode(r.Body, reason)
		if err != nil {
			return Response{}, err
		}
		why, _ := v["reason"].(string)
		x, err := d.RevealRow(ctx, id, why)
		if err != nil {
			return Response{}, err
		}
		return answer(x)
	}
	a.add(o)
}

func (a *API) declareEdit(d resource.Doc, info *resource.Info, one string, op func(verb, method, path, perm, summary string) *Op) {
	update := op("update", http.MethodPatch, one, "update", "Change: "+info.Label)
	update.body = &schema{Fields: writable(info.Fields)}
	update.run = func(ctx context.Context, r *Request) (Response, error) {
		id, err := pathID(r)
		if err != nil {
			return Response{}, err
		}
		version, err := ifMatch(r, true)
		if err != nil {
			return Response{}, err
		}
		v, err := decode(r.Body, info.Fields)
		if err != nil {
			return Response{}, err
		}
		row, err := d.UpdateRow(ctx, id, version, v)
		return record(row, http.StatusOK, err)
	}
	a.add(update)

	del := op("delete", http.MethodDelete, one, "delete", "Delete: "+info.Label)
	del.answer, del.status = nil, http.StatusNoContent
	del.run = func(ctx context.Context, r *Request) (Response, error) {
		id, err := pathID(r)
		if err != nil {
			return Response{}, err
		}
		version, err := ifMatch(r, true)
		if err != nil {
			return Response{}, err
		}
		return Response{Status: http.StatusNoContent}, d.DeleteRow(ctx, id, version)
	}
	a.add(del)
}

// declareShare gives a type the list of people a record is shown to.
func (a *API) declareShare(info *resource.Info, path string, op func(verb, method, path, perm, summary string) *Op) {
	person := &resource.Meta{Name: "user_id", Label: "Person", Kind: resource.KRef, Target: "core.user", Required: true}
	until := &resource.Meta{Name: "until", Label: "Last day", Kind: resource.KDate}
	share := func(verb, method, summary string, status int, work func(ctx context.Context, ref trace.Ref, r *Request) error) *Op {
		o := op(verb, method, path, "update", summary+": "+info.Label)
		o.answer, o.status = &schema{Any: true}, status
		o.run = func(ctx context.Context, r *Request) (Response, error) {
			id, err := pathID(r)
			if err != nil {
				return Response{}, err
			}
			ref := trace.Ref{Type: info.Name, ID: id}
			if err := work(ctx, ref, r); err != nil {
				return Response{}, err
			}
			if status == http.StatusNoContent {
				return Response{Status: status}, nil
			}
			return a.shares(ctx, ref, status)
		}
		a.add(o)
		return o
	}
	share("shared_with", http.MethodGet, "Who it is shared with", http.StatusOK, func(context.Context, trace.Ref, *Request) error { return nil })
	add := share("share", http.MethodPost, "Share with a person", http.StatusCreated, func(ctx context.Context, ref trace.Ref, r *Request) error {
		v, err := decode(r.Body, []*resource.Meta{person, until})
		if err != nil {
			return err
		}
		who, _ := v["user_id"].(string)
		last, _ := v["until"].(string)
		day, err := date.Parse(last)
		if err != nil {
			return errs.Bad("until", "Not a date (YYYY-MM-DD): {0}.", last)
		}
		user, _ := strconv.ParseInt(who, 10, 64) // 0 is nobody, which is refused with the field
		return a.Shares.Add(ctx, ref, user, day)
	})
	add.body = &schema{Fields: []*resource.Meta{person, until}, Require: true}
	end := share("unshare", http.MethodDelete, "End sharing with a person", http.StatusNoContent, func(ctx context.Context, ref trace.Ref, r *Request) error {
		user, err := strconv.ParseInt(r.Query.Get("user_id"), 10, 64)
		if err != nil {
			return errs.Bad("user_id", "A number is expected.")
		}
		return a.Shares.Remove(ctx, ref, user)
	})
	end.query, end.answer, end.loose = []param{{Name: "user_id", Type: "integer", Help: "The person who no longer sees the record."}}, nil, true
}

// shares answers who a record is shown to.
func (a *API) shares(ctx context.Context, ref trace.Ref, status int) (Response, error) {
	list, err := a.Shares.List(ctx, ref)
	if err != nil {
		return Response{}, err
	}
	type item struct {
		User  int64      `json:"user_id"`
		Name  string     `json:"name"`
		Until *time.Time `json:"until"`
	}
	items := []item{}
	for _, x := range list {
		i := item{User: x.User, Name: a.Authz.Directory().Name(x.User)}
		if !x.Until.IsZero() {
			i.Until = &x.Until
		}
		items = append(items, i)
	}
	res, err := answer(map[string]any{"items": items})
	res.Status = status
	return res, err
}

func (a *API) declareMoves(d resource.Doc, info *resource.Info, one string, op func(verb, method, path, perm, summary string) *Op) {
	if info.Process == nil {
		return
	}
	done := map[string]bool{}
	for _, m := range info.Process.Moves {
		if m.System || done[m.Name] {
			continue
		}
		done[m.Name] = true
		form := info.Forms[m.Name]
		if m.Reason {
			form = append([]*resource.Meta{{Name: "reason", Label: "Reason", Kind: resource.KLongText, Required: true, Max: 2000}}, form...)
		}
		o := op(m.Name, http.MethodPost, one+"/"+m.Name, m.Name, m.Label+": "+info.Label)
		o.body, o.approval = &schema{Fields: form, Require: true}, true
		o.run = func(ctx context.Context, r *Request) (Response, error) {
			id, err := pathID(r)
			if err != nil {
				return Response{}, err
			}
			version, err := ifMatch(r, false)
			if err != nil {
				return Response{}, err
			}
			v, err := decode(r.Body, form)
			if err != nil {
				return Response{}, err
			}
			row, pending, err := d.FireRow(ctx, id, version, m.Name, v)
			status := http.StatusOK
			if pending {
				status = http.StatusAccepted
			}
			return record(row, status, err)
		}
		a.add(o)
	}
}

func record(row resource.Row, status int, err error) (Response, error) {
	if err != nil {
		return Response{}, err
	}
	return Response{Status: status, Body: row.AppendJSON(make([]byte, 0, 1024), nil), ETag: fmt.Sprintf(`"%d"`, row.Base().Version)}, nil
}

func pathID(r *Request) (int64, error) {
	id, err := strconv.ParseInt(r.Path["id"], 10, 64)
	if err != nil || id <= 0 {
		return 0, errs.Missing()
	}
	return id, nil
}

// ifMatch reads the version of If-Match: "3", W/"3" or 3.
func ifMatch(r *Request, owed bool) (int64, error) {
	h := strings.Trim(strings.TrimPrefix(strings.TrimSpace(r.Header.Get("If-Match")), "W/"), `"`)
	if h == "" || h == "*" {
		if owed {
			return 0, errNoVersion
		}
		return 0, nil
	}
	v, err := strconv.ParseInt(h, 10, 64)
	if err != nil || v <= 0 {
		return 0, errs.Stale()
	}
	return v, nil
}

func listParams(info *resource.Info) []param {
	out := []param{
		{Name: "q", Type: "string", Help: "Text to search for."},
		{Name: "sort", Type: "string", Help: "Field, or -field for descending order."},
		{Name: "limit", Type: "integer", Help: "1 to 200, 50 if absent."},
		{Name: "cursor", Type: "string", Help: "The value of next of the page before."},
		{Name: "page", Type: "integer", Help: "Page from 1, instead of a cursor."},
		{Name: "total", Type: "string", Enum: []string{"exact", "none"}, Help: "How to count: to 10,000 if absent."},
		{Name: "fields", Type: "string", Help: "Fields of each record, separated by commas; all if absent. The id and the version are always there."},
		{Name: "no", Type: "string"}, {Name: "id", Type: "string"},
	}
	if info.Process != nil {
		out = append(out, param{Name: "stage", Type: "string", Help: "One or more stages, separated by commas."})
	}
	for _, f := range info.Fields {
		if !f.Filter {
			continue
		}
		for _, n := range resource.FilterNames(f) {
			// A field may bear the name of a parameter (total): only its range filters then.
			if !slices.ContainsFunc(out, func(p param) bool { return p.Name == n }) {
				out = append(out, param{Name: n, Type: "string"})
			}
		}
	}
	return out
}

// ParseList reads the parameters of a list; names that are not its own stay out.
func ParseList(q url.Values) (resource.ListQuery, error) {
	lq := resource.ListQuery{Filters: map[string][]string{}, Q: q.Get("q"), Sort: q.Get("sort"), Cursor: q.Get("cursor"), Total: q.Get("total")}
	var bad []errs.Field
	number := func(name string) int {
		s := q.Get(name)
		if s == "" {
			return 0
		}
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > 1_000_000 {
			bad = append(bad, errs.Field{Name: name, Message: "A whole number from 1 is expected."})
		}
		return n
	}
	lq.Limit, lq.Page = number("limit"), number("page")
	for name, v := range q {
		switch name {
		case "q", "sort", "limit", "cursor", "page", "total":
		default:
			lq.Filters[name] = v
		}
	}
	if e := errs.Join(bad); e != nil {
		return lq, e
	}
	return lq, nil
}

// ListValues are the filters and the order of a list as its address has them.
func ListValues(q resource.ListQuery) url.Values {
	out := url.Values{}
	for name, v := range q.Filters {
		out[name] = v
	}
	for name, s := range map[string]string{"q": q.Q, "sort": q.Sort} {
		if s != "" {
			out.Set(name, s)
		}
	}
	return out
}

func (a *API) list(ctx context.Context, d resource.Doc, r *Request) (Response, error) {
	fields, only := r.Query["fields"]
	delete(r.Query, "fields")
	q, err := ParseList(r.Query)
	if err != nil {
		return Response{}, err
	}
	if only {
		q.Fields = strings.Split(strings.Join(fields, ","), ",")
	}
	l, err := d.ListRows(ctx, q)
	if err != nil {
		return Response{}, err
	}
	b := make([]byte, 0, 1024+len(l.Rows)*600)
	b = append(b, `{"items":[`...)
	for i, row := range l.Rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = row.AppendJSON(b, q.Fields)
	}
	b = append(b, `],"total":`...)
	if l.Total == nil {
		b = append(b, "null"...)
	} else {
		b = strconv.AppendInt(b, int64(*l.Total), 10)
	}
	b = append(b, `,"next":`...)
	if l.Next == "" {
		b = append(b, "null"...)
	} else {
		b = appendString(b, l.Next)
	}
	return Response{Status: http.StatusOK, Body: append(b, '}')}, nil
}

// declareExtras gives every type its thread, and with a process its log and approvals.
func (a *API) declareExtras(d resource.Doc, info *resource.Info, one string, op func(verb, method, path, perm, summary string) *Op) {
	about := func(verb, summary string, read func(ctx context.Context, ref trace.Ref) (Response, error)) {
		o := op(verb, http.MethodGet, one+"/"+verb, "read", summary+": "+info.Label)
		o.Perm, o.answer = "", &schema{Any: true} // no right reads as absent
		o.run = func(ctx context.Context, r *Request) (Response, error) {
			ref, err := readable(ctx, d, info, r)
			if err != nil {
				return Response{}, err
			}
			return read(ctx, ref)
		}
		a.add(o)
	}
	about("thread", "Thread of documents", a.thread)
	if info.Reveals() {
		a.declareReveal(d, info, one, op)
	}
	if info.Process == nil {
		return
	}
	about("log", "Process log", a.history)
	about("approvals", "Approval rounds, the newest first", a.approvals)
	for verb, run := range map[string]func(ctx context.Context, ref trace.Ref) error{"withdraw_approval": a.Process.Withdraw, "accept_handover": a.Process.Accept} {
		o := op(verb, http.MethodPost, one+"/"+verb, "read", strings.ReplaceAll(verb, "_", " ")+": "+info.Label)
		o.Perm = ""
		o.run = func(ctx context.Context, r *Request) (Response, error) {
			ref, err := readable(ctx, d, info, r)
			if err != nil {
				return Response{}, err
			}
			if err := run(ctx, ref); err != nil {
				return Response{}, err
			}
			row, err := d.GetRow(ctx, ref.ID)
			return record(row, http.StatusOK, err)
		}
		a.add(o)
	}
}

// readable is the record the path names. Errors: NotFound also for one the caller
// may not read.
func readable(ctx context.Context, d resource.Doc, info *resource.Info, r *Request) (trace.Ref, error) {
	id, err := pathID(r)
	if err != nil {
		return trace.Ref{}, err
	}
	if _, err := d.GetRow(ctx, id); err != nil {
		return trace.Ref{}, err
	}
	return trace.Ref{Type: info.Name, ID: id}, nil
}
