/** `data-opens="id"` opens that dialog, `data-closes` closes the one it stands in; what must be asked twice lies in one. */
export function openDialogs(root: Document): void {
  root.addEventListener('click', event => {
    if (!(event.target instanceof Element)) return;
    const opener = event.target.closest<HTMLElement>('[data-opens]');
    if (opener) {
      const dialog = root.getElementById(opener.dataset['opens'] ?? '');
      if (dialog instanceof HTMLDialogElement) dialog.showModal();
    }
    if (event.target.closest('[data-closes]')) event.target.closest('dialog')?.close();
    if (event.target.closest('[data-prints]')) window.print();
    const enlarger = event.target.closest<HTMLElement>('[data-enlarges]');
    if (enlarger) enlarge(enlarger);
    for (const menu of root.querySelectorAll<HTMLDetailsElement>('details.menu[open], details.pick[open]')) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
}

/** The picture of the same figure over the whole window; the words of the way back stand in `data-enlarges`. */
function enlarge(button: HTMLElement): void {
  const small = button.closest('figure')?.querySelector('bihuan-diagram');
  if (!small) return;
  const large = document.createElement('bihuan-diagram');
  for (const name of ['src', 'states', 'counts', 'failed', 'role', 'aria-label']) {
    large.setAttribute(name, small.getAttribute(name) ?? '');
  }
  large.className = 'full';
  const back = document.createElement('button');
  back.className = 'btn s close';
  back.textContent = button.dataset['enlarges'] ?? '';
  const dialog = document.createElement('dialog');
  dialog.className = 'large';
  dialog.setAttribute('aria-label', small.getAttribute('aria-label') ?? '');
  dialog.append(back, large);
  back.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
