import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { collapse_peers, MOST_PEERS, place } = await load('parts/map_layout.ts');

function node(id, kind = 'process') {
  return { id, kind, name: id, connections: 1 };
}

function edge(from, to, connections = 1) {
  return { from, to, opener_known: true, port: 80, connections, states: { ESTABLISHED: connections } };
}

function column_of(map, id) {
  return map.nodes.find((one) => one.id === id).column;
}

test('CLIENT - SERVER1 - SERVER2 stand from left to right', () => {
  const map = place([node('server2'), node('client', 'peer'), node('server1')], [edge('client', 'server1'), edge('server1', 'server2')]);
  assert.deepEqual(['client', 'server1', 'server2'].map((id) => column_of(map, id)), [0, 1, 2]);
});

test('a server that is opened to by several stands right of all of them', () => {
  const map = place(['a', 'b', 'db'].map((id) => node(id)), [edge('a', 'b'), edge('b', 'db'), edge('a', 'db')]);
  assert.equal(column_of(map, 'db'), 2);
});

test('two services that open to each other end', () => {
  const map = place([node('a'), node('b')], [edge('a', 'b', 9), edge('b', 'a', 1)]);
  assert.ok(column_of(map, 'a') < column_of(map, 'b'), 'the heavier direction decides');
});

test('a process that talks with itself ends', () => {
  assert.equal(place([node('a')], [edge('a', 'a')]).column_sizes.length, 1);
});

test('no two nodes share a place', () => {
  const nodes = Array.from({ length: 200 }, (_, index) => node(`n${index}`));
  const edges = nodes.slice(1).map((one, index) => edge(`n${index % 17}`, one.id));
  const places = place(nodes, edges).nodes.map((one) => `${one.column} ${one.row}`);
  assert.equal(new Set(places).size, 200);
});

test('a line that passes a column has a place of its own there', () => {
  const map = place(['a', 'b', 'c'].map((id) => node(id)), [edge('a', 'b'), edge('b', 'c'), edge('a', 'c')]);
  const [way] = map.ways.get('a c');
  assert.equal(way.column, 1);
  assert.notEqual(way.row, map.nodes.find((one) => one.id === 'b').row);
  assert.deepEqual(map.column_sizes, [1, 2, 1]);
});

test('a line to the next column needs none', () => {
  assert.equal(place([node('a'), node('b')], [edge('a', 'b')]).ways.size, 0);
});

test('few addresses are drawn one by one', () => {
  const clients = Array.from({ length: MOST_PEERS }, (_, index) => node(`c${index}`, 'peer'));
  const map = { nodes: [...clients, node('web')], edges: clients.map((one) => edge(one.id, 'web')), nodes_in_all: 0 };
  assert.equal(collapse_peers(map).nodes.length, MOST_PEERS + 1);
});

test('many clients become one node that has all their connections', () => {
  const clients = Array.from({ length: MOST_PEERS + 1 }, (_, index) => node(`c${index}`, 'peer'));
  const map = { nodes: [...clients, node('web')], edges: clients.map((one) => edge(one.id, 'web', 2)), nodes_in_all: 0 };
  const collapsed = collapse_peers(map);
  assert.deepEqual(collapsed.nodes.map((one) => one.id), ['web', 'all-clients']);
  assert.deepEqual(collapsed.edges, [{ ...edge('all-clients', 'web', 26), states: { ESTABLISHED: 26 } }]);
});

test('a peer that opens and is opened to stays by itself', () => {
  const clients = Array.from({ length: MOST_PEERS + 1 }, (_, index) => node(`c${index}`, 'peer'));
  const map = { nodes: [...clients, node('web')], edges: [...clients.map((one) => edge(one.id, 'web')), edge('web', 'c0')], nodes_in_all: 0 };
  assert.ok(collapse_peers(map).nodes.some((one) => one.id === 'c0'));
});
