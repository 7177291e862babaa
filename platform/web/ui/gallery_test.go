package ui_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"meridian/platform/i18n"
	"meridian/platform/web/asset"
	"meridian/platform/web/ui"
)

// csp is the policy of web.md section 3, word for word.
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
	"manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// galleryServer serves every sample page under its name and the few addresses the markup expects.
func galleryServer(t *testing.T) *httptest.Server {
	t.Helper()
	cat := i18n.NewCatalogue()
	if err := cat.Add(ui.Text); err != nil {
		t.Fatal(err)
	}
	answer := func(w http.ResponseWriter, r *http.Request, status int, c func(say) templ.Component) {
		lang := i18n.Chinese
		if c, err := r.Cookie("lang"); err == nil {
			lang = i18n.Parse(c.Value, lang)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		if err := c(sayIn(lang)).Render(i18n.With(r.Context(), cat, lang), w); err != nil {
			t.Error(err)
		}
	}
	whole := func(s say, r *http.Request, g sample) templ.Component {
		theme := ""
		if c, err := r.Cookie("theme"); err == nil {
			theme = c.Value
		}
		if g.blank {
			return ui.Blank{Title: s("登录", "Sign in"), Theme: theme, Company: s("华东精工集团", "Huadong Group"), Path: r.URL.Path, Body: g.body(s)}
		}
		p := g.page(s)
		p.Theme, p.Company, p.Path, p.Unread, p.Body = theme, s("华东精工集团", "Huadong Group"), r.URL.RequestURI(), 4, g.body(s)
		p.User = ui.User{Name: "王晓明", Role: s("销售总监", "Sales director")}
		return p
	}
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", asset.Handler())
	mux.HandleFunc("GET /events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "event: bell\ndata: <span class=\"badge-n\">4</span>\n\n")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	mux.HandleFunc("POST /prefs", func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"lang", "theme"} {
			if v := r.PostFormValue(name); v != "" {
				http.SetCookie(w, &http.Cookie{Name: name, Value: v, Path: "/"})
			}
		}
		http.Redirect(w, r, r.PostFormValue("next"), http.StatusSeeOther)
	})
	mux.HandleFunc("GET /notices/menu", func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, 200, func(s say) templ.Component { return ui.NoticeMenu{Items: notices(s)} })
	})
	mux.HandleFunc("GET /ref/{type}", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode([]map[string]string{{"id": "7", "text": "苏州汇川自动化 " + r.URL.Query().Get("q"), "sub": "C-0007"}, {"id": "8", "text": "Bosch Rexroth", "sub": "C-0008"}})
	})
	mux.HandleFunc("POST /preview", func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, 200, func(s say) templ.Component {
			return ui.Preview{Aside: orderForm(s, false).Aside, Values: []ui.Pair{{Name: "lines.0.net", Value: "60,000.00"}}}
		})
	})
	mux.HandleFunc("POST /form-errors", func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, http.StatusUnprocessableEntity, func(s say) templ.Component { return orderForm(s, true) })
	})
	mux.HandleFunc("POST /drop/{stage}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("HX-Trigger", `{"toast":{"text":"ok","tone":"ok"}}`)
		answer(w, r, 200, func(s say) templ.Component {
			b := board(s).(ui.Board)
			return ui.BoardChange{Card: b.Columns[0].Cards[0], Columns: b.Columns}
		})
	})
	mux.HandleFunc("POST /refuse", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("HX-Trigger", `{"toast":{"text":"\u7f3a\u6599","tone":"bad"}}`)
		w.WriteHeader(http.StatusConflict)
	})
	mux.HandleFunc("POST /list", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("HX-Trigger", fmt.Sprintf(`{"toast":{"text":"posted %s %s","tone":"ok"}}`, r.PostFormValue("version"), strings.Join(r.PostForm["id"], ",")))
		answer(w, r, 200, func(s say) templ.Component { return orders(s, true) })
	})
	mux.HandleFunc("POST /matrix-diff", func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, 200, func(s say) templ.Component {
			return ui.MatrixDiff{"ltc.order:create = " + r.PostFormValue("ltc.order:create")}
		})
	})
	mux.HandleFunc("GET /{name}", func(w http.ResponseWriter, r *http.Request) {
		g, ok := gallery[r.PathValue("name")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		answer(w, r, 200, func(s say) templ.Component {
			if r.Header.Get("HX-Request") == "true" {
				if r.PathValue("name") == "search" {
					return results(s)
				}
				return g.body(s)
			}
			return whole(s, r, g)
		})
	})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", csp)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	t.Cleanup(srv.CloseClientConnections)
	return srv
}

