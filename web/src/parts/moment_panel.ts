// What was there at one moment of the Time view: counts by process and state, and the ways to the
// connections and the map of that moment.

import { ApiError, ask, is_abort } from '../api';
import type { Counts } from '../api_types';
import { h, set_text } from '../dom';
import { count, moment } from '../format';
import { t } from '../i18n';
import { link_to } from '../router';
import { group_table } from './group_table';

const MOST_GROUPS = 12;
const GROUPING = 'process,state';

export class MomentPanel {
  readonly element: HTMLElement;
  private readonly heading = h('h2');
  private readonly links = h('p', { class: 'moment-links' });
  private readonly total = h('p', { class: 'quiet', role: 'status' });
  private readonly groups = h('div', { class: 'scroll-x' });
  private asking = new AbortController();

  constructor() {
    this.element = h('section', { class: 'block moment' }, this.heading, this.links, this.total, this.groups);
  }

  // `at` is absent for now.
  async show(at: number | undefined): Promise<void> {
    this.asking.abort();
    this.asking = new AbortController();
    set_text(this.heading, at === undefined ? t('moment.now') : t('moment.heading', moment(at)));
    const query = at === undefined ? {} : { at };
    this.links.replaceChildren(
      h('a', { href: link_to('connections', query) }, at === undefined ? t('moment.connections_now') : t('moment.connections')),
      h('a', { href: link_to('map', query) }, at === undefined ? t('moment.map_now') : t('moment.map')));
    try {
      const answer = await ask<Counts>('connections', { ...query, by: GROUPING, limit: MOST_GROUPS }, this.asking.signal);
      const shown = answer.counts.reduce((sum, one) => sum + one.count, 0);
      set_text(this.total, shown === answer.total ? t('connections.total', count(answer.total))
        : t('moment.largest', count(answer.counts.length), count(shown), count(answer.total)));
      this.groups.replaceChildren(group_table(answer, GROUPING, '', at));
    } catch (error) {
      if (is_abort(error)) return;
      this.groups.replaceChildren();
      set_text(this.total, error instanceof ApiError ? error.message : t('problem.no_answer'));
    }
  }

  close(): void {
    this.asking.abort();
  }
}
