// Elements by hand. Text always becomes a text node, so that a process with a clever name stays text.

export type Child = Node | string | number | null | undefined | false;
export type Attributes = Record<string, string | number | boolean | null | undefined | EventListener>;

const SVG = 'http://www.w3.org/2000/svg';

function furnish(element: Element, attributes: Attributes, children: Child[]): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') {
      element.addEventListener(name.replace(/^on/, ''), value);
    } else {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
  element.append(...children.filter(isShown).map((child) => (child instanceof Node ? child : String(child))));
}

function isShown(child: Child): child is Node | string | number {
  return child !== null && child !== undefined && child !== false;
}

export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag, attributes: Attributes = {}, ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  furnish(element, attributes, children);
  return element;
}

export function s<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag, attributes: Attributes = {}, ...children: Child[]
): SVGElementTagNameMap[Tag] {
  const element = document.createElementNS(SVG, tag);
  furnish(element, attributes, children);
  return element;
}

// Writes only what differs: a screen reader, a selection and a hover survive an update that changes
// nothing.
export function set_text(node: Node, text: string): boolean {
  if (node.textContent === text) return false;
  node.textContent = text;
  return true;
}

export function set_attribute(element: Element, name: string, value: string | null): void {
  if (value === null) {
    element.removeAttribute(name);
  } else if (element.getAttribute(name) !== value) {
    element.setAttribute(name, value);
  }
}

// Children by key: kept, moved or made, and made again only when `version` differs.
export function reconcile<Item>(
  parent: Element, items: Item[],
  rule: { key: (item: Item) => string; version: (item: Item) => string; make: (item: Item, old: Element | null) => Element },
): void {
  const present = new Map<string, Element>();
  for (const child of parent.children) {
    present.set((child as HTMLElement).dataset['key'] ?? '', child);
  }
  items.forEach((item, index) => {
    const key = rule.key(item);
    const version = rule.version(item);
    let element = present.get(key);
    present.delete(key);
    if (!element || (element as HTMLElement).dataset['version'] !== version) {
      const made = rule.make(item, element ?? null);
      (made as HTMLElement).dataset['key'] = key;
      (made as HTMLElement).dataset['version'] = version;
      element?.replaceWith(made);
      element = made;
    }
    if (parent.children[index] !== element) {
      parent.insertBefore(element, parent.children[index] ?? null);
    }
  });
  for (const gone of present.values()) gone.remove();
}

export function is_narrow(): boolean {
  return window.matchMedia('(max-width: 640px)').matches;
}
