// Behaviour of every page. One delegated listener per event type on document; init(root)
// runs on load and after each htmx swap. Markup works without any of this.
/* global htmx, Sortable, TomSelect */

const root = document.documentElement;
const $ = (sel, in_ = document) => in_.querySelector(sel);
const $$ = (sel, in_ = document) => [...in_.querySelectorAll(sel)];
const vendor = (name) => new URL('../vendor/' + name, import.meta.url).href;
export const texts = JSON.parse($('#texts')?.textContent || '{}');

// script loads a vendored library once; it resolves when the library has run.
const loaded = {};
export function script(name) {
  return loaded[name] ??= new Promise((done, fail) => {
    const el = Object.assign(document.createElement('script'), { src: vendor(name), onload: done, onerror: fail });
    document.head.append(el);
  });
}

function styles(name) {
  const el = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: vendor(name) });
  $('link[rel=stylesheet]').after(el); // before app.css, which mends it
}

// ---- toasts: event "toast" from HX-Trigger, or elements that the server drew ----
const leave = (el) => setTimeout(() => el.matches(':hover, :focus-within') ? leave(el) : el.remove(), 5000);

function toast({ text, tone = 'neu', href, link }) {
  const el = Object.assign(document.createElement('div'), { className: 'toast-m t-' + tone });
  el.append(Object.assign(document.createElement('span'), { textContent: text }));
  if (href) el.append(Object.assign(document.createElement('a'), { href, textContent: link || href }));
  const x = Object.assign(document.createElement('button'), { type: 'button', textContent: '×', ariaLabel: texts.close });
  x.dataset.toastClose = '';
  el.append(x);
  ($('dialog[open]') || document.body).append($('#toasts')); // a modal dialog hides what is outside it
  $('#toasts').append(el);
  leave(el);
}

document.addEventListener('close', () => document.body.append($('#toasts')), true); // of a dialog

// ---- menus: <details data-menu> ----
function place(menu) {
  const panel = $('.menu-p', menu), at = menu.getBoundingClientRect();
  if (!menu.closest('.dt-w, .board')) return;
  const room = innerHeight - at.bottom > panel.offsetHeight + 8;
  Object.assign(panel.style, { position: 'fixed', right: innerWidth - at.right + 'px', left: 'auto',
    top: room ? at.bottom + 4 + 'px' : 'auto', bottom: room ? 'auto' : innerHeight - at.top + 4 + 'px' });
}
const closeMenus = (but) => $$('details[data-menu][open]').forEach((m) => m !== but && (m.open = false));

// ---- drawer ----
function drawer(open) {
  $('#side').classList.toggle('open', open);
  $('.stage').inert = open;
  $('[data-drawer]').ariaExpanded = open;
  (open ? $('#side a') : $('[data-drawer]')).focus();
}

// ---- palette ----
function palette() {
  const input = $('#palette-q');
  if (!$('#palette').open) $('#palette').showModal();
  input.select();
  htmx.trigger(input, 'palette');
}
function choose(step) {
  const all = $$('#palette-list [role=option]:not([aria-disabled])'), now = all.findIndex((o) => o.ariaSelected === 'true');
  const next = all[(now + step + all.length) % all.length];
  all.forEach((o, i) => { o.ariaSelected = o === next; o.id = 'option-' + i; });
  next?.scrollIntoView({ block: 'nearest' });
  next ? $('#palette-q').setAttribute('aria-activedescendant', next.id) : $('#palette-q').removeAttribute('aria-activedescendant');
}

// ---- lines of a form ----
const renumber = (table) => Math.max(-1, ...$$('tr[data-line]', table).map((r) => +r.dataset.line)) + 1;

