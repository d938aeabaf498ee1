// The map as a drawing: nodes in columns, arrows from who opened to who was opened to.

import type { MapEdge } from '../api_types';
import { h, s } from '../dom';
import { count } from '../format';
import { t } from '../i18n';
import { pair_key, type Place, type PlacedMap, type PlacedNode } from './map_layout';

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

interface Frame {
  node_width: number;
  width: number;
  height: number;
  corner: (place: Place) => { x: number; y: number };
}

function frame_of(map: PlacedMap, lines: Line[], available: number): Frame {
  const gap = available < 500 ? 58 : GAP;
  const columns = map.column_sizes.length;
  const rows = Math.max(1, ...map.column_sizes);
  const node_width = Math.max(104, Math.min(190, (available - (columns - 1) * gap - 4) / columns));
  const width = Math.max(available, columns * node_width + (columns - 1) * gap + 4);
  // Columns spread over the width; short ones stand in the middle of the height.
  const pitch = columns > 1 ? (width - node_width - 4) / (columns - 1) : 0;
  const column = new Map(map.nodes.map((node) => [node.id, node.column]));
  // Lines that lead back, or to the node itself, go around below it.
  const row_height = ROW + (lines.some((line) => column.get(line.to)! <= column.get(line.from)!) ? 24 : 0);
  return {
    node_width, width, height: rows * row_height + 8,
    corner: (place) => ({
      x: 2 + place.column * pitch,
      y: 4 + ((rows - map.column_sizes[place.column]!) * row_height) / 2 + place.row * row_height,
    }),
  };
}

export function draw_map(map: PlacedMap, available: number, on_select: (id: string) => void): SVGElement {
  const lines = lines_of(map.edges);
  const frame = frame_of(map, lines, available);
  const { width, height } = frame;
  const nodes = new Map(map.nodes.map((node) => [node.id, node]));
  const degree = degrees(lines.filter((line) => nodes.get(line.to)!.column > nodes.get(line.from)!.column));
  const most = Math.max(1, ...lines.map((line) => line.connections));
  return s('svg', { viewBox: `0 0 ${width} ${height}`, width, height, class: `map-drawing${lines.length > MOST_LABELLED ? ' many' : ''}`, role: 'group', 'aria-label': t('map.label') },
    s('defs', {}, s('marker', { id: 'map-tip', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 9, markerHeight: 9, markerUnits: 'userSpaceOnUse', orient: 'auto', class: 'map-tip' }, s('path', { d: 'M0 0.5 L7.5 4 L0 7.5 Z' }))),
    ...lines.map((line) => draw_line(line, frame, nodes.get(line.from)!, nodes.get(line.to)!, map.ways.get(pair_key(line)) ?? [],
      1 + (4 * Math.log1p(line.connections)) / Math.log1p(most), degree)),
    ...map.nodes.map((node) => draw_node(node, frame.corner(node), frame.node_width, on_select)));
}

// How many lines leave each node on the right, and reach it on the left.
function degrees(lines: Line[]): Map<string, number> {
  const degree = new Map<string, number>();
  for (const line of lines) {
    for (const end of [`from ${line.from}`, `to ${line.to}`]) degree.set(end, (degree.get(end) ?? 0) + 1);
  }
  return degree;
}

function draw_line(line: Line, frame: Frame, from: PlacedNode, to: PlacedNode, ways: Place[], thickness: number, degree: Map<string, number>): SVGElement {
  // Lines that meet at a node are labelled where they are still apart.
  const apart = (degree.get(`from ${line.from}`) ?? 0) - (degree.get(`to ${line.to}`) ?? 0);
  const along = apart > 0 ? 0.72 : apart < 0 ? 0.28 : 0.5;
  const { path, label } = to.column > from.column ? forward(frame, from, to, ways, along) : backward(frame, from, to);
  return s('g', { class: `map-edge${line.opener_known ? '' : ' opener-unknown'}`, 'data-from': line.from, 'data-to': line.to, 'aria-hidden': 'true' },
    s('path', { d: path, 'stroke-width': thickness.toFixed(1), 'marker-end': line.opener_known ? 'url(#map-tip)' : null }),
    to.column > from.column ? line_label(line, label[0], label[1]) : s('text', { x: label[0], y: label[1], 'text-anchor': 'middle' }, `${ports_of(line)} ×${count(line.connections)}`));
}

interface Drawn { path: string; label: [number, number] }

function forward(frame: Frame, from: PlacedNode, to: PlacedNode, ways: Place[], along: number): Drawn {
  const middle = NODE_HEIGHT / 2;
  const start = frame.corner(from);
  const end = frame.corner(to);
  // Straight through the columns that it passes, S-shaped between columns.
  const stops = [{ x: start.x + frame.node_width, y: start.y + middle }];
  for (const way of ways) {
    const { x, y } = frame.corner(way);
    stops.push({ x, y: y + middle }, { x: x + frame.node_width, y: y + middle });
  }
  stops.push({ x: end.x - 1, y: end.y + middle });
  let path = `M${stops[0]!.x} ${stops[0]!.y}`;
  stops.forEach((stop, index) => {
    const before = stops[index - 1];
    if (!before) return;
    const bend = Math.max(20, (stop.x - before.x) / 2);
    path += index % 2 ? ` C${before.x + bend} ${before.y} ${stop.x - bend} ${stop.y} ${stop.x} ${stop.y}` : ` L${stop.x} ${stop.y}`;
  });
  // The label stands in the gap at the end where the line is alone.
  const at = along < 0.5 ? 0 : stops.length - 2;
  const [a, b] = [stops[at]!, stops[at + 1]!];
  return { path, label: [a.x + (b.x - a.x) * along, a.y + (b.y - a.y) * smooth(along)] };
}

// To the left, within a column, or to the node itself: around below.
function backward(frame: Frame, from: PlacedNode, to: PlacedNode): Drawn {
  const centre = (node: PlacedNode): { x: number; y: number } => {
    const { x, y } = frame.corner(node);
    return { x: x + frame.node_width / 2, y: y + NODE_HEIGHT };
  };
  const [a, b] = [centre(from), centre(to)];
  return {
    path: `M${a.x + 14} ${a.y} C${a.x + 34} ${a.y + 24} ${b.x - 34} ${b.y + 25} ${b.x - 14} ${b.y + 1}`,
    label: [(a.x + b.x) / 2, Math.max(a.y, b.y) + 31],
  };
}

// How far down an S-shaped line is, so far along.
function smooth(along: number): number {
  return along * along * (3 - 2 * along);
}

function ports_of(line: Line): string {
  const [first, ...more] = line.ports;
  return first === undefined ? '' : `:${first}${more.length ? ` +${more.length}` : ''}`;
}

// The service's port above the line, how many connections below it.
function line_label(line: Line, x: number, y: number): SVGElement {
  return s('text', { 'text-anchor': 'middle' },
    line.ports.length > 0 && s('tspan', { x, y: y - 5 }, ports_of(line)), s('tspan', { x, y: y + 13 }, `×${count(line.connections)}`));
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
