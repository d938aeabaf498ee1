// The first line, on every view: how many connections are in which state, and the worst finding.

import { type Finding, type Now, STATES } from '../api_types';
import { h, reconcile, set_attribute, set_text } from '../dom';
import { clock, count } from '../format';
import { t, word } from '../i18n';
import type { Liveness } from '../api';
import { link_to, link_to_filter } from '../router';
import { filter_of, phase_of } from './state_words';

export class Summary {
  readonly element: HTMLElement;
  private readonly counts = h('ul', { class: 'counts', 'aria-label': t('summary.counts') });
  private readonly severity = h('span', { class: 'severity' });
  private readonly claim = h('a', { class: 'worst-claim', href: link_to('now') });
  private readonly more = h('span', { class: 'quiet' });
  private readonly worst = h('p', { class: 'worst' }, this.severity, ' ', this.claim, ' ', this.more);
  private readonly liveness = h('span', { class: 'liveness', role: 'status' });
  private readonly warnings = h('ul', { class: 'warnings' });
  // Read aloud only when another finding is the worst, not whenever a number in it changes.
  private readonly spoken = h('p', { class: 'only-heard', 'aria-live': 'polite' });
  private spoken_id = '';

  constructor() {
    this.element = h('section', { class: 'summary', 'aria-label': t('summary.label') },
      h('div', { class: 'summary-line' }, this.counts, this.liveness), this.worst, this.warnings, this.spoken);
    this.worst.hidden = true;
  }

  show(now: Now): void {
    const present = STATES.filter((state) => now.states[state] > 0);
    reconcile(this.counts, present, {
      key: (state) => state,
      version: () => '',
      make: (state) => h('li', {},
        h('a', { href: link_to_filter(filter_of(state)), class: `count phase-${phase_of(state)}` },
          h('b', { class: 'number' }), ' ', h('span', {}, state))),
    });
    for (const item of this.counts.children) {
      const state = (item as HTMLElement).dataset['key'] as (typeof STATES)[number];
      set_text(item.querySelector('b')!, count(now.states[state]));
    }
    this.show_worst(now);
    this.show_warnings(now);
    set_attribute(this.liveness, 'title', t('summary.as_of', clock(now.at_unix_s)));
  }

  show_liveness(liveness: Liveness): void {
    set_attribute(this.liveness, 'data-liveness', liveness);
    set_text(this.liveness, t(`liveness.${liveness}`));
  }

  private show_worst(now: Now): void {
    const worst = now.findings.find((one) => one.severity !== 'information');
    this.worst.hidden = false;
    const severity = worst?.severity ?? 'none';
    this.worst.dataset['severity'] = severity;
    set_text(this.severity, worst ? word('severity', worst.severity) : '✓');
    set_text(this.claim, worst ? worst.claim : nothing_wrong(now));
    set_attribute(this.claim, 'href', link_to('now', worst ? { finding: worst.id } : {}));
    const others = now.findings.length - (worst ? 1 : 0);
    set_text(this.more, others === 0 ? '' : worst ? t('summary.more', others) : t('summary.information', others));
    this.speak(worst, now);
  }

  private speak(worst: Finding | undefined, now: Now): void {
    const id = worst?.id ?? 'none';
    if (id === this.spoken_id) return;
    this.spoken_id = id;
    set_text(this.spoken, worst ? `${word('severity', worst.severity)}: ${worst.claim}` : nothing_wrong(now));
  }

  private show_warnings(now: Now): void {
    const texts: string[] = [];
    if (now.source === 'samples') texts.push(t('warning.samples'));
    if (now.lost.changes + now.lost.details > 0) {
      texts.push(t('warning.lost', count(now.lost.changes), count(now.lost.details)));
    }
    if (now.recording.state === 'stopped') {
      texts.push(t('warning.recording_stopped', now.recording.reason ?? ''));
    }
    reconcile(this.warnings, texts, {
      key: (text) => text,
      version: () => '',
      make: (text) => h('li', {}, text),
    });
  }
}

function nothing_wrong(now: Now): string {
  if (now.findings_at_unix_s === undefined) return t('findings.not_yet');
  return now.not_seen.length > 0 ? t('findings.none_in_seen') : t('findings.none');
}