async function addLine(name, src, focus) {
  const table = $(`[data-lines="${name}"]`), n = renumber(table), body = table.tBodies[0];
  if (src) await htmx.ajax('GET', `${src}${src.includes('?') ? '&' : '?'}n=${n}`, { source: table, target: body, swap: 'beforeend' });
  else {
    body.insertAdjacentHTML('beforeend', $(`[data-blank="${name}"]`).innerHTML.replaceAll('__n__', n));
    htmx.process(body.lastElementChild);
    await init(body.lastElementChild);
  }
  if (focus) $('input:not([type=hidden]), select', body.lastElementChild)?.focus();
}

function dropLine(box) {
  const row = box.closest('tr'), table = row.closest('table');
  if ($('input[type=hidden][name$=".id"]', row)) row.classList.toggle('dropped', box.checked); // stored: posted as _delete
  else row.remove();
  dirty(table);
  htmx.trigger(table, 'lines');
}

const dirty = (el) => { const f = el.closest('form[data-dirty]'); if (f) f.dataset.dirty = 'yes'; };

// ---- bulk bar ----
function ticks() {
  const all = $$('[data-tick]'), on = all.filter((t) => t.checked).length, head = $('[data-tick-all]');
  if (!head) return;
  head.checked = on > 0 && on === all.length;
  head.indeterminate = on > 0 && on < all.length;
  $$('[data-bulk-n]').forEach((n) => n.textContent = on);
}

// ---- board: a drop posts the card's move; any status but 2xx puts the card back ----
const moveTo = (card, col) => (card.dataset.moves || '').split(' ').map((m) => m.split('|')).find(([to]) => to === col.dataset.col);

function sortable(col) {
  Sortable.create(col, {
    group: 'board', animation: 140, delay: 120, delayOnTouchOnly: true, forceFallback: true, fallbackTolerance: 4, filter: '.menu', preventOnFilter: false,
    onStart: ({ item, from }) => $$('[data-col]').forEach((c) => c.parentElement.classList.add(c === from ? '-' : moveTo(item, c) ? 'accepts' : 'refuses')),
    onMove: ({ dragged, from, to }) => from === to || !!moveTo(dragged, to),
    onEnd: ({ item, from, to, oldDraggableIndex, originalEvent: e }) => {
      $$('.bcol').forEach((c) => c.classList.remove('accepts', 'refuses', '-'));
      const back = () => { item.remove(); from.insertBefore(item, from.children[oldDraggableIndex] || null); };
      const { clientX: x, clientY: y } = e.changedTouches?.[0] ?? e, over = document.elementFromPoint(x, y)?.closest('.bcol');
      if (from === to || (over && over !== to.parentElement)) return back(); // let go over a column that refuses it
      const [, url, asks] = moveTo(item, to);
      if (asks) { back(); return htmx.ajax('GET', url, { source: item, target: '#dialog-body' }); }
      item.addEventListener('htmx:afterRequest', (e) => e.detail.successful || back(), { once: true });
      htmx.ajax('POST', url, { source: item, target: item, swap: 'outerHTML', values: { version: item.dataset.version } }).catch(() => {});
    },
  });
}

// ---- big references: tom-select fed by GET data-ref?q= ----
function reference(el) {
  const url = el.dataset.ref, ask = url + (url.includes('?') ? '&' : '?') + 'q=';
  const ts = new TomSelect(el, {
    valueField: 'id', labelField: 'text', searchField: [], maxOptions: 50, preload: 'focus', placeholder: $('option[value=""]', el)?.textContent.trim(),
    score: () => () => 1, // the server has searched
    load(q, show) {
      this.clearOptions();
      fetch(ask + encodeURIComponent(q), { headers: { Accept: 'application/json' } }).then((r) => r.json()).then(show).catch(() => show());
    },
    shouldLoad: () => true,
    render: {
      option: (o, esc) => `<div>${esc(o.text)}${o.sub ? `<span class="sub">${esc(o.sub)}</span>` : ''}</div>`,
      no_results: () => `<div class="no-results">${texts.none}</div>`,
    },
  });
  el.ariaHidden = true; // the combobox speaks
  for (const a of ['aria-invalid', 'aria-describedby', 'aria-required']) if (el.hasAttribute(a)) ts.control_input.setAttribute(a, el.getAttribute(a));
}

