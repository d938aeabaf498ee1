import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { age_ms, bytes, duration_us, endpoint, rate, UNKNOWN } = await load('format.ts');
const { link_to, place_of } = await load('router.ts');

test('durations have the steps of tcpdx list', () => {
  const cases = [[40, '40 µs'], [1520, '1.5 ms'], [250_000, '250 ms'], [4_120_000, '4.1 s'], [119e6, '119 s'], [362e6, '6 m 2 s'], [3600e6 * 5, '5 h 0 m'], [86400e6 * 3, '3 d 0 h']];
  for (const [us, text] of cases) assert.equal(duration_us(us), text);
});

test('an age says how it is known', () => {
  assert.equal(age_ms(5000, 5000), '5.0 s');
  assert.equal(age_ms(5000, undefined), '≥ 5.0 s');
  assert.equal(age_ms(5000, 6000), '≈ 5.0 s');
  assert.equal(age_ms(5000, 60000), '5.0 s .. 60 s');
  assert.equal(age_ms(undefined, undefined), UNKNOWN);
});

test('what is not known is never zero', () => {
  assert.equal(rate(undefined), UNKNOWN);
  assert.equal(bytes(undefined), UNKNOWN);
});

test('what is not zero is never shown as zero', () => {
  assert.equal(rate(0.01), '<0.1');
  assert.equal(rate(0), '0');
});

test('an IPv6 address stands in brackets', () => {
  assert.equal(endpoint('2001:db8::1', 443), '[2001:db8::1]:443');
  assert.equal(endpoint('192.0.2.1', 443), '192.0.2.1:443');
});

test('an address of the page leads back to its place', () => {
  const filter = 'state close-wait and ( dport = :443 or src [2001:db8::1] ) & process "a/b?c=d"';
  const place = place_of(link_to('connections', { filter, by: '' }));
  assert.equal(place.view, 'connections');
  assert.equal(place.query.get('filter'), filter);
  assert.equal(place.query.has('by'), false);
});

test('an id with a slash survives', () => {
  assert.equal(place_of(link_to('connection', {}, 'a/b c')).argument, 'a/b c');
});

test('a broken address is the first view, not an error', () => {
  assert.equal(place_of('').view, 'now');
  assert.equal(place_of('#/connection/%E0%A4%A').argument, '%E0%A4%A');
});
