// Who talks to whom: processes of this host and the addresses they talk with. The drawing says who
// opens to whom, the table beside it how much and in which states.

import { ApiError, ask, is_abort } from '../api';
import { type HostMap, type MapEdge, STATES } from '../api_types';
import { h, set_attribute, set_text } from '../dom';
import { count } from '../format';
import { t } from '../i18n';
import { collapse_peers, place, type PlacedMap, type PlacedNode } from '../parts/map_layout';
import { draw_map, map_legend, mark_selected, node_name } from '../parts/map_drawing';
import { moment_of, PastNotice } from '../parts/past';
import { phase_of } from '../parts/state_words';
import { link_to, type Place, replace_place } from '../router';
import type { View } from './view';

const REFRESH_MS = 5000;
// Listing a large host is work for it: at most this share of the time.
const BUSY_SHARE = 0.1;
// Beyond this a drawing says nothing; the table does.
const MOST_DRAWN = 60;

export class MapView implements View {
  readonly title = t('view.map');
  readonly element: HTMLElement;
  private readonly filter = h('input', { type: 'search', id: 'filter', class: 'filter', spellcheck: 'false', autocomplete: 'off', autocapitalize: 'none', placeholder: 'not loopback', 'aria-describedby': 'filter-problem' });
  private readonly all_peers = h('input', { type: 'checkbox', id: 'all-peers' });
  private readonly problem = h('p', { class: 'problem', id: 'filter-problem', role: 'alert' });
  private readonly total = h('p', { class: 'total', role: 'status' });
  private readonly drawing = h('div', { class: 'map scroll-x', tabindex: -1 });
  private readonly rows = h('tbody');
  private readonly notice = new PastNotice('map');
  private placed: PlacedMap | null = null;
  private map: HostMap | null = null;
  private selected: string | null = null;
  private at: number | undefined;
  private width = 0;
  private timer = 0;
  private typing = 0;
  private asking = new AbortController();

  constructor(place_wanted: Place) {
    const form = h('form', { class: 'filter-form', role: 'search' },
      h('label', { for: 'filter' }, t('connections.filter')), this.filter,
      h('label', { class: 'check' }, this.all_peers, t('map.all_peers')));
    form.addEventListener('submit', (event) => { event.preventDefault(); this.apply(); });
    this.filter.addEventListener('input', () => {
      window.clearTimeout(this.typing);
      this.typing = window.setTimeout(() => this.apply(), 300);
    });
    this.all_peers.addEventListener('change', () => this.draw());
    const columns = ['map.who_opens', 'map.to_whom', 'column.service_port', 'group.count', 'map.states'] as const;
    this.element = h('div', { class: 'who' }, this.notice.element, form, this.problem, this.total,
      h('div', { class: 'map-parts' },
        h('section', { class: 'block' }, h('h2', {}, t('map.drawing')), this.drawing, map_legend()),
        h('section', { class: 'block' }, h('h2', {}, t('map.table')), h('div', { class: 'scroll-x' },
          h('table', { class: 'plain' }, h('thead', {}, h('tr', {}, ...columns.map((key) => h('th', { scope: 'col' }, t(key))))), this.rows)))));
    new ResizeObserver(() => {
      if (Math.abs(this.drawing.clientWidth - this.width) > 8) this.draw();
    }).observe(this.drawing);
    this.go(place_wanted);
  }

  go(place_wanted: Place): void {
    this.filter.value = place_wanted.query.get('filter') ?? '';
    this.at = moment_of(place_wanted.query);
    this.notice.show(this.at, { filter: this.filter.value });
    void this.load();
  }

  close(): void {
    window.clearTimeout(this.timer);
    window.clearTimeout(this.typing);
    this.asking.abort();
  }

  private apply(): void {
    replace_place(link_to('map', { filter: this.filter.value.trim(), at: this.at }));
    this.notice.show(this.at, { filter: this.filter.value.trim() });
    void this.load();
  }