// ---- focus: a block that is drawn again gives it back to the control that had it ----
const operable = 'a[href], button:not(:disabled), input:not([type=hidden]):not(:disabled), select, textarea, summary';
const address = (el) => el.getAttribute('formaction') || el.getAttribute('href') || el.name;
const shown = (el) => el && (el.checkVisibility() ? el : $('summary', el.closest('details:not([open])') || document.createElement('i')));
let held; // the control a request began at, so that it is found again when the block has changed

function hold() {
  const el = document.activeElement;
  if (el?.closest('dialog')) return; // the control that opened it
  held = el && el !== document.body && { id: el.id, at: address(el), tag: el.localName, ring: el.matches(':focus-visible'), box: el.closest('[id]:not(main, form)')?.id };
}

function giveBack() {
  if (!held || (document.activeElement && document.activeElement !== document.body) || $('dialog[open]')) return;
  const by = (id) => id && document.getElementById(id), box = by(held.box);
  const same = () => held.at && $$(held.tag, box || document).find((x) => address(x) === held.at);
  const el = shown(by(held.id)) || shown(same()) || box && shown($$(operable, box).find(shown)) || $('#main');
  el?.focus();
  if (!held.ring || !el || el.id === 'main' || el.matches(':focus-visible')) return;
  el.dataset.lit = ''; // who came by keyboard sees it on a new page too
  el.addEventListener('blur', () => delete el.dataset.lit, { once: true });
}

// A command may end by drawing the page anew; the control is remembered across that.
document.addEventListener('htmx:beforeOnLoad', ({ detail }) => {
  const to = detail.xhr.getResponseHeader('HX-Redirect');
  if (to) sessionStorage.setItem('held', JSON.stringify({ path: new URL(to, location).pathname, held }));
});
function remembered() {
  const was = JSON.parse(sessionStorage.getItem('held') || 'null');
  sessionStorage.removeItem('held');
  if (was?.path === location.pathname) { held = was.held; giveBack(); }
}

// ---- init: once per element, on load and after each swap ----
const fresh = (in_, sel) => [in_, ...$$(sel, in_)].filter((el) => el.matches?.(sel) && !el.dataset.on && (el.dataset.on = 1));

async function init(in_ = document.body) {
  $$('tr.no-script', in_).forEach((r) => r.remove());
  for (const table of fresh(in_, '[data-lines]')) if (!$('tr[data-line]', table)) addLine(table.dataset.lines, $(`[data-add="${table.dataset.lines}"]`)?.dataset.src);
  fresh(in_, '[data-toast]').forEach(leave);
  fresh(in_, '[data-focus]').forEach((el) => { el.focus(); if (navigator.userActivation?.hasBeenActive) dirty(el); }); // a refused form is still unsaved
  ticks();
  const refs = fresh(in_, 'select[data-ref]'), boards = fresh(in_, '[data-board]');
  if (refs.length) {
    if (!loaded['tom-select-2.6.2.min.js']) styles('tom-select-2.6.2.min.css');
    await script('tom-select-2.6.2.min.js');
    refs.forEach(reference);
  }
  if (boards.length) {
    await script('sortable-1.15.7.min.js');
    boards.forEach((b) => $$('[data-col]', b).forEach(sortable));
  }
  if ($('[data-chart]', in_)) await (await import('./charts.js')).draw(in_);
}

