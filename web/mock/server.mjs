// A stand-in for `tcpdx serve` for developing and testing the page: the examples of
// docs/api/examples/, a made-up host for what they are too small for, and the same headers.
//
//   node mock/server.mjs [--port 9670] [--rows 2000] [--clients 30] [--services 0]

import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BadFilter, grouped, make_filter, sorted } from './filter.mjs';
import { counts_of, grow_map, make_rows, make_series } from './world.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const DIST = join(HERE, '../dist');
const EXAMPLES = join(HERE, '../../docs/api/examples');
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
export const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

function example(name) {
  return JSON.parse(readFileSync(join(EXAMPLES, `${name}.json`), 'utf8'));
}

export function start_mock({ port = 9670, rows: row_count = 2000, clients = 30, services = 0, change = (now) => now } = {}) {
  const rows = make_rows(row_count);
  const world = { rows, counts: counts_of(rows), clients, services, change };
  const server = createServer((request, response) => {
    const url = new URL(request.url, 'http://localhost');
    response.setHeader('Content-Security-Policy', POLICY);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    try {
      if (url.pathname === '/api/v1/events') events(world, request, response);
      else if (url.pathname.startsWith('/api/v1/')) answer(response, 200, api(world, url.pathname.slice('/api/v1/'.length), url.searchParams));
      else if (url.pathname === '/login') redirect(response, '/');
      else asset(url.pathname, response);
    } catch (error) {
      refuse(response, error);
    }
  });
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => resolve({ server, world, url: `http://127.0.0.1:${server.address().port}/` }));
  });
}

class Refusal extends Error {
  constructor(status, problem) {
    super(problem.message);
    this.status = status;
    this.problem = { schema: 'tcpdx.error/1', ...problem };
  }
}

function refuse(response, error) {
  if (error instanceof BadFilter) answer(response, 400, { schema: 'tcpdx.error/1', error: 'bad-filter', message: error.message, parameter: 'filter' });
  else if (error instanceof Refusal) answer(response, error.status, error.problem);
  else answer(response, 500, { schema: 'tcpdx.error/1', error: 'failed', message: String(error) });
}

function answer(response, status, body) {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(JSON.stringify(body));
}

function asset(path, response) {
  const file = normalize(join(DIST, path === '/' ? 'index.html' : path));
  if (!file.startsWith(DIST) || !existsSync(file)) throw new Refusal(404, { error: 'not-found', message: 'There is no such page.' });
  response.setHeader('Content-Type', TYPES[extname(file)] ?? 'application/octet-stream');
  createReadStream(file).pipe(response);
}

// No token is needed here, as on the loopback.
function redirect(response, to) {
  response.writeHead(303, { Location: to });
  response.end();
}

function events(world, request, response) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.write(': connected\n\n');
  let id = 0;
  const send = () => response.write(`id: ${++id}\nevent: now\ndata: ${JSON.stringify(now_of(world, id))}\n\n`);
  send();
  const timer = setInterval(send, 1000);
  request.on('close', () => clearInterval(timer));
}

function now_of(world, beat = 0) {
  const now = example('now');
  const at = Date.now() / 1000;
  const shift = at - now.at_unix_s;
  now.at_unix_s = at;
  now.findings_at_unix_s = at - 2;
  now.states = { ...world.counts };
  for (const rate of now.rates) rate.per_second = Math.round(rate.per_second * (10 + (beat % 3))) / 10;
  for (const finding of now.findings) {
    finding.first_seen_unix_s += shift;
    finding.last_seen_unix_s += shift;
  }
  return world.change(now);
}

function connection_of(world, id) {
  for (const name of ['connection', 'connection_both_ends_here']) {
    const known = example(name);
    if (known.id === id) return known;
  }
  const row = world.rows.find((one) => one.id === id);
  if (!row) throw new Refusal(404, { error: 'not-found', message: 'There is no such connection.' });
  const known = example('connection');
  const states = [{ state: row.state, kind: row.kind, ...(row.age_at_least_ms === undefined ? {} : { lasted_at_least_us: row.age_at_least_ms * 1000 }) }];
  return { ...known, id, row, life: { ...row, states, incomplete: true }, ...(row.state === 'LISTEN' ? { peer: undefined } : {}) };
}

function seconds(text, otherwise) {
  if (text === null) return otherwise;
  const value = Number(text);
  return value < 0 ? Date.now() / 1000 + value : value;
}

function api(world, path, query) {
  const to = seconds(query.get('to'), Date.now() / 1000);
  const from = seconds(query.get('from'), to - 3600);
  const [topic, argument] = path.split(/\/(.*)/s);
  switch (topic) {
    case 'now': return now_of(world);
    case 'connections': return argument ? connection_of(world, decodeURIComponent(argument)) : connections(world, query);
    case 'closed': return { ...example('closed'), from_unix_s: from, to_unix_s: to };
    case 'series': return make_series(from, to, [1, 10, 60, 600, 3600].find((step) => (to - from) / step <= 2000));
    case 'map': return map_of(world, query);
    case 'findings': return { ...example('findings'), from_unix_s: from, to_unix_s: to };
    case 'explain': return explain(decodeURIComponent(argument ?? ''));
    default: throw new Refusal(404, { error: 'not-found', message: 'There is nothing here.' });
  }
}

// A day is kept, as far as this mock goes.
function check_moment(query) {
  const at = seconds(query.get('at'), Infinity);
  if (at < Date.now() / 1000 - 86400) throw new Refusal(404, { error: 'not-recorded', message: 'Nothing was recorded at this moment: what was is not known.', parameter: 'at' });
  return Math.min(at, Date.now() / 1000);
}

function connections(world, query) {
  const at = check_moment(query);
  const found = sorted(world.rows.filter(make_filter(query.get('filter') ?? '')), query.get('sort') ?? '');
  const limit = Number(query.get('limit') ?? 100);
  if (query.get('by')) return { schema: 'tcpdx.counts/1', total: found.length, counts: grouped(found, query.get('by')).slice(0, limit), table_changed: false };
  const offset = Number(query.get('offset') ?? 0);
  return { schema: 'tcpdx.connections/1', at_unix_s: at, snapshot: '17', total: found.length, listed: world.rows.length, offset, limit, columns: [], table_changed: false, connections: found.slice(offset, offset + limit) };
}

function map_of(world, query) {
  check_moment(query);
  make_filter(query.get('filter') ?? '');
  return grow_map(example('map'), world.clients, world.services);
}

function explain(topic) {
  if (topic === 'states' || topic === 'rules') return example(`explain_${topic}`);
  if (example('explain_rules').rules.some((rule) => rule.rule === topic)) return { ...example('explain_rule'), rule: topic };
  return { ...example('explain_state'), state: topic };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const option = (name, otherwise) => {
    const at = process.argv.indexOf(`--${name}`);
    return at < 0 ? otherwise : Number(process.argv[at + 1]);
  };
  const { url } = await start_mock({ port: option('port', 9670), rows: option('rows', 2000), clients: option('clients', 30), services: option('services', 0) });
  console.log(`mock of tcpdx serve: ${url}`);
}
