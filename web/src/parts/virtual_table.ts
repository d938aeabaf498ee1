// A grid of any number of rows of which only the visible ones exist. Keyboard and aria-rowcount as
// in the ARIA practices for grids: one row is current, the arrow keys move it.

import { h, set_attribute } from '../dom';

export interface Column<Item> {
  name: string;                    // as tcpdx list names it; what is sorted by
  header: string;
  class?: string;
  cell: (item: Item) => Node | string;
}

export interface Source<Item> {
  total: number;
  at(index: number): Item | undefined;   // undefined: not here yet
  want(first: number, last: number): void;
}

const OVERSCAN = 8;

export class VirtualTable<Item> {
  readonly element: HTMLElement;
  private readonly header = h('div', { class: 'vt-header', role: 'row', 'aria-rowindex': 1 });
  private readonly body = h('div', { class: 'vt-body', role: 'rowgroup' });
  private readonly scroller: HTMLElement;
  private readonly rows = new Map<number, HTMLElement>();
  private row_height = 24;
  private current = 0;
  private frame = 0;
  private wanted: number | null = null;

  constructor(
    label: string,
    private readonly source: Source<Item>,
    private columns: Column<Item>[],
    private readonly on: { sort: (column: string) => void; open: (item: Item) => void },
  ) {
    this.scroller = h('div', { class: 'vt-scroller', role: 'grid', tabindex: 0, 'aria-label': label, 'aria-readonly': 'true' },
      h('div', { class: 'vt-head', role: 'rowgroup' }, this.header), this.body);
    this.element = h('div', { class: 'vt' }, this.scroller);
    this.scroller.addEventListener('scroll', () => this.schedule());
    this.scroller.addEventListener('keydown', (event) => this.on_key(event));
    this.body.addEventListener('click', (event) => this.on_click(event));
    new ResizeObserver(() => this.schedule()).observe(this.scroller);
  }

  show_columns(columns: Column<Item>[], row_height: number): void {
    this.columns = columns;
    this.row_height = row_height;
    this.rows.forEach((row) => row.remove());
    this.rows.clear();
    this.element.style.setProperty('--row-height', `${row_height}px`);
    this.refresh();
  }

  show_order(order: string): void {
    const descending = order.startsWith('-');
    const name = order.replace(/^-/, '');
    this.header.replaceChildren(...this.columns.map((column) => {
      const sorted = column.name === name ? (descending ? 'descending' : 'ascending') : 'none';
      const button = h('button', { type: 'button', tabindex: -1 }, column.header,
        h('span', { 'aria-hidden': 'true' }, sorted === 'none' ? '' : descending ? ' ▼' : ' ▲'));
      button.addEventListener('click', () => this.on.sort(column.name));
      return h('div', { role: 'columnheader', class: `vt-cell ${column.class ?? ''}`, 'aria-sort': sorted }, button);
    }));
  }

  // Data has changed: all visible rows are drawn anew.
  refresh(): void {
    const wanted = this.wanted;
    this.wanted = null;
    set_attribute(this.scroller, 'aria-rowcount', String(this.source.total + 1));
    this.body.style.setProperty('height', `${this.source.total * this.row_height}px`);
    if (wanted === null || this.source.total > 0) this.current = Math.min(wanted ?? this.current, Math.max(0, this.source.total - 1));
    else this.wanted = wanted;
    this.draw(true);
    if (wanted !== null && wanted > 0) this.move_to(this.current);
  }

  first_visible(): number {
    return Math.min(Math.floor(this.scroller.scrollTop / this.row_height), Math.max(0, this.source.total - 1));
  }

  current_row(): number {
    return this.current;
  }

  // May be a row that is not here yet: it is scrolled to when the listing has come.
  go_to_row(row: number): void {
    this.current = row;
    this.scroller.scrollTop = 0;
    this.wanted = row;
  }

  private schedule(): void {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw(false);
    });
  }

  private visible(): [number, number] {
    const top = this.scroller.scrollTop;
    const height = this.scroller.clientHeight || 400;
    const first = Math.max(0, Math.floor(top / this.row_height) - OVERSCAN);
    return [first, Math.min(this.source.total, Math.ceil((top + height) / this.row_height) + OVERSCAN)];
  }

  private draw(anew: boolean): void {
    const [first, last] = this.visible();
    for (const [index, row] of this.rows) {
      if (index < first || index >= last) {
        row.remove();
        this.rows.delete(index);
      }
    }
    this.source.want(first, last);
    for (let index = first; index < last; ++index) {
      const item = this.source.at(index);
      let row = this.rows.get(index);
      if (row && (anew || (row.dataset['waits'] === 'true' && item !== undefined))) {
        this.fill(row, item);
      } else if (!row) {
        row = this.make_row(index, item);
      }
      row.classList.toggle('current', index === this.current);
    }
    const current = this.rows.get(this.current);
    set_attribute(this.scroller, 'aria-activedescendant', current ? current.id : null);
  }

  private make_row(index: number, item: Item | undefined): HTMLElement {
    const row = h('div', { role: 'row', class: `vt-row${index % 2 ? ' odd' : ''}`, id: `row-${index}`, 'aria-rowindex': index + 2 });
    row.dataset['index'] = String(index);
    row.style.setProperty('transform', `translateY(${index * this.row_height}px)`);
    this.fill(row, item);
    this.rows.set(index, row);
    // In the order of the listing, for who reads the document and not the picture.
    const after = [...this.rows.keys()].filter((other) => other > index).sort((a, b) => a - b)[0];
    this.body.insertBefore(row, after === undefined ? null : this.rows.get(after)!);
    return row;
  }

  private fill(row: HTMLElement, item: Item | undefined): void {
    row.dataset['waits'] = String(item === undefined);
    row.replaceChildren(...this.columns.map((column) => {
      const content = item === undefined ? '…' : column.cell(item);
      const cell = h('div', { role: 'gridcell', class: `vt-cell ${column.class ?? ''}` }, content);
      if (typeof content === 'string' && content.length > 12) cell.title = content;
      return cell;
    }));
  }

  private on_click(event: Event): void {
    const row = (event.target as Element).closest<HTMLElement>('.vt-row');
    if (!row || window.getSelection()?.toString()) return;
    this.current = Number(row.dataset['index']);
    this.draw(false);
    this.open_current();
  }

  private open_current(): void {
    const item = this.source.at(this.current);
    if (item !== undefined) this.on.open(item);
  }

  private on_key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / this.row_height) - 2);
    const moves: Record<string, number> = {
      ArrowDown: this.current + 1, ArrowUp: this.current - 1, PageDown: this.current + page,
      PageUp: this.current - page, Home: 0, End: this.source.total - 1,
    };
    const target = moves[event.key];
    if (target !== undefined) {
      event.preventDefault();
      this.move_to(Math.max(0, Math.min(this.source.total - 1, target)));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      this.open_current();
    }
  }

  private move_to(index: number): void {
    this.current = index;
    const top = index * this.row_height;
    const header = this.header.offsetHeight;
    const height = this.scroller.clientHeight - header;
    if (top < this.scroller.scrollTop) {
      this.scroller.scrollTop = top;
    } else if (top + this.row_height > this.scroller.scrollTop + height) {
      this.scroller.scrollTop = top + this.row_height - height;
    }
    this.draw(false);
  }
}
