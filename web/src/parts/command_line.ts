// A command to run by hand, with a button that copies it.

import { h, set_text } from '../dom';
import { t } from '../i18n';

export function command_line(command: string): HTMLElement {
  const button = h('button', { type: 'button', class: 'copy', 'aria-label': t('copy.label', command) }, t('copy'));
  const code = h('code', {}, command);
  button.addEventListener('click', () => {
    void copy(command, code).then((done) => {
      set_text(button, done ? t('copied') : t('copy'));
      window.setTimeout(() => set_text(button, t('copy')), 1500);
    });
  });
  return h('div', { class: 'command' }, code, button);
}

// Without TLS on another address than loopback the browser has no clipboard for us: the command is
// selected then, so that Ctrl-C copies it.
async function copy(command: string, code: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(command);
    return true;
  } catch {
    window.getSelection()?.selectAllChildren(code);
    return false;
  }
}
