// Charts: <div data-chart="kind" id="x"> with its data in <script type="application/json" id="x-data">.
// Colours are read from the tokens and drawn again on the "theme" event and before printing.
/* global echarts */
import { script, texts } from './app.js';

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const mix = (a, b, share) => {
  const rgb = (c) => [1, 3, 5].map((i) => parseInt(c.slice(i, i + 2), 16));
  const x = rgb(a), y = rgb(b);
  return '#' + x.map((v, i) => Math.round(v + (y[i] - v) * share).toString(16).padStart(2, '0')).join('');
};

function tokens() {
  const t = { c1: css('--c1'), c2: css('--c2'), c3: css('--c3'), c4: css('--c4'), c5: css('--c5'), grid: css('--c-grid'), axis: css('--c-axis'), text: css('--m-tx'), soft: css('--m-tx2'), card: css('--m-card'), bad: css('--m-bad') };
  t.font = getComputedStyle(document.body).fontFamily;
  return t;
}

const number = (v) => v.toLocaleString('en-US');

// roomy leaves the upper part of an axis to the lines in front of the bars.
const roomy = ({ max }) => { const step = 2 * 10 ** Math.floor(Math.log10(max || 1)); return Math.ceil(max * 1.6 / step) * step; };

// trend: areas under lines, a dashed plan, bars on the right axis.
function trend(d, t) {
  const lines = [t.c1, t.c3, t.c5];
  let n = 0;
  const series = d.series.map((s) => {
    if (s.kind === 'bar') return { name: s.name, type: 'bar', yAxisIndex: 1, data: s.values, barWidth: 14, z: 1, itemStyle: { color: t.c2, opacity: .55, borderRadius: [4, 4, 0, 0] } };
    const plan = s.kind === 'plan', color = plan ? t.c4 : lines[n++];
    return { name: s.name, type: 'line', smooth: .35, smoothMonotone: 'x', showSymbol: false, data: s.values, z: plan ? 2 : 3, itemStyle: { color }, lineStyle: { width: plan ? 2 : 3, type: plan ? [5, 4] : 'solid', color }, areaStyle: plan || n > 1 ? undefined : { color, opacity: .1 } };
  });
  const axis = { type: 'value', scale: true, splitNumber: 4, axisLabel: { color: t.axis, fontSize: 12, formatter: number }, splitLine: { lineStyle: { color: t.grid } } };
  const bars = d.series.some((s) => s.kind === 'bar');
  return {
    legend: { right: 6, top: 4, itemGap: 12, itemWidth: 16, itemHeight: 8, textStyle: { color: t.soft, fontSize: 12.5, fontFamily: t.font } },
    grid: { left: 4, right: 14, top: 44, bottom: 8, containLabel: true },
    tooltip: { trigger: 'axis', renderMode: 'richText', backgroundColor: t.card, borderColor: t.grid, textStyle: { color: t.text, fontSize: 12.5 } },
    xAxis: { type: 'category', data: d.labels, axisLine: { lineStyle: { color: t.grid } }, axisTick: { show: false }, axisLabel: { color: t.axis, fontSize: 12 } },
    yAxis: !bars ? axis : [{ ...axis, show: d.series.some((s) => s.kind !== 'bar') }, { ...axis, scale: false, max: roomy, splitLine: { show: false } }],
    series,
  };
}

function funnel(d, t) {
  const last = Math.max(1, d.values.length - 1), top = Math.max(...d.values, 1);
  return {
    series: [{
      type: 'funnel', sort: 'none', left: '3%', width: '60%', top: 18, bottom: 18, min: 0, max: top, minSize: '16%', gap: 3,
      label: { position: 'right', color: t.text, fontSize: 12.5, formatter: ({ dataIndex: i }) => `${d.labels[i]}  {v|${number(d.values[i])}}${d.texts?.[i] ? `\n{s|${d.texts[i]}}` : ''}`, rich: { v: { fontWeight: 650, color: t.text, fontSize: 12.5 }, s: { color: t.soft, fontSize: 11.5, lineHeight: 17 } } },
      labelLine: { show: false, length: 8 },
      data: d.values.map((value, i) => ({ value: Math.max(value, top * .02), itemStyle: { color: mix(t.c1, t.c2, i / last), borderWidth: 0 } })),
    }],
  };
}

