// The keys of the page and the language of its filters.

import { h } from '../dom';
import { type Key, t } from '../i18n';

const KEYS: [string, Key][] = [
  ['1 – 5', 'help.views'], ['/', 'help.filter'], ['↑ ↓ PgUp PgDn Home End', 'help.rows'], ['Enter', 'help.open'],
  ['Esc', 'help.back'], ['← →', 'help.cursor'], ['Enter', 'help.moment'], ['?', 'help.this'],
];

const FILTERS: [string, Key][] = [
  ['state close-wait', 'help.f_state'], ['dport = :443', 'help.f_dport'], ['sport = :8080 and recv-q > 0', 'help.f_sport'],
  ['dst 10.0.0.0/8', 'help.f_dst'], ['age > 5m', 'help.f_age'], ['process nginx', 'help.f_process'],
  ['opener active', 'help.f_opener'], ['owner never-accepted', 'help.f_owner'], ['not loopback', 'help.f_not'],
];

export function open_help(): void {
  const close = h('button', { type: 'button', autofocus: true }, t('help.close'));
  const dialog = h('dialog', { class: 'help', 'aria-labelledby': 'help-title' },
    h('h2', { id: 'help-title' }, t('help.title')), h('h3', {}, t('help.keys')), list(KEYS, 'kbd'),
    h('h3', {}, t('help.filters')), h('p', { class: 'quiet' }, t('help.filters_text')), list(FILTERS, 'code'), close);
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

function list(entries: [string, Key][], tag: 'kbd' | 'code'): HTMLElement {
  return h('dl', { class: 'facts' }, ...entries.map(([name, key]) => h('div', {}, h('dt', {}, h(tag, {}, name)), h('dd', {}, t(key)))));
}