  private async load(): Promise<void> {
    window.clearTimeout(this.timer);
    this.asking.abort();
    this.asking = new AbortController();
    const asked_at = performance.now();
    try {
      const map = await ask<HostMap>('map', { filter: this.filter.value.trim(), at: this.at }, this.asking.signal);
      set_text(this.problem, '');
      set_attribute(this.filter, 'aria-invalid', null);
      // A picture that jumps is no picture: it is drawn again only when who talks with whom changes.
      const changed = shape_of(map) !== (this.map ? shape_of(this.map) : '');
      this.map = map;
      if (changed) this.draw();
      else this.show_rows();
    } catch (error) {
      if (is_abort(error)) return;
      set_attribute(this.filter, 'aria-invalid', error instanceof ApiError && error.problem.parameter === 'filter' ? 'true' : null);
      set_text(this.problem, error instanceof ApiError ? error.message : t('problem.no_answer'));
    }
    if (this.at !== undefined) return;
    this.timer = window.setTimeout(() => void this.load(), Math.max(REFRESH_MS, (performance.now() - asked_at) / BUSY_SHARE));
  }

  private draw(): void {
    if (!this.map) return;
    this.width = this.drawing.clientWidth || 680;
    const shown = this.all_peers.checked ? { ...this.map, collapsed: new Map<string, number>() } : collapse_peers(this.map);
    this.placed = place(shown.nodes, shown.edges, shown.collapsed);
    if (this.selected !== null && !this.placed.nodes.some((node) => node.id === this.selected)) this.selected = null;
    if (this.placed.nodes.length > MOST_DRAWN) {
      this.drawing.replaceChildren(h('p', { class: 'quiet' }, t('map.too_many', count(this.placed.nodes.length))));
    } else if (this.placed.nodes.length === 0) {
      this.drawing.replaceChildren(h('p', { class: 'quiet' }, t('map.nothing')));
    } else {
      const focused = document.activeElement?.getAttribute('data-id');
      const picture = draw_map(this.placed, this.width, (id) => this.select(id));
      this.drawing.replaceChildren(picture);
      mark_selected(picture, this.selected);
      if (focused) picture.querySelector<SVGElement>(`[data-id="${CSS.escape(focused)}"]`)?.focus();
    }
    set_text(this.total, t('map.total', count(this.map.nodes_in_all), count(this.map.edges.length)));
    this.show_rows();
  }

  private select(id: string): void {
    this.selected = this.selected === id ? null : id;
    mark_selected(this.drawing.firstElementChild!, this.selected);
    this.show_rows();
  }

  private show_rows(): void {
    if (!this.placed || !this.map) return;
    const nodes = new Map(this.placed.nodes.map((node) => [node.id, node]));
    const edges = this.placed.edges.filter((edge) => this.selected === null || edge.from === this.selected || edge.to === this.selected);
    this.rows.replaceChildren(...edges.map((edge) => edge_row(edge, nodes, this.at)));
  }
}

function shape_of(map: HostMap): string {
  return JSON.stringify([map.nodes.map((node) => node.id + node.name), map.edges.map((edge) => [edge.from, edge.to, edge.port])]);
}

function edge_row(edge: MapEdge, nodes: Map<string, PlacedNode>, at: number | undefined): HTMLElement {
  const from = nodes.get(edge.from)!;
  const to = nodes.get(edge.to)!;
  const filter = filter_of_edge(edge, from, to);
  const number = count(edge.connections);
  return h('tr', {},
    h('td', {}, node_name(from)),
    h('td', {}, edge.opener_known ? '' : h('span', { class: 'quiet' }, t('map.opener_unknown')), node_name(to)),
    h('td', { class: 'number' }, edge.port ?? ''),
    h('td', { class: 'number' }, filter ? h('a', { href: link_to('connections', { filter, at }) }, number) : number),
    h('td', {}, ...STATES.filter((state) => edge.states[state]).flatMap((state) => [
      h('span', { class: `state phase-${phase_of(state)}` }, `${state} ${count(edge.states[state])}`), ' '])));
}

// The connections of an edge, as seen from an end on this host.
function filter_of_edge(edge: MapEdge, from: PlacedNode, to: PlacedNode): string {
  const conditions: string[] = [];
  const own = from.kind === 'process' ? from : to.kind === 'process' ? to : null;
  if (own) conditions.push(/^[\w.:-]+$/.test(own.name) ? `process ${own.name}` : `process "${own.name}"`);
  const peer = [from, to].find((node) => node.kind === 'peer' && node.collapsed === undefined);
  if (peer) conditions.push(`dst ${peer.name}`);
  if (edge.port !== undefined) conditions.push(own === from || !own ? `dport = :${edge.port}` : `sport = :${edge.port}`);
  return conditions.join(' ');
}
