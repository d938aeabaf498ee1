import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { load, ROOT } from './load.mjs';

const { en } = await load('i18n/en.ts');
const { ko } = await load('i18n/ko.ts');

function fields_of(text) {
  return [...text.matchAll(/\{\d\}/g)].map(([field]) => field).sort().join();
}

function sources(folder = `${ROOT}src`) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? sources(path) : path.endsWith('.ts') && !path.includes('/i18n/') ? [readFileSync(path, 'utf8')] : [];
  });
}

test('both languages have the same texts', () => {
  assert.deepEqual(Object.keys(ko).sort(), Object.keys(en).sort());
});

test('no text is empty', () => {
  for (const [key, text] of [...Object.entries(en), ...Object.entries(ko)]) assert.notEqual(text.trim(), '', key);
});

test('a translation has the fields of its original', () => {
  for (const key of Object.keys(en)) assert.equal(fields_of(ko[key]), fields_of(en[key]), key);
});

test('every text but names and symbols is translated', () => {
  const alike = Object.keys(en).filter((key) => en[key] === ko[key]);
  assert.deepEqual(alike.sort(), ['finding.was', 'gap', 'now.host']);
});

test('no particle that depends on a sound follows a field', () => {
  for (const [key, text] of Object.entries(ko)) assert.doesNotMatch(text, /\{\d\}(은|는|이|가|을|를|와|과|으로|로)(?![가-힣])/, key);
});

test('every text is used', () => {
  const all = sources().join('\n');
  // word('ending', …) and t(`theme.${name}`) use whole families.
  const families = [...all.matchAll(/word\('(\w+)'|t\(`(\w+)\.\$/g)].map((match) => match[1] ?? match[2]);
  const unused = Object.keys(en).filter((key) => !all.includes(`'${key}'`) && !families.includes(key.split('.')[0]));
  assert.deepEqual(unused, []);
});
