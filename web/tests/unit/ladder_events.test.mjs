import assert from 'node:assert/strict';
import { test } from 'node:test';
import { example, load } from './load.mjs';

const { ladder_of, received_segment } = await load('parts/ladder_events.ts');

// "this end: SYN, SYN-SENT to SYN-RECEIVED"
function said(ladder) {
  const at = (index) => (index === null ? '?' : ladder.steps[index].step.state);
  return ladder.arrows.map((arrow) => `${arrow.from} ${arrow.label}: ${at(arrow.sent_at)} to ${at(arrow.received_at)}`);
}

test('every segment of the table of transitions is known by name', () => {
  for (const row of example('explain_states').transitions) {
    if (row.cause_kind === 'segment') assert.notEqual(received_segment(row), 'segment', row.cause);
  }
});

test('a call or a timer is no segment', () => {
  assert.equal(received_segment({ state: 'FIN-WAIT-1', cause: 'close()', cause_kind: 'system-call' }), null);
  assert.equal(received_segment({ state: 'CLOSED', cause: '2MSL timer', cause_kind: 'timer' }), null);
});

test('where both ends are here, each segment joins who sent it and who got it', () => {
  assert.deepEqual(said(ladder_of(example('connection_both_ends_here'))), [
    'here SYN: SYN-SENT to SYN-RECEIVED',
    'peer SYN+ACK: SYN-RECEIVED to ESTABLISHED',
    'here ACK: ESTABLISHED to ?',
    'here FIN: FIN-WAIT-1 to CLOSE-WAIT',
    'peer ACK: CLOSE-WAIT to FIN-WAIT-2',
    'peer FIN: LAST-ACK to TIME-WAIT',
    'here ACK: TIME-WAIT to CLOSED',
  ]);
});

test('steps of both ends are in the order of time', () => {
  const times = ladder_of(example('connection_both_ends_here')).steps.map((step) => step.step.since_unix_s);
  assert.deepEqual(times, [...times].sort((a, b) => a - b));
});

test('of a peer elsewhere only what reached this end is drawn', () => {
  assert.deepEqual(said(ladder_of(example('connection'))), [
    'peer SYN: ? to SYN-RECEIVED', 'here SYN+ACK: SYN-RECEIVED to ?', 'peer ACK: ? to ESTABLISHED',
    'peer FIN: ? to CLOSE-WAIT', 'here ACK: CLOSE-WAIT to ?',
  ]);
});

test('a segment arrives after it was sent, also where the clocks say otherwise', () => {
  const connection = example('connection_both_ends_here');
  connection.peer.life.states[0].since_unix_s += 0.00008;  // the request was noticed late
  const ladder = ladder_of(connection);
  assert.deepEqual(said(ladder)[1], 'peer SYN+ACK: SYN-RECEIVED to ESTABLISHED');
  for (const arrow of ladder.arrows) {
    if (arrow.sent_at !== null && arrow.received_at !== null) assert.ok(arrow.sent_at < arrow.received_at, arrow.label);
  }
});

test('a step without a time keeps its place in its own life', () => {
  const connection = example('connection_both_ends_here');
  for (const step of connection.life.states) delete step.since_unix_s;
  const own = ladder_of(connection).steps.filter((step) => step.side === 'here').map((step) => step.index);
  assert.deepEqual(own, [0, 1, 2, 3, 4, 5]);
});
