/** One key a verb: `data-key` names it; J and K walk a `data-list`. No key acts while somebody types. */

/** The letter on the key cap, also while a Chinese input method holds the key back. */
function letter(event: KeyboardEvent): string {
  const composed = event.key === 'Process' || event.key.length === 1 && event.key > '~';
  if (composed && event.code.startsWith('Key')) return event.code.slice(3).toLowerCase();
  return event.key.toLowerCase();
}

/** Inputs that are pressed, not written into. */
const PRESSED = new Set(['radio', 'checkbox', 'button', 'submit']);
/** What the Enter key presses by itself. */
const OPENS = 'a[href], button, summary, [role=button]';

/** True where a key would write into this element. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** True where a key would write a letter; into what is pressed it would not. */
function takesLetters(target: EventTarget | null): boolean {
  return isTyping(target) && !(target instanceof HTMLInputElement && PRESSED.has(target.type));
}

function isVisible(element: HTMLElement): boolean {
  return element.getClientRects().length > 0;
}

/** Opens the neighbour of the current item; without a current one, the first. */
function walk(step: number): boolean {
  const items = [...document.querySelectorAll<HTMLElement>('[data-list] [data-item]')].filter(isVisible);
  if (items.length === 0) return false;
  const at = items.findIndex(item => item.hasAttribute('aria-current'));
  const next = items[at < 0 ? 0 : at + step];
  if (!next) return false;
  next.click();
  next.scrollIntoView({ block: 'nearest' });
  return true;
}

function press(key: string): boolean {
  const scope: ParentNode = document.querySelector('dialog[open]') ?? document;
  for (const element of scope.querySelectorAll<HTMLElement>('[data-key]')) {
    if (element.dataset['key']?.toLowerCase() !== key || !isVisible(element)) continue;
    if (takesLetters(element)) element.focus();
    else element.click();
    return true;
  }
  return false;
}

export function listenToKeys(root: Document): void {
  root.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (takesLetters(event.target)) {
      if (event.key === 'Escape') (event.target as HTMLElement).blur();
      return;
    }
    const key = letter(event);
    if (key === 'enter' && event.target instanceof Element && event.target.closest(OPENS)) return;
    const open = root.querySelector('dialog[open]') !== null;
    const step = key === 'j' ? 1 : key === 'k' ? -1 : 0;
    if ((step !== 0 && !open && walk(step)) || press(key)) event.preventDefault();
  });
}
