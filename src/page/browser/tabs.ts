import { byId } from './dom.js';

/** Tabs as the ARIA practices have them: arrows move between them, Tab leaves them. */
export class Tabs {
  constructor(private readonly names: readonly string[]) {
    for (const [index, name] of names.entries()) {
      const tab = byId(`tab-${name}`);
      tab.addEventListener('click', () => this.select(name));
      tab.addEventListener('keydown', ({ key }) => {
        const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
        if (step === undefined) return;
        const next = names.at((index + step) % names.length)!;
        this.select(next);
        byId(`tab-${next}`).focus();
      });
    }
  }

  /** Shows a view. */
  select(name: string): void {
    for (const one of this.names) {
      const tab = byId(`tab-${one}`);
      tab.setAttribute('aria-selected', String(one === name));
      tab.tabIndex = one === name ? 0 : -1;
      byId(one).hidden = one !== name;
    }
    scrollTo(0, 0);
  }
}
