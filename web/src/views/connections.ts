// All connections of the host: filter, grouping, order, and a table that does not mind 100,000 rows.

import { ApiError, ask, is_abort } from '../api';
import { type Count, type Counts, type Now, type Row, STATES, type State } from '../api_types';
import { h, is_narrow, reconcile, set_attribute, set_text } from '../dom';
import { count } from '../format';
import { type Key, t } from '../i18n';
import { narrow_columns, wide_columns } from '../parts/connection_columns';
import { group_table } from '../parts/group_table';
import { moment_of, PastNotice } from '../parts/past';
import { RowPages } from '../parts/row_pages';
import { filter_of, phase_of } from '../parts/state_words';
import { VirtualTable } from '../parts/virtual_table';
import { go_to, link_to, type Place, replace_place } from '../router';
import type { View } from './view';

const GROUPS: [string, Key][] = [
  ['', 'group.none'], ['state', 'group.state'], ['process', 'group.process'], ['process,state', 'group.process_state'],
  ['remote', 'group.remote'], ['port', 'group.port'], ['unit', 'group.unit'], ['opener', 'group.opener'],
  ['user', 'group.user'],
];
const REFRESH_MS = 5000;
// Listing a large host is work for it: at most this share of the time.
const BUSY_SHARE = 0.1;
const TYPING_MS = 300;

// Back from a connection, the table is where it was left.
const remembered_rows = new Map<string, number>();

export class ConnectionsView implements View {
  readonly title = t('view.connections');
  readonly element: HTMLElement;
  private readonly filter = h('input', {
    type: 'search', id: 'filter', class: 'filter', spellcheck: 'false', autocomplete: 'off', autocapitalize: 'none',
    placeholder: 'state close-wait and age > 5m and process nginx', 'aria-describedby': 'filter-problem',
  });
  private readonly problem = h('p', { class: 'problem', id: 'filter-problem', role: 'alert' });
  private readonly group = h('select', { id: 'group' },
    ...GROUPS.map(([value, key]) => h('option', { value }, t(key))));
  private readonly follow = h('input', { type: 'checkbox', id: 'follow', checked: true });
  private readonly following = h('label', { class: 'check' }, this.follow, t('connections.follow'));
  private readonly notice = new PastNotice('connections');
  private readonly chips = h('div', { class: 'chips', role: 'group', 'aria-label': t('connections.chips') });
  private readonly total = h('p', { class: 'total' });
  private readonly rows = new RowPages({ change: () => this.on_rows(), problem: (problem) => this.on_problem(problem) });
  private readonly table: VirtualTable<Row>;
  private readonly groups = h('div', { class: 'groups' });
  private readonly narrow = window.matchMedia('(max-width: 640px)');
  private readonly on_width = (): void => this.choose_columns();
  private order = '';
  private at: number | undefined;
  private address = '';
  private generation = 0;
  private timer = 0;
  private typing = 0;
  private asking = new AbortController();

  constructor(place: Place) {
    this.table = new VirtualTable(t('view.connections'), this.rows, wide_columns(), {
      sort: (column) => this.sort_by(column),
      open: (row) => go_to(link_to('connection', {}, row.id)),
    });
    const form = h('form', { class: 'filter-form', role: 'search' },
      h('label', { for: 'filter' }, t('connections.filter')), this.filter,
      h('label', { for: 'group' }, t('connections.group')), this.group,
      this.following);
    form.addEventListener('submit', (event) => { event.preventDefault(); this.apply(); });
    this.filter.addEventListener('input', () => {
      window.clearTimeout(this.typing);
      this.typing = window.setTimeout(() => this.apply(), TYPING_MS);
    });
    this.group.addEventListener('change', () => this.apply());
    this.element = h('div', { class: 'connections' }, this.notice.element, form, this.problem, this.chips, this.total, this.table.element, this.groups);
    this.narrow.addEventListener('change', this.on_width);
    this.choose_columns();
    this.go(place);
  }

  go(place: Place): void {
    this.filter.value = place.query.get('filter') ?? '';
    this.group.value = place.query.get('by') ?? '';
    if (this.group.value === '') this.group.selectedIndex = 0;
    this.order = place.query.get('sort') ?? '';
    this.at = moment_of(place.query);
    this.following.hidden = this.at !== undefined;
    this.tell_moment();
    if (this.at !== undefined) void this.count_states();
    this.table.go_to_row(remembered_rows.get(window.location.hash) ?? 0);
    this.load(this.table.current_row());
  }

  show(now: Now): void {
    if (this.at === undefined) this.show_chips((state) => now.states[state]);
  }

  private tell_moment(): void {
    this.notice.show(this.at, { filter: this.filter.value.trim(), by: this.group.value, sort: this.order });
  }

