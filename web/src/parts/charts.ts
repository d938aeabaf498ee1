// The charts of the Time view: one cursor and one range for all. Gaps are hatched, not joined over:
// where nothing was recorded, no line says anything.

import uPlot from 'uplot';
import { type EventSeries, type Gap, type Series, STATES, type State } from '../api_types';
import { h, set_attribute } from '../dom';
import { clock, count, moment } from '../format';
import { type Key, t } from '../i18n';
import { colour_of } from '../theme';

export interface Line { name: string; colour: string; values: (series: Series) => (number | null)[]; dash?: number[] }
export interface Chart { title: Key; per_second: boolean; lines: Line[] }

function per_second(name: EventSeries): Line['values'] {
  return (series) => series[name].map((value) => (value === null ? null : value / series.step_s));
}

// Averages hide a burst shorter than a step, so that of the states the most is drawn.
function most(state: State): Line['values'] {
  return (series) => series.states_most[state];
}

const DASHES: Partial<Record<State, number[]>> = {
  'SYN-RECEIVED': [6, 3], 'FIN-WAIT-2': [6, 3], CLOSING: [2, 3], 'LAST-ACK': [6, 3],
};

export function charts(): Chart[] {
  return [
    { title: 'chart.states', per_second: false,
      lines: STATES.filter((state) => state !== 'CLOSED').map((state) => ({
        name: state, colour: `--state-${state.toLowerCase()}`, values: most(state), ...(DASHES[state] ? { dash: DASHES[state] } : {}) })) },
    { title: 'chart.opens_closes', per_second: true, lines: [
      { name: t('rate.opened_actively'), colour: '--active', values: per_second('opened_actively') },
      { name: t('rate.opened_passively'), colour: '--passive', values: per_second('opened_passively') },
      { name: t('rate.closed'), colour: '--over', values: per_second('closed'), dash: [6, 3] }] },
    { title: 'chart.resets', per_second: true, lines: [
      { name: t('rate.resets_sent'), colour: '--problem', values: per_second('resets_sent') },
      { name: t('rate.resets_received'), colour: '--warning', values: per_second('resets_received'), dash: [6, 3] }] },
    { title: 'chart.losses', per_second: true, lines: [
      { name: t('rate.retransmissions'), colour: '--warning', values: per_second('retransmissions') },
      { name: t('rate.drops'), colour: '--problem', values: per_second('drops'), dash: [6, 3] }] },
  ];
}

export class ChartPanel {
  readonly element = h('div', { class: 'charts' });
  private plots: uPlot[] = [];
  private series: Series | null = null;
  private hidden = new Set<string>();
  private log = false;
  private at: number | undefined;

  constructor(private readonly on_range: (from: number, to: number) => void, private readonly on_moment: (at: number) => void) {
    new ResizeObserver(() => {
      const width = this.element.clientWidth;
      for (const plot of this.plots) {
        if (width > 0 && plot.width !== width) plot.setSize({ width, height: plot.height });
      }
    }).observe(this.element);
  }

  // The number of the states differs by orders of magnitude; a few CLOSE-WAIT are flat beside 30,000
  // TIME-WAIT unless the scale is logarithmic.
  show_logarithmic(log: boolean): void {
    this.log = log;
    if (this.series) this.build(this.series);
  }

  // A line through all charts.
  mark(at: number | undefined): void {
    this.at = at;
    for (const plot of this.plots) plot.redraw(false);
  }

  show(series: Series): void {
    const same = this.series !== null && this.plots.length > 0;
    this.series = series;
    if (!same) {
      this.build(series);
      return;
    }
    charts().forEach((chart, index) => this.plots[index]?.setData(data_of(chart, series, this.log && index === 0)));
    this.describe();
  }

  rebuild(): void {
    if (this.series) this.build(this.series);
  }

  close(): void {
    this.plots.forEach((plot) => plot.destroy());
    this.plots = [];
  }

  private build(series: Series): void {
    this.close();
    this.element.replaceChildren();
    charts().forEach((chart, index) => {
      const place = h('figure', { class: 'chart', tabindex: 0, role: 'group' }, h('figcaption', {}, t(chart.title)));
      this.element.append(place);
      const plot = new uPlot(this.options(chart, index, this.log && index === 0), data_of(chart, series, this.log && index === 0), place);
      place.addEventListener('keydown', (event) => this.on_key(event, plot));
      plot.root.querySelectorAll<HTMLElement>('.u-legend .u-series').forEach((entry) => make_switch(entry));
      this.plots.push(plot);
    });
    this.describe();
  }

  private describe(): void {
    const { series } = this;
    if (!series) return;
    const range = `${moment(series.from_unix_s)} – ${moment(series.to_unix_s)}`;
    this.element.querySelectorAll('figure').forEach((figure, index) =>
      set_attribute(figure, 'aria-label', `${t(charts()[index]!.title)}, ${range}. ${t('chart.keys')}`));
  }

