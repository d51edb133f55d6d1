/** Demo mode lists its accounts beside the sign-in form; one click fills both fields. */
export function fillAccounts(root: Document): void {
  root.addEventListener('click', event => {
    const account = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-account]') : null;
    const form = root.querySelector<HTMLFormElement>('form.in');
    if (!account || !form) return;
    const field = (name: string): HTMLInputElement => form.elements.namedItem(name) as HTMLInputElement;
    field('login').value = account.dataset['account'] ?? '';
    field('password').value = account.dataset['password'] ?? '';
    form.querySelector<HTMLButtonElement>('button')?.focus();
  });
}
