/** What every page runs: htmx, the islands, keys, dialogs and fields that hide. */
import 'htmx.org';
import './style/index.css';
import { openDialogs } from './dialogs';
import { hideFields } from './fields';
import { defineIslands } from './islands';
import { reachScrolling } from './scrolling';
import { isTyping, listenToKeys } from './keys';
import { fillAccounts } from './sign_in';

defineIslands({
  'bihuan-diagram': () => import('./islands/diagram'),
  'bihuan-chart': () => import('./islands/chart'),
});
listenToKeys(document);
reachScrolling(document);
openDialogs(document);
hideFields(document);
fillAccounts(document);
followClock(document);

focusWrong(document);

/** The first field that has to be mended is where typing goes on. */
function focusWrong(root: Document): void {
  root.querySelector<HTMLElement>('[aria-invalid="true"]:not(fieldset), [data-wrong]')?.focus();
}

/** After an answer was swapped in, a wrong field has the focus, and a filled sheet is open. */
document.addEventListener('htmx:after:swap', () => {
  focusWrong(document);
  const sheet = document.querySelector<HTMLDialogElement>('dialog.sheet:not([open])');
  if (sheet?.querySelector('.sheet-body')?.childElementCount) sheet.showModal();
});

/** While the demo's clock moves on, the page asks again every few seconds, unless somebody is writing. */
function followClock(root: Document): void {
  const waiting = root.querySelector<HTMLElement>('[data-reload]');
  if (!waiting) return;
  const seconds = Number(waiting.dataset['reload']);
  setInterval(() => {
    if (!isTyping(root.activeElement) && !root.querySelector('dialog[open]')) location.assign(location.href);
  }, seconds * 1000);
}
