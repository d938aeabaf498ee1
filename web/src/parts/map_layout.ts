// Where the nodes of the map stand: in columns, who opens left of who is opened to, so that a
// connection reads CLIENT - SERVER1 - SERVER2 from left to right. Pure, so that it can be tested.

import type { HostMap, MapEdge, MapNode } from '../api_types';

export interface PlacedNode extends MapNode { column: number; row: number; collapsed?: number }
export interface Place { column: number; row: number }
export interface PlacedMap {
  nodes: PlacedNode[]; edges: MapEdge[];
  // Where a line that passes a column goes through it, by pair_key(): places of its own, or it would
  // run behind nodes that it has nothing to do with.
  ways: Map<string, Place[]>;
  column_sizes: number[];
}

export function pair_key(edge: { from: string; to: string }): string {
  return `${edge.from} ${edge.to}`;
}

// With more addresses than this on one side, they are drawn as one node: "200 nodes are hard to see"
// is what users of such maps say most.
export const MOST_PEERS = 12;

// Peers that only open (clients) become one node, and those that are only opened to another.
export function collapse_peers(map: HostMap): HostMap & { collapsed: Map<string, number> } {
  const collapsed = new Map<string, number>();
  const opens = new Set(map.edges.map((edge) => edge.from));
  const opened_to = new Set(map.edges.map((edge) => edge.to));
  const rename = new Map<string, string>();
  const nodes = [...map.nodes];
  for (const [side, belongs] of [
    ['clients', (node: MapNode) => opens.has(node.id) && !opened_to.has(node.id)],
    ['servers', (node: MapNode) => opened_to.has(node.id) && !opens.has(node.id)],
  ] as const) {
    const peers = nodes.filter((node) => node.kind === 'peer' && belongs(node));
    if (peers.length <= MOST_PEERS) continue;
    const id = `all-${side}`;
    for (const peer of peers) {
      rename.set(peer.id, id);
      nodes.splice(nodes.indexOf(peer), 1);
    }
    nodes.push({ id, kind: 'peer', name: side, connections: peers.reduce((sum, peer) => sum + peer.connections, 0) });
    collapsed.set(id, peers.length);
  }
  return { ...map, nodes, edges: merge_edges(map.edges, rename), collapsed };
}

function merge_edges(edges: MapEdge[], rename: Map<string, string>): MapEdge[] {
  const merged = new Map<string, MapEdge>();
  for (const edge of edges) {
    const from = rename.get(edge.from) ?? edge.from;
    const to = rename.get(edge.to) ?? edge.to;
    const key = `${from} ${to} ${edge.port ?? ''} ${edge.opener_known}`;
    const known = merged.get(key);
    if (!known) {
      merged.set(key, { ...edge, from, to, states: { ...edge.states } });
      continue;
    }
    known.connections += edge.connections;
    for (const [state, sockets] of Object.entries(edge.states) as [keyof MapEdge['states'], number][]) {
      known.states[state] = (known.states[state] ?? 0) + sockets;
    }
  }
  return [...merged.values()].sort((a, b) => b.connections - a.connections);
}

export function place(nodes: MapNode[], edges: MapEdge[], collapsed: Map<string, number> = new Map()): PlacedMap {
  const columns = columns_of(nodes, edges);
  const by_column: Member[][] = Array.from({ length: Math.max(1, ...[...columns.values()].map((column) => column + 1)) }, () => []);
  for (const node of nodes) by_column[columns.get(node.id)!]!.push({ id: node.id, weight: node.connections, node });
  const links = add_ways(by_column, columns, edges);
  order_rows(by_column, links);
  const placed: PlacedNode[] = [];
  const ways = new Map<string, Place[]>();
  // From left to right, which is also the way that Tab takes.
  by_column.forEach((members, column) => members.forEach(({ node, way_of }, row) => {
    if (way_of !== undefined) ways.set(way_of, [...(ways.get(way_of) ?? []), { column, row }]);
    if (!node) return;
    const peers = collapsed.get(node.id);
    placed.push({ ...node, column, row, ...(peers === undefined ? {} : { collapsed: peers }) });
  }));
  return { nodes: placed, edges, ways, column_sizes: by_column.map((members) => members.length) };
}

// Of a column: a node, or a place where a line passes.
interface Member { id: string; weight: number; node?: MapNode; way_of?: string }

// Adds the places where lines pass columns; returns what is next to what, for the order of rows.
function add_ways(by_column: Member[][], columns: Map<string, number>, edges: MapEdge[]): [string, string][] {
  const links: [string, string][] = [];
  const seen = new Set<string>();
  for (const edge of edges) {
    const key = pair_key(edge);
    if (seen.has(key)) continue;
    seen.add(key);
    let before = edge.from;
    for (let column = columns.get(edge.from)! + 1; column < columns.get(edge.to)!; ++column) {
      const id = `${key} ${column}`;
      by_column[column]!.push({ id, weight: 0, way_of: key });
      links.push([before, id]);
      before = id;
    }
    links.push([before, edge.to]);
  }
  return links;
}

// The longest way from a node that nobody opens to. Edges that would close a circle (two services
// that call each other) are left out of this, heaviest edges first in.
function columns_of(nodes: MapNode[], edges: MapEdge[]): Map<string, number> {
  const kept: MapEdge[] = [];
  const next = new Map<string, string[]>();
  const reaches = (from: string, to: string): boolean => {
    const seen = new Set<string>();
    const stack = [from];
    while (stack.length > 0) {
      const at = stack.pop()!;
      if (at === to) return true;
      if (seen.has(at)) continue;
      seen.add(at);
      stack.push(...(next.get(at) ?? []));
    }
    return false;
  };
  for (const edge of edges) {
    if (edge.from === edge.to || reaches(edge.to, edge.from)) continue;
    kept.push(edge);
    next.set(edge.from, [...(next.get(edge.from) ?? []), edge.to]);
  }
  const columns = new Map(nodes.map((node) => [node.id, 0]));
  for (let round = 0; round < nodes.length; ++round) {
    let moved = false;
    for (const edge of kept) {
      const wanted = (columns.get(edge.from) ?? 0) + 1;
      if ((columns.get(edge.to) ?? 0) < wanted) {
        columns.set(edge.to, wanted);
        moved = true;
      }
    }
    if (!moved) break;
  }
  return columns;
}

// Each node near the middle of those it talks with, so that fewer lines cross; the busiest first
// where that does not decide.
function order_rows(by_column: Member[][], links: [string, string][]): void {
  const row = new Map<string, number>();
  const remember = (members: Member[]): void => members.forEach((member, index) => row.set(member.id, index));
  for (const members of by_column) {
    members.sort((a, b) => b.weight - a.weight);
    remember(members);
  }
  const neighbours = new Map<string, string[]>();
  for (const [from, to] of links) {
    neighbours.set(from, [...(neighbours.get(from) ?? []), to]);
    neighbours.set(to, [...(neighbours.get(to) ?? []), from]);
  }
  const middle = (member: Member): number => {
    const rows = (neighbours.get(member.id) ?? []).map((id) => row.get(id) ?? 0);
    return rows.length === 0 ? (row.get(member.id) ?? 0) : rows.reduce((sum, one) => sum + one, 0) / rows.length;
  };
  for (let round = 0; round < 4; ++round) {
    for (const members of round % 2 ? [...by_column].reverse() : by_column) {
      const wanted = new Map(members.map((member) => [member.id, middle(member)]));
      members.sort((a, b) => wanted.get(a.id)! - wanted.get(b.id)! || b.weight - a.weight);
      remember(members);
    }
  }
}
