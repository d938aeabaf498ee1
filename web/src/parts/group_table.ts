// Counts of connections by something; each count leads to its connections.

import type { Count, Counts } from '../api_types';
import { h, s } from '../dom';
import { count } from '../format';
import { t, word } from '../i18n';
import { link_to } from '../router';
import { owner_text, state_badge } from './connection_columns';

interface Shown { header: string; content: Node | string; filter: string }

// `at` is of a moment in the past, and absent for now.
export function group_table(answer: Counts, by: string, filter: string, at?: number): HTMLElement {
  const names = by.split(',');
  const most = Math.max(1, ...answer.counts.map((one) => one.count));
  const headers = names.map((name) => shown({ count: 0 }, name).header);
  return h('table', { class: 'plain group-table' },
    h('thead', {}, h('tr', {},
      h('th', { scope: 'col', class: 'number' }, t('group.count')),
      ...headers.map((header) => h('th', { scope: 'col' }, header)),
      h('th', { class: 'bar-cell', 'aria-hidden': 'true' }))),
    h('tbody', {}, ...answer.counts.map((one) => group_row(one, names, filter, most, at))));
}

function group_row(one: Count, names: string[], filter: string, most: number, at: number | undefined): HTMLElement {
  const cells = names.map((name) => shown(one, name));
  const own = cells.map((cell) => cell.filter);
  // Where a group has no filter (an owner that is not known, say) there is no list to lead to.
  const all = own.includes('') ? '' : [filter && `( ${filter} )`, ...own].filter(Boolean).join(' and ');
  const number = count(one.count);
  return h('tr', {},
    h('td', { class: 'number' }, all ? h('a', { href: link_to('connections', { filter: all, at }) }, number) : number),
    ...cells.map((cell) => h('td', {}, cell.content)),
    h('td', { class: 'bar-cell', 'aria-hidden': 'true' }, bar(one.count / most)));
}

function bar(share: number): SVGElement {
  return s('svg', { class: 'bar', viewBox: '0 0 100 10', preserveAspectRatio: 'none' },
    s('rect', { width: Math.max(0.5, share * 100), height: 10 }));
}

function quoted(text: string): string {
  return /^[\w.@:-]+$/.test(text) ? text : `"${text}"`;
}

function shown(one: Count, name: string): Shown {
  switch (name) {
    case 'state':
      return { header: t('column.state'), content: one.state ? state_badge(one.state) : '', filter: one.state ? `state ${one.state.toLowerCase()}` : '' };
    case 'process':
      return { header: t('column.owner'), content: owner_text({ ...one, id: '' }), filter: owner_filter(one) };
    case 'remote':
      return { header: t('column.remote_address'), content: one.remote_address ?? t('group.no_remote'), filter: one.remote_address ? `dst ${one.remote_address}` : 'state listen' };
    case 'port':
      return { header: t('column.service_port'), content: one.service_port === undefined ? t('unknown') : String(one.service_port), filter: one.service_port ? `port = :${one.service_port}` : '' };
    case 'unit':
      return { header: t('column.unit'), content: one.unit ?? t('group.no_unit'), filter: one.unit ? `unit ${quoted(one.unit)}` : '' };
    case 'opener':
      return { header: t('column.opener'), content: one.opener ? word('opener', one.opener) : t('unknown'), filter: one.opener ? `opener ${one.opener}` : '' };
    case 'user': {
      const user = one['user'] ?? one['uid'];
      return { header: t('column.user'), content: user === undefined ? t('unknown') : String(user), filter: user === undefined ? '' : `${one['user'] === undefined ? 'uid' : 'user'} ${String(user)}` };
    }
    default:
      return { header: name, content: String(one[name.replace('-', '_')] ?? ''), filter: '' };
  }
}

function owner_filter(one: Count): string {
  if (one.owner === 'kernel') return 'owner kernel';
  if (one.owner === 'never-accepted' && one.pid === undefined) return 'owner never-accepted';
  if (one.owner === 'never-accepted') return `owner never-accepted and pid ${one.pid}`;
  if (one.owner === 'process' && one.pid !== undefined) return `owner process and pid ${one.pid}`;
  return one.owner === undefined && one.pid === undefined ? 'owner unknown' : '';
}