  // The counts of that moment, which do not change.
  private async count_states(): Promise<void> {
    const at = this.at;
    const counts: Count[] = await ask<Counts>('connections', { at, by: 'state', limit: 1000 }).then((answer) => answer.counts, () => []);
    if (at !== this.at || counts.length === 0) return;
    this.show_chips((state) => counts.find((one) => one.state === state)?.count ?? 0);
  }

  private show_chips(number_of: (state: State) => number): void {
    reconcile(this.chips, STATES.filter((state) => state !== 'CLOSED'), {
      key: (state) => state,
      version: () => '',
      make: (state) => this.make_chip(state),
    });
    for (const chip of this.chips.children) {
      const state = (chip as HTMLElement).dataset['key'] as State;
      set_text(chip.querySelector('b')!, count(number_of(state)));
      chip.classList.toggle('none', number_of(state) === 0);
      set_attribute(chip, 'aria-pressed', String(this.filter.value.trim() === filter_of(state)));
    }
  }

  close(): void {
    ++this.generation;
    remembered_rows.set(this.address, this.table.current_row());
    window.clearTimeout(this.timer);
    window.clearTimeout(this.typing);
    this.narrow.removeEventListener('change', this.on_width);
    this.rows.close();
    this.asking.abort();
  }

  private make_chip(state: State): HTMLElement {
    const chip = h('button', { type: 'button', class: `chip phase-${phase_of(state)}` }, h('b', { class: 'number' }), ` ${state}`);
    chip.addEventListener('click', () => {
      this.filter.value = this.filter.value.trim() === filter_of(state) ? '' : filter_of(state);
      this.apply();
    });
    return chip;
  }

  private choose_columns(): void {
    const narrow = is_narrow();
    this.table.show_columns(narrow ? narrow_columns() : wide_columns(), narrow ? 46 : 24);
    this.table.show_order(this.order);
  }

  private apply(): void {
    replace_place(link_to('connections', { filter: this.filter.value.trim(), by: this.group.value, sort: this.order, at: this.at }));
    this.tell_moment();
    this.table.go_to_row(0);
    // Read aloud what the reader asked for, not what comes every five seconds.
    set_attribute(this.total, 'aria-live', 'polite');
    this.load(0);
  }

  private sort_by(column: string): void {
    this.order = this.order === column ? `-${column}` : column;
    this.apply();
  }

  // A slow answer is waited for: asking again before it is there would never show one.
  private plan_refresh(took_ms: number): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      if (this.at !== undefined) return;
      if (!this.follow.checked || document.hidden) {
        this.plan_refresh(took_ms);
        return;
      }
      set_attribute(this.total, 'aria-live', 'off');
      this.load(this.table.first_visible());
    }, Math.max(REFRESH_MS, took_ms / BUSY_SHARE));
  }

  private load(first_visible: number): void {
    const grouped = this.group.value !== '';
    this.address = window.location.hash;
    this.table.element.hidden = grouped;
    this.groups.hidden = !grouped;
    this.table.show_order(this.order);
    window.clearTimeout(this.timer);
    const asked_at = performance.now();
    const generation = ++this.generation;
    const loaded = grouped ? this.load_groups() : this.rows.list({ filter: this.filter.value.trim(), sort: this.order, at: this.at }, first_visible);
    void loaded.then(() => {
      if (generation === this.generation) this.plan_refresh(performance.now() - asked_at);
    });
  }

  private async load_groups(): Promise<void> {
    this.asking.abort();
    this.asking = new AbortController();
    const by = this.group.value;
    try {
      const answer = await ask<Counts>('connections', { filter: this.filter.value.trim(), by, at: this.at, limit: 1000 }, this.asking.signal);
      this.on_problem(null);
      const focused = this.groups.contains(document.activeElement) ? (document.activeElement as HTMLElement).textContent : null;
      this.groups.replaceChildren(group_table(answer, by, this.filter.value.trim(), this.at));
      if (focused) [...this.groups.querySelectorAll('a')].find((link) => link.textContent === focused)?.focus();
      set_text(this.total, t('connections.grouped', count(answer.counts.length), count(answer.total)));
    } catch (error) {
      if (!is_abort(error)) this.on_problem(error as Error);
    }
  }

  private on_rows(): void {
    this.table.refresh();
    const { total, listed } = this.rows;
    const text = total === listed ? t('connections.total', count(total)) : t('connections.total_of', count(total), count(listed));
    set_text(this.total, this.rows.table_changed ? `${text} ${t('connections.table_changed')}` : text);
  }

  // The old rows stay in sight while a filter is being typed; the message says that they are old.
  private on_problem(problem: Error | null): void {
    const wrong_filter = problem instanceof ApiError && problem.problem.parameter === 'filter';
    set_attribute(this.filter, 'aria-invalid', wrong_filter ? 'true' : null);
    set_text(this.problem, problem ? (problem instanceof ApiError ? problem.message : t('problem.no_answer')) : '');
    this.element.classList.toggle('stale', problem !== null);
  }
}
