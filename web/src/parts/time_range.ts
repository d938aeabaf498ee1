// What stretch of time is looked at: up to now and moving with it, or fixed. In the address as
// ?last=3600 or ?from=…&to=…

import { t } from '../i18n';

export type TimeRange = { last_s: number } | { from: number; to: number };

export const PRESETS_S = [900, 3600, 6 * 3600, 24 * 3600, 7 * 24 * 3600] as const;
const SHORTEST_S = 10;

export function range_of(query: URLSearchParams): TimeRange {
  const from = Number(query.get('from'));
  const to = Number(query.get('to'));
  if (from > 0 && to > from) return { from, to };
  const last = Number(query.get('last'));
  return { last_s: last >= SHORTEST_S ? last : 3600 };
}

export function query_of(range: TimeRange): Record<string, number> {
  return 'last_s' in range ? { last: range.last_s } : { from: Math.round(range.from), to: Math.round(range.to) };
}

// For the API, where negative is before now.
export function bounds_of(range: TimeRange): { from: number; to?: number } {
  return 'last_s' in range ? { from: -range.last_s } : { from: range.from, to: range.to };
}

export function fixed(range: TimeRange, now_s: number): { from: number; to: number } {
  return 'last_s' in range ? { from: now_s - range.last_s, to: now_s } : range;
}

// `factor` below 1 looks closer. The middle stays where it is.
export function zoomed(range: TimeRange, factor: number, now_s: number): TimeRange {
  if ('last_s' in range) return { last_s: Math.max(SHORTEST_S, Math.round(range.last_s * factor)) };
  const middle = (range.from + range.to) / 2;
  const half = Math.max(SHORTEST_S, (range.to - range.from) * factor) / 2;
  return until_now({ from: middle - half, to: middle + half }, now_s);
}

// By half of what is shown.
export function moved(range: TimeRange, direction: -1 | 1, now_s: number): TimeRange {
  const { from, to } = fixed(range, now_s);
  const by = (direction * (to - from)) / 2;
  return until_now({ from: from + by, to: to + by }, now_s);
}

// There is nothing to see in the future: what would reach into it follows the present again.
function until_now(range: { from: number; to: number }, now_s: number): TimeRange {
  return range.to >= now_s ? { last_s: Math.round(range.to - range.from) } : range;
}

export function preset_name(seconds: number): string {
  if (seconds < 3600) return t('range.minutes', Math.round(seconds / 60));
  if (seconds < 48 * 3600) return t('range.hours', Math.round(seconds / 3600));
  return t('range.days', Math.round(seconds / 86400));
}
