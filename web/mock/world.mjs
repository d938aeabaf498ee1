// A made-up host, large enough to try the page on: the mock server answers from this where an
// example of docs/api/examples/ is too small to scroll, filter or draw.

export const STATES = ['CLOSED', 'LISTEN', 'SYN-SENT', 'SYN-RECEIVED', 'ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2', 'CLOSE-WAIT', 'CLOSING', 'LAST-ACK', 'TIME-WAIT'];

const SHARES = [['ESTABLISHED', 60], ['TIME-WAIT', 30], ['CLOSE-WAIT', 5], ['FIN-WAIT-2', 2], ['FIN-WAIT-1', 1], ['SYN-SENT', 1], ['SYN-RECEIVED', 1], ['LAST-ACK', 0.4], ['CLOSING', 0.1]];
const PROCESSES = [['nginx', 811, 443, 'nginx.service', 'www-data'], ['shop-api', 15301, 8080, 'shop-api.service', 'shop'], ['postgres', 702, 5432, 'postgresql.service', 'postgres'], ['한글-서버', 4242, 9000, 'hangul.service', 'app']];

// The same numbers on every run, so that tests and screenshots can be compared.
export function random_numbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function choose_state(random) {
  let left = random() * 100.5;
  for (const [state, share] of SHARES) {
    left -= share;
    if (left <= 0) return state;
  }
  return 'ESTABLISHED';
}

export function make_rows(count) {
  const random = random_numbers(7);
  const rows = PROCESSES.map(([process, pid, port, unit, user], index) => ({
    id: `4026531840-${(index + 1).toString(16)}`, state: 'LISTEN', kind: 'full', local_address: '0.0.0.0', local_port: port, service_port: port,
    owner: 'process', pid, process, unit, user, accept_queue: index, backlog: 128, inode: 500 + index,
  }));
  for (let index = rows.length; index < count; ++index) {
    const [process, pid, port, unit, user] = PROCESSES[Math.floor(random() * PROCESSES.length)];
    const state = choose_state(random);
    const active = state === 'SYN-SENT' || random() < 0.3;
    const kernel = ['TIME-WAIT', 'LAST-ACK', 'CLOSING', 'FIN-WAIT-1'].includes(state);
    const age = Math.floor(random() ** 3 * 3600e3);
    const ephemeral = 32768 + (index % 28000);
    const six = random() < 0.1;
    const service = active ? 5432 : port;
    rows.push({
      id: `4026531840-${(4096 + index).toString(16)}`, state, kind: state === 'TIME-WAIT' ? 'time-wait' : state === 'SYN-RECEIVED' ? 'request' : 'full',
      local_address: six ? '2001:db8:10:20:30:40:50:60' : '192.0.2.1', local_port: active ? ephemeral : service,
      remote_address: six ? `2001:db8:ffff:1::${(index % 99).toString(16)}` : `198.51.100.${index % 250}`, remote_port: active ? service : ephemeral,
      service_port: service, age_at_least_ms: age, ...(random() < 0.8 ? { age_at_most_ms: random() < 0.7 ? age : age + 4000 } : {}),
      opener: active ? 'active' : 'passive',
      ...(kernel ? { owner: 'kernel' } : state === 'SYN-RECEIVED' ? { owner: 'kernel', pid, process } : { owner: 'process', pid, process, unit, user }),
      ...(kernel && state === 'TIME-WAIT' ? {} : { recv_q: random() < 0.1 ? Math.floor(random() * 200000) : 0, send_q: random() < 0.05 ? Math.floor(random() * 90000) : 0, total_retrans: random() < 0.1 ? Math.floor(random() * 9) : 0 }),
    });
  }
  return rows;
}

export function counts_of(rows) {
  const counts = Object.fromEntries(STATES.map((state) => [state, 0]));
  for (const row of rows) ++counts[row.state];
  return counts;
}

