// Numbers, durations and times as text, in the reader's language.

import { language, t } from './i18n';

export const UNKNOWN = '–';

export function count(value: number | undefined | null): string {
  if (value === undefined || value === null) return UNKNOWN;
  return new Intl.NumberFormat(language(), { maximumFractionDigits: 1 }).format(value);
}

// Three significant digits, and never "0" for what is not zero.
export function rate(per_second: number | undefined): string {
  if (per_second === undefined) return UNKNOWN;
  if (per_second > 0 && per_second < 0.05) return '<0.1';
  const digits = per_second < 10 ? 1 : 0;
  return new Intl.NumberFormat(language(), { maximumFractionDigits: digits }).format(per_second);
}

export function bytes(value: number | undefined): string {
  if (value === undefined) return UNKNOWN;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let size = value;
  let unit = 0;
  while (size >= 1024 && unit + 1 < units.length) {
    size /= 1024;
    ++unit;
  }
  return `${new Intl.NumberFormat(language(), { maximumFractionDigits: unit && size < 100 ? 1 : 0 }).format(size)} ${units[unit]}`;
}

// The same steps as `tcpdx list`, and microseconds below them.
export function duration_us(us: number): string {
  if (us < 1000) return t('duration.us', Math.round(us));
  const ms = us / 1000;
  if (ms < 10) return t('duration.ms', ms.toFixed(1));
  if (ms < 1000) return t('duration.ms', Math.floor(ms));
  const seconds = Math.floor(ms / 1000);
  if (seconds < 10) return t('duration.tenths', (Math.floor(ms / 100) / 10).toFixed(1));
  if (seconds < 120) return t('duration.s', seconds);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return t('duration.m', minutes, seconds % 60);
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return t('duration.h', hours, minutes % 60);
  return t('duration.d', Math.floor(hours / 24), hours % 24);
}

// An age is exact, between two bounds, at least something, or unknown.
export function span_us(at_least: number | undefined, at_most: number | undefined): string {
  if (at_least === undefined) return at_most === undefined ? UNKNOWN : `≤ ${duration_us(at_most)}`;
  const least = duration_us(at_least);
  if (at_most === undefined) return `≥ ${least}`;
  const most = duration_us(at_most);
  if (at_least === at_most) return least;
  // As `tcpdx list` has it: bounds this close are one number.
  return least === most || at_most - at_least <= 2e6 ? `≈ ${least}` : `${least} .. ${most}`;
}

export function age_ms(at_least: number | undefined, at_most: number | undefined): string {
  return span_us(
    at_least === undefined ? undefined : at_least * 1000,
    at_most === undefined ? undefined : at_most * 1000,
  );
}

export function clock(unix_s: number): string {
  return new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })
    .format(unix_s * 1000);
}

// With the day where it is not today.
export function moment(unix_s: number): string {
  const date = new Date(unix_s * 1000);
  if (date.toDateString() === new Date().toDateString()) return clock(unix_s);
  return `${iso_day(date)} ${clock(unix_s)}`;
}

// 11/12/2026 is two days, depending on who reads it.
function iso_day(date: Date): string {
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, '0')).join('-');
}

export function endpoint(address: string | undefined, port: number | undefined): string {
  if (address === undefined) return UNKNOWN;
  const host = address.includes(':') ? `[${address}]` : address;
  return `${host}:${port ?? '*'}`;
}

export function owner(process: string | undefined, pid: number | undefined): string {
  if (process === undefined) return pid === undefined ? '' : `pid ${pid}`;
  return pid === undefined ? process : `${process} (${pid})`;
}
