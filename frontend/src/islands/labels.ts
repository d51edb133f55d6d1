/** Names beside circles, diamonds and arrows: room for the words in the page's language, so that no word is broken. */
const NAMES = 'http://bihuan.org/schema/1.0';
const DI = 'http://www.omg.org/spec/BPMN/20100524/DI';
const DC = 'http://www.omg.org/spec/DD/20100524/DC';
const WAY = 'http://www.omg.org/spec/DD/20100524/DI';

/** widths of letters at the size labels are drawn in, and the widest a label may become before it is wrapped */
const HAN = 13.6;
const LATIN = 7.6;
const WIDEST = 118;

/** In English the diagram shows each element's English twin where it has one. */
export function inLanguage(xml: string): string {
  const tree = new DOMParser().parseFromString(xml, 'application/xml');
  if (document.documentElement.lang.startsWith('en')) {
    for (const element of tree.querySelectorAll('*')) {
      const twin = element.getAttributeNS(NAMES, 'name_en');
      if (twin) element.setAttribute('name', twin);
    }
  }
  for (const label of tree.getElementsByTagNameNS(DI, 'BPMNLabel')) widen(tree, label);
  return new XMLSerializer().serializeToString(tree);
}

function widen(tree: Document, label: Element): void {
  const drawn = label.parentElement;
  const bounds = label.getElementsByTagNameNS(DC, 'Bounds')[0];
  const named = tree.getElementById(drawn?.getAttribute('bpmnElement') ?? '')
    ?? tree.querySelector(`[id="${CSS.escape(drawn?.getAttribute('bpmnElement') ?? '')}"]`);
  if (!drawn || !bounds || !named) return;
  const [x, width] = [Number(bounds.getAttribute('x')), Number(bounds.getAttribute('width'))];
  const name = named.getAttribute('name') ?? '';
  const isArrow = drawn.localName === 'BPMNEdge';
  const needed = isArrow ? Math.max(...name.split(/\s+/).map(length)) : Math.min(WIDEST, length(name));
  if (needed <= width) return;
  const side = isArrow ? besideLine(drawn, x + width / 2, Number(bounds.getAttribute('y'))) : besideShape(drawn, x);
  const left = side === 'right' ? x : side === 'left' ? x - (needed - width) : x - (needed - width) / 2;
  bounds.setAttribute('x', String(left));
  bounds.setAttribute('width', String(needed));
}

function length(words: string): number {
  return Math.ceil([...words].reduce((sum, letter) => sum + (letter > '\u2fff' ? HAN : LATIN), 8));
}

/** A name that stands to the right of its circle stays there. */
function besideShape(drawn: Element, x: number): 'right' | undefined {
  const shape = drawn.getElementsByTagNameNS(DC, 'Bounds')[0];
  if (!shape) return undefined;
  return x >= Number(shape.getAttribute('x')) + Number(shape.getAttribute('width')) - 2 ? 'right' : undefined;
}

/** On which side of an upright piece of its arrow a label stands, so that it grows away from the line. */
function besideLine(drawn: Element, middle: number, y: number): 'left' | 'right' | undefined {
  const points = [...drawn.getElementsByTagNameNS(WAY, 'waypoint')]
    .map(point => ({ x: Number(point.getAttribute('x')), y: Number(point.getAttribute('y')) }));
  for (const [at, end] of points.slice(1).entries()) {
    const begin = points[at];
    if (!begin || Math.abs(begin.x - end.x) > 1 || Math.abs(begin.x - middle) > 60) continue;
    if (y + 7 >= Math.min(begin.y, end.y) && y + 7 <= Math.max(begin.y, end.y)) return middle > begin.x ? 'right' : 'left';
  }
  return undefined;
}