export function make_series(from, to, step) {
  const time_unix_s = [];
  for (let at = Math.ceil(from / step) * step; at < to; at += step) time_unix_s.push(at);
  const gap = [from + (to - from) * 0.3, from + (to - from) * 0.36];
  const line = (seed, base, wave) => {
    const random = random_numbers(seed);
    return time_unix_s.map((at) => {
      const value = base + wave * Math.sin(at / 600 + seed) + base * 0.1 * (random() - 0.5);
      return at >= gap[0] && at < gap[1] ? null : Math.max(0, Math.round(value));
    });
  };
  const spike = (values, at, height) => values.map((value, index) => (value !== null && Math.abs(index / values.length - at) < 0.02 ? value + height : value));
  const bases = { LISTEN: [4, 0], 'SYN-SENT': [2, 2], 'SYN-RECEIVED': [1, 1], ESTABLISHED: [812, 150], 'FIN-WAIT-1': [2, 1], 'FIN-WAIT-2': [9, 4], 'CLOSE-WAIT': [8, 0], CLOSING: [0, 0], 'LAST-ACK': [1, 1], 'TIME-WAIT': [230, 90], CLOSED: [0, 0] };
  const states = Object.fromEntries(Object.entries(bases).map(([state, [base, wave]], index) => [state, spike(line(index + 1, base, wave), 0.7, state === 'SYN-SENT' ? 120 : 0)]));
  return {
    schema: 'tcpdx.series/1', from_unix_s: time_unix_s[0], to_unix_s: time_unix_s.at(-1) + step, step_s: step, time_unix_s, states, states_most: states,
    opened_actively: line(21, 12 * step, 4 * step), opened_passively: line(22, 40 * step, 9 * step), closed: line(23, 50 * step, 11 * step),
    resets_sent: line(24, 0.2 * step, 0.2 * step), resets_received: spike(line(25, 0.4 * step, 0.4 * step), 0.7, 9 * step),
    retransmissions: spike(line(26, 1.6 * step, step), 0.7, 14 * step), drops: spike(line(27, 0, 0), 0.7, 5 * step),
    gaps: [{ from_unix_s: gap[0], to_unix_s: gap[1], reason: 'not-running' }, { from_unix_s: from + (to - from) * 0.8, to_unix_s: from + (to - from) * 0.82, reason: 'events-lost', lost: 1312 }],
    oldest_unix_s: to - 8 * 86400,
  };
}

// `clients` addresses in front of the example's two programs, so that the map has to put them together.
export function grow_map(map, clients, services = 0) {
  const nodes = [...map.nodes];
  const edges = [...map.edges];
  for (let index = 0; index < clients; ++index) {
    nodes.push({ id: `c${index}`, kind: 'peer', name: `203.0.113.${index}`, connections: 3 + (index % 5) });
    edges.push({ from: `c${index}`, to: 'n0', opener_known: true, port: 443, connections: 3 + (index % 5), states: { ESTABLISHED: 3 + (index % 5) } });
  }
  const random = random_numbers(3);
  for (let index = 0; index < services; ++index) {
    nodes.push({ id: `s${index}`, kind: 'process', name: `service-${index}`, unit: `service-${index}.service`, processes: 1 + (index % 3), pids: [900 + index], connections: 40, listens_on: [7000 + index] });
    const from = index < 4 ? 'n0' : `s${Math.floor(random() * index)}`;
    edges.push({ from, to: `s${index}`, opener_known: true, port: 7000 + index, connections: 2 + Math.floor(random() * 90), states: { ESTABLISHED: 2 } });
    if (index % 3 === 0) edges.push({ from: `s${index}`, to: 'n3', opener_known: true, port: 5432, connections: 5, states: { ESTABLISHED: 5 } });
    if (index % 7 === 6) edges.push({ from: `s${index}`, to: `s${index - 5}`, opener_known: true, port: 7000 + index - 5, connections: 3, states: { 'TIME-WAIT': 3 } });
  }
  nodes.push({ id: 'k', kind: 'kernel', name: '', connections: 30 });
  edges.push({ from: 'n1', to: 'k', opener_known: false, connections: 30, states: { 'TIME-WAIT': 30 } });
  return { ...map, nodes, edges, nodes_in_all: map.nodes_in_all + clients + services + 1 };
}
