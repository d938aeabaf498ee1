import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { bounds_of, moved, query_of, range_of, zoomed } = await load('parts/time_range.ts');
const NOW = 1_000_000;

test('without anything said, the last hour', () => {
  assert.deepEqual(range_of(new URLSearchParams('')), { last_s: 3600 });
});

test('nonsense is the last hour too', () => {
  for (const text of ['from=5&to=4', 'last=-3', 'from=x&to=y', 'last=0']) assert.deepEqual(range_of(new URLSearchParams(text)), { last_s: 3600 }, text);
});

test('an address leads back to the same range', () => {
  for (const range of [{ last_s: 900 }, { from: 100, to: 200 }]) assert.deepEqual(range_of(new URLSearchParams(query_of(range))), range);
});

test('what follows the present is asked for as before now', () => {
  assert.deepEqual(bounds_of({ last_s: 900 }), { from: -900 });
});

test('earlier stops following, later follows again', () => {
  const earlier = moved({ last_s: 1000 }, -1, NOW);
  assert.deepEqual(earlier, { from: NOW - 1500, to: NOW - 500 });
  assert.deepEqual(moved(earlier, 1, NOW), { last_s: 1000 });
});

test('looking closer keeps the middle', () => {
  assert.deepEqual(zoomed({ from: 100, to: 300 }, 0.5, NOW), { from: 150, to: 250 });
});

test('it never gets shorter than ten seconds', () => {
  assert.deepEqual(zoomed({ last_s: 12 }, 0.5, NOW), { last_s: 10 });
});
