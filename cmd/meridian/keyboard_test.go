package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"meridian/platform/web/e2e"
)

// keys is a person without a mouse.
type keys struct {
	*e2e.Tab
	s  *suite
	t  *testing.T
	at string
}

// daily is what somebody does every day on one page.
type daily struct {
	name, who, path string
	look            e2e.Look
	do              func(k *keys)
}

var (
	zhWide   = e2e.Wide
	enNarrow = e2e.Narrow
)

// TestKeyboard does the daily work of each page with the keyboard alone, on the demo
// company: from the skip link to every control, then the main job, with the focus where
// it was and the outcome in the database.
func TestKeyboard(t *testing.T) {
	s := newSuite(t)
	s.Config.Data = t.TempDir()
	if err := s.loadDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	chrome := e2e.Browser(t)
	words := s.demoPasswords()
	tabs := map[string]*e2e.Tab{}
	for _, w := range s.walks() {
		t.Run(w.name, func(t *testing.T) {
			key := w.who + w.look.String()
			if tabs[key] == nil {
				tabs[key] = e2e.NewTab(s.t, chrome, s.url, w.look)
				tabs[key].SignIn(w.who, words[w.who])
			}
			k := &keys{tabs[key].For(t), s, t, w.name}
			k.enter(w.path)
			k.stops()
			k.Shoot("keys-" + w.name)
			k.enter(w.path)
			w.do(k)
			k.Check(w.name)
		})
	}
}

// demoPasswords reads the file the demo company announces its accounts in.
func (s *suite) demoPasswords() map[string]string {
	s.t.Helper()
	b, err := os.ReadFile(filepath.Join(s.Config.Data, "demo-users.txt"))
	if err != nil {
		s.t.Fatal(err)
	}
	out := map[string]string{}
	for _, l := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		f := strings.Fields(l)
		out[f[0]] = f[1]
	}
	return out
}

// walks are the pages and their jobs; half of them in Chinese on a wide light screen, half
// in English at 390 px in the dark.
func (s *suite) walks() []daily {
	rep := s.number(`SELECT id FROM core."user" WHERE username = 'rep'`)
	deal := s.number(`SELECT id FROM ltc.opportunity WHERE stage = 'qualify' AND owner_id = $1 AND next_step <> '' AND next_on IS NOT NULL AND amount < 100000 AND pipeline_id IN (SELECT id FROM ltc.pipeline WHERE serves = 'new') ORDER BY id DESC LIMIT 1`, rep)
	customer := s.number(`SELECT id FROM crm.customer WHERE owner_id = $1 AND archived_at IS NULL ORDER BY id LIMIT 1`, rep)
	quote := s.draftQuote(rep, deal)
	list := []daily{
		{"rep-home", "rep", "/", zhWide, follow(`main a[href^="/ltc/"], main a[href^="/crm/"]`)},
		{"deal-board", "rep", "/ltc/opportunity?as=board&owner_id=" + strconv.Itoa(rep), zhWide, moveCard(deal)},
		{"deal-page", "rep", fmt.Sprintf("/ltc/opportunity/%d", deal), enNarrow, logActivity(deal)},
		{"quote-editor", "rep", fmt.Sprintf("/ltc/quote/%d/edit", quote), zhWide, edit(`[name="lines.0.qty"]`, "7", `SELECT count(*) FROM ltc.quote_line WHERE parent_id = $1 AND qty = 7`, quote)},
		{"customer-360", "rep", fmt.Sprintf("/crm/customer/%d", customer), enNarrow, editCustomer(customer)},
		{"funnel", "manager", "/ltc/funnel", enNarrow, choose(`#report select`)},
		{"forecast", "rep", "/ltc/forecast", zhWide, submitForecast(rep)},
		{"plan-board", "rep2", "/ltc/plan_board", enNarrow, follow(`#report table a[href^="/ltc/contract/"]`)},
		{"aging", "finance", "/ltc/aging", zhWide, follow(`#report table a[href]`)},
		{"dunning-triage", "finance", "/ltc/dunning", enNarrow, follow(`#list-rows a[href^="/ltc/dunning/"], main table a[href^="/ltc/dunning/"]`)},
		{"revenue-close", "finmanager", "/ltc/revenue", zhWide, openAndLeave(`#report a[href$="/do/close"]`)},
		{"resource-plan", "manager", "/crm/resource_gap", enNarrow, follow(`#report table a[href]`)},
		{"pool", "rep", "/crm/public_pool", zhWide, claim(rep)},
		{"transfer", "manager", fmt.Sprintf("/crm/transfer/%d/edit", s.number(`SELECT max(id) FROM crm.transfer`)), enNarrow,
			edit(`[name="open_issues"]`, "Two invoices are open.", `SELECT count(*) FROM crm.transfer WHERE id >= $1 AND open_issues = 'Two invoices are open.'`, 0)},
	}
	return list
}

