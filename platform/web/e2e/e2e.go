// Package e2e drives an installed Chromium for browser tests. It is imported by
// tests only.
package e2e

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Browser starts one Chromium for a test. Without one the test fails with the
// line that installs it: nothing is skipped silently.
func Browser(t *testing.T) context.Context {
	t.Helper()
	chrome := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if p, err := exec.LookPath(name); err == nil {
			chrome = p
			break
		}
	}
	if chrome == "" {
		t.Fatal("no Chromium found; install it: apt-get install -y chromium")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chrome), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("lang", "zh-CN"), chromedp.UserDataDir(t.TempDir()))
	a, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(a)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return ctx
}

// Look is one way to see a page.
type Look struct {
	Lang, Theme string
	Width       int64
}

func (l Look) String() string { return fmt.Sprintf("%s-%s-%d", l.Lang, l.Theme, l.Width) }

// Wide and Narrow are the two looks every page is checked in.
var (
	Wide   = Look{"zh", "light", 1440}
	Narrow = Look{"en", "dark", 390}
)

// Tab is an isolated page that keeps what went wrong.
type Tab struct {
	t    *testing.T
	ctx  context.Context
	base string
	look Look

	mu    sync.Mutex
	wrong []string
}

// NewTab opens a tab with its own cookies on the server at base.
func NewTab(t *testing.T, browser context.Context, base string, l Look) *Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	ctx, stop := context.WithTimeout(ctx, 4*time.Minute)
	t.Cleanup(stop)
	b := &Tab{t: t, ctx: ctx, base: base, look: l}
	b.must(chromedp.Do(ctx, chromedp.Navigate("about:blank")))
	for name, value := range map[string]string{"lang": l.Lang, "theme": l.Theme} {
		_, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: base})
		b.must(err)
	}
	_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `window.__v=[];document.addEventListener('securitypolicyviolation',e=>__v.push(e.effectiveDirective+' '+e.blockedURI+' '+e.sourceFile))`})
	b.must(err)
	msgs := chromedp.Console(ctx)
	go func() {
		for m, err := range msgs {
			if err != nil {
				return
			}
			if m.IsException() || m.Type == "error" {
				b.mu.Lock()
				b.wrong = append(b.wrong, m.String()+" "+m.URL)
				b.mu.Unlock()
			}
		}
	}()
	b.size(900)
	return b
}

func (b *Tab) size(height int64) {
	b.t.Helper()
	var opts []chromedp.EmulateViewportOption
	if b.look.Width < 768 {
		opts = append(opts, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulateScale(2))
	}
	b.must(chromedp.Do(b.ctx, chromedp.EmulateViewport(b.look.Width, height, opts...)))
}

func (b *Tab) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatalf("browser: %v", err)
	}
}

// Eval runs an expression and returns its text.
func (b *Tab) Eval(expr string) string {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[any](expr, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("browser: %s: %v", expr, err)
	}
	return fmt.Sprint(v)
}

// Wait polls until an expression is true, for at most half a minute: the machine may be busy.
func (b *Tab) Wait(expr string) {
	b.t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		if v, err := chromedp.Run(b.ctx, chromedp.Evaluate[any]("!!("+expr+")")); err == nil && fmt.Sprint(v) == "true" {
			return
		}
		time.Sleep(30 * time.Millisecond)
	}
	b.t.Fatalf("%s: never true: %s; text: %.600s", b.Eval("location.href"), expr, b.Eval("document.body.innerText"))
}

// Ready waits until the page and its script have done their work.
func (b *Tab) Ready() { b.t.Helper(); b.Wait(`document.documentElement.dataset.ready`) }

// Open goes to an address of the server.
func (b *Tab) Open(path string) {
	b.t.Helper()
	b.must(chromedp.Do(b.ctx, chromedp.Navigate(b.base+path)))
	b.Ready()
}

// Fill types into the field of a name, replacing what is there; selects and check
// boxes are set as a person would leave them.
func (b *Tab) Fill(name, value string) {
	b.t.Helper()
	b.Wait(fmt.Sprintf(`[...document.getElementsByName(%q)].some(e=>e.type!=='hidden')`, name))
	b.Eval(fmt.Sprintf(`(()=>{const e=[...document.getElementsByName(%q)].filter(e=>e.type!=='hidden').at(-1), v=%q;
		if(e.tomselect){e.tomselect.addOption({id:v,text:v});e.tomselect.setValue(v);return 1}
		if(e.type==='checkbox'){e.checked=v==='true'}else{e.value=v}
		e.dispatchEvent(new Event('input',{bubbles:true}));e.dispatchEvent(new Event('change',{bubbles:true}));return 1})()`, name, value))
}

