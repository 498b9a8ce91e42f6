type Child = Node | string | undefined | false;

/** Properties of an element, `aria-…` and `data-…` attributes, and listeners as `onclick` and so on. */
type Properties = Readonly<Record<string, string | number | boolean | undefined | (() => void)>>;

/**
 * Makes an element. Texts become text nodes, so whatever stands in them stays text. `class`, `role`, `for` and names with a
 * dash are attributes, all else are properties: a property shows in no attribute that could be read out of the document.
 */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    if (name === 'class' || name === 'role' || name === 'for' || name.includes('-'))
      made.setAttribute(name, `${value as string}`);
    else Object.assign(made, { [name]: value });
  }
  made.append(...present(children));
  return made;
}

/** Puts other children into an element. */
export function fill(parent: Element, ...children: readonly Child[]): void {
  parent.replaceChildren(...present(children));
}

/** Sets a text, where it is another: a live region speaks whenever it is touched. */
export function say(place: Element, text: string): void {
  if (place.textContent !== text) place.textContent = text;
}

/** The element of the document that has an id. */
export function byId(id: string): HTMLElement {
  return document.getElementById(id)!;
}

let ids = 0;

/** An id that no other element has, to tie a label to its field. */
export function freshId(): string {
  return `e${++ids}`;
}

function present(children: readonly Child[]): (Node | string)[] {
  return children.filter((child): child is Node | string => child !== undefined && child !== false);
}
