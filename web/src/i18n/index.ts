// The two languages. Names of states, options, counters, segments and system calls stay as they are.

import { en } from './en';
import { ko } from './ko';

export type Key = keyof typeof en;
export type Language = 'en' | 'ko';

const TEXTS: Record<Language, Record<Key, string>> = { en, ko };
const STORED_AS = 'tcpdx.language';

let current: Language = first_language();

function first_language(): Language {
  const stored = recall(STORED_AS);
  if (stored === 'en' || stored === 'ko') return stored;
  return navigator.languages.some((name) => name.toLowerCase().startsWith('ko')) ? 'ko' : 'en';
}

export function language(): Language {
  return current;
}

export function set_language(wanted: Language): void {
  current = wanted;
  remember(STORED_AS, wanted);
  document.documentElement.lang = wanted;
}

export function t(key: Key, ...fields: (string | number)[]): string {
  return fill(TEXTS[current][key], fields);
}

export function fill(text: string, fields: (string | number)[]): string {
  return text.replace(/\{(\d)\}/g, (whole, index: string) => String(fields[Number(index)] ?? whole));
}

// A text of a word that comes from the API; words that a newer server adds are shown as they are.
export function word(family: string, name: string): string {
  const key = `${family}.${name}`;
  return key in TEXTS[current] ? TEXTS[current][key as Key] : name;
}

// Storage may be forbidden; then the page just forgets.
export function recall(name: string): string | null {
  try {
    return window.localStorage.getItem(name);
  } catch {
    return null;
  }
}

export function remember(name: string, value: string | null): void {
  try {
    if (value === null) window.localStorage.removeItem(name);
    else window.localStorage.setItem(name, value);
  } catch {
    // Nothing to be done, and nothing lost but a preference.
  }
}
