// The small part of Markdown that docs/rules/ is written in: headings, paragraphs, lists, tables,
// code, links between rules. Everything becomes elements and text nodes; HTML stays text.

import { h } from '../dom';
import { link_to } from '../router';

export function markdown(text: string): HTMLElement[] {
  const blocks: HTMLElement[] = [];
  const lines = text.split('\n');
  let at = 0;
  while (at < lines.length) {
    const line = lines[at]!;
    const heading = /^(#{1,4}) (.*)/.exec(line);
    if (line.trim() === '') {
      ++at;
    } else if (heading) {
      const tag = (['h2', 'h3', 'h4', 'h4'] as const)[heading[1]!.length - 1]!;
      blocks.push(h(tag, {}, ...inline(heading[2]!)));
      ++at;
    } else if (line.startsWith('```')) {
      const end = find(lines, at + 1, (one) => one.startsWith('```'));
      blocks.push(h('pre', {}, h('code', {}, lines.slice(at + 1, end).join('\n'))));
      at = end + 1;
    } else if (/^ {4}/.test(line)) {
      const end = find(lines, at, (one) => !/^ {4}/.test(one));
      blocks.push(h('pre', {}, h('code', {}, lines.slice(at, end).map((one) => one.slice(4)).join('\n'))));
      at = end;
    } else if (line.startsWith('|')) {
      const end = find(lines, at, (one) => !one.startsWith('|'));
      blocks.push(table(lines.slice(at, end)));
      at = end;
    } else if (ITEM.test(line)) {
      const end = find(lines, at, (one) => !ITEM.test(one) && !/^ +\S/.test(one));
      blocks.push(list(lines.slice(at, end)));
      at = end;
    } else {
      const end = find(lines, at + 1, (one) => one.trim() === '' || /^(#|\||```)/.test(one) || ITEM.test(one));
      blocks.push(h('p', {}, ...inline(lines.slice(at, end).join(' '))));
      at = end;
    }
  }
  return blocks;
}

const ITEM = /^ *([-*]|\d+\.) /;

function find(lines: string[], from: number, matches: (line: string) => boolean): number {
  for (let at = from; at < lines.length; ++at) {
    if (matches(lines[at]!)) return at;
  }
  return lines.length;
}

function list(lines: string[]): HTMLElement {
  const items: string[] = [];
  for (const line of lines) {
    if (ITEM.test(line)) items.push(line.replace(ITEM, ''));
    else items[items.length - 1] += ` ${line.trim()}`;
  }
  return h(/^ *\d/.test(lines[0]!) ? 'ol' : 'ul', {}, ...items.map((item) => h('li', {}, ...inline(item))));
}

function table(lines: string[]): HTMLElement {
  const rows = lines.filter((line) => !/^\|[\s:|-]+$/.test(line))
    .map((line) => line.replace(/^\||\|\s*$/g, '').split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/\\\|/g, '|')));
  const [head = [], ...body] = rows;
  return h('div', { class: 'scroll-x' }, h('table', { class: 'plain' },
    h('thead', {}, h('tr', {}, ...head.map((cell) => h('th', { scope: 'col' }, ...inline(cell))))),
    h('tbody', {}, ...body.map((row) => h('tr', {}, ...row.map((cell) => h('td', {}, ...inline(cell))))))));
}

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\(([^)]+)\)/g;

function inline(text: string): (Node | string)[] {
  const parts: (Node | string)[] = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    parts.push(text.slice(from, match.index));
    const [whole, code, bold, label, target] = match;
    if (code !== undefined) parts.push(h('code', {}, code));
    else if (bold !== undefined) parts.push(h('b', {}, bold));
    else parts.push(link(label!, target!));
    from = match.index + whole.length;
  }
  parts.push(text.slice(from));
  return parts;
}

// Pages of rules refer to each other by file name; everything else would lead off this host.
function link(label: string, target: string): Node | string {
  const rule = /^([\w-]+)\.md$/.exec(target)?.[1];
  return rule ? h('a', { href: link_to('explain', {}, rule) }, label) : label;
}
