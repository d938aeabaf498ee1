// Both ends of a connection side by side, time downwards: the states on the two lines, the segments
// between them. The distance between steps is not to scale; the dwell times are written.

import type { Connection, State } from '../api_types';
import { h, s } from '../dom';
import { duration_us, endpoint, owner, span_us } from '../format';
import { t } from '../i18n';
import { type Ladder, ladder_of, type LadderArrow, type LadderStep, type Side } from './ladder_events';
import { phase_of } from './state_words';

const STEP = 58;
const TOP = 64;

export class LadderDrawing {
  readonly element = h('div', { class: 'ladder' });
  private connection: Connection | null = null;
  private width = 0;

  constructor() {
    new ResizeObserver(() => {
      if (this.connection && Math.abs(this.element.clientWidth - this.width) > 8) this.show(this.connection);
    }).observe(this.element);
  }

  show(connection: Connection): void {
    this.connection = connection;
    this.width = this.element.clientWidth || 680;
    this.element.replaceChildren(draw(connection, ladder_of(connection), Math.max(300, Math.min(this.width, 760))));
  }
}

interface Frame { width: number; left: number; right: number; bottom: number; connection: Connection }

function draw(connection: Connection, ladder: Ladder, width: number): SVGElement {
  const margin = width < 420 ? 104 : 150;
  const unseen_peer = ladder.peer_life === null && connection.peer?.where === 'elsewhere';
  const bottom = TOP + ladder.steps.length * STEP + (unseen_peer ? 14 : 0);
  const frame: Frame = { width, left: margin, right: width - margin, bottom, connection };
  const height = bottom + 30;
  return s('svg', { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': t('ladder.label'), 'aria-describedby': 'life-steps' },
    s('defs', {}, s('marker', { id: 'ladder-tip', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, orient: 'auto', class: 'tip' },
      s('path', { d: 'M0 0.8 L7.5 4 L0 7.2 Z' }))),
    ...heads(frame),
    line(frame, 'here', ladder), line(frame, 'peer', ladder),
    ...ladder.arrows.map((arrow) => draw_arrow(frame, arrow)),
    ...ladder.steps.map((step, at) => draw_step(frame, ladder, step, at)),
    ...(connection.peer?.where === 'elsewhere' && ladder.peer_life === null ? [possible(frame, connection.peer.possible_states ?? [])] : []),
    ...(connection.open ? [now_line(frame)] : []));
}

function x_of(frame: Frame, side: Side): number {
  return side === 'here' ? frame.left : frame.right;
}

function y_of(at: number): number {
  return TOP + at * STEP + 12;
}

function heads(frame: Frame): SVGElement[] {
  const { life, peer } = frame.connection;
  const head = (side: Side, title: string, where: string, who: string): SVGElement => {
    const x = side === 'here' ? 2 : frame.width - 2;
    const anchor = side === 'here' ? 'start' : 'end';
    return s('g', { 'text-anchor': anchor, class: 'ladder-head' },
      s('text', { x, y: 14, class: 'ladder-title' }, title), s('text', { x, y: 30, class: 'address' }, fitted(where, frame.width / 2 - 8)),
      s('text', { x, y: 45, class: 'quiet' }, fitted(who, frame.width / 2 - 8)));
  };
  const peer_who = peer?.life ? owner(peer.life.process, peer.life.pid) : peer?.where === 'elsewhere' ? t('ladder.not_watched') : '';
  return [
    head('here', t('ladder.here'), endpoint(life.local_address, life.local_port), owner(life.process, life.pid)),
    head('peer', t('ladder.peer'), endpoint(life.remote_address, life.remote_port), peer_who),
  ];
}

// The middle of a long IPv6 address says least.
function fitted(text: string, width: number): string {
  const most = Math.max(8, Math.floor(width / 6.4));
  return text.length <= most ? text : `${text.slice(0, Math.ceil(most / 2) - 1)}…${text.slice(-Math.floor(most / 2))}`;
}

function line(frame: Frame, side: Side, ladder: Ladder): SVGElement {
  const x = x_of(frame, side);
  const watched = side === 'here' || ladder.peer_life !== null;
  const group = s('g', { class: `life-line${watched ? '' : ' unwatched'}` },
    s('line', { x1: x, x2: x, y1: TOP - 8, y2: frame.bottom }));
  const own = ladder.steps.map((step, at) => ({ step, at })).filter(({ step }) => step.side === side);
  own.forEach(({ step, at }, index) => {
    if (step.step.state === 'CLOSED') return;
    const next = own[index + 1];
    const y = y_of(at);
    group.append(s('rect', { x: x - 5, y, width: 10, height: (next ? y_of(next.at) : frame.bottom) - y, rx: 2, class: `life-bar phase-${phase_of(step.step.state)}` }));
  });
  return group;
}

function draw_step(frame: Frame, ladder: Ladder, step: LadderStep, at: number): SVGElement {
  const here = step.side === 'here';
  const x = x_of(frame, step.side) + (here ? -12 : 12);
  const y = y_of(at);
  const dwell = step.step.state === 'CLOSED' ? '' : span_us(step.step.lasted_at_least_us, step.step.lasted_at_most_us);
  const life = here ? frame.connection.life : ladder.peer_life;
  const last = life !== null && step.index + 1 === life.states.length && frame.connection.open;
  return s('g', { 'text-anchor': here ? 'end' : 'start', class: `ladder-step${last ? ' is-now' : ''}` },
    s('text', { x, y: y + 5, class: 'state-name' }, step.step.state),
    dwell && s('text', { x, y: y + 20, class: 'dwell' }, dwell),
    s('text', { x, y: y + 34, class: 'quiet' }, offset_of(frame.connection, step)));
}

// Since the connection began, as far as its beginning is known.
export function offset_of(connection: Connection, step: LadderStep): string {
  const starts = [connection.life, connection.peer?.life].map((life) => life?.states[0]?.since_unix_s);
  const start = Math.min(...starts.filter((one): one is number => one !== undefined));
  const since = step.step.since_unix_s;
  if (since === undefined || since <= start) return '';
  return `+${duration_us((since - start) * 1e6)}`;
}

function draw_arrow(frame: Frame, arrow: LadderArrow): SVGElement {
  const rightwards = arrow.from === 'here';
  const from_x = x_of(frame, arrow.from) + (rightwards ? 8 : -8);
  const to_x = x_of(frame, rightwards ? 'peer' : 'here') + (rightwards ? -8 : 8);
  // An end that is not watched sent it some time before, or gets it some time later.
  const sent = arrow.sent_at === null ? y_of(arrow.received_at!) - 20 : y_of(arrow.sent_at) + 4;
  const received = arrow.received_at === null ? sent + 20 : y_of(arrow.received_at) + 2;
  const y = Math.max(sent + 2, received);
  return s('g', { class: 'segment' },
    s('line', { x1: from_x, y1: sent, x2: to_x, y2: y, 'marker-end': 'url(#ladder-tip)' }),
    s('text', { x: (from_x + to_x) / 2, y: (sent + y) / 2 - 5, 'text-anchor': 'middle' }, arrow.label));
}

function possible(frame: Frame, states: State[]): SVGElement {
  if (states.length === 0) return s('g');
  const x = frame.right + 12;
  const top = frame.bottom - 15 * states.length - 4;
  return s('g', { class: 'ladder-step possible' },
    s('text', { x, y: top, class: 'quiet' }, t('ladder.one_of')),
    ...states.map((state, index) => s('text', { x, y: top + 15 * (index + 1), class: 'state-name' }, state)));
}

function now_line(frame: Frame): SVGElement {
  return s('g', { class: 'now-line' },
    s('line', { x1: frame.left - 40, x2: frame.right + 40, y1: frame.bottom, y2: frame.bottom }),
    s('text', { x: (frame.left + frame.right) / 2, y: frame.bottom + 16, 'text-anchor': 'middle' }, t('ladder.now')));
}