// draftQuote makes a quote to edit, by the interface.
func (s *suite) draftQuote(rep, deal int) int {
	s.t.Helper()
	p := s.Authz.Directory().People[int64(rep)]
	tok, err := s.Authn.NewToken(s.as("admin"), p.ID, "test", p0)
	if err != nil {
		s.t.Fatal(err)
	}
	product := s.number(`SELECT min(product_id) FROM ltc.price`)
	q := s.call(tok, "POST", "/ltc/quote", map[string]any{"opportunity_id": deal, "customer_id": s.number(`SELECT customer_id FROM ltc.opportunity WHERE id = $1`, deal), "valid_until": inDays(30),
		"lines": []any{map[string]any{"product_id": product, "qty": "3"}}}, 201)
	return int(q["id"].(float64))
}

// enter opens a page and leaves the menu behind by the skip link.
func (k *keys) enter(path string) {
	k.t.Helper()
	k.Open(path)
	k.Press(e2e.KeyTab)
	if k.Eval(`document.activeElement.matches('.skip') && document.activeElement.getBoundingClientRect().top >= 0`) != "true" {
		k.t.Fatalf("%s: the first stop is not the visible skip link but %s", k.at, k.focus())
	}
	k.Press(e2e.KeyEnter)
	k.Wait(`document.activeElement.id === 'main'`)
}

func (k *keys) focus() string {
	return k.Eval(`(document.activeElement?.outerHTML || 'nothing').slice(0, 200)`)
}

// lit says whether a person sees where the focus is. The parts of a date show by
// themselves which one has it.
const lit = `(()=>{const e=document.activeElement,r=e.getBoundingClientRect(),all=[e,e.closest('.ts-control'),e.closest('.ts-wrapper'),e.closest('.drop')].filter(Boolean);
	const ring=e.type==='date'||all.some(x=>{const c=getComputedStyle(x);return c.outlineStyle!=='none'&&parseFloat(c.outlineWidth)>0||c.boxShadow!=='none'});
	return ring&&r.width>0&&r.height>0&&r.bottom>0&&r.top<innerHeight})()`

// seen asks some times over: the browser brings what has the focus into view a moment
// after it has it.
func (k *keys) seen() bool {
	k.t.Helper()
	for range 200 {
		if k.Eval(lit) == "true" {
			return true
		}
	}
	return false
}

// operable are the controls of the page a keyboard must reach.
const operable = `[...document.querySelectorAll('main :is(a[href],button:not(:disabled),input:not([type=hidden]):not([type=radio]):not(:disabled),select:not(:disabled),textarea:not(:disabled),summary)')].filter(e=>e.tabIndex>=0&&e.checkVisibility({visibilityProperty:true})&&!e.closest('[inert]')&&e.getBoundingClientRect().width>0)`

// maxStops bounds a page with hundreds of rows: they are alike.
const maxStops = 45

// stops goes through the controls of the page with Tab: each of the first ones is
// reached, in the order of the page, and shows that it has the focus.
func (k *keys) stops() {
	k.t.Helper()
	k.Eval(`window.__stops=` + operable + `;__stops.length`)
	type stop struct {
		At   int
		Main bool
		What string
	}
	reached := map[int]bool{}
	for range maxStops {
		k.Press(e2e.KeyTab)
		var x stop
		if err := json.Unmarshal([]byte(k.Eval(`JSON.stringify({At:__stops.indexOf(document.activeElement),Main:!!document.activeElement.closest('main'),What:(document.activeElement.outerHTML||'').slice(0,140)})`)), &x); err != nil {
			k.t.Fatal(err)
		}
		if !x.Main {
			break
		}
		if !k.seen() {
			k.t.Errorf("%s: nobody sees that the focus is on %s", k.at, x.What)
		}
		reached[x.At] = true
	}
	last := -1
	for i := range reached {
		last = max(last, i)
	}
	if last < 0 {
		k.t.Fatalf("%s: no control is reached with the keyboard", k.at)
	}
	for i := range last {
		if !reached[i] {
			k.t.Errorf("%s: the keyboard does not reach %s", k.at, k.Eval(fmt.Sprintf(`__stops[%d].outerHTML.slice(0,160)`, i)))
		}
	}
}

// to presses Tab until the focus stands on a control.
func (k *keys) to(selector string) {
	k.t.Helper()
	for range 250 {
		k.Press(e2e.KeyTab)
		if k.Eval(fmt.Sprintf(`!!document.activeElement?.matches(%q)`, selector)) == "true" {
			return
		}
	}
	k.t.Fatalf("%s: Tab never comes to %s; the focus is on %s", k.at, selector, k.focus())
}

