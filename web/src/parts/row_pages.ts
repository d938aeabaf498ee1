// The rows of one listing, fetched a page at a time as they are scrolled to. All pages are of one
// snapshot, so that rows do not move between them.

import { ApiError, ask, is_abort } from '../api';
import type { Connections, Row } from '../api_types';
import type { Source } from './virtual_table';

const PAGE = 200;
const MOST_AT_ONCE = 2;
export const COLUMNS = 'state,age,opener,recv-q,send-q,local,remote,owner,unit,total-retrans';

// `at` is a moment in the past, and absent for now.
export interface Listing { filter: string; sort: string; at?: number | undefined }

export class RowPages implements Source<Row> {
  total = 0;
  listed = 0;
  table_changed = false;
  private pages = new Map<number, Row[]>();
  // Of the listing before, shown until the same page of the new one is here.
  private old_pages = new Map<number, Row[]>();
  private asked = new Set<number>();
  private wanted: [number, number] = [0, 0];
  private snapshot = '';
  private listing: Listing = { filter: '', sort: '' };
  private generation = new AbortController();

  constructor(private readonly on: { change: () => void; problem: (problem: Error | null) => void }) {}

  at(index: number): Row | undefined {
    const page = Math.floor(index / PAGE);
    return (this.pages.get(page) ?? this.old_pages.get(page))?.[index % PAGE];
  }

  want(first: number, last: number): void {
    this.wanted = [first, last];
    this.fetch_wanted();
  }

  // Only what is in sight now, and little at a time: whoever drags the scroll bar over 100,000 rows
  // does not want the pages in between, and the last one must not wait for them.
  private fetch_wanted(): void {
    if (!this.snapshot) return;
    const [first, last] = this.wanted;
    for (let page = Math.floor(first / PAGE); page * PAGE < last && this.asked.size < MOST_AT_ONCE; ++page) {
      if (!this.pages.has(page) && !this.asked.has(page)) void this.fetch_page(page);
    }
  }

  // A new listing of the host. The old rows stay until the page that is looked at has come.
  async list(listing: Listing, first_visible: number): Promise<void> {
    this.generation.abort();
    this.generation = new AbortController();
    const again = listing.filter === this.listing.filter && listing.sort === this.listing.sort && listing.at === this.listing.at;
    this.listing = listing;
    const page = Math.floor(first_visible / PAGE);
    try {
      const answer = await this.ask_page(page, '');
      this.old_pages = again ? this.pages : new Map();
      this.pages = new Map([[page, answer.connections]]);
      this.asked = new Set();
      this.take(answer);
      this.on.problem(null);
      this.on.change();
    } catch (error) {
      if (!is_abort(error)) this.on.problem(error as Error);
    }
  }

  close(): void {
    this.generation.abort();
  }

  private take(answer: Connections): void {
    this.snapshot = answer.snapshot;
    this.total = answer.total;
    this.listed = answer.listed;
    this.table_changed = answer.table_changed;
  }

  private ask_page(page: number, snapshot: string): Promise<Connections> {
    return ask<Connections>('connections', {
      filter: this.listing.filter, sort: this.listing.sort, at: this.listing.at, columns: COLUMNS,
      offset: page * PAGE, limit: PAGE, snapshot,
    }, this.generation.signal);
  }

  private async fetch_page(page: number): Promise<void> {
    const { asked, pages } = this;
    asked.add(page);
    try {
      const answer = await this.ask_page(page, this.snapshot);
      if (pages !== this.pages) return;
      asked.delete(page);
      pages.set(page, answer.connections);
      this.on.change();
      this.fetch_wanted();
    } catch (error) {
      asked.delete(page);
      if (is_abort(error)) return;
      if (error instanceof ApiError && error.status === 410) {
        await this.list(this.listing, page * PAGE);
      } else {
        this.on.problem(error as Error);
      }
    }
  }
}