// ---- delegated listeners ----
const actions = {
  '[data-palette]': () => palette(),
  '[data-drawer]': () => drawer(!$('#side').classList.contains('open')),
  '[data-drawer-close]': () => drawer(false),
  '[data-dialog-close]': (el) => el.closest('dialog')?.close(),
  '[data-toast-close]': (el) => el.closest('.toast-m').remove(),
  '[data-add]': (el) => { addLine(el.dataset.add, el.dataset.src, true); dirty(el); },
  '[data-copy]': (el) => navigator.clipboard.writeText($('#' + el.dataset.copy).textContent),
  '[data-locate]': (el) => {
    const input = $('#' + el.dataset.locate), nowhere = () => toast({ text: texts.nowhere, tone: 'bad' });
    if (!navigator.geolocation) return nowhere();
    el.disabled = true;
    navigator.geolocation.getCurrentPosition(({ coords: c }) => {
      input.value = `${c.latitude.toFixed(5)}, ${c.longitude.toFixed(5)}`;
      el.disabled = false;
      dirty(input);
    }, () => { el.disabled = false; nowhere(); }, { timeout: 10000, maximumAge: 60000 });
  },
  '[data-do=print]': () => print(),
  '[data-zoom]': (el) => zoom(el.dataset.zoom),
  '.errs a': (el) => { const f = $(el.getAttribute('href')); (f?.tomselect || f)?.focus(); },
};

document.addEventListener('click', (e) => {
  const menu = e.target.closest('details[data-menu]');
  closeMenus(menu);
  if (menu && e.target.closest('.menu-p :is(a, button)') && menu.id !== 'bell') { menu.open = false; $('summary', menu).focus(); }
  if (e.target.matches('dialog')) e.target.close(); // the backdrop
  if (e.ctrlKey || e.metaKey || e.shiftKey) return;
  for (const sel in actions) {
    const el = e.target.closest(sel);
    if (!el || (sel === '[data-dialog-close]' && !el.closest('dialog'))) continue;
    e.preventDefault();
    actions[sel](el);
  }
});

document.addEventListener('change', (e) => {
  const el = e.target;
  if (el.matches('[data-tick-all]')) $$('[data-tick]').forEach((t) => t.checked = el.checked);
  if (el.matches('[data-tick], [data-tick-all]')) ticks();
  if (el.matches('[data-drop]')) dropLine(el);
  dirty(el);
});
document.addEventListener('change', (e) => e.target.id === 'f-q' && e.stopPropagation(), true); // input has asked already
document.addEventListener('reset', () => setTimeout(ticks));

// Chinese input: nothing is sent while composing, once when it ends.
document.addEventListener('input', (e) => { if (e.isComposing) e.stopImmediatePropagation(); else dirty(e.target); }, true);
document.addEventListener('compositionend', (e) => e.target.dispatchEvent(new Event('input', { bubbles: true })));

document.addEventListener('keydown', (e) => {
  if (e.isComposing || e.keyCode === 229) return;
  if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === 'k' && $('#palette')) { e.preventDefault(); return palette(); }
  const menu = e.target.closest?.('details[data-menu][open]'), step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
  if (e.target.id === 'palette-q') {
    if (step) { e.preventDefault(); choose(step); }
    if (e.key === 'Enter') { const on = $('#palette-list [aria-selected=true]'); if (on) { e.preventDefault(); on.click(); } }
  } else if (menu && step) {
    e.preventDefault();
    const items = $$('.menu-p :is(a, button):not(:disabled)', menu);
    items.at((items.indexOf(document.activeElement) + step) % items.length)?.focus();
  } else if (e.key === 'Escape') {
    if (menu) { menu.open = false; $('summary', menu).focus(); } else if ($('#side.open')) drawer(false);
  }
});

document.addEventListener('toggle', (e) => {
  const menu = e.target;
  if (!menu.open || !menu.matches?.('details[data-menu]')) return;
  place(menu);
  if (menu.dataset.load) htmx.ajax('GET', menu.dataset.load, { source: menu, target: $('.menu-p', menu), swap: 'innerHTML' });
}, true);
document.addEventListener('scroll', (e) => e.target.matches?.('.dt-w, .board') && closeMenus(), true);

