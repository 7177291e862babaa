package ui_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// forgive drops what browser and htmx log about an expected status, now and later: the
// console may be slower than the page.
func (b *tab) forgive(status string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forgiven = append(b.forgiven, status)
	b.wrong = slices.DeleteFunc(b.wrong, func(w string) bool { return strings.Contains(w, status) })
}

// TestFlows does with mouse and keyboard what app.js promises.
func TestFlows(t *testing.T) {
	srv := galleryServer(t)
	chrome := browser(t)
	wide, narrow := look{"zh", "light", 1440}, look{"zh", "light", 390}
	flow := func(name string, l look, page string, do func(*testing.T, *tab)) {
		t.Run(name, func(t *testing.T) {
			b := newTab(t, chrome, srv.URL, l)
			b.open(t, page)
			do(t, b)
			b.check(t, page)
		})
	}

	flow("search keeps the focus and shortens the address", wide, "list", func(t *testing.T, b *tab) {
		must(t, chromedp.Do(b.ctx, chromedp.SendKeys(chromedp.CSS("#f-q"), "Bosch")))
		b.wait(t, `location.search==='?view=all&q=Bosch'`)
		b.wait(t, `document.activeElement.id==='f-q' && document.querySelector('#f-q').value==='Bosch'`)
	})
	flow("Chinese input asks once, when it ends", wide, "list", func(t *testing.T, b *tab) {
		b.eval(t, `window.n=0;document.addEventListener('htmx:beforeRequest',()=>n++);q=document.querySelector('#f-q');q.value='shen';q.dispatchEvent(new InputEvent('input',{bubbles:true,isComposing:true}));new Promise(r=>setTimeout(r,450))`)
		if n := b.eval(t, `n`); n != "0" {
			t.Errorf("%s requests while composing", n)
		}
		b.eval(t, `q.value='深圳';q.dispatchEvent(new CompositionEvent('compositionend',{bubbles:true}));1`)
		b.wait(t, `n===1 && decodeURI(location.search).endsWith('q=深圳')`)
	})
	flow("ticked rows open the bulk bar and are posted", wide, "list", func(t *testing.T, b *tab) {
		b.eval(t, `document.querySelectorAll('[data-tick]').forEach((x,i)=>i<2&&x.click());1`)
		b.wait(t, `getComputedStyle(document.querySelector('.bulk')).display==='flex' && document.querySelector('[data-bulk-n]').textContent==='2' && document.querySelector('[data-tick-all]').indeterminate`)
		must(t, chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS(".bulk .bt"))))
		b.wait(t, `document.querySelector('#toasts').textContent.includes('posted  1,2') && !document.querySelector('[data-tick]:checked')`)
	})
	flow("the row menu posts the version", wide, "list", func(t *testing.T, b *tab) {
		must(t, chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS(".dt .k-menu summary")), chromedp.Click(chromedp.CSS(".dt .k-menu [open] button:not(:disabled)"))))
		b.wait(t, `document.querySelector('#toasts').textContent.includes('posted 3')`)
	})
	flow("lines are added, recomputed and removed", wide, "form", func(t *testing.T, b *tab) {
		must(t, chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS("[data-add]"))))
		b.wait(t, `document.querySelector('[name="lines.3.qty"]') && document.querySelectorAll('.dt-lines tbody tr').length===4`)
		must(t, chromedp.Do(b.ctx, chromedp.SendKeys(chromedp.CSS("#f-lines-0-qty"), "1"), chromedp.KeyEvent("\t")))
		b.wait(t, `document.querySelector('#f-lines-0-net').textContent==='60,000.00' && document.querySelector('#f-lines-0-qty').value.includes('1')`)
		b.eval(t, `document.querySelectorAll('[data-drop]').forEach((x,i)=>(i===0||i===3)&&x.click());1`)
		b.wait(t, `document.querySelectorAll('.dt-lines tbody tr').length===3 && document.querySelector('.dt-lines tr.dropped [name="lines.0._delete"]').checked`)
		b.eval(t, `document.querySelector('form').dataset.dirty='';1`)
	})
	flow("a big reference is searched and chosen", wide, "form", func(t *testing.T, b *tab) {
		must(t, chromedp.Do(b.ctx, chromedp.SendKeys(chromedp.CSS("#f-customer_id-ts-control"), "hc")))
		b.wait(t, `[...document.querySelectorAll('.ts-dropdown .option')].some(o=>o.textContent.includes('苏州汇川自动化 hc'))`)
		must(t, chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS(".ts-dropdown .option"))))
		b.wait(t, `document.querySelector('#f-customer_id').value==='7'`)
		b.eval(t, `document.querySelector('form').dataset.dirty='';1`)
	})
	flow("a refused form shows what is wrong and takes the focus", wide, "form", func(t *testing.T, b *tab) {
		must(t, chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS(".bar-f .bt-primary"))))
		b.wait(t, `document.activeElement.classList.contains('errs') && document.querySelector('#f-po').getAttribute('aria-invalid')==='true'`)
		must(t, chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS(`.errs a[href="#f-customer_id"]`))))
		b.wait(t, `document.activeElement.id==='f-customer_id-ts-control'`)
		b.eval(t, `document.querySelector('form').dataset.dirty='';1`)
		b.forgive("422")
	})
	flow("a move asks in the dialog and closes", wide, "record", func(t *testing.T, b *tab) {
		must(t, chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS(".head-a [aria-haspopup=dialog]"))))
		b.wait(t, `document.querySelector('#dialog').open && document.querySelector('#dialog #f-reason')`)
		must(t, chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS("#dialog [data-dialog-close]"))))
		b.wait(t, `!document.querySelector('#dialog').open`)
	})
	flow("the palette opens, moves and leads on", wide, "list", func(t *testing.T, b *tab) {
		must(t, chromedp.Do(b.ctx, chromedp.KeyEvent("k", chromedp.KeyModifiers(2))))
		b.wait(t, `document.querySelectorAll('#palette-list [role=option]').length===5 && document.querySelector('#palette-list [aria-selected=true]')`)
		b.eval(t, `document.querySelector('#palette-q').dispatchEvent(new KeyboardEvent('keydown',{key:'ArrowDown',bubbles:true}));1`)
		b.eval(t, `document.querySelector('#palette-q').dispatchEvent(new KeyboardEvent('keydown',{key:'Enter',bubbles:true}));1`)
		b.wait(t, `location.pathname==='/board'`)
		b.wait(t, `document.documentElement.dataset.ready`)
	})
	flow("the theme changes in place and is kept", wide, "cockpit", func(t *testing.T, b *tab) {
		must(t, chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS(".to-dark"))))
		b.wait(t, `document.documentElement.dataset.bsTheme==='dark' && document.activeElement.value==='light'`)
		b.wait(t, `document.querySelector('#ch-trend svg').outerHTML.includes('#5b8cff')`)
		b.wait(t, `document.cookie.includes('theme=dark')`)
		b.eval(t, `dispatchEvent(new Event('beforeprint'));1`)
		b.wait(t, `document.documentElement.dataset.bsTheme==='light' && document.querySelector('#ch-trend svg').outerHTML.includes('#2257d3')`)
		b.eval(t, `dispatchEvent(new Event('afterprint'));1`)
		b.wait(t, `document.documentElement.dataset.bsTheme==='dark'`)
	})
	flow("the drawer holds the focus and Escape closes it", narrow, "list", func(t *testing.T, b *tab) {
		must(t, chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS("[data-drawer]"))))
		b.wait(t, `document.querySelector('.stage').inert && document.querySelector('#side').contains(document.activeElement)`)
		b.eval(t, `document.activeElement.dispatchEvent(new KeyboardEvent('keydown',{key:'Escape',bubbles:true}));1`)
		b.wait(t, `!document.querySelector('.stage').inert && document.activeElement.matches('[data-drawer]')`)
	})
	flow("a card is dropped, refused and put back", wide, "board", func(t *testing.T, b *tab) {
		drag := func(card, col string) {
			t.Helper()
			n := strings.Split(b.eval(t, `(()=>{const c=document.querySelector('`+card+` .bcard-a').getBoundingClientRect(),t=document.querySelector('[data-col=`+col+`]').getBoundingClientRect();return [c.x+20,c.y+8,t.x+80,t.y+120].join()})()`), ",")
			var f [4]float64
			for i := range f {
				f[i], _ = strconv.ParseFloat(n[i], 64)
			}
			must(t, chromedp.Do(b.ctx, chromedp.DragAndDropXY(f[0], f[1], f[2], f[3], 20)))
		}
		drag("#card-0", "won")
		b.wait(t, `document.querySelector('[data-col=lead] #card-0')`)
		drag("#card-0", "qualified")
		b.wait(t, `document.querySelector('[data-col=qualified] #card-0') && document.querySelector('#toasts').textContent.includes('ok')`)
		drag("#card-5", "lead") // the server answers 409
		b.wait(t, `document.querySelector('[data-col=qualified] #card-5') && document.querySelector('#toasts').textContent.includes('缺料')`)
		b.forgive("409")
	})
	flow("a page that was left gives its stream back", wide, "list", func(t *testing.T, b *tab) {
		for range 3 {
			for _, p := range []string{"board", "inbox", "record", "list"} {
				b.open(t, p) // the seventh open stream would hang for ever
			}
		}
	})
}
