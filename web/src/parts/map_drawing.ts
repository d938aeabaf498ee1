// The map as a drawing: nodes in columns, arrows from who opened to who was opened to.

import type { MapEdge } from '../api_types';
import { h, s } from '../dom';
import { count } from '../format';
import { t } from '../i18n';
import type { PlacedMap, PlacedNode } from './map_layout';

const NODE_HEIGHT = 42;
const ROW = 58;
const GAP = 86;
// With more lines than this, only those of the chosen node are labelled.
const MOST_LABELLED = 25;

export function node_name(node: PlacedNode): string {
  if (node.collapsed !== undefined) return t(node.name === 'clients' ? 'map.all_clients' : 'map.all_servers', count(node.collapsed));
  switch (node.kind) {
    case 'others': return t('map.others', count(node.members));
    case 'unknown': return t('map.unknown_owner');
    case 'kernel': return t('map.kernel');
    default: return node.name;
  }
}

export function node_detail(node: PlacedNode): string {
  const parts: string[] = [];
  if (node.kind === 'process') {
    if (node.listens_on?.length) parts.push(node.listens_on.slice(0, 4).map((port) => `:${port}`).join(' ') + (node.listens_on.length > 4 ? ' …' : ''));
    else if (node.unit) parts.push(node.unit);
    if ((node.processes ?? 1) > 1) parts.push(t('map.processes', node.processes!));
  }
  parts.push(t('map.connections', count(node.connections)));
  return parts.join(' · ');
}

// One line for each pair and direction, however many ports: lines upon each other look like one.
interface Line { from: string; to: string; opener_known: boolean; ports: number[]; connections: number }

function lines_of(edges: MapEdge[]): Line[] {
  const lines = new Map<string, Line>();
  for (const { from, to, opener_known, port, connections } of edges) {
    const key = `${from} ${to} ${opener_known}`;
    const line = lines.get(key) ?? { from, to, opener_known, ports: [], connections: 0 };
    line.connections += connections;
    if (port !== undefined) line.ports.push(port);
    lines.set(key, line);
  }
  return [...lines.values()];
}

export function draw_map(map: PlacedMap, width: number, on_select: (id: string) => void): SVGElement {
  const gap = width < 500 ? 58 : GAP;
  const node_width = Math.max(104, Math.min(190, (width - (map.columns - 1) * gap - 4) / map.columns));
  const drawn_width = Math.max(width, map.columns * node_width + (map.columns - 1) * gap + 4);
  // Columns spread over the width; narrow ones stand in the middle of the height.
  const pitch = map.columns > 1 ? (drawn_width - node_width - 4) / (map.columns - 1) : 0;
  const lines = lines_of(map.edges);
  const columns = new Map(map.nodes.map((node) => [node.id, node.column]));
  // Lines that lead back, or to the node itself, go around below it.
  const row_height = ROW + (lines.some((line) => columns.get(line.to)! <= columns.get(line.from)!) ? 24 : 0);
  const height = map.rows * row_height + 8;
  const in_column = new Map<number, number>();
  for (const node of map.nodes) in_column.set(node.column, (in_column.get(node.column) ?? 0) + 1);
  const at = new Map(map.nodes.map((node) => [node.id, {
    x: 2 + node.column * pitch,
    y: 4 + ((map.rows - in_column.get(node.column)!) * row_height) / 2 + node.row * row_height,
  }]));
  const degree = degrees(lines);
  const most = Math.max(1, ...lines.map((edge) => edge.connections));
  return s('svg', { viewBox: `0 0 ${drawn_width} ${height}`, width: drawn_width, height, class: `map-drawing${lines.length > MOST_LABELLED ? ' many' : ''}`, role: 'group', 'aria-label': t('map.label') },
    s('defs', {}, s('marker', { id: 'map-tip', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 9, markerHeight: 9, markerUnits: 'userSpaceOnUse', orient: 'auto', class: 'map-tip' }, s('path', { d: 'M0 0.5 L7.5 4 L0 7.5 Z' }))),
    ...lines.map((edge) => draw_edge(edge, at, node_width, most, degree)),
    ...map.nodes.map((node) => draw_node(node, at.get(node.id)!, node_width, on_select)));
}

// How many lines leave and reach each node.
function degrees(edges: Line[]): Map<string, number> {
  const degree = new Map<string, number>();
  for (const edge of edges) {
    for (const end of [`from ${edge.from}`, `to ${edge.to}`]) degree.set(end, (degree.get(end) ?? 0) + 1);
  }
  return degree;
}