// kept wants the focus on a control the selector names, seen by the person.
func (k *keys) kept(selector string) {
	k.t.Helper()
	k.Wait(fmt.Sprintf(`document.activeElement?.matches(%q)`, selector))
	if !k.seen() {
		k.t.Errorf("%s: nobody sees that the focus is on %s", k.at, k.focus())
	}
}

// saved waits until a count in the database is n.
func (k *keys) saved(n int, q string, args ...any) {
	k.t.Helper()
	if got := k.s.number(q, args...); got != n {
		k.t.Errorf("%s: %s is %d, want %d; the page says %.300s", k.at, q, got, n, k.Text())
	}
}

// follow opens what a row names.
func follow(link string) func(k *keys) {
	return func(k *keys) {
		k.t.Helper()
		k.to(link)
		want := k.Eval(`document.activeElement.pathname`)
		k.Press(e2e.KeyEnter)
		k.Wait(fmt.Sprintf(`location.pathname === %q && document.documentElement.dataset.ready`, want))
		if k.Eval(`!!document.querySelector('main h1')`) != "true" {
			k.t.Errorf("%s: %s has no head", k.at, want)
		}
	}
}

// moveCard takes a card to the next column by its menu; the focus stays with the card.
func moveCard(deal int) func(k *keys) {
	return func(k *keys) {
		k.t.Helper()
		card := fmt.Sprintf("#card-%d", deal)
		k.to(card + ` summary`)
		k.Press(e2e.KeyEnter)
		k.Wait(fmt.Sprintf(`document.querySelector('%s details[open]')`, card))
		for range 12 {
			k.Press(e2e.KeyDown)
			if k.Eval(`(document.activeElement.getAttribute('formaction')||'').endsWith('/move/propose')`) == "true" {
				break
			}
		}
		k.Press(e2e.KeyEnter)
		k.Wait(fmt.Sprintf(`document.querySelector('[data-col="propose"] %s')`, card))
		k.saved(1, `SELECT count(*) FROM ltc.opportunity WHERE id = $1 AND stage = 'propose'`, deal)
		k.kept(card + ` *`)
	}
}

// logActivity opens a dialog, leaves it, opens it again and saves.
func logActivity(deal int) func(k *keys) {
	return func(k *keys) {
		k.t.Helper()
		before := k.s.number(`SELECT count(*) FROM ltc.deal_activity WHERE parent_id = $1`, deal)
		opener := fmt.Sprintf(`[href="/ltc/opportunity/%d/move/activity"]`, deal)
		k.command(opener)
		k.Press(e2e.KeyEscape)
		k.Wait(`!document.querySelector('dialog[open]')`)
		k.kept(opener + `, summary`)
		k.Press(e2e.KeyEnter)
		if k.Eval(`!!document.querySelector('details.menu[open]')`) == "true" { // the command stands in a menu
			k.down(opener)
			k.Press(e2e.KeyEnter)
		}
		k.Wait(`document.querySelector('dialog[open] #move')`)
		k.to(`#move [name="way"]`)
		k.Press(e2e.KeyDown)
		k.to(`#move [name="note"]`)
		k.Press("Called about the offer")
		k.to(`#move [name="next_step"]`)
		k.Replace("Send the drawing")
		k.to(`#move [name="next_on"]`)
		k.Eval(fmt.Sprintf(`document.activeElement.value=%q;1`, inDays(3))) // the parts of a date differ by the language of the browser
		k.to(`#move .dlg-f button.bt-primary`)
		k.Press(e2e.KeyEnter)
		k.Wait(`!document.querySelector('dialog[open]')`)
		k.saved(before+1, `SELECT count(*) FROM ltc.deal_activity WHERE parent_id = $1`, deal)
		k.kept(`main, main *`)
	}
}

// command comes to a command and opens its dialog.
func (k *keys) command(opener string) {
	k.t.Helper()
	k.come(opener)
	k.Press(e2e.KeyEnter)
	k.Wait(`document.querySelector('dialog[open]')?.contains(document.activeElement)`)
}

// come comes to a control, in a menu or beside it.
func (k *keys) come(opener string) {
	k.t.Helper()
	if k.Eval(fmt.Sprintf(`document.querySelector(%q)?.checkVisibility()`, opener)) == "true" {
		k.to(opener)
	} else {
		k.Eval(fmt.Sprintf(`document.querySelector(%q).closest('details').querySelector('summary').dataset.menu='command';1`, opener))
		k.to(`[data-menu=command]`)
		k.Press(e2e.KeyEnter)
		k.down(opener)
	}
}