document.addEventListener('submit', (e) => {
  const form = e.target;
  if (form.dataset.dirty === 'yes') form.dataset.dirty = '';
  if (!form.matches('[data-theme-form]')) return;
  e.preventDefault();
  theme(e.submitter.value);
  fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form, e.submitter)), redirect: 'manual' });
  $('button:not([value=' + e.submitter.value + '])', form).focus();
});

addEventListener('beforeunload', (e) => $('form[data-dirty=yes]') && e.preventDefault());

// ---- theme; paper is always light ----
function theme(name) {
  root.dataset.bsTheme = name;
  document.dispatchEvent(new Event('theme'));
}
let before;
addEventListener('beforeprint', () => { before = root.dataset.bsTheme; theme('light'); });
addEventListener('afterprint', () => theme(before));

// ---- event stream: HTTP/1.1 gives a browser six connections per host, and a page in the
// back/forward cache keeps its own; a hidden or left page gives its stream back ----
class Stream extends EventTarget {
  #names = new Set();
  #source;
  constructor(url) {
    super();
    this.url = url;
    document.addEventListener('visibilitychange', () => document.hidden ? this.close() : this.open());
    addEventListener('pagehide', () => this.close());
    addEventListener('pageshow', () => this.open());
    this.open();
  }
  open() {
    if (this.#source || document.hidden) return;
    this.#source = new EventSource(this.url);
    this.#names.forEach((n) => this.#pass(n));
  }
  close() { this.#source?.close(); this.#source = undefined; }
  #pass(name) { this.#source.addEventListener(name, ({ data }) => this.dispatchEvent(new MessageEvent(name, { data }))); }
  addEventListener(name, fn) {
    super.addEventListener(name, fn);
    if (!this.#names.has(name)) { this.#names.add(name); if (this.#source) this.#pass(name); }
  }
}
htmx.createEventSource = (url) => new Stream(url);

// ---- graph ----
function zoom(how) {
  const box = $('[data-graph]'), svg = $('svg', box), [, , w] = svg.getAttribute('viewBox').split(' ').map(Number);
  const now = svg.getBoundingClientRect().width || w;
  svg.style.width = { in: now * 1.2, out: now / 1.2, fit: Math.min(w, box.clientWidth - 16) }[how] + 'px';
  svg.style.height = 'auto';
}

// ---- htmx ----
document.addEventListener('htmx:configRequest', ({ detail }) => {
  if (detail.verb === 'get') for (const [k, v] of [...detail.formData]) if (v === '') detail.formData.delete(k); // short addresses
});
document.addEventListener('htmx:beforeSwap', ({ detail, target }) => {
  if (target.matches?.('.bcard') && detail.xhr.status >= 400) detail.shouldSwap = false;
});
document.addEventListener('htmx:afterSwap', ({ detail }) => {
  const dialog = $('#dialog');
  if (!detail.target) return; // an event of the stream
  if (detail.target.id === 'dialog-body' && !dialog.open) dialog.showModal();
  else if (dialog?.open && dialog.contains(detail.requestConfig?.elt) && !dialog.contains(detail.target)) dialog.close();
  if (detail.target.id === 'palette-list') choose(1);
});
document.addEventListener('htmx:beforeRequest', hold);
document.addEventListener('htmx:afterSettle', (e) => init(e.target.isConnected ? e.target : document.body).then(giveBack));
document.addEventListener('htmx:afterRequest', ({ detail, target }) => {
  if (!detail.successful && target.matches?.('form[data-dirty]')) target.dataset.dirty = 'yes';
});
document.addEventListener('htmx:responseError', ({ detail }) => {
  if (!/"toast"/.test(detail.xhr.getResponseHeader('HX-Trigger') || '')) toast({ text: texts.failed, tone: 'bad' });
});
document.addEventListener('htmx:sendError', () => toast({ text: texts.offline, tone: 'bad' }));
document.addEventListener('toast', (e) => toast(e.detail));

init().then(() => { remembered(); root.dataset.ready = 'yes'; }); // tests wait for it
