/** A process as it stands: `<bihuan-diagram src states counts>` draws the diagram and marks what is done and what waits. */
import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import '../style/diagram.css';
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import type { Stop } from '../islands';

const NAMES = 'http://bihuan.org/schema/1.0';

interface Canvas {
  addMarker(element: string, marker: string): void;
  zoom(level: 'fit-viewport', center: 'auto'): number;
}
interface Overlays {
  add(element: string, overlay: { position: Record<string, number>; html: HTMLElement }): string;
}
interface Registry {
  get(element: string): unknown;
}
interface Count {
  waiting: number;
  late?: number;
}

/** In English the diagram shows each element's English twin where it has one. */
function inLanguage(xml: string): string {
  if (!document.documentElement.lang.startsWith('en')) return xml;
  const tree = new DOMParser().parseFromString(xml, 'application/xml');
  for (const element of tree.querySelectorAll('*')) {
    const twin = element.getAttributeNS(NAMES, 'name_en');
    if (twin) element.setAttribute('name', twin);
  }
  return new XMLSerializer().serializeToString(tree);
}

async function source(url: string): Promise<string> {
  const answer = await fetch(url, { headers: { Accept: 'application/xml' } });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return inLanguage(await answer.text());
}

function badge(count: Count): HTMLElement {
  const words = document.createElement('div');
  words.className = count.late ? 'badge late' : 'badge';
  words.textContent = String(count.waiting);
  return words;
}

function parsed<T>(element: HTMLElement, attribute: string): Record<string, T> {
  return JSON.parse(element.getAttribute(attribute) ?? '{}') as Record<string, T>;
}

/** `states`: {element or flow id: done | now | future | skipped | added | changed | removed | heat-1..4}; unknown ids are left out. */
export async function mount(element: HTMLElement): Promise<Stop> {
  const xml = await source(element.getAttribute('src') ?? '');
  const viewer = new NavigatedViewer({ container: element });
  await viewer.importXML(xml);
  const canvas = viewer.get<Canvas>('canvas');
  const registry = viewer.get<Registry>('elementRegistry');
  const overlays = viewer.get<Overlays>('overlays');
  for (const [id, state] of Object.entries(parsed<string>(element, 'states'))) {
    if (registry.get(id)) canvas.addMarker(id, state);
  }
  for (const [id, count] of Object.entries(parsed<Count>(element, 'counts'))) {
    if (registry.get(id)) overlays.add(id, { position: { top: -10, right: 12 }, html: badge(count) });
  }
  canvas.zoom('fit-viewport', 'auto');
  return () => viewer.destroy();
}
