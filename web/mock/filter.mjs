// A few conditions of docs/filters.md, joined by "and": enough to develop the page without a server.
// The real language is src/model/filter/.

import { STATES } from './world.mjs';

const number_of = (text) => Number(String(text).replace(/^:/, ''));
const UNITS_MS = { ms: 1, s: 1000, m: 60e3, h: 3600e3, d: 86400e3 };

const CONDITIONS = [
  [/^state ([\w-]+)$/, (row, [name]) => row.state === known_state(name)],
  [/^([sd]port|port)\s*=?\s*:?(\d+)$/, (row, [which, port]) => ports_of(row, which).includes(number_of(port))],
  [/^(dst|src|address) ([\w.:]+)$/, (row, [which, address]) => (which === 'src' ? [row.local_address] : which === 'dst' ? [row.remote_address] : [row.local_address, row.remote_address]).includes(address)],
  [/^process "?([^"]+?)"?$/, (row, [name]) => row.process === name],
  [/^pid (\d+)$/, (row, [pid]) => row.pid === Number(pid)],
  [/^unit ([\w.@-]+)$/, (row, [unit]) => row.unit === unit],
  [/^user (\w+)$/, (row, [user]) => row.user === user],
  [/^opener (active|passive)$/, (row, [opener]) => row.opener === opener],
  [/^owner (process|kernel|never-accepted|unknown)$/, (row, [owner]) => row.owner === owner],
  [/^age > (\d+)(ms|s|m|h|d)$/, (row, [amount, unit]) => (row.age_at_least_ms ?? -1) > amount * UNITS_MS[unit]],
  [/^(recv-q|send-q) > (\d+)$/, (row, [which, amount]) => (row[which.replace('-', '_')] ?? -1) > Number(amount)],
];

export class BadFilter extends Error {}

function known_state(name) {
  const state = STATES.find((one) => one.toLowerCase() === name.toLowerCase());
  if (!state) throw new BadFilter(`There is no state '${name}'.`);
  return state;
}

function ports_of(row, which) {
  return which === 'sport' ? [row.local_port] : which === 'dport' ? [row.remote_port] : [row.local_port, row.remote_port];
}

// Conditions stand one behind the other or with "and" between them.
function split(text) {
  return text.trim().replace(/[()]/g, ' ').split(/\s+and\s+|(?<!\bowner)\s+(?=(?:state|sport|dport|port|dst|src|process|pid|unit|user|opener|owner|age|recv-q|send-q)\b)/)
    .map((one) => one.trim()).filter(Boolean);
}

export function make_filter(text) {
  const tests = split(text).map((condition) => {
    for (const [pattern, holds] of CONDITIONS) {
      const match = pattern.exec(condition);
      if (!match) continue;
      if (pattern.source.startsWith('^state')) known_state(match[1]);
      return (row) => holds(row, match.slice(1));
    }
    throw new BadFilter(`'${condition.split(' ')[0]}' is no condition.`);
  });
  return (row) => tests.every((test) => test(row));
}

const ORDERS = {
  state: (row) => STATES.indexOf(row.state), age: (row) => row.age_at_least_ms, opener: (row) => row.opener, 'recv-q': (row) => row.recv_q, 'send-q': (row) => row.send_q,
  local: (row) => `${row.local_address} ${row.local_port}`, remote: (row) => `${row.remote_address} ${row.remote_port}`, owner: (row) => row.process, 'total-retrans': (row) => row.total_retrans,
};

export function sorted(rows, order) {
  if (!order) return rows;
  const value = ORDERS[order.replace(/^-/, '')];
  const sign = order.startsWith('-') ? -1 : 1;
  // What is not known comes last in either direction, as in `tcpdx list`.
  return [...rows].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);
    return x < y ? -sign : x > y ? sign : 0;
  });
}

const GROUPS = { state: ['state'], process: ['owner', 'process', 'pid'], remote: ['remote_address'], port: ['service_port'], unit: ['unit'], opener: ['opener'], user: ['user'] };

export function grouped(rows, by) {
  const fields = by.split(',').flatMap((name) => GROUPS[name] ?? [name]);
  const groups = new Map();
  for (const row of rows) {
    const values = fields.filter((field) => row[field] !== undefined).map((field) => [field, row[field]]);
    const key = JSON.stringify(values);
    const group = groups.get(key) ?? { count: 0, ...Object.fromEntries(values) };
    ++group.count;
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}
