package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"meridian/platform/app"
	"meridian/platform/authz"
	"meridian/platform/db"
	"meridian/platform/resource"
	"meridian/platform/web"
)

// visitors lets people outside speak: they fill in the public form of the campaign
// and answer the surveys of their cases. They come in by the public pages, of a
// second program on the same database, since this one does not serve yet. Sales
// then answers two of the leads.
func (d *demo) visitors(ctx context.Context) (err error) {
	pool, err := db.Open(ctx, d.o.dsn, db.Options{MaxConns: 4, Zone: d.o.Config.TZ})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	cfg := d.o.Config
	cfg.WebhookSecret = demoHookSecret // this program listens to nobody
	p, err := app.New(cfg, pool, d.o.Now)
	if err != nil {
		return err
	}
	wire(p)
	if _, err := p.Start(ctx); err != nil {
		return err
	}
	srv := web.New(p)
	defer srv.Close()
	h := srv.Handler()
	for _, v := range demoVisitors {
		body := map[string]any{"name": v.name, "company": v.company, "title": v.title, "email": v.email, "phone": v.phone, "industry": v.industry, "region": v.region, "need": v.need, "consent": true,
			"utm_source": "search", "utm_medium": "cpc"}
		if err := visit(ctx, h, "/public/form/"+formKey, body); err != nil {
			return err
		}
	}
	if err := d.messages(ctx, h); err != nil {
		return err
	}
	d.ctx = ctx
	for i, token := range d.surveys(ctx) {
		if i%7 == 6 {
			continue // not everybody answers
		}
		if err := visit(ctx, h, "/public/survey/"+token, map[string]any{"score": []int{5, 4, 5, 5, 3, 4}[i%6], "comment": []string{"处理很快", "工程师专业", "", "问题解决了", "等待时间偏长", ""}[i%6]}); err != nil {
			return err
		}
	}
	d.fail(d.o.DB.Tx(ctx, func(ctx context.Context) error {
		d.ctx = ctx
		d.answers()
		return d.err
	}))
	return d.err
}

// visit posts a public form.
func visit(ctx context.Context, h http.Handler, path string, body map[string]any, header ...string) error {
	b, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("public form: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://localhost/api/v1"+path, bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("public form: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	r.RemoteAddr = "192.0.2.1:1" // an address for documents (RFC 5737)
	w := &reply{header: http.Header{}}
	h.ServeHTTP(w, r)
	if w.status != http.StatusCreated {
		return fmt.Errorf("public form %s answers %d: %s", path, w.status, w.body.String())
	}
	return nil
}

// reply keeps the answer of a handler.
type reply struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *reply) Header() http.Header { return w.header }

func (w *reply) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *reply) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

// answers lets sales accept one lead of the form and send one back; the others
// wait to be taken over.
func (d *demo) answers() {
	list, err := d.doc("ltc.lead").ListRows(authz.System(d.ctx, demoMark), resource.ListQuery{Filters: map[string][]string{"stage": {"mql"}}, Sort: "-created_at", Limit: 50, Total: "none"})
	d.fail(err)
	n := 0
	for _, r := range list.Rows {
		owner := d.o.Authz.Directory().People[r.Base().OwnerID]
		if owner == nil || n > 1 {
			continue
		}
		move, v := "accept", resource.Values{}
		if n == 1 {
			move, v = "reject", resource.Values{"reason": "客户预算在明年第二季度，先由市场部继续培育。"}
		}
		d.move(owner.Username, "ltc.lead", r.Base().ID, move, v)
		n++
	}
}