function gauge(d, t) {
  const min = d.min || 0, max = d.max || 100, value = d.values[0], target = d.targets?.[0];
  const ring = { type: 'gauge', min, max, startAngle: 210, endAngle: -30, center: ['50%', '57%'], radius: '96%', splitLine: { show: false }, axisTick: { show: false } };
  const series = [{
    ...ring, splitNumber: 4, progress: { show: true, width: 16, roundCap: true, itemStyle: { color: t.c2 } }, pointer: { show: false },
    axisLine: { roundCap: true, lineStyle: { width: 16, color: [[1, t.grid]] } }, axisLabel: { color: t.axis, fontSize: 11.5, distance: 26 }, anchor: { show: false },
    detail: { offsetCenter: [0, '6%'], formatter: () => `{v|${d.texts?.[0] ?? value}}{u|${d.unit || ''}}`, rich: { v: { fontSize: 42, fontWeight: 680, color: t.text, fontFamily: t.font }, u: { fontSize: 15, color: t.soft, padding: [14, 0, 0, 4] } } },
    data: [{ value }],
  }];
  if (target !== undefined) {
    const at = (target - min) / (max - min);
    series.push({ ...ring, splitNumber: 1, axisLabel: { show: false }, axisLine: { lineStyle: { width: 22, color: [[Math.max(0, at - .006), 'transparent'], [at + .006, t.c5], [1, 'transparent']] } }, radius: '99%', pointer: { show: false }, detail: { show: false }, silent: true });
  }
  return { series };
}

function bars(d, t) {
  const over = (i) => d.targets && !d.higher && d.values[i] > d.targets[i];
  return {
    legend: d.targets && { right: 6, top: 4, itemWidth: 12, itemHeight: 8, selectedMode: false, textStyle: { color: t.soft, fontSize: 12.5 }, data: [{ name: texts.actual, itemStyle: { color: t.c1 } }, { name: texts.target, itemStyle: { color: t.text } }] },
    grid: { left: 10, right: d.texts ? 96 : 14, top: d.targets ? 36 : 10, bottom: 4, containLabel: true },
    xAxis: { type: 'value', axisLabel: { color: t.axis, fontSize: 12, formatter: number }, splitLine: { lineStyle: { color: t.grid } } },
    yAxis: { type: 'category', inverse: true, data: d.labels, axisLine: { show: false }, axisTick: { show: false }, axisLabel: { color: t.text, fontSize: 12.5 } },
    series: [{
      name: texts.actual, type: 'bar', barWidth: 12, silent: true,
      data: d.values.map((value, i) => ({ value, itemStyle: { color: over(i) ? t.c5 : t.c1, borderRadius: [0, 4, 4, 0] } })),
    }, d.texts && {
      type: 'custom', silent: true, data: d.values,
      renderItem: (p, api) => ({ type: 'text', x: p.coordSys.x + p.coordSys.width + 10, y: api.coord([0, p.dataIndex])[1], style: { text: d.texts[p.dataIndex], fill: over(p.dataIndex) ? t.bad : t.soft, font: `600 12px ${t.font}`, verticalAlign: 'middle' } }),
    }, d.targets && {
      name: texts.target, type: 'custom', silent: true, data: d.targets.map((v, i) => [v, i]), itemStyle: { color: t.text },
      renderItem: (p, api) => { const [x, y] = api.coord([api.value(0), api.value(1)]); return { type: 'rect', shape: { x: x - 1.5, y: y - 10, width: 3, height: 20 }, style: { fill: t.text } }; },
    }].filter(Boolean),
  };
}

const kinds = { trend, funnel, gauge, bars };
const drawn = new Map();

function paint(el) {
  const t = tokens(), option = kinds[el.dataset.chart](JSON.parse(document.getElementById(el.id + '-data').textContent), t);
  drawn.get(el).setOption({ animation: false, textStyle: { fontFamily: t.font }, ...option }, true);
  scalable(el);
}

// scalable lets paper, which no script measures, stretch the drawing.
function scalable(el) {
  const svg = el.querySelector('svg');
  svg?.setAttribute('viewBox', `0 0 ${svg.getAttribute('width')} ${svg.getAttribute('height')}`);
}

// draw paints the charts below root that are not painted yet.
export async function draw(root) {
  await Promise.all([script('echarts-6.1.0.min.js'), document.fonts.ready]);
  for (const [el, chart] of drawn) if (!el.isConnected) { chart.dispose(); drawn.delete(el); }
  for (const el of root.querySelectorAll('[data-chart]')) {
    if (drawn.has(el) || !document.getElementById(el.id + '-data')) continue; // another answer has taken the place of this one
    const chart = echarts.init(el, null, { renderer: 'svg' });
    drawn.set(el, chart);
    paint(el);
    new ResizeObserver(() => { if (!matchMedia('print').matches) { chart.resize(); scalable(el); } }).observe(el);
  }
}

document.addEventListener('theme', () => drawn.forEach((_, el) => paint(el)));