// Click clicks the first visible element of a selector whose text holds text, and
// waits for what it starts.
func (b *Tab) Click(selector, text string) {
	b.t.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll(%q)].find(e=>e.offsetParent!==null&&!e.disabled&&e.innerText.trim().includes(%q))`, selector, text)
	b.Wait(find)
	b.Eval(find + `.click();1`)
}

// Go is Click that waits for another page.
func (b *Tab) Go(selector, text string) {
	b.t.Helper()
	b.Eval(`window.__old=1`)
	b.Click(selector, text)
	b.Wait(`window.__old===undefined`)
	b.Ready()
}

// For is the same tab in a sub-test, which then owns what goes wrong.
func (b *Tab) For(t *testing.T) *Tab {
	t.Helper()
	b.t = t
	return b
}

// The keys of Press.
const (
	KeyTab    = kb.Tab
	KeyEnter  = kb.Enter
	KeyEscape = kb.Escape
	KeyDown   = kb.ArrowDown
)

// Press types keys, one after the other, where the focus is.
func (b *Tab) Press(keys string) {
	b.t.Helper()
	b.must(chromedp.Do(b.ctx, chromedp.KeyEvent(keys)))
}

// Replace types over what the field with the focus holds.
func (b *Tab) Replace(text string) {
	b.t.Helper()
	b.must(chromedp.Do(b.ctx, chromedp.KeyEvent("a", chromedp.KeyModifiers(2))))
	b.Press(text)
}

// Text is the visible text of the page.
func (b *Tab) Text() string { b.t.Helper(); return b.Eval(`document.body.innerText`) }

// SignIn signs a person in.
func (b *Tab) SignIn(user, password string) {
	b.t.Helper()
	b.Open("/login")
	b.Fill("login", user)
	b.Fill("password", password)
	b.Go(`main form[action="/login"] button, main form button[type=submit]`, "")
}

// Check ends every visit: no console error, no violation of the content policy, no
// sideways scroll.
func (b *Tab) Check(at string) {
	b.t.Helper()
	if v := b.Eval(`__v.join('; ')`); v != "" {
		b.t.Errorf("%s %s: policy violated: %s", at, b.look, v)
	}
	if b.Eval(`document.documentElement.scrollWidth > innerWidth`) == "true" {
		b.t.Errorf("%s %s: scrolls sideways: %s", at, b.look, b.Eval(`[...document.querySelectorAll('body *')].filter(e=>e.getBoundingClientRect().right>innerWidth+1).slice(0,6).map(e=>e.tagName+'.'+e.className).join(' ')`))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.wrong {
		b.t.Errorf("%s %s: console: %s", at, b.look, w)
	}
	b.wrong = nil
}

// Forget drops console messages of a step that was meant to fail.
func (b *Tab) Forget() { b.mu.Lock(); b.wrong = nil; b.mu.Unlock() }

//go:embed testdata/axe-4.14.1.min.js
var axe string

const runAxe = `axe.run(document,{runOnly:['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa']}).then(r=>JSON.stringify(r.violations.map(v=>v.id+': '+v.nodes.slice(0,4).map(n=>n.target+' '+(n.any[0]||n.all[0]||n.none[0]||{}).message).join(' | '))))`

// Axe fails the test for every violation of WCAG A and AA on the page.
func (b *Tab) Axe(at string) {
	b.t.Helper()
	b.Eval(axe + ";1")
	if v := b.Eval(runAxe); v != "[]" {
		b.t.Errorf("%s %s: axe: %s", at, b.look, v)
	}
}

// Shoot writes a picture of the whole page into the directory MERIDIAN_SHOTS; it
// does nothing without that.
func (b *Tab) Shoot(name string) {
	b.t.Helper()
	dir := os.Getenv("MERIDIAN_SHOTS")
	if dir == "" {
		return
	}
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[float64](`Math.max(900, (document.querySelector('main')||document.body).scrollHeight + (document.querySelector('.top')?.offsetHeight || 0))`))
	b.must(err)
	b.size(min(int64(v), 2600))
	b.Eval(`new Promise(r=>setTimeout(r,150))`)
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	b.must(err)
	b.must(os.MkdirAll(dir, 0o755))
	b.must(os.WriteFile(filepath.Join(dir, name+"-"+b.look.String()+".png"), png, 0o644))
	b.size(900)
}
