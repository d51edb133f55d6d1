/** Which part of a diagram a box of the page shows: all of it while it stays readable, else the part around what is open. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** the smallest zoom at which labels can still be read, and the zoom used where the whole would be smaller */
const READABLE = 0.65;
const CLOSE = 0.75;
/** room around the drawing, and the strip below it where the mark of bpmn.io stands by itself, in pixels */
const EDGE = 14;
const MARK = 38;

/** The zoom at which all of it fits, never enlarged. */
function fitting(inner: Box, width: number, most: number): number {
  return Math.min(1, (width - 2 * EDGE) / inner.width, (most - 2 * EDGE - MARK) / inner.height);
}

function zoomFor(inner: Box, width: number, most: number): number {
  const fit = fitting(inner, width, most);
  return fit >= READABLE ? fit : CLOSE;
}

/** How high the box must be for the drawing, at most `most` pixels. */
export function height(inner: Box, width: number, most: number): number {
  return Math.min(most, Math.round(inner.height * zoomFor(inner, width, most) + 2 * EDGE + MARK));
}

/** Where the seen part begins on one axis: the whole in the middle where it fits, else `wanted`, never past the edge. */
function start(from: number, length: number, seen: number, edge: number, wanted: number): number {
  if (length + 2 * edge <= seen) return from - (seen - length) / 2;
  return Math.min(Math.max(wanted - seen / 2, from - edge), from + length + edge - seen);
}

/** The part of the drawing to be seen in a box of this size, with `around` in its middle where not all fits. */
export function view(inner: Box, width: number, high: number, around: Box | undefined): Box {
  const zoom = zoomFor(inner, width, high);
  const seen = { width: width / zoom, height: (high - MARK) / zoom };
  const middle = around ?? { ...inner, width: 0 };
  return {
    x: start(inner.x, inner.width, seen.width, EDGE / zoom, middle.x + middle.width / 2),
    y: start(inner.y, inner.height, seen.height, EDGE / zoom, middle.y + middle.height / 2),
    ...seen,
  };
}
