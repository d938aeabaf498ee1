// One finding: the claim, and on opening it what it stands on, what is unknown and what to do.

import type { Candidate, Evidence, Finding, Socket } from '../api_types';
import { h } from '../dom';
import { age_ms, count, moment, owner } from '../format';
import { t, word } from '../i18n';
import { link_to, link_to_filter } from '../router';
import { command_line } from './command_line';
import { phase_of } from './state_words';

export function finding_card(finding: Finding, open: boolean): HTMLElement {
  return h('details', { class: 'finding', 'data-severity': finding.severity, open },
    h('summary', {},
      h('span', { class: 'severity' }, word('severity', finding.severity)), ' ',
      h('span', { class: 'claim' }, finding.claim),
      h('span', { class: 'quiet finding-when' }, when(finding))),
    h('div', { class: 'finding-body' },
      h('h3', {}, t('finding.evidence')),
      h('ul', { class: 'evidence' }, ...finding.evidence.map(evidence_item)),
      ...candidates(finding.candidates),
      ...texts('ol', t('finding.advice'), finding.advice, 'advice'),
      ...texts('ul', t('finding.unknown'), finding.unknown, 'unknown'),
      ...sockets(finding),
      h('p', { class: 'quiet' },
        finding.network_namespace !== undefined && `${t('finding.namespace', finding.network_namespace)} · `,
        h('a', { href: link_to('explain', {}, finding.rule) }, t('finding.rule', finding.rule)))));
}

function when(finding: Finding): string {
  if (!finding.active) return t('finding.was', moment(finding.first_seen_unix_s), moment(finding.last_seen_unix_s));
  const age = finding.at_least_ms === undefined ? '' : `${t('finding.oldest', age_ms(finding.at_least_ms, finding.at_most_ms))} · `;
  return age + t('finding.since', moment(finding.first_seen_unix_s));
}

function evidence_item(evidence: Evidence): HTMLElement {
  return h('li', {}, evidence.fact, ' ', h('span', { class: 'origin' }, word('origin', evidence.origin)),
    evidence.check !== undefined && command_line(evidence.check));
}

function candidates(list: Candidate[] | undefined): HTMLElement[] {
  if (!list?.length) return [];
  return [h('h3', {}, t('finding.candidates')),
    h('ul', { class: 'candidates' }, ...list.map((one) =>
      h('li', {}, one.cause,
        one.decided_by !== undefined && h('div', { class: 'quiet' }, t('finding.decided_by', one.decided_by)),
        one.command !== undefined && command_line(one.command))))];
}

function texts(tag: 'ol' | 'ul', heading: string, list: string[], name: string): HTMLElement[] {
  if (list.length === 0) return [];
  return [h('h3', {}, heading), h(tag, { class: name }, ...list.map((text) => h('li', {}, text)))];
}

function sockets(finding: Finding): HTMLElement[] {
  if (finding.sockets.length === 0) return [];
  const heading = finding.socket_count > finding.sockets.length
    ? t('finding.sockets_of', count(finding.sockets.length), count(finding.socket_count))
    : t('finding.sockets', count(finding.socket_count));
  return [h('h3', {}, heading),
    h('div', { class: 'scroll-x' }, h('table', { class: 'plain' },
      h('thead', {}, h('tr', {},
        ...(['column.state', 'column.age', 'column.local', 'column.remote', 'column.owner'] as const)
          .map((key) => h('th', { scope: 'col' }, t(key))))),
      h('tbody', {}, ...finding.sockets.map(socket_row)))),
    filter_link(finding)];
}

function socket_row(socket: Socket): HTMLElement {
  return h('tr', {},
    h('td', {}, h('span', { class: `state phase-${phase_of(socket.state)}` }, socket.state)),
    h('td', { class: 'number' }, age_ms(socket.at_least_ms, socket.at_most_ms)),
    h('td', { class: 'address' }, h('a', { href: link_to_filter(filter_of_socket(socket)) }, socket.local)),
    h('td', { class: 'address' }, socket.state === 'LISTEN' ? '' : socket.remote),
    h('td', { class: 'one-line' }, owner(socket.process, socket.pid)));
}

function port_of(end: string): string {
  return end.slice(end.lastIndexOf(':') + 1);
}

function filter_of_socket(socket: Socket): string {
  const listening = socket.state === 'LISTEN';
  return `sport = :${port_of(socket.local)}${listening ? '' : ` dport = :${port_of(socket.remote)}`}`;
}

// All sockets that a finding is about cannot be named by a filter; those of its states and processes
// come closest.
function filter_link(finding: Finding): HTMLElement {
  const states = [...new Set(finding.sockets.map((one) => one.state.toLowerCase()))];
  const pids = [...new Set(finding.sockets.map((one) => one.pid))];
  const state = states.map((one) => `state ${one}`).join(' ');
  const filter = pids.length === 1 && pids[0] !== undefined ? `${state} pid ${pids[0]}` : state;
  return h('p', {}, h('a', { href: link_to_filter(filter) }, t('finding.show_connections')));
}
