// The columns of the table of connections, as `tcpdx list` has them.

import type { Row } from '../api_types';
import { h } from '../dom';
import { age_ms, bytes, count, endpoint, owner } from '../format';
import { t, word } from '../i18n';
import { phase_of } from './state_words';
import type { Column } from './virtual_table';

export function owner_text(row: Row): string {
  const name = owner(row.process, row.pid);
  // Half open: the program that should accept it one day.
  if (row.owner === 'kernel') return name ? t('owner.kernel_for', name) : t('owner.kernel');
  if (row.owner === 'never-accepted') return name ? t('owner.never_accepted_by', name) : t('owner.never_accepted');
  return row.owner === undefined && !name ? t('unknown') : name;
}

export function state_badge(state: Row['state']): Node | string {
  return state ? h('span', { class: `state phase-${phase_of(state)}` }, state) : t('unknown');
}

function queue(row: Row): string {
  if (row.accept_queue !== undefined) return `${count(row.accept_queue)}/${count(row.backlog)}`;
  return row.recv_q === undefined ? '' : row.recv_q === 0 ? '0' : bytes(row.recv_q);
}

function send_queue(row: Row): string {
  return row.send_q === undefined ? '' : row.send_q === 0 ? '0' : bytes(row.send_q);
}

function age(row: Row): string {
  return row.state === 'LISTEN' && row.age_at_least_ms === undefined ? '' : age_ms(row.age_at_least_ms, row.age_at_most_ms);
}

// Two bounds do not fit on a phone; the lower one is what a reader acts on.
function least_age(row: Row): string {
  const whole = age(row);
  return whole.includes('..') ? age_ms(row.age_at_least_ms, undefined) : whole;
}

function local(row: Row): string {
  return endpoint(row.local_address, row.local_port);
}

function remote(row: Row): string {
  return row.remote_address === undefined ? '' : endpoint(row.remote_address, row.remote_port);
}

export function wide_columns(): Column<Row>[] {
  return [
    { name: 'state', header: t('column.state'), class: 'c-state', cell: (row) => state_badge(row.state) },
    { name: 'age', header: t('column.age'), class: 'c-age number', cell: age },
    { name: 'opener', header: t('column.opener'), class: 'c-opener', cell: (row) => (row.opener ? word('opener', row.opener) : '') },
    { name: 'recv-q', header: 'Recv-Q', class: 'c-queue number', cell: queue },
    { name: 'send-q', header: 'Send-Q', class: 'c-queue number', cell: send_queue },
    { name: 'local', header: t('column.local'), class: 'c-address address', cell: local },
    { name: 'remote', header: t('column.remote'), class: 'c-address address', cell: remote },
    { name: 'owner', header: t('column.owner'), class: 'c-owner', cell: owner_text },
    { name: 'total-retrans', header: t('column.retransmissions'), class: 'c-queue number',
      cell: (row) => (row['total_retrans'] === undefined ? '' : count(Number(row['total_retrans']))) },
  ];
}

// Two lines a row: who and how long above, where below.
export function narrow_columns(): Column<Row>[] {
  return [
    { name: 'state', header: t('column.state'), class: 'c-state', cell: (row) => state_badge(row.state) },
    { name: 'age', header: t('column.age'), class: 'c-age number', cell: least_age },
    { name: 'owner', header: t('column.owner'), class: 'c-owner', cell: owner_text },
    { name: 'remote', header: t('column.ends'), class: 'c-ends address',
      cell: (row) => `${local(row)} ${arrow(row)} ${remote(row)}` },
  ];
}

function arrow(row: Row): string {
  if (row.state === 'LISTEN') return '';
  return row.opener === 'active' ? '→' : row.opener === 'passive' ? '←' : '↔';
}
