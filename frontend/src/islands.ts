/** Islands are custom elements: they start when swapped in, stop when taken out, and load their code on first use. */
export type Stop = () => void;
export interface Island {
  mount(element: HTMLElement): Promise<Stop>;
}

/** Registers each tag; `data-ready` tells tests and styles that an island stands, `data-failed` that it could not. */
export function defineIslands(islands: Record<string, () => Promise<Island>>): void {
  for (const [tag, load] of Object.entries(islands)) {
    customElements.define(tag, islandElement(load));
  }
}

/** An island begins when it has a place to stand: hidden ones wait until they are shown. */
function shown(element: HTMLElement): Promise<void> {
  if (element.clientWidth > 0) return Promise.resolve();
  return new Promise(resolve => {
    const observer = new ResizeObserver(() => {
      if (element.clientWidth === 0) return;
      observer.disconnect();
      resolve();
    });
    observer.observe(element);
  });
}

function islandElement(load: () => Promise<Island>): CustomElementConstructor {
  return class extends HTMLElement {
    #stop: Stop | undefined;

    async connectedCallback(): Promise<void> {
      try {
        await shown(this);
        const island = await load();
        if (!this.isConnected) return;
        const stop = await island.mount(this);
        if (this.isConnected) this.#stop = stop;
        else stop();
        this.dataset['ready'] = '1';
      } catch (error) {
        console.error(error);
        this.dataset['failed'] = '1';
        const words = document.createElement('p');
        words.className = 'island-failed';
        words.textContent = this.getAttribute('failed') ?? '';
        this.replaceChildren(words);
      }
    }

    disconnectedCallback(): void {
      this.#stop?.();
      this.#stop = undefined;
    }
  };
}
