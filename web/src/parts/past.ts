// A moment in the past: which one, and the way back to the present. In the address as ?at=…

import { h } from '../dom';
import { moment } from '../format';
import { t } from '../i18n';
import { link_to } from '../router';

// Seconds since 1970, or nothing for now.
export function moment_of(query: URLSearchParams): number | undefined {
  const at = Number(query.get('at'));
  return at > 0 ? at : undefined;
}

// Above what is shown of another moment than now, so that nobody takes it for the present.
export class PastNotice {
  readonly element = h('p', { class: 'past', role: 'status' });

  constructor(private readonly view: string) {}

  show(at: number | undefined, query: Record<string, string>): void {
    this.element.hidden = at === undefined;
    if (at === undefined) return;
    const [text, rest] = [t('past.as_of', moment(at)), t('past.not_kept')];
    this.element.replaceChildren(h('strong', {}, text), ` ${rest} `,
      h('a', { href: link_to('time', { from: Math.round(at) - 300, to: Math.round(at) + 300, at: Math.round(at) }) }, t('past.around')),
      ' ', h('a', { href: link_to(this.view, query) }, t('past.to_now')));
  }
}