function draw_edge(edge: Line, at: Map<string, { x: number; y: number }>, width: number, most: number, degree: Map<string, number>): SVGElement {
  const from = at.get(edge.from)!;
  const to = at.get(edge.to)!;
  const middle = NODE_HEIGHT / 2;
  const thickness = 1 + (4 * Math.log1p(edge.connections)) / Math.log1p(most);
  const forward = to.x > from.x;
  const [x1, y1, x2, y2] = forward
    ? [from.x + width, from.y + middle, to.x - 1, to.y + middle]
    : [from.x + width / 2, from.y + NODE_HEIGHT, to.x + width / 2, to.y + NODE_HEIGHT + 1];
  // Lines that meet at a node are labelled where they are still apart.
  const apart = (degree.get(`from ${edge.from}`) ?? 0) - (degree.get(`to ${edge.to}`) ?? 0);
  const along = apart > 0 ? 0.72 : apart < 0 ? 0.28 : 0.5;
  const bend = Math.max(20, (x2 - x1) / 2);
  // Back to the left, or within a column, or to itself: around below.
  const path = forward
    ? `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`
    : `M${x1 + 14} ${y1} C${x1 + 34} ${y1 + 24} ${x2 - 34} ${y2 + 24} ${x2 - 14} ${y2}`;
  return s('g', { class: `map-edge${edge.opener_known ? '' : ' opener-unknown'}`, 'data-from': edge.from, 'data-to': edge.to, 'aria-hidden': 'true' },
    s('path', { d: path, 'stroke-width': thickness.toFixed(1), 'marker-end': edge.opener_known ? 'url(#map-tip)' : null }),
    edge_label(edge, x1 + (x2 - x1) * along, forward ? y1 + (y2 - y1) * smooth(along) : Math.max(y1, y2) + 16));
}

// How far down an S-shaped line is, so far along.
function smooth(along: number): number {
  return along * along * (3 - 2 * along);
}

// The service's port above the line, how many connections below it.
function edge_label(edge: Line, x: number, y: number): SVGElement {
  return s('text', { 'text-anchor': 'middle' },
    edge.ports.length > 0 && s('tspan', { x, y: y - 5 }, `:${edge.ports[0]}${edge.ports.length > 1 ? ` +${edge.ports.length - 1}` : ''}`), s('tspan', { x, y: y + 13 }, `×${count(edge.connections)}`));
}

function draw_node(node: PlacedNode, { x, y }: { x: number; y: number }, width: number, on_select: (id: string) => void): SVGElement {
  const name = node_name(node);
  const detail = node_detail(node);
  const group = s('g', { class: `map-node kind-${node.kind}`, 'data-id': node.id, role: 'button', tabindex: 0, 'aria-pressed': 'false', 'aria-label': `${name}, ${detail}` },
    s('title', {}, `${name}\n${node.unit ?? ''} ${(node.pids ?? []).join(' ')}\n${detail}`),
    s('rect', { x, y, width, height: NODE_HEIGHT, rx: node.kind === 'process' ? 5 : 20 }),
    s('text', { x: x + width / 2, y: y + 17, class: 'node-name', 'text-anchor': 'middle' }, cut(name, width - 14, 7.5)),
    s('text', { x: x + width / 2, y: y + 33, class: 'node-detail', 'text-anchor': 'middle' }, cut(detail, width - 12, 6)));
  group.addEventListener('click', () => on_select(node.id));
  group.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    on_select(node.id);
  });
  return group;
}

// Hangul is about twice as wide as Latin letters.
function cut(text: string, width: number, letter: number): string {
  let used = 0;
  let shown = '';
  for (const character of text) {
    used += character > '\u1100' ? letter * 1.75 : letter;
    if (used > width) return `${shown}…`;
    shown += character;
  }
  return shown;
}

export function mark_selected(drawing: Element, id: string | null): void {
  drawing.classList.toggle('has-selection', id !== null);
  for (const node of drawing.querySelectorAll('.map-node')) {
    const is_it = node.getAttribute('data-id') === id;
    node.setAttribute('aria-pressed', String(is_it));
    node.classList.toggle('selected', is_it);
  }
  for (const edge of drawing.querySelectorAll('.map-edge')) {
    const touches = id !== null && (edge.getAttribute('data-from') === id || edge.getAttribute('data-to') === id);
    edge.classList.toggle('selected', touches);
  }
}

export function map_legend(): HTMLElement {
  return h('ul', { class: 'diagram-legend' },
    h('li', {}, h('span', { class: 'swatch kind-process', 'aria-hidden': 'true' }), t('map.legend_process')),
    h('li', {}, h('span', { class: 'swatch kind-peer', 'aria-hidden': 'true' }), t('map.legend_peer')),
    h('li', {}, `→ ${t('map.legend_arrow')}`), h('li', {}, `┄ ${t('map.legend_unknown')}`));
}
