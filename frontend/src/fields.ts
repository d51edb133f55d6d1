/** A field that hides by what another holds: `data-hide-when` carries the parsed condition; the server decides again. */
type Condition =
  | ['and' | 'or', Condition[]]
  | ['not', Condition]
  | ['has', string]
  | ['=' | '!=' | '<' | '<=' | '>' | '>=', string, string | number | boolean | null];

/** What the form holds under a name: a list for check lists, a boolean for one check box, else text. */
function held(form: HTMLFormElement, name: string): string | boolean | string[] {
  const inputs = [...form.querySelectorAll<HTMLInputElement>(`[name="${CSS.escape(name)}"]`)];
  const boxes = inputs.filter(input => input.type === 'checkbox');
  if (boxes.length === 1 && boxes[0]?.dataset['many'] === undefined) return boxes[0]?.checked ?? false;
  if (boxes.length > 0) return boxes.filter(box => box.checked).map(box => box.value);
  const radios = inputs.filter(input => input.type === 'radio');
  if (radios.length > 0) return radios.find(radio => radio.checked)?.value ?? '';
  return inputs[0]?.value ?? '';
}

function holds(condition: Condition, form: HTMLFormElement): boolean {
  switch (condition[0]) {
    case 'and': return condition[1].every(part => holds(part, form));
    case 'or': return condition[1].some(part => holds(part, form));
    case 'not': return !holds(condition[1], form);
    case 'has': {
      const value = held(form, condition[1]);
      return Array.isArray(value) ? value.length > 0 : Boolean(value);
    }
    default: return compare(condition[0], held(form, condition[1]), condition[2]);
  }
}

function compare(operator: string, left: string | boolean | string[], right: string | number | boolean | null): boolean {
  const same = Array.isArray(left)
    ? right !== null && left.includes(String(right))
    : typeof left === 'boolean' ? left === right
    : right === null ? left === ''
    : typeof right === 'number' ? left !== '' && Number(left) === right
    : left === String(right);
  if (operator === '=') return same;
  if (operator === '!=') return !same;
  if (typeof left !== 'string' || left === '' || right === null || typeof right === 'boolean') return false;
  const [a, b] = typeof right === 'number' ? [Number(left), right] : [left, String(right)];
  return operator === '<' ? a < b : operator === '<=' ? a <= b : operator === '>' ? a > b : a >= b;
}

function apply(form: HTMLFormElement): void {
  for (const element of form.querySelectorAll<HTMLElement>('[data-hide-when]')) {
    const hide = holds(JSON.parse(element.dataset['hideWhen'] ?? 'null') as Condition, form);
    element.hidden = hide;
    for (const input of element.querySelectorAll<HTMLInputElement>('input, select, textarea')) input.disabled = hide;
  }
}

/** The line above a folded list of values names those that are ticked. */
function nameChosen(pick: HTMLDetailsElement): void {
  const line = pick.querySelector('summary');
  const chosen = [...pick.querySelectorAll('label:has(input:checked)')].map(label => label.textContent?.trim());
  if (line) line.textContent = chosen.join(document.documentElement.lang.startsWith('zh') ? '、' : ', ') || (line.dataset['none'] ?? '');
}

export function hideFields(root: Document): void {
  const all = (): void => root.querySelectorAll<HTMLFormElement>('form:has([data-hide-when])').forEach(apply);
  root.addEventListener('change', event => {
    const form = event.target instanceof Element ? event.target.closest('form') : null;
    if (form) apply(form);
    const pick = event.target instanceof Element ? event.target.closest<HTMLDetailsElement>('details.pick') : null;
    if (pick) nameChosen(pick);
  });
  root.addEventListener('htmx:after:swap', all);
  all();
}