// browser starts one Chromium for the test.
func browser(t *testing.T) context.Context {
	t.Helper()
	chrome := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			chrome = p
			break
		}
	}
	if chrome == "" {
		t.Fatal("no Chromium found; install it: apt-get install -y chromium")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chrome), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("lang", "zh-CN"), chromedp.UserDataDir(t.TempDir()))
	a, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(a)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// look is one way to see a page.
type look struct {
	lang, theme string
	width       int64
}

func (l look) String() string { return fmt.Sprintf("%s-%s-%d", l.lang, l.theme, l.width) }

// tab is an isolated page of the browser that keeps what went wrong.
type tab struct {
	ctx   context.Context
	base  string
	mu    sync.Mutex
	wrong []string
	// forgiven are statuses that the page asks for on purpose.
	forgiven []string
}

func newTab(t *testing.T, browser context.Context, base string, l look) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	ctx, stop := context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(stop)
	tb := &tab{ctx: ctx, base: base}
	must(t, chromedp.Do(ctx, chromedp.Navigate("about:blank")))
	for name, value := range map[string]string{"lang": l.lang, "theme": l.theme} {
		_, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: base})
		must(t, err)
	}
	_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `window.__v=[];document.addEventListener('securitypolicyviolation',e=>__v.push(e.effectiveDirective+' '+e.blockedURI+' '+e.sourceFile))`})
	must(t, err)
	msgs := chromedp.Console(ctx)
	go func() {
		for m, err := range msgs {
			if err != nil {
				return
			}
			if m.IsException() || m.Type == "error" {
				tb.mu.Lock()
				if w := m.String() + " " + m.URL; !slices.ContainsFunc(tb.forgiven, func(s string) bool { return strings.Contains(w, s) }) {
					tb.wrong = append(tb.wrong, w)
				}
				tb.mu.Unlock()
			}
		}
	}()
	opts := []chromedp.EmulateViewportOption{}
	if l.width < 768 {
		opts = append(opts, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulateScale(2))
	}
	must(t, chromedp.Do(ctx, chromedp.EmulateViewport(l.width, 900, opts...)))
	return tb
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eval runs an expression and returns its text.
func (b *tab) eval(t *testing.T, expr string) string {
	t.Helper()
	v, err := b.ask(expr)
	must(t, err)
	return v
}

func (b *tab) ask(expr string) (string, error) {
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[any](expr, chromedp.EvalAwaitPromise))
	return fmt.Sprint(v), err
}

// wait polls until an expression is true, for at most half a minute. A question that
// meets a page on its way to another is asked again.
func (b *tab) wait(t *testing.T, expr string) {
	t.Helper()
	var last error
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		var v string
		if v, last = b.ask("!!(" + expr + ")"); v == "true" && last == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%s: never true: %s; %v %v", b.eval(t, "location.pathname"), expr, b.wrong, last)
}

// open leads to a sample page and waits until app.js has done its work.
func (b *tab) open(t *testing.T, name string) {
	t.Helper()
	must(t, chromedp.Do(b.ctx, chromedp.Navigate(b.base+"/"+name)))
	b.wait(t, `document.documentElement.dataset.ready`)
	if after := gallery[name].after; after != "" {
		b.eval(t, after+";1")
		b.eval(t, `new Promise(r=>setTimeout(r,450))`)
	}
}

