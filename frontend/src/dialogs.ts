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
    for (const menu of root.querySelectorAll<HTMLDetailsElement>('details.menu[open]')) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
}
