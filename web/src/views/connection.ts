// One connection: its life as a ladder of both ends, how long each state took, and what it means.

import { ApiError, ask, is_abort } from '../api';
import type { Connection, Life, LifeState, Row, State } from '../api_types';
import { h, set_text } from '../dom';
import { bytes, count, duration_us, endpoint, moment, owner, span_us } from '../format';
import { t, word } from '../i18n';
import { owner_text, state_badge } from '../parts/connection_columns';
import { Explained } from '../parts/explained';
import { LadderDrawing } from '../parts/ladder';
import { link_to, link_to_filter, type Place } from '../router';
import type { View } from './view';

const REFRESH_MS = 2000;

export class ConnectionView implements View {
  readonly title = t('view.connection');
  readonly element = h('div', { class: 'connection' });
  private readonly heading = h('h2', { class: 'connection-heading' });
  private readonly outcome = h('p', { class: 'outcome' });
  private readonly ladder = new LadderDrawing();
  private readonly steps = h('div', { class: 'steps', id: 'life-steps' });
  private readonly facts = h('dl', { class: 'facts' });
  private readonly problem = h('p', { class: 'problem', role: 'alert' });
  private readonly known = h('div', { hidden: true });
  private id = '';
  private timer = 0;
  private shown = '';
  private asking = new AbortController();

  constructor(place: Place) {
    this.element.append(
      h('p', {}, h('a', { href: link_to('connections') }, `← ${t('connection.all')}`)),
      this.heading, this.outcome, this.problem, this.known);
    this.known.append(
      h('div', { class: 'connection-parts' },
        h('section', { class: 'block' }, h('h3', {}, t('connection.ladder')), this.ladder.element),
        h('section', { class: 'block' }, h('h3', {}, t('connection.steps')), this.steps)),
      h('section', { class: 'block' }, h('h3', {}, t('connection.facts')), this.facts));
    this.go(place);
  }

  go(place: Place): void {
    if (this.id !== place.argument) this.known.hidden = true;
    this.id = place.argument;
    this.shown = '';
    void this.load();
  }

  close(): void {
    window.clearTimeout(this.timer);
    this.asking.abort();
  }

  private async load(): Promise<void> {
    this.close();
    this.asking = new AbortController();
    try {
      const path = `connections/${encodeURIComponent(this.id)}`;
      const [connection, explained] = await Promise.all([
        ask<Connection>(path, {}, this.asking.signal), Explained.load(),
      ]);
      set_text(this.problem, '');
      this.show_connection(connection, explained);
      if (connection.open) this.timer = window.setTimeout(() => void this.load(), REFRESH_MS);
    } catch (error) {
      if (is_abort(error)) return;
      const gone = error instanceof ApiError && error.status === 404;
      set_text(this.problem, gone ? t('connection.gone') : error instanceof ApiError ? error.message : t('problem.no_answer'));
      if (!gone) this.timer = window.setTimeout(() => void this.load(), REFRESH_MS * 2);
    }
  }

  private show_connection(connection: Connection, explained: Explained): void {
    const { life } = connection;
    this.known.hidden = false;
    const state = life.states.at(-1)?.state;
    this.heading.replaceChildren(
      h('span', { class: 'address' }, endpoint(life.local_address, life.local_port)),
      ` ${life.opener === 'active' ? '→' : life.opener === 'passive' ? '←' : '↔'} `,
      h('span', { class: 'address' }, life.remote_address === undefined ? '' : endpoint(life.remote_address, life.remote_port)),
      ' ', connection.open ? state_badge(state) : h('span', { class: 'state phase-over' }, ending_of(life)));
    set_text(this.outcome, outcome(connection));
    this.facts.replaceChildren(...facts_of(connection));
    // The ladder of an open connection only grows; what has been read is not redrawn under the reader.
    const version = JSON.stringify([life.states.map((one) => [one.state, one.since_unix_s]), connection.peer?.life?.states.length]);
    this.ladder.show(connection);
    if (version !== this.shown) {
      this.shown = version;
      this.steps.replaceChildren(...steps_of(connection, explained));
    } else {
      this.steps.querySelectorAll('.dwell-now').forEach((cell) => set_text(cell, dwell_of(life.states.at(-1)!)));
    }
  }
}

function ending_of(life: Life): string {
  return life.ending ? word('ending', life.ending) : t('unknown');
}

