// Time: charts of what was, and the findings and ended connections of the stretch that is shown.
// Dragging over a chart, a button or a date chooses the stretch, and everything follows.

import { ApiError, ask, is_abort } from '../api';
import type { FindingsOfTime, Gap, Series } from '../api_types';
import { h, reconcile, set_attribute, set_text } from '../dom';
import { count, moment } from '../format';
import { t, word } from '../i18n';
import { ChartPanel, charts } from '../parts/charts';
import { ClosedTable } from '../parts/closed_table';
import { finding_card } from '../parts/finding_card';
import { MomentPanel } from '../parts/moment_panel';
import { moment_of } from '../parts/past';
import { bounds_of, fixed, moved, preset_name, PRESETS_S, query_of, range_of, type TimeRange, zoomed } from '../parts/time_range';
import { link_to, type Place, replace_place } from '../router';
import { on_theme_change } from '../theme';
import type { View } from './view';

const REFRESH_MS = 5000;

export class TimeView implements View {
  readonly title = t('view.time');
  readonly element: HTMLElement;
  private readonly presets = h('div', { class: 'presets', role: 'group', 'aria-label': t('range.label') });
  private readonly from = h('input', { type: 'datetime-local', step: 1, id: 'range-from' });
  private readonly to = h('input', { type: 'datetime-local', step: 1, id: 'range-to' });
  private readonly problem = h('p', { class: 'problem', role: 'alert' });
  private readonly gaps = h('ul', { class: 'gaps' });
  private readonly shown = h('p', { class: 'quiet', role: 'status' });
  private readonly panel = new ChartPanel((from, to) => this.choose({ from, to }), (at) => this.choose_moment(at));
  private readonly log = h('input', { type: 'checkbox', id: 'log' });
  private readonly values = h('tbody');
  private readonly findings = h('div', { class: 'findings' });
  private readonly no_findings = h('p', { class: 'quiet' }, t('time.no_findings'));
  private readonly moment = new MomentPanel();
  private readonly closed = new ClosedTable();
  private readonly forget_theme = on_theme_change(() => this.panel.rebuild());
  private range: TimeRange = { last_s: 3600 };
  private at: number | undefined;
  private timer = 0;
  private asking = new AbortController();

  constructor(place: Place) {
    this.log.addEventListener('change', () => this.panel.show_logarithmic(this.log.checked));
    for (const input of [this.from, this.to]) input.addEventListener('change', () => this.choose_dates());
    this.element = h('div', { class: 'time' }, this.controls(), this.problem, this.gaps, this.shown,
      h('section', { class: 'block' }, h('label', { class: 'check' }, this.log, t('chart.logarithmic')), this.panel.element),
      h('details', { class: 'as-table' }, h('summary', {}, t('chart.as_table')),
        h('div', { class: 'scroll-x' }, h('table', { class: 'plain' },
          h('thead', {}, h('tr', {}, ...(['chart.series', 'chart.least', 'chart.mean', 'chart.most', 'chart.last'] as const).map((key) => h('th', { scope: 'col' }, t(key))))),
          this.values))),
      this.moment.element,
      h('section', { class: 'block' }, h('h2', {}, t('time.findings')), this.no_findings, this.findings),
      this.closed.element);
    this.go(place);
  }

  go(place: Place): void {
    this.range = range_of(place.query);
    this.at = moment_of(place.query);
    this.load(true);
  }

  close(): void {
    window.clearTimeout(this.timer);
    this.asking.abort();
    this.closed.close();
    this.moment.close();
    this.forget_theme();
    this.panel.close();
  }

  private controls(): HTMLElement {
    const button = (text: string, label: string, act: () => void): HTMLElement => {
      const made = h('button', { type: 'button', 'aria-label': label, title: label }, text);
      made.addEventListener('click', act);
      return made;
    };
    for (const seconds of PRESETS_S) {
      const preset = h('button', { type: 'button', 'data-seconds': seconds }, preset_name(seconds));
      preset.addEventListener('click', () => this.choose({ last_s: seconds }));
      this.presets.append(preset);
    }
    const now = (): number => Date.now() / 1000;
    return h('div', { class: 'range' }, this.presets,
      h('div', { class: 'presets' },
        button('◀', t('range.earlier'), () => this.choose(moved(this.range, -1, now()))),
        button('▶', t('range.later'), () => this.choose(moved(this.range, 1, now()))),
        button('＋', t('range.closer'), () => this.choose(zoomed(this.range, 0.5, now()))),
        button('－', t('range.wider'), () => this.choose(zoomed(this.range, 2, now())))),
      h('div', { class: 'dates' },
        h('span', {}, h('label', { for: 'range-from' }, t('range.from')), this.from),
        h('span', {}, h('label', { for: 'range-to' }, t('range.to')), this.to)));
  }