  private options(chart: Chart, index: number, log: boolean): uPlot.Options {
    const quiet = colour_of('--quiet');
    const grid = { stroke: colour_of('--line'), width: 1 };
    const axis = { stroke: quiet, grid, ticks: grid, font: '11px system-ui, sans-serif' };
    return {
      width: Math.max(280, this.element.clientWidth), height: index === 0 ? 250 : 150,
      cursor: { sync: { key: 'time' }, drag: { x: true, y: false, setScale: false }, points: { size: 5 } },
      scales: { x: { time: true }, y: log ? { distr: 3, log: 10 } : { range: (_plot, _min, max) => [0, Math.max(1, (max || 0) * 1.08)] } },
      axes: [{ ...axis, values: (_plot, ticks) => times(ticks) },
        { ...axis, size: 52, values: (_plot, ticks) => ticks.map((tick) => (tick === null ? '' : count(tick))) }],
      series: [{ label: t('chart.time'), value: (_plot, at) => (at === null ? '–' : moment(at)) },
        ...chart.lines.map((line): uPlot.Series => ({
          label: line.name, stroke: colour_of(line.colour), width: 1.5, points: { show: false }, spanGaps: false,
          show: !this.hidden.has(line.name), ...(line.dash ? { dash: line.dash } : {}),
          value: (_plot, value) => (value === null ? '–' : chart.per_second ? `${count(value)}/s` : count(value)) }))],
      hooks: {
        drawClear: [(plot) => this.series && hatch_gaps(plot, this.series.gaps)],
        draw: [(plot) => this.at !== undefined && draw_mark(plot, this.at)],
        ready: [(plot) => this.let_click(plot)],
        setSelect: [(plot) => {
          if (plot.select.width < 4) return;
          this.on_range(plot.posToVal(plot.select.left, 'x'), plot.posToVal(plot.select.left + plot.select.width, 'x'));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        }],
        setSeries: [(plot, at) => {
          if (at === null || at === 0) return;
          const line = plot.series[at]!;
          const name = String(line.label);
          if (line.show) this.hidden.delete(name);
          else this.hidden.add(name);
          plot.root.querySelectorAll('.u-legend .u-series')[at]?.setAttribute('aria-pressed', String(line.show));
        }],
      },
    };
  }

  // Dragging ends with a click too, which is none.
  private let_click(plot: uPlot): void {
    let pressed_at = 0;
    plot.over.addEventListener('mousedown', (event) => { pressed_at = event.clientX; });
    plot.over.addEventListener('click', (event) => {
      if (Math.abs(event.clientX - pressed_at) < 4) this.choose_at_cursor(plot);
    });
  }

  private choose_at_cursor(plot: uPlot): void {
    const at = plot.cursor.idx === null || plot.cursor.idx === undefined ? undefined : plot.data[0][plot.cursor.idx];
    if (at !== undefined) this.on_moment(at);
  }

  // Left and right move the cursor of all charts over the steps, as the mouse does.
  private on_key(event: KeyboardEvent, plot: uPlot): void {
    if (event.key === 'Enter' && event.target === event.currentTarget) this.choose_at_cursor(plot);
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined || event.target !== event.currentTarget) return;
    event.preventDefault();
    const times_of = plot.data[0];
    const at = Math.max(0, Math.min(times_of.length - 1, (plot.cursor.idx ?? times_of.length) + step * (event.shiftKey ? 10 : 1)));
    plot.setCursor({ left: plot.valToPos(times_of[at]!, 'x'), top: 10 });
  }
}

function data_of(chart: Chart, series: Series, log: boolean): uPlot.AlignedData {
  // A logarithm has no zero; there, none is drawn at the bottom line.
  const drawable = (values: (number | null)[]): (number | null)[] =>
    log ? values.map((value) => (value === null ? null : Math.max(value, 0.5))) : values;
  return [series.time_unix_s, ...chart.lines.map((line) => drawable(line.values(series)))];
}

function times(ticks: number[]): string[] {
  const long = ticks.length > 1 && ticks[1]! - ticks[0]! >= 60;
  return ticks.map((tick) => (long ? clock(tick).slice(0, 5) : clock(tick)));
}

function draw_mark(plot: uPlot, at: number): void {
  const { ctx, bbox } = plot;
  const left = plot.valToPos(at, 'x', true);
  if (left < bbox.left || left > bbox.left + bbox.width) return;
  ctx.save();
  ctx.strokeStyle = colour_of('--ink');
  ctx.lineWidth = Math.max(1, window.devicePixelRatio);
  ctx.setLineDash([]);  // of the line that was drawn before
  ctx.beginPath();
  ctx.moveTo(left, bbox.top);
  ctx.lineTo(left, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}

function hatch_gaps(plot: uPlot, gaps: Gap[]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.fillStyle = colour_of('--gap');
  for (const gap of gaps) {
    if (gap.reason === 'sampled') continue;
    const from = Math.max(bbox.left, plot.valToPos(gap.from_unix_s, 'x', true));
    const to = Math.min(bbox.left + bbox.width, plot.valToPos(gap.to_unix_s, 'x', true));
    if (to > from) ctx.fillRect(from, bbox.top, Math.max(2, to - from), bbox.height);
  }
  ctx.restore();
}

// uPlot's legend switches a line with the mouse; this gives it to the keyboard too.
function make_switch(entry: HTMLElement): void {
  if (!entry.previousElementSibling) return;  // the time
  entry.tabIndex = 0;
  entry.setAttribute('role', 'button');
  entry.setAttribute('aria-pressed', String(!entry.classList.contains('u-off')));
  entry.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    event.stopPropagation();
    entry.querySelector<HTMLElement>('.u-label')?.click();
  });
}
