// The address of what is looked at: #/connections?filter=state+close-wait. So every view can be
// reloaded, bookmarked and sent to a colleague.

export interface Place {
  view: string;
  argument: string;
  query: URLSearchParams;
}

export function place_of(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  const [view = '', argument = ''] = path.split(/\/(.*)/s);
  return { view: view || 'now', argument: safely_decoded(argument), query: new URLSearchParams(query) };
}

function safely_decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function here(): Place {
  return place_of(window.location.hash);
}

export function link_to(view: string, query: Record<string, string | number | undefined> = {}, argument = ''): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return `#/${view}${argument ? `/${encodeURIComponent(argument)}` : ''}${text ? `?${text}` : ''}`;
}

export function link_to_filter(filter: string): string {
  return link_to('connections', { filter });
}

// Changes the address without a new entry in the browser's history: typing in a filter is not a
// journey.
export function replace_place(link: string): void {
  if (link !== window.location.hash) window.history.replaceState(null, '', link);
}

export function go_to(link: string): void {
  window.location.hash = link;
}
