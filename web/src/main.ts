// The page: header, first line, navigation, and the view that the address names.

import { type Liveness, login_address, NowStream } from './api';
import type { Now } from './api_types';
import { h, set_attribute } from './dom';
import { type Key, language, set_language, t } from './i18n';
import { open_help } from './parts/help';
import { Summary } from './parts/summary';
import { go_to, here, link_to, type Place } from './router';
import { apply_theme, set_theme, type Theme, theme } from './theme';
import { ConnectionView } from './views/connection';
import { ConnectionsView } from './views/connections';
import { ExplainView } from './views/explain';
import { MapView } from './views/map';
import { NowView } from './views/now';
import { TimeView } from './views/time';
import type { View } from './views/view';

const VIEWS: Record<string, new (place: Place) => View> = {
  now: NowView, connections: ConnectionsView, connection: ConnectionView, time: TimeView, map: MapView, explain: ExplainView,
};
const TABS: [string, Key][] = [
  ['now', 'view.now'], ['connections', 'view.connections'], ['time', 'view.time'], ['map', 'view.map'], ['explain', 'view.explain'],
];
const THEMES: Theme[] = ['system', 'light', 'dark'];

class Page {
  private summary!: Summary;
  private main!: HTMLElement;
  private tabs!: HTMLElement;
  private view: View | null = null;
  private view_name = '';
  private now: Now | null = null;
  private liveness: Liveness = 'connecting';
  private readonly stream = new NowStream((now) => this.show(now), (liveness) => {
    this.liveness = liveness;
    this.summary.show_liveness(liveness);
  });

  start(): void {
    apply_theme();
    document.documentElement.lang = language();
    this.build();
    this.stream.start();
    window.addEventListener('hashchange', () => this.go(true));
    document.addEventListener('keydown', (event) => this.on_key(event));
  }

  private build(): void {
    this.view?.close?.();
    this.view = null;
    this.summary = new Summary();
    this.main = h('main', { id: 'main', tabindex: -1 });
    this.tabs = h('nav', { class: 'tabs', 'aria-label': t('nav.label') }, h('ul', {}, ...TABS.map(([name, key], index) =>
      h('li', {}, h('a', { href: link_to(name), 'data-view': name, 'aria-keyshortcuts': String(index + 1) }, t(key))))));
    document.body.replaceChildren(
      this.skip_link(),
      h('header', { class: 'top' }, h('h1', {}, h('a', { href: '#/now' }, 'tcpdx')), this.tabs, this.tools()),
      this.summary.element, this.main);
    this.summary.show_liveness(this.liveness);
    if (this.now) this.summary.show(this.now);
    this.go(false);
  }

  // An address like #main would be taken for a view.
  private skip_link(): HTMLElement {
    const link = h('a', { class: 'skip', href: '#main' }, t('skip'));
    link.addEventListener('click', (event) => {
      event.preventDefault();
      this.main.focus();
    });
    return link;
  }

  private tools(): HTMLElement {
    const languages = h('select', { 'aria-label': t('tool.language'), id: 'language' },
      h('option', { value: 'en', lang: 'en' }, 'English'), h('option', { value: 'ko', lang: 'ko' }, '한국어'));
    languages.value = language();
    languages.addEventListener('change', () => this.choose_language(languages.value === 'ko' ? 'ko' : 'en'));
    const themes = h('select', { 'aria-label': t('tool.theme'), id: 'theme' },
      ...THEMES.map((name) => h('option', { value: name }, t(`theme.${name}`))));
    themes.value = theme();
    themes.addEventListener('change', () => set_theme(themes.value as Theme));
    const help = h('button', { type: 'button', 'aria-label': t('help.title'), 'aria-keyshortcuts': '?' }, '?');
    help.addEventListener('click', () => open_help());
    const tools = h('div', { class: 'tools' }, languages, themes, help);
    void offer_logout(tools);
    return tools;
  }

  private choose_language(wanted: 'en' | 'ko'): void {
    set_language(wanted);
    this.build();
    this.stream.start();
    document.getElementById('language')?.focus();
  }

  private go(by_reader: boolean): void {
    const place = here();
    const name = place.view in VIEWS ? place.view : 'now';
    if (this.view && name === this.view_name) {
      this.view.go(place);
    } else {
      this.view?.close?.();
      this.view = new VIEWS[name]!(place);
      this.view_name = name;
      this.main.replaceChildren(this.view.element);
      this.main.dataset['view'] = name;
      window.scrollTo(0, 0);
      // So that a screen reader goes on where the new content begins.
      if (by_reader) this.main.focus({ preventScroll: true });
    }
    document.title = `${this.view.title} · ${this.now?.host.name ?? ''} · tcpdx`.replace('·  ·', '·');
    for (const link of this.tabs.querySelectorAll('a')) {
      const belongs = link.dataset['view'] === (name === 'connection' ? 'connections' : name);
      set_attribute(link, 'aria-current', belongs ? 'page' : null);
    }
    if (this.now) this.view.show?.(this.now);
  }

  private show(now: Now): void {
    if (this.now === null) document.title = `${this.view?.title ?? ''} · ${now.host.name} · tcpdx`;
    this.now = now;
    this.summary.show(now);
    this.view?.show?.(now);
  }

  private on_key(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
    if (target.matches('input, select, textarea')) {
      if (event.key === 'Escape') target.blur();
      return;
    }
    const tab = TABS[Number(event.key) - 1];
    if (tab) {
      go_to(link_to(tab[0]));
    } else if (event.key === '/') {
      event.preventDefault();
      const filter = document.getElementById('filter');
      if (filter) filter.focus();
      else go_to(link_to('connections'));
    } else if (event.key === '?') {
      open_help();
    } else if (event.key === 'Escape' && this.view_name === 'connection') {
      window.history.back();
    }
  }
}

// The session's cookie is not for scripts to see; but where no token is needed, /login leads away.
async function offer_logout(tools: HTMLElement): Promise<void> {
  const login = await fetch('/login', { redirect: 'manual' }).catch(() => null);
  if (!login?.ok) return;
  const form = h('form', { method: 'post' }, h('button', {}, t('tool.logout')));
  form.addEventListener('submit', () => form.setAttribute('action', login_address('/logout')));
  tools.append(form);
}

new Page().start();
