// Connections that ended in a stretch of time, from the history.

import { ApiError, ask, is_abort } from '../api';
import type { Closed, ClosedConnection } from '../api_types';
import { h, set_text } from '../dom';
import { bytes, count, duration_us, endpoint, moment, owner, UNKNOWN } from '../format';
import { t, word } from '../i18n';
import { link_to } from '../router';

const PAGE = 50;
const HARMLESS = new Set(['closed', 'orphaned', 'unseen']);
const NUMBERS = new Set(['column.ended', 'column.lasted', 'column.retransmissions', 'column.sent_received']);
export const ENDINGS = ['closed', 'reset', 'refused', 'unreachable', 'unanswered', 'timed-out', 'orphaned', 'no-source-port', 'dropped', 'unseen'];

export class ClosedTable {
  readonly element: HTMLElement;
  private readonly ending = h('select', { id: 'ending' }, h('option', { value: '' }, t('closed.any_ending')),
    ...ENDINGS.map((ending) => h('option', { value: ending }, word('ending', ending))));
  private readonly rows = h('tbody');
  private readonly total = h('p', { class: 'total', role: 'status' });
  private readonly more = h('button', { type: 'button' }, t('closed.more'));
  private bounds: { from: number; to?: number } = { from: -3600 };
  private shown = 0;
  private asking = new AbortController();

  constructor() {
    const columns = ['column.ended', 'column.lasted', 'column.how', 'column.opener', 'column.local', 'column.remote', 'column.owner', 'column.retransmissions', 'column.sent_received'] as const;
    this.element = h('section', { class: 'block closed' },
      h('h2', {}, t('closed.heading')),
      h('p', { class: 'filter-form' }, h('label', { for: 'ending' }, t('closed.ending')), this.ending), this.total,
      h('div', { class: 'scroll-x' }, h('table', { class: 'plain' },
        h('thead', {}, h('tr', {}, ...columns.map((key) => h('th', { scope: 'col', class: NUMBERS.has(key) ? 'number' : null }, t(key))))), this.rows)),
      this.more);
    this.ending.addEventListener('change', () => this.show(this.bounds));
    this.more.addEventListener('click', () => void this.load(this.shown));
  }

  show(bounds: { from: number; to?: number }): void {
    this.bounds = bounds;
    void this.load(0);
  }

  close(): void {
    this.asking.abort();
  }

  private async load(offset: number): Promise<void> {
    this.asking.abort();
    this.asking = new AbortController();
    try {
      const answer = await ask<Closed>('closed', { ...this.bounds, ending: this.ending.value, offset, limit: PAGE }, this.asking.signal);
      if (offset === 0) this.rows.replaceChildren();
      this.rows.append(...answer.connections.map(row_of));
      this.shown = offset + answer.connections.length;
      set_text(this.total, t('closed.total', count(this.shown), count(answer.total)));
      this.more.hidden = this.shown >= answer.total;
    } catch (error) {
      if (is_abort(error)) return;
      this.more.hidden = true;
      this.rows.replaceChildren();
      const none = error instanceof ApiError && error.status === 404;
      set_text(this.total, none ? t('closed.no_history') : error instanceof ApiError ? error.message : t('problem.no_answer'));
    }
  }
}

function row_of(one: ClosedConnection): HTMLElement {
  const lasted = one.opened_unix_s === undefined ? UNKNOWN : duration_us((one.ended_unix_s - one.opened_unix_s) * 1e6);
  const ending = one.ending ? word('ending', one.ending) : UNKNOWN;
  const bad = one.ending !== undefined && !HARMLESS.has(one.ending);
  return h('tr', {},
    h('td', { class: 'number' }, h('a', { href: link_to('connection', {}, one.id) }, moment(one.ended_unix_s))),
    h('td', { class: 'number' }, lasted),
    h('td', { class: bad ? 'bad-end one-line' : 'one-line' }, one.reset_reason ? `${ending} (${one.reset_reason})` : ending),
    h('td', { class: 'one-line' }, one.opener ? word('opener', one.opener) : ''),
    h('td', { class: 'address' }, endpoint(one.local_address, one.local_port)),
    h('td', { class: 'address' }, one.remote_address ? endpoint(one.remote_address, one.remote_port) : ''),
    h('td', { class: 'one-line' }, owner(one.process, one.pid)),
    h('td', { class: 'number' }, count(one.retransmissions)),
    h('td', { class: 'number' }, `${bytes(one.bytes_sent)} / ${bytes(one.bytes_received)}`));
}
