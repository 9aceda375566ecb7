// Many trials as one picture of dots: as many things of their own would take long to draw. Which one is pointed at is found here.

/** Where it lies, and which trial it is. */
export type Spot = [x: number, y: number, trial: number];

export interface Look {
  size: number;
  /** A bar of this height, where it is no dot. */
  height?: number;
  color: string;
  opacity: number;
  border?: string;
  width?: number;
}

/** Trials that look alike. */
export interface Cloud {
  id: string;
  spots: Spot[];
  look: Look;
}

/** What the chart knows of the picture: see [`dotsIn`]. */
interface Picture {
  spots: () => Spot[];
  pointed: () => number | null;
}

interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

interface Places {
  coord(at: [number, number]): [number, number];
}

/** Who points this near at a dot means it, in pixels from its middle. */
const NEAR = 3;

/** A series that is one picture of all; the later a cloud comes, the higher it lies. */
export function dots(clouds: Cloud[], z: number): object {
  const spots = clouds.flatMap((it) => it.spots);
  let places: Float32Array[] = [];
  let pointed: number | null = null;
  const find = (x: number, y: number) => {
    pointed = null;
    for (let at = clouds.length - 1; at >= 0 && pointed === null; at -= 1) {
      const { spots, look } = clouds[at];
      const found = topmost(places[at] ?? [], x, y, Math.max(look.size / 2, NEAR), Math.max((look.height ?? look.size) / 2, NEAR));
      if (found >= 0) pointed = spots[found][2];
    }
    return pointed !== null;
  };
  const picture: Picture = { spots: () => spots, pointed: () => pointed };
  return {
    id: "dots", type: "custom", z,
    // The axes hear of the outermost.
    encode: { x: [0, 1], y: [2, 3] }, data: spots.length ? [{ value: [...ends(spots, 0), ...ends(spots, 1)], picture: () => picture }] : [],
    renderItem: ({ coordSys: area }: { coordSys: Area }, api: Places) => {
      places = clouds.map(({ spots }) => {
        const found = new Float32Array(2 * spots.length);
        spots.forEach(([x, y], at) => found.set(api.coord([x, y]), 2 * at));
        return found;
      });
      const room = around(area, clouds);
      return { type: "dots", extra: { finder: { find } }, style: { image: paint(clouds, places, area, room), ...room } };
    },
  };
}

/** Of a thing in a chart, whether it is such a picture. */
export function dotsIn(item: unknown): Picture | null {
  const { picture } = (item ?? {}) as { picture?: () => Picture };
  return picture?.() ?? null;
}

function ends(spots: Spot[], part: 0 | 1): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const spot of spots) {
    low = Math.min(low, spot[part]);
    high = Math.max(high, spot[part]);
  }
  return [low, high];
}

/** What was drawn last lies above. */
function topmost(places: ArrayLike<number>, x: number, y: number, wide: number, high: number): number {
  for (let at = places.length - 2; at >= 0; at -= 2) if (Math.abs(places[at] - x) <= wide && Math.abs(places[at + 1] - y) <= high) return at / 2;
  return -1;
}

/** Each dot is a copy of one that was drawn, pixel by pixel; none shines through another. */
function paint(clouds: Cloud[], places: Float32Array[], area: Area, room: Area): HTMLCanvasElement {
  const scale = window.devicePixelRatio;
  const [canvas, context] = blank(room.width * scale, room.height * scale);
  const image = context.createImageData(canvas.width, canvas.height);
  clouds.forEach(({ look }, at) => stamp(image, places[at], area, room, scale, one(look, scale)));
  context.putImageData(image, 0, 0);
  return canvas;
}

/** A dot at the edge is drawn whole. */
function around({ x, y, width, height }: Area, clouds: Cloud[]): Area {
  const half = Math.max(0, ...clouds.map(({ look }) => Math.ceil((Math.max(look.size, look.height ?? 0) + (look.width ?? 1)) / 2) + 1));
  return { x: x - half, y: y - half, width: width + 2 * half, height: height + 2 * half };
}

/** Those whose middle lies in the area. */
function stamp(image: ImageData, places: Float32Array, area: Area, room: Area, scale: number, dot: ImageData) {
  const [to, from] = [new Uint32Array(image.data.buffer), new Uint32Array(dot.data.buffer)];
  for (let at = 0; at < places.length; at += 2) {
    const [across, down] = [places[at] - area.x, places[at + 1] - area.y];
    // Half a pixel: places are rounded.
    if (across < -0.5 || down < -0.5 || across > area.width + 0.5 || down > area.height + 0.5) continue;
    const left = Math.round((places[at] - room.x) * scale - dot.width / 2);
    const top = Math.round((places[at + 1] - room.y) * scale - dot.height / 2);
    const [first, end] = [Math.max(-left, 0), Math.min(image.width - left, dot.width)];
    const [upper, lower] = [Math.max(-top, 0), Math.min(image.height - top, dot.height)];
    for (let y = upper; y < lower; y += 1) {
      let [pixel, place] = [y * dot.width + first, (top + y) * image.width + left + first];
      for (let x = first; x < end; x += 1, pixel += 1, place += 1) {
        // The last byte says how much of the pixel is covered.
        if (from[pixel] >>> 24 >= to[place] >>> 24) to[place] = from[pixel];
      }
    }
  }
}

let sheet: CanvasRenderingContext2D | undefined;

/** One dot, as large as it is with its border and a little room for its smooth edge. */
function one(look: Look, scale: number): ImageData {
  const border = look.border ? (look.width ?? 1) : 0;
  const [wide, high] = [look.size, look.height ?? look.size].map((it) => Math.ceil((it + border + 1) * scale));
  const side = Math.max(64, wide, high);
  if (!sheet || sheet.canvas.width < side) [, sheet] = blank(side, side, { willReadFrequently: true });
  sheet.setTransform(scale, 0, 0, scale, wide / 2, high / 2);
  sheet.clearRect(-side, -side, 2 * side, 2 * side);
  sheet.globalAlpha = look.opacity;
  sheet.beginPath();
  if (look.height) sheet.rect(-look.size / 2, -look.height / 2, look.size, look.height);
  else sheet.arc(0, 0, look.size / 2, 0, 2 * Math.PI);
  sheet.fillStyle = look.color;
  sheet.fill();
  if (look.border) {
    [sheet.strokeStyle, sheet.lineWidth] = [look.border, border];
    sheet.stroke();
  }
  return sheet.getImageData(0, 0, wide, high);
}

export function blank(width: number, height: number, how?: CanvasRenderingContext2DSettings): [HTMLCanvasElement, CanvasRenderingContext2D] {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.max(Math.ceil(width), 1), Math.max(Math.ceil(height), 1)];
  return [canvas, canvas.getContext("2d", how)!];
}
