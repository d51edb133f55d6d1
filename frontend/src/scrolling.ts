/** What scrolls sideways can be reached by key: tables and bars wider than their place become stops of the Tab key. */
export function reachScrolling(root: Document): void {
  const all = (): void => {
    for (const element of root.querySelectorAll<HTMLElement>('.scroll, .stages, .tabs')) {
      const scrolls = element.scrollWidth > element.clientWidth;
      if (scrolls && !element.hasAttribute('tabindex')) element.tabIndex = 0;
    }
  };
  root.addEventListener('htmx:after:swap', all);
  window.addEventListener('resize', all);
  all();
}
