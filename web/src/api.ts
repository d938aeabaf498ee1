// Asking the server this page came from, and nobody else.

import type { ApiProblem, Now } from './api_types';
import { language } from './i18n';
import { theme } from './theme';

export class ApiError extends Error {
  constructor(readonly status: number, readonly problem: ApiProblem) {
    super(problem.message);
  }
}

export type Query = Record<string, string | number | undefined>;

export function address_of(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...query, lang: query['lang'] ?? language() })) {
    if (value !== undefined && value !== '') parameters.set(name, String(value));
  }
  return `/api/v1/${path}?${parameters}`;
}

export async function ask<Answer>(path: string, query: Query = {}, signal?: AbortSignal): Promise<Answer> {
  const response = await fetch(address_of(path, query), signal ? { signal } : {});
  if (response.status === 401) {
    window.location.assign(login_address());
  }
  if (!response.ok) {
    throw new ApiError(response.status, await problem_of(response));
  }
  return (await response.json()) as Answer;
}

// In the language and the colours that were chosen here.
export function login_address(path = '/login'): string {
  const chosen = theme();
  return `${path}?lang=${language()}${chosen === 'system' ? '' : `&theme=${chosen}`}`;
}

async function problem_of(response: Response): Promise<ApiProblem> {
  try {
    return (await response.json()) as ApiProblem;
  } catch {
    return { error: 'failed', message: `${response.status} ${response.statusText}` };
  }
}

// A stale answer must not overwrite a newer one, and neither must an error about it.
export function is_abort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

export type Liveness = 'connecting' | 'live' | 'silent';

// /events once a second. The browser connects again by itself while the server restarts; only an
// answer that is no event stream (503, 401) ends it for good, and then we try again.
export class NowStream {
  private source: EventSource | null = null;
  private silence = 0;
  private retry = 0;

  constructor(
    private readonly on_now: (now: Now) => void,
    private readonly on_liveness: (liveness: Liveness) => void,
  ) {}

  start(): void {
    this.stop();
    this.on_liveness('connecting');
    this.expect_news();
    const source = new EventSource(address_of('events'));
    this.source = source;
    source.addEventListener('now', (event) => {
      this.on_liveness('live');
      this.expect_news();
      this.on_now(JSON.parse((event as MessageEvent<string>).data) as Now);
    });
    source.addEventListener('error', () => {
      if (source.readyState !== EventSource.CLOSED) return;
      this.on_liveness('silent');
      this.retry = window.setTimeout(() => void this.start_again(), 5000);
    });
  }

  stop(): void {
    this.source?.close();
    this.source = null;
    window.clearTimeout(this.silence);
    window.clearTimeout(this.retry);
  }

  private expect_news(): void {
    window.clearTimeout(this.silence);
    this.silence = window.setTimeout(() => this.on_liveness('silent'), 5000);
  }

  private async start_again(): Promise<void> {
    // Leads to the login page where the session is over.
    await ask<Now>('now').then(this.on_now).catch(() => undefined);
    this.start();
  }
}
