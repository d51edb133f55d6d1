/** A process as it stands: `<bihuan-diagram src states counts>` draws the diagram and marks what is done and what waits. */
import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import '../style/diagram.css';
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import Viewer from 'bpmn-js/lib/Viewer';
import KeyboardMove from 'diagram-js/lib/navigation/keyboard-move';
import MoveCanvas from 'diagram-js/lib/navigation/movecanvas';
import type { Stop } from '../islands';
import { height, view, type Box } from './framing';
import { inLanguage } from './labels';

/** labels large enough to be read where the diagram is drawn at three quarters */
const LETTERS = { defaultStyle: { fontSize: 14 }, externalStyle: { fontSize: 13 } };

interface Canvas {
  addMarker(element: string, marker: string): void;
  resized(): void;
  viewbox(): { inner: Box };
  viewbox(box: Box): void;
}
interface Overlays {
  add(element: string, overlay: { position: Record<string, number>; html: HTMLElement }): string;
}
interface Registry {
  get(element: string): (Box & { waypoints?: unknown; children?: unknown[] }) | undefined;
}
interface Count {
  waiting: number | string;
  late?: number;
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

/** Where the eye should go: what is open now, else what was done last (the done step farthest on). */
function standing(registry: Registry, states: Record<string, string>): Box | undefined {
  const shapes = (state: string): Box[] => Object.entries(states)
    .filter(([, its]) => its === state)
    .map(([id]) => registry.get(id))
    .filter(shape => shape !== undefined && !shape.waypoints && Number.isFinite(shape.x)) as Box[];
  return shapes('now')[0] ?? shapes('done').sort((a, b) => b.x - a.x)[0];
}

/** A finger that moves sideways over the picture moves the picture; up and down it moves the page. */
function followFinger(element: HTMLElement, canvas: { scroll(by: { dx: number; dy: number }): void }): void {
  let last: number | undefined;
  element.addEventListener('touchstart', event => { last = event.touches[0]?.clientX; }, { passive: true });
  element.addEventListener('touchmove', event => {
    const x = event.touches[0]?.clientX;
    if (x !== undefined && last !== undefined) canvas.scroll({ dx: x - last, dy: 0 });
    last = x;
  }, { passive: true });
}

/** The whole window is for looking round: there the wheel moves and zooms; on a page it scrolls the page. */
function newViewer(element: HTMLElement): InstanceType<typeof Viewer> {
  return element.classList.contains('full')
    ? new NavigatedViewer({ container: element, textRenderer: LETTERS })
    : new Viewer({ container: element, textRenderer: LETTERS, additionalModules: [KeyboardMove, MoveCanvas] });
}

/** A sub-process drawn open around the step that waits is only framed, so that what is in it can be read.
 *  `states`: {element or flow id: done | now | future | skipped | added | changed | removed | heat-1..4}; unknown ids are left out. */
export async function mount(element: HTMLElement): Promise<Stop> {
  const xml = await source(element.getAttribute('src') ?? '');
  const viewer = newViewer(element);
  await viewer.importXML(xml);
  const canvas = viewer.get<Canvas>('canvas');
  const registry = viewer.get<Registry>('elementRegistry');
  const overlays = viewer.get<Overlays>('overlays');
  const states = parsed<string>(element, 'states');
  for (const [id, state] of Object.entries(states)) {
    const shape = registry.get(id);
    if (shape) canvas.addMarker(id, state === 'now' && shape.children?.length ? 'around' : state);
  }
  for (const [id, count] of Object.entries(parsed<Count>(element, 'counts'))) {
    if (registry.get(id)) overlays.add(id, { position: { top: -10, left: -12 }, html: badge(count) });
  }
  followFinger(element, viewer.get('canvas'));
  const inner = canvas.viewbox().inner;
  let width = 0;
  const frame = (): void => {
    if (!element.clientWidth || element.clientWidth === width) return;
    width = element.clientWidth;
    if (!element.classList.contains('full')) {
      element.style.height = `${height(inner, width, element.classList.contains('tall') ? 460 : 240)}px`;
    }
    canvas.resized();
    canvas.viewbox(view(inner, width, element.clientHeight, standing(registry, states)));
  };
  frame();
  const observer = new ResizeObserver(frame);
  observer.observe(element);
  return () => {
    observer.disconnect();
    viewer.destroy();
  };
}
