// The diagram of RFC 9293 with this host in it: counts on the states, rates on the arrows.

import { type Now, type Rate, STATES, type Severity, type State } from '../api_types';
import { h, is_narrow, reconcile, s, set_attribute, set_text } from '../dom';
import { count, rate } from '../format';
import { t, word } from '../i18n';
import { link_to_filter } from '../router';
import { type Arrow, type Box, type Layout, layout_for } from './diagram_layout';
import { filter_of, phase_of } from './state_words';

function key_of(from: State, to: State): string {
  return `${from}>${to}`;
}

export class StateDiagram {
  readonly element = h('div', { class: 'diagram' });
  private layout: Layout = layout_for(is_narrow());
  private readonly boxes = new Map<State, { link: SVGAElement; number: SVGTextElement; box: SVGRectElement }>();
  private readonly arrows = new Map<string, { group: SVGGElement; rate: SVGTSpanElement }>();
  private readonly elsewhere = h('ul', { class: 'elsewhere' });
  private readonly width = window.matchMedia('(max-width: 640px)');
  private readonly redraw = (): void => {
    this.draw();
    if (this.last) this.show(this.last);
  };
  private last: Now | null = null;

  constructor() {
    this.draw();
    this.width.addEventListener('change', this.redraw);
  }

  close(): void {
    this.width.removeEventListener('change', this.redraw);
  }

  show(now: Now): void {
    this.last = now;
    const worst = worst_by_state(now);
    for (const state of STATES) {
      const drawn = this.boxes.get(state);
      if (!drawn) continue;
      const text = count(now.states[state]);
      set_text(drawn.number, text);
      const severity = worst.get(state);
      set_attribute(drawn.link, 'class', box_class(state, now.states[state], severity));
      const what = t('diagram.state', state, text);
      set_attribute(drawn.link, 'aria-label', severity ? `${what}, ${word('severity', severity)}` : what);
    }
    const by_arrow = new Map(now.rates.map((one) => [key_of(one.from, one.to), one.per_second]));
    for (const [key, arrow] of this.arrows) {
      const per_second = by_arrow.get(key) ?? 0;
      set_text(arrow.rate, per_second > 0 ? `${rate(per_second)}/s` : '');
      arrow.group.classList.toggle('busy', per_second > 0);
      by_arrow.delete(key);
    }
    this.show_elsewhere(now.rates.filter((one) => by_arrow.has(key_of(one.from, one.to))));
  }

  // Resets, timeouts, SYN cookies, ports used again: all true, and too many arrows.
  private show_elsewhere(rates: Rate[]): void {
    reconcile(this.elsewhere, rates, {
      key: (one) => key_of(one.from, one.to),
      version: (one) => rate(one.per_second),
      make: (one) => h('li', {}, `${one.from} → ${one.to} `, h('b', { class: 'number' }, `${rate(one.per_second)}/s`)),
    });
    this.elsewhere.hidden = rates.length === 0;
  }

  private draw(): void {
    this.layout = layout_for(is_narrow());
    this.boxes.clear();
    this.arrows.clear();
    const { width, height } = this.layout;
    const drawing = s('svg', { viewBox: `0 0 ${width} ${height}`, class: 'diagram-drawing', role: 'group', 'aria-label': t('diagram.label') },
      s('defs', {}, marker('tip'), marker('tip-active'), marker('tip-passive')));
    for (const arrow of this.layout.arrows) drawing.append(this.draw_arrow(arrow));
    for (const box of this.layout.boxes) drawing.append(this.draw_box(box));
    this.element.replaceChildren(drawing, this.elsewhere, legend());
  }

  private draw_box(box: Box): SVGElement {
    const { box_width, box_height } = this.layout;
    const middle = box.x + box_width / 2;
    const outline = s('rect', { x: box.x, y: box.y, width: box_width, height: box_height, rx: 5 });
    const name = s('text', { x: middle, y: box.y + box_height * 0.4, class: 'state-name' }, box.state);
    if (box.again) {
      return s('g', { class: 'state-box again', 'aria-hidden': 'true' }, outline,
        s('text', { x: middle, y: box.y + box_height * 0.62, class: 'state-name' }, box.state));
    }
    const number = s('text', { x: middle, y: box.y + box_height * 0.84, class: 'state-count' });
    const link = s('a', { href: link_to_filter(filter_of(box.state)), class: 'state-box' }, outline, name, number);
    this.boxes.set(box.state, { link, number, box: outline });
    return link;
  }

  // For ears, the rates are in the table below the diagram.
  private draw_arrow(arrow: Arrow): SVGElement {
    const per_second = s('tspan', { class: 'arrow-rate', dx: 5 });
    const [x, y] = arrow.label_at;
    const tip = arrow.kind === 'other' ? 'tip' : `tip-${arrow.kind}`;
    const group = s('g', { class: `arrow ${arrow.kind}${arrow.in_linux ? '' : ' not-linux'}`, 'aria-hidden': 'true' },
      s('path', { d: arrow.path, 'marker-end': `url(#${tip})` }),
      s('text', { x, y, 'text-anchor': arrow.anchor }, s('tspan', {}, arrow.label), per_second));
    this.arrows.set(key_of(arrow.from, arrow.to), { group, rate: per_second });
    return group;
  }
}

function marker(id: string): SVGElement {
  return s('marker', { id, viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: 'auto-start-reverse', class: id },
    s('path', { d: 'M0 0.8 L7.5 4 L0 7.2 Z' }));
}

function legend(): HTMLElement {
  const entry = (kind: string, text: string): HTMLElement =>
    h('li', {}, h('span', { class: `swatch ${kind}`, 'aria-hidden': 'true' }), text);
  return h('ul', { class: 'diagram-legend' },
    entry('active', t('diagram.active')), entry('passive', t('diagram.passive')),
    entry('not-linux', t('diagram.not_linux')));
}

function box_class(state: State, sockets: number, severity: Severity | undefined): string {
  return ['state-box', `phase-${phase_of(state)}`, sockets > 0 ? 'some' : 'none', severity ? `worry-${severity}` : '']
    .filter(Boolean).join(' ');
}

const RANK: Record<Severity, number> = { information: 0, warning: 1, problem: 2 };

function worst_by_state(now: Now): Map<State, Severity> {
  const worst = new Map<State, Severity>();
  for (const finding of now.findings) {
    if (finding.severity === 'information') continue;
    for (const socket of finding.sockets) {
      const known = worst.get(socket.state);
      if (known === undefined || RANK[finding.severity] > RANK[known]) worst.set(socket.state, finding.severity);
    }
  }
  return worst;
}