// down walks an open menu to an item.
func (k *keys) down(item string) {
	k.t.Helper()
	for range 20 {
		k.Press(e2e.KeyDown)
		if k.Eval(fmt.Sprintf(`document.activeElement.matches(%q)`, item)) == "true" {
			return
		}
	}
	k.t.Fatalf("%s: the arrows do not come to %s", k.at, item)
}

// edit types into a field of a form and saves.
func edit(field, text, q string, id int) func(k *keys) {
	return func(k *keys) {
		k.t.Helper()
		k.to(field)
		k.Replace(text)
		k.save()
		k.saved(1, q, id)
	}
}

// save comes to the button that saves and presses it.
func (k *keys) save() {
	k.t.Helper()
	k.to(`#form .bar-b button.bt-primary, form#form button.bt-primary`)
	k.Press(e2e.KeyEnter)
	k.Wait(`!location.pathname.endsWith('/edit') && document.documentElement.dataset.ready`)
}

// editCustomer goes from the page of a customer to its form and back.
func editCustomer(id int) func(k *keys) {
	return func(k *keys) {
		k.t.Helper()
		k.come(fmt.Sprintf(`a[href="/crm/customer/%d/edit"]`, id))
		k.Press(e2e.KeyEnter)
		k.Wait(`location.pathname.endsWith('/edit') && document.documentElement.dataset.ready`)
		k.to(`[name="website"]`)
		k.Replace("www.keyboard.example.com")
		k.save()
		k.saved(1, `SELECT count(*) FROM crm.customer WHERE id = $1 AND website = 'www.keyboard.example.com'`, id)
		if !strings.Contains(k.Text(), "www.keyboard.example.com") {
			k.t.Errorf("%s: the page does not show what was saved", k.at)
		}
	}
}

// choose takes the next value of a filter; the page answers and the filter keeps the focus.
func choose(filter string) func(k *keys) {
	return func(k *keys) {
		k.t.Helper()
		k.to(filter)
		name := k.Eval(`document.activeElement.name`)
		k.Eval(`document.getElementById('report').dataset.old=1`)
		k.Press(e2e.KeyDown)
		k.Wait(`document.querySelector('#report:not([data-old])')`)
		k.kept(fmt.Sprintf(`[name=%q]`, name))
		if k.Eval(fmt.Sprintf(`new URLSearchParams(location.search).has(%q)`, name)) != "true" {
			k.t.Errorf("%s: the address does not say what was chosen: %s", k.at, k.Eval(`location.search`))
		}
	}
}

// submitForecast says what will come this month.
func submitForecast(rep int) func(k *keys) {
	return func(k *keys) {
		k.t.Helper()
		before := k.s.number(`SELECT count(*) FROM ltc.forecast_entry WHERE kind = 'submitted' AND owner_id = $1`, rep)
		opener := `#report a[href$="/ltc/forecast/do/submit"]`
		k.command(opener)
		k.to(`dialog [name="span"]`)
		k.Press(e2e.KeyDown)
		k.to(`dialog [name="day"]`)
		k.Eval(fmt.Sprintf(`document.activeElement.value=%q;1`, today()))
		k.to(`dialog [name="amount"]`)
		k.Press("123456")
		k.to(`dialog button.bt-primary`)
		k.Press(e2e.KeyEnter)
		k.Wait(`!document.querySelector('dialog[open]')`)
		k.saved(before+1, `SELECT count(*) FROM ltc.forecast_entry WHERE kind = 'submitted' AND owner_id = $1`, rep)
		k.Wait(fmt.Sprintf(`document.activeElement?.matches(%q)`, opener)) // of the page drawn anew
	}
}

// openAndLeave opens the dialog of a command and leaves it: nothing happens, and the focus
// is back where it was.
func openAndLeave(opener string) func(k *keys) {
	return func(k *keys) {
		k.t.Helper()
		before := k.s.number(`SELECT count(*) FROM core.audit_entry`)
		k.command(opener)
		k.Press(e2e.KeyEscape)
		k.Wait(`!document.querySelector('dialog[open]')`)
		k.kept(opener)
		k.saved(before, `SELECT count(*) FROM core.audit_entry`)
	}
}

// claim takes a customer out of the pool by the command of its row.
func claim(rep int) func(k *keys) {
	return func(k *keys) {
		k.t.Helper()
		before := k.s.number(`SELECT count(*) FROM crm.customer WHERE owner_id = $1`, rep)
		k.to(`#report tr summary`)
		k.Press(e2e.KeyEnter)
		k.down(`[formaction*="/do/claim"]`)
		k.Press(e2e.KeyEnter)
		k.Wait(`location.pathname.startsWith('/crm/customer/') || document.querySelector('.toast-m')`)
		k.saved(before+1, `SELECT count(*) FROM crm.customer WHERE owner_id = $1`, rep)
	}
}
