// Now: the state diagram with counts and rates, and the findings, worst first.

import { type Finding, type Now, type Severity } from '../api_types';
import { h, reconcile, set_text } from '../dom';
import { clock, count, rate } from '../format';
import { type Key, t } from '../i18n';
import { finding_card } from '../parts/finding_card';
import { StateDiagram } from '../parts/state_diagram';
import type { Place } from '../router';
import type { View } from './view';

const RATES: [Key, (now: Now) => number | undefined][] = [
  ['rate.opened_actively', (now) => now.opened_actively_per_second],
  ['rate.opened_passively', (now) => now.opened_passively_per_second],
  ['rate.closed', (now) => now.closed_per_second],
  ['rate.resets_sent', (now) => now.resets_sent_per_second],
  ['rate.resets_received', (now) => now.resets_received_per_second],
  ['rate.retransmissions', (now) => now.retransmissions_per_second],
  ['rate.drops', (now) => now.drops_per_second],
];

export class NowView implements View {
  readonly title = t('view.now');
  readonly element: HTMLElement;
  private readonly diagram = new StateDiagram();
  private readonly findings = h('div', { class: 'findings' });
  private readonly verdict = h('p', { class: 'verdict' });
  private readonly looked = h('p', { class: 'quiet' });
  private readonly rates = h('dl', { class: 'rates' });
  private readonly transitions = h('tbody');
  private readonly not_seen = h('ul', { class: 'not-seen' });
  private readonly not_seen_block = h('section', { class: 'block' }, h('h2', {}, t('now.not_seen')), this.not_seen);
  private readonly host = h('p', { class: 'quiet' });
  // What the reader opened or closed stays so, whatever the next second brings.
  private readonly opened = new Map<string, boolean>();
  private wanted: string | null = null;

  constructor(place: Place) {
    const table = h('details', { class: 'as-table' }, h('summary', {}, t('now.transitions')),
      h('table', { class: 'plain' },
        h('thead', {}, h('tr', {},
          h('th', { scope: 'col' }, t('now.from')), h('th', { scope: 'col' }, t('now.to')),
          h('th', { scope: 'col', class: 'number' }, t('now.per_second')))),
        this.transitions));
    this.element = h('div', { class: 'now' },
      h('section', { class: 'block findings-block', 'aria-labelledby': 'findings-heading' },
        h('h2', { id: 'findings-heading' }, t('now.findings')), this.verdict, this.findings, this.looked),
      h('section', { class: 'block', 'aria-labelledby': 'diagram-heading' },
        h('h2', { id: 'diagram-heading' }, t('now.diagram')), this.rates, this.diagram.element, table),
      this.not_seen_block, this.host);
    this.go(place);
  }

  go(place: Place): void {
    this.wanted = place.query.get('finding');
    if (this.wanted) this.reveal();
  }

  close(): void {
    this.diagram.close();
  }

  show(now: Now): void {
    this.diagram.show(now);
    this.show_findings(now);
    this.show_rates(now);
    reconcile(this.not_seen, now.not_seen, {
      key: (one) => one.what,
      version: (one) => one.remedy,
      make: (one) => h('li', {}, one.what, one.remedy && h('span', { class: 'quiet' }, ` ${one.remedy}`)),
    });
    this.not_seen_block.hidden = now.not_seen.length === 0;
    set_text(this.host, t('now.host', now.host.name, now.host.kernel, now.host.tcpdx_version));
  }

  private show_findings(now: Now): void {
    reconcile(this.findings, now.findings, {
      key: (finding) => finding.id,
      version: version_of,
      make: (finding, old) => this.make_card(finding, old),
    });
    const wrong = now.findings.filter((one) => one.severity !== 'information').length;
    this.verdict.hidden = wrong > 0;
    const nothing = now.not_seen.length > 0 ? t('findings.none_in_seen') : t('findings.none');
    set_text(this.verdict, now.findings_at_unix_s === undefined ? t('findings.not_yet') : nothing);
    set_text(this.looked, now.findings_at_unix_s === undefined ? '' : t('now.looked_at', clock(now.findings_at_unix_s)));
    if (this.wanted) this.reveal();
  }

  private make_card(finding: Finding, old: Element | null): HTMLElement {
    const before = old instanceof HTMLDetailsElement ? old.open : this.opened.get(finding.id);
    const card = finding_card(finding, before ?? opens_by_itself(finding.severity, this.findings));
    card.id = `finding-${finding.id}`;
    card.addEventListener('toggle', () => this.opened.set(finding.id, (card as HTMLDetailsElement).open));
    // Replacing an element takes the keyboard's place with it.
    if (old?.contains(document.activeElement)) {
      window.queueMicrotask(() => card.querySelector('summary')?.focus());
    }
    return card;
  }

  private reveal(): void {
    const card = document.getElementById(`finding-${this.wanted}`);
    if (!(card instanceof HTMLDetailsElement)) return;
    card.open = true;
    card.scrollIntoView({ block: 'nearest' });
    card.querySelector('summary')?.focus();
    this.wanted = null;
  }

  private show_rates(now: Now): void {
    reconcile(this.rates, RATES, {
      key: ([key]) => key,
      version: () => '',
      make: ([key]) => h('div', {}, h('dt', {}, t(key)), h('dd', { class: 'number' })),
    });
    RATES.forEach(([, value], index) => {
      const per_second = now.rates_over_ms === 0 ? undefined : value(now);
      const shown = this.rates.children[index]!;
      set_text(shown.querySelector('dd')!, per_second === undefined ? t('unknown') : `${rate(per_second)}/s`);
      shown.classList.toggle('zero', per_second === 0);
    });
    reconcile(this.transitions, now.rates, {
      key: (one) => `${one.from}>${one.to}`,
      version: (one) => count(one.per_second),
      make: (one) => h('tr', {}, h('td', {}, one.from), h('td', {}, one.to), h('td', { class: 'number' }, rate(one.per_second))),
    });
  }
}

// The first one is what a tired reader needs, so it lies open; the others wait.
function opens_by_itself(severity: Severity, list: Element): boolean {
  return severity !== 'information' && list.children.length === 0;
}

// last_seen moves every second and is not shown while a finding lasts.
function version_of(finding: Finding): string {
  return JSON.stringify({ ...finding, last_seen_unix_s: finding.active ? 0 : finding.last_seen_unix_s });
}