function outcome(connection: Connection): string {
  const { life } = connection;
  const parts = [life.opener ? t(`opener_sentence.${life.opener}`) : t('opener_sentence.unknown')];
  if (life.first_fin) parts.push(t(`first_fin.${life.first_fin}`));
  if (!connection.open && life.ending) parts.push(t('connection.ended', word('ending', life.ending)));
  if (life.reset_by) parts.push(t(`reset_by.${life.reset_by}`));
  if (life.reset_reason) parts.push(t('connection.reset_reason', life.reset_reason));
  if (life.error) parts.push(t('connection.error', life.error));
  if (life.incomplete) parts.push(t('connection.incomplete'));
  return parts.join(' ');
}

function dwell_of(step: LifeState): string {
  return step.state === 'CLOSED' ? '' : span_us(step.lasted_at_least_us, step.lasted_at_most_us);
}

function steps_of(connection: Connection, explained: Explained): HTMLElement[] {
  const tables = [steps_table(connection.life, connection.open, explained, t('ladder.here'))];
  const peer = connection.peer;
  if (peer?.life) {
    tables.push(steps_table(peer.life, connection.open, explained, t('ladder.peer')));
    if (peer.id) tables.push(h('p', {}, h('a', { href: link_to('connection', {}, peer.id) }, t('connection.open_peer'))));
  } else if (peer?.possible_states?.length) {
    tables.push(h('p', {}, t('connection.peer_elsewhere', peer.possible_states.join(', '))));
  }
  return tables;
}

function steps_table(life: Life, open: boolean, explained: Explained, caption: string): HTMLElement {
  return h('table', { class: 'plain steps-table' }, h('caption', {}, caption),
    h('thead', {}, h('tr', {},
      h('th', { scope: 'col' }, t('column.state')), h('th', { scope: 'col', class: 'number' }, t('column.dwell')),
      h('th', { scope: 'col' }, t('column.why')))),
    h('tbody', {}, ...life.states.map((step, index) =>
      step_row(step, life.states[index - 1]?.state, open && index + 1 === life.states.length, explained))));
}

function step_row(step: LifeState, before: State | undefined, is_now: boolean, explained: Explained): HTMLElement {
  const cause = explained.cause(before, step);
  const how = [cause || (before === undefined ? t('step.older') : t('step.cause_not_seen')), step.sends && t('step.sends', step.sends)].filter(Boolean).join(' · ');
  return h('tr', { class: is_now ? 'is-now' : null, 'aria-current': is_now ? 'step' : null },
    h('td', {}, h('a', { href: link_to('explain', {}, step.state) }, state_badge(step.state))),
    h('td', { class: `number${is_now ? ' dwell-now' : ''}` }, dwell_of(step)),
    h('td', {}, h('div', {}, how), step.flaw && h('div', { class: 'flaw' }, t(`flaw.${step.flaw}`)),
      h('div', { class: 'quiet' }, explained.meaning(step.state)),
      step.since_unix_s !== undefined && h('div', { class: 'quiet number-left' }, moment(step.since_unix_s))));
}

const SHOWN_ABOVE = new Set(['id', 'state', 'local_address', 'local_port', 'remote_address', 'remote_port',
  'age_at_least_ms', 'age_at_most_ms', 'opener', 'owner', 'pid', 'process', 'family', 'service_port', 'loopback']);

function facts_of(connection: Connection): HTMLElement[] {
  const { life, row } = connection;
  const facts: [string, Node | string][] = [
    [t('column.owner'), row ? owner_text(row) : owner(life.process, life.pid) || t('unknown')],
    [t('fact.sent'), bytes(life.bytes_sent)], [t('fact.received'), bytes(life.bytes_received)],
    [t('fact.retransmissions'), count(life.retransmissions)], [t('fact.syn_retransmissions'), count(life.syn_retransmissions)],
  ];
  if (life.remote_address) {
    facts.push([t('fact.same_peer'), h('a', { href: link_to_filter(`dst ${life.remote_address}`) }, life.remote_address)]);
  }
  // What tcpdx list knows besides, under the names that it has there.
  for (const [field, value] of Object.entries(row ?? ({} as Row))) {
    if (!SHOWN_ABOVE.has(field) && value !== undefined) facts.push([field, field_text(field, value)]);
  }
  return facts.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)));
}

function field_text(field: string, value: string | number | boolean): string {
  if (typeof value !== 'number') return String(value);
  if (field.endsWith('_us')) return duration_us(value);
  if (field.endsWith('_ms')) return duration_us(value * 1000);
  return String(value);
}
