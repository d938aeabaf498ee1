// Light, dark, or as the system has it. page.css draws all colours with light-dark(), so that
// color-scheme alone decides.

import { recall, remember } from './i18n';

export type Theme = 'system' | 'light' | 'dark';
const STORED_AS = 'tcpdx.theme';
const listeners = new Set<() => void>();

export function theme(): Theme {
  const stored = recall(STORED_AS);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

export function set_theme(wanted: Theme): void {
  remember(STORED_AS, wanted === 'system' ? null : wanted);
  apply_theme(wanted);
  for (const listener of listeners) listener();
}

export function apply_theme(wanted: Theme = theme()): void {
  if (wanted === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = wanted;
}

// For what does not draw with CSS: canvases.
export function on_theme_change(listener: () => void): () => void {
  const system = window.matchMedia('(prefers-color-scheme: dark)');
  listeners.add(listener);
  system.addEventListener('change', listener);
  return () => {
    listeners.delete(listener);
    system.removeEventListener('change', listener);
  };
}

// A canvas needs the colour that light-dark() comes out as, and only a painted property tells it.
export function colour_of(name: string): string {
  const probe = document.createElement('span');
  probe.className = 'colour-probe';
  probe.style.setProperty('color', `var(${name})`);
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}