// check ends every visit: no console error, no violation of the policy, no sideways scroll.
func (b *tab) check(t *testing.T, at string) {
	t.Helper()
	if v := b.eval(t, `__v.join('; ')`); v != "" {
		t.Errorf("%s: policy violated: %s", at, v)
	}
	if b.eval(t, `document.documentElement.scrollWidth > innerWidth`) == "true" {
		t.Errorf("%s: scrolls sideways: %s", at, b.eval(t, `[...document.querySelectorAll('body *')].filter(e=>e.getBoundingClientRect().right>innerWidth+1).slice(0,6).map(e=>e.tagName+'.'+e.className).join(' ')`))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.wrong {
		t.Errorf("%s: console: %s", at, w)
	}
	b.wrong = nil
}

const runAxe = `axe.run(document,{runOnly:['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']}).then(r=>JSON.stringify(r.violations.map(v=>v.id+': '+v.nodes.slice(0,4).map(n=>n.target+' '+(n.any[0]||n.all[0]||n.none[0]||{}).message).join(' | '))))`

// TestGallery visits every sample page twice, Chinese, light and wide, and English, dark and
// narrow, and runs axe on it. With MERIDIAN_SHOTS=dir it takes a picture in all eight looks.
func TestGallery(t *testing.T) {
	srv := galleryServer(t)
	chrome := browser(t)
	axe, err := os.ReadFile("testdata/axe-4.14.1.min.js")
	must(t, err)
	looks, shots := []look{{"zh", "light", 1440}, {"en", "dark", 390}}, os.Getenv("MERIDIAN_SHOTS")
	if shots != "" {
		must(t, os.MkdirAll(shots, 0o755))
		looks = nil
		for _, lang := range []string{"zh", "en"} {
			for _, theme := range []string{"light", "dark"} {
				looks = append(looks, look{lang, theme, 1440}, look{lang, theme, 390})
			}
		}
	}
	only := os.Getenv("MERIDIAN_PAGES")
	for _, l := range looks {
		t.Run(l.String(), func(t *testing.T) {
			if shots == "" {
				t.Parallel() // hidden tabs give no pictures
			}
			b := newTab(t, chrome, srv.URL, l)
			for _, name := range slices.Sorted(maps.Keys(gallery)) {
				if only != "" && !slices.Contains(strings.Split(only, ","), name) {
					continue
				}
				b.open(t, name)
				b.eval(t, string(axe)+";1")
				if v := b.eval(t, runAxe); v != "[]" {
					t.Errorf("%s: axe: %s", name, v)
				}
				b.check(t, name)
				if shots != "" {
					b.shoot(t, filepath.Join(shots, name+"-"+l.String()+".png"), l)
				}
			}
		})
	}
}

// shoot writes a picture of the whole page: the viewport grows to its height first.
func (b *tab) shoot(t *testing.T, path string, l look) {
	t.Helper()
	opts := []chromedp.EmulateViewportOption{}
	if l.width < 768 {
		opts = append(opts, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulateScale(2))
	}
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[float64](`Math.max(900, document.querySelector('main').scrollHeight + (document.querySelector('.top')?.offsetHeight || 0))`))
	must(t, err)
	must(t, chromedp.Do(b.ctx, chromedp.EmulateViewport(l.width, min(int64(v), 2400), opts...)))
	b.eval(t, `new Promise(r=>setTimeout(r,150))`)
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	must(t, err)
	must(t, os.WriteFile(path, png, 0o644))
	must(t, chromedp.Do(b.ctx, chromedp.EmulateViewport(l.width, 900, opts...)))
}

// TestWithoutScript reads the pages as a browser without script gets them.
func TestWithoutScript(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	must(t, orderForm(sayIn(i18n.English), false).Render(t.Context(), &b))
	if got, want := strings.Count(b.String(), `class="no-script"`), 3; got != want {
		t.Errorf("blank lines = %d, want %d", got, want)
	}
	for _, want := range []string{`name="lines.0.product_id"`, `name="lines.5.qty"`, `name="lines.0.id" value="1"`, `name="idempotency_key"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("form lacks %s", want)
		}
	}
}