  // A moment that is not in sight any more is not meant any more.
  private choose(range: TimeRange): void {
    this.range = range;
    const { from, to } = fixed(range, Date.now() / 1000);
    if (this.at !== undefined && (this.at < from || this.at > to)) this.at = undefined;
    this.remember();
    this.load(true);
  }

  private choose_moment(at: number): void {
    this.at = at;
    this.remember();
    this.show_moment();
  }

  private remember(): void {
    replace_place(link_to('time', { ...query_of(this.range), at: this.at }));
  }

  // The chosen one, or else the end of what is shown.
  private show_moment(): void {
    this.panel.mark(this.at);
    void this.moment.show(this.at ?? ('last_s' in this.range ? undefined : Math.round(this.range.to)));
  }

  private choose_dates(): void {
    const from = new Date(this.from.value).getTime() / 1000;
    const to = new Date(this.to.value).getTime() / 1000;
    if (to > from) this.choose({ from, to });
  }

  private load(chosen: boolean): void {
    window.clearTimeout(this.timer);
    this.asking.abort();
    this.asking = new AbortController();
    this.show_controls(chosen);
    // The table of ended connections would jump under the reader every few seconds.
    if (chosen) {
      this.closed.show(bounds_of(this.range));
      this.show_moment();
    }
    const asked = this.asking;
    void Promise.all([this.load_series(), this.load_findings()]).then(() => {
      if (asked === this.asking && !asked.signal.aborted && 'last_s' in this.range) {
        this.timer = window.setTimeout(() => this.load(false), REFRESH_MS);
      }
    });
  }

  private show_controls(chosen: boolean): void {
    const last = 'last_s' in this.range ? this.range.last_s : 0;
    for (const preset of this.presets.children) {
      set_attribute(preset, 'aria-pressed', String((preset as HTMLElement).dataset['seconds'] === String(last)));
    }
    if (!chosen) return;
    const { from, to } = fixed(this.range, Date.now() / 1000);
    this.from.value = local_time(from);
    this.to.value = local_time(to);
  }

  private async load_series(): Promise<void> {
    try {
      const series = await ask<Series>('series', bounds_of(this.range), this.asking.signal);
      set_text(this.problem, '');
      this.panel.show(series);
      this.show_gaps(series.gaps);
      this.show_values(series);
      const kept = series.oldest_unix_s === undefined ? t('time.memory_only') : t('time.kept_since', moment(series.oldest_unix_s));
      set_text(this.shown, `${t('time.shown', moment(series.from_unix_s), moment(series.to_unix_s), series.step_s)} ${kept}`);
    } catch (error) {
      this.on_problem(error);
    }
  }

  private async load_findings(): Promise<void> {
    try {
      const answer = await ask<FindingsOfTime>('findings', bounds_of(this.range), this.asking.signal);
      reconcile(this.findings, answer.findings, {
        key: (one) => one.id,
        version: (one) => `${one.claim}${one.active}${one.active ? '' : one.last_seen_unix_s}`,
        make: (one, old) => finding_card(one, old instanceof HTMLDetailsElement && old.open),
      });
      this.no_findings.hidden = answer.findings.length > 0;
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) this.on_problem(error);
    }
  }

  private on_problem(error: unknown): void {
    if (is_abort(error)) return;
    set_text(this.problem, error instanceof ApiError ? error.message : t('problem.no_answer'));
  }

  private show_gaps(gaps: Gap[]): void {
    reconcile(this.gaps, gaps, {
      key: (gap) => `${gap.from_unix_s}${gap.reason}`,
      version: (gap) => `${gap.to_unix_s}`,
      make: (gap) => h('li', {}, t('gap', moment(gap.from_unix_s), moment(gap.to_unix_s), word('gap_reason', gap.reason)),
        gap.lost !== undefined && ` ${t('gap.lost', count(gap.lost))}`),
    });
    this.gaps.hidden = gaps.length === 0;
  }

  private show_values(series: Series): void {
    this.values.replaceChildren(...charts().flatMap((chart) => chart.lines.map((line) => {
      const known = line.values(series).filter((value): value is number => value !== null);
      const text = (value: number | undefined): string => (known.length === 0 ? '–' : chart.per_second ? `${count(value)}/s` : count(value));
      const mean = known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length);
      return h('tr', {}, h('th', { scope: 'row' }, line.name),
        ...[Math.min(...known), mean, Math.max(...known), known.at(-1)].map((value) => h('td', { class: 'number' }, text(value))));
    })));
  }
}

// As datetime-local wants it: the reader's clock, without a zone.
function local_time(unix_s: number): string {
  const date = new Date(unix_s * 1000);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
}
