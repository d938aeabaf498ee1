// Loads a TypeScript module of the page into node, where there is no window.

import { fileURLToPath } from 'node:url';
import { readFileSync } from 'node:fs';
import { runnerImport } from 'vite';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export async function load(path) {
  globalThis.window ??= { localStorage: { getItem: () => null, setItem() {}, removeItem() {} }, location: { hash: '' } };
  globalThis.navigator ??= { languages: ['en'] };
  const { module } = await runnerImport(`${ROOT}src/${path}`, { root: ROOT, logLevel: 'error' });
  return module;
}

export function example(name) {
  return JSON.parse(readFileSync(`${ROOT}../docs/api/examples/${name}.json`, 'utf8'));
}

export function source_of(path) {
  return readFileSync(`${ROOT}src/${path}`, 'utf8');
}

export { ROOT };
