// What a state or a rule means: the texts of `tcpdx explain`.

import { ApiError, ask, is_abort } from '../api';
import { type ExplainRule, type ExplainRules, type ExplainState, STATES, type Transition } from '../api_types';
import { h, set_text } from '../dom';
import { t } from '../i18n';
import { markdown } from '../parts/markdown';
import { link_to, link_to_filter, type Place } from '../router';
import { filter_of } from '../parts/state_words';
import { state_badge } from '../parts/connection_columns';
import type { View } from './view';

export class ExplainView implements View {
  readonly title = t('view.explain');
  readonly element = h('article', { class: 'explain block' });
  private readonly content = h('div');
  private readonly problem = h('p', { class: 'problem', role: 'alert' });
  private asking = new AbortController();

  constructor(place: Place) {
    const states = h('ul', { class: 'state-list' }, ...STATES.map((state) =>
      h('li', {}, h('a', { href: link_to('explain', {}, state) }, state_badge(state)))),
      h('li', {}, h('a', { href: link_to('explain', {}, 'rules') }, t('explain.all_rules'))));
    this.element.append(h('nav', { 'aria-label': t('explain.states') }, states), this.problem, this.content);
    this.go(place);
  }

  go(place: Place): void {
    void this.load(place.argument || 'ESTABLISHED');
  }

  close(): void {
    this.asking.abort();
  }

  private async load(topic: string): Promise<void> {
    this.asking.abort();
    this.asking = new AbortController();
    try {
      const answer = await ask<ExplainState | ExplainRule | ExplainRules>(`explain/${encodeURIComponent(topic)}`, {}, this.asking.signal);
      set_text(this.problem, '');
      this.content.replaceChildren(...about(answer));
    } catch (error) {
      if (!is_abort(error)) set_text(this.problem, error instanceof ApiError ? error.message : t('problem.no_answer'));
    }
  }
}

function about(answer: ExplainState | ExplainRule | ExplainRules): HTMLElement[] {
  if ('state' in answer) return about_state(answer);
  return 'rule' in answer ? about_rule(answer) : about_rules(answer);
}

function about_rules({ rules }: ExplainRules): HTMLElement[] {
  return [h('h2', {}, t('explain.all_rules')),
    h('ul', {}, ...rules.map(({ rule, title }) => h('li', {}, h('a', { href: link_to('explain', {}, rule) }, title), ' ', h('code', { class: 'quiet' }, rule))))];
}

function about_rule(rule: ExplainRule): HTMLElement[] {
  // The page has its own heading.
  if (rule.page_markdown) return [h('p', { class: 'claim' }, rule.title), ...markdown(rule.page_markdown)];
  return [h('h2', {}, rule.rule), h('p', {}, rule.title)];
}

function about_state(state: ExplainState): HTMLElement[] {
  const list = (heading: string, texts: string[]): HTMLElement[] =>
    texts.length ? [h('h3', {}, heading), h('ul', {}, ...texts.map((text) => h('li', {}, text)))] : [];
  return [
    h('h2', {}, `${state.state} `, h('span', { class: 'quiet' }, state.netstat_name)),
    h('p', {}, h('b', {}, state.meaning)), h('p', {}, state.details),
    h('p', {}, h('a', { href: link_to_filter(filter_of(state.state)) }, t('finding.show_connections'))),
    h('h3', {}, t('explain.normal')), h('p', {}, state.normal),
    h('h3', {}, t('explain.worry')), h('p', {}, state.worry),
    ...list(t('explain.causes'), state.causes),
    ...ways(t('explain.ways_in'), state.ways_in, 'from'), ...ways(t('explain.ways_out'), state.ways_out, 'to'),
    ...options(state),
    ...(state.rules.length ? [h('h3', {}, t('explain.rules')),
      h('ul', {}, ...state.rules.map((rule) => h('li', {}, h('a', { href: link_to('explain', {}, rule) }, rule))))] : []),
  ];
}

function ways(heading: string, transitions: Transition[], end: 'from' | 'to'): HTMLElement[] {
  if (transitions.length === 0) return [];
  return [h('h3', {}, heading), h('div', { class: 'scroll-x' }, h('table', { class: 'plain' }, h('tbody', {}, ...transitions.map((one) =>
    h('tr', {}, h('td', {}, state_badge(one[end])),
      h('td', {}, one.cause, one.sends && ` / ${one.sends}`, one.note && h('div', { class: 'quiet' }, one.note)),
      h('td', { class: 'quiet' }, one.source, !one.in_linux && ` (${t('explain.not_in_linux')})`, !one.in_rfc && ` (${t('explain.only_in_linux')})`))))))];
}

function options(state: ExplainState): HTMLElement[] {
  if (state.options.length === 0) return [];
  return [h('h3', {}, t('explain.options')), h('table', { class: 'plain' }, h('tbody', {}, ...state.options.map((option) =>
    h('tr', {}, h('td', {}, h('code', {}, option.name)),
      h('td', { class: 'number' }, option.value ?? t('explain.not_in_kernel')), h('td', {}, option.effect)))))];
}
