// Where the nodes of the map stand: in columns, who opens left of who is opened to, so that a
// connection reads CLIENT - SERVER1 - SERVER2 from left to right. Pure, so that it can be tested.

import type { HostMap, MapEdge, MapNode } from '../api_types';

export interface PlacedNode extends MapNode { column: number; row: number; collapsed?: number }
export interface PlacedMap { nodes: PlacedNode[]; edges: MapEdge[]; columns: number; rows: number }

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
  const by_column = new Map<number, MapNode[]>();
  for (const node of nodes) {
    const column = columns.get(node.id) ?? 0;
    by_column.set(column, [...(by_column.get(column) ?? []), node]);
  }
  order_rows(by_column, edges);
  const placed: PlacedNode[] = [];
  for (const [column, members] of by_column) {
    members.forEach((node, row) => {
      const peers = collapsed.get(node.id);
      placed.push({ ...node, column, row, ...(peers === undefined ? {} : { collapsed: peers }) });
    });
  }
  return {
    nodes: placed, edges,
    columns: Math.max(1, ...[...by_column.keys()].map((column) => column + 1)),
    rows: Math.max(1, ...[...by_column.values()].map((members) => members.length)),
  };
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
function order_rows(by_column: Map<number, MapNode[]>, edges: MapEdge[]): void {
  const row = new Map<string, number>();
  const remember = (members: MapNode[]): void => members.forEach((node, index) => row.set(node.id, index));
  for (const members of by_column.values()) {
    members.sort((a, b) => b.connections - a.connections);
    remember(members);
  }
  const neighbours = new Map<string, string[]>();
  for (const { from, to } of edges) {
    neighbours.set(from, [...(neighbours.get(from) ?? []), to]);
    neighbours.set(to, [...(neighbours.get(to) ?? []), from]);
  }
  const middle = (node: MapNode): number => {
    const rows = (neighbours.get(node.id) ?? []).map((id) => row.get(id) ?? 0);
    return rows.length === 0 ? (row.get(node.id) ?? 0) : rows.reduce((sum, one) => sum + one, 0) / rows.length;
  };
  const order = [...by_column.keys()].sort((a, b) => a - b);
  for (let round = 0; round < 4; ++round) {
    for (const column of round % 2 ? [...order].reverse() : order) {
      const members = by_column.get(column)!;
      const wanted = new Map(members.map((node) => [node.id, middle(node)]));
      members.sort((a, b) => wanted.get(a.id)! - wanted.get(b.id)! || b.connections - a.connections);
      remember(members);
    }
  }
}
