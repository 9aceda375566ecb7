// When each trial ran, packed into as few rows as there were at once.
import { useCallback, useMemo, useRef } from "react";
import { duration, moment, words } from "../format";
import { axis, base, Chart, tip, useColors, type Colors, type Instance, type Option } from "./Chart";
import { brushOf, rectangle, unmarked } from "./cloud";
import type { Data, Point } from "./points";
import { useSelection } from "./selection";

/** Bars that cannot be told apart are not drawn. */
const MOST = 3000;
/** No bar is thinner, so that all are seen and can be pointed at. */
const LEAST_PIXELS = 1.5;

interface Span {
  point: Point;
  row: number;
  from: number;
  to: number;
}

function pack(points: Point[], now: number): { spans: Span[]; rows: number } {
  const ran = points.filter((it) => it.started !== null).sort((a, b) => a.started! - b.started!).slice(-MOST);
  const free: number[] = [];
  const spans = ran.map((point): Span => {
    const [from, to] = [point.started!, Math.max(point.finished ?? now, point.started!)];
    let row = free.findIndex((end) => end <= from + 1e-3);
    if (row < 0) row = free.length;
    free[row] = to;
    return { point, row, from, to };
  });
  return { spans, rows: Math.max(free.length, 1) };
}

const tone = (c: Colors, point: Point) =>
  ({ succeeded: c.best, early_stopped: c.early, failed: c.failed, running: c.running }[point.state as string] ?? c.other);

/** Where the bars are: the part of the chart between its axes, in pixels of the chart. */
interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The bars of many trials as one picture: as many things of their own would take long to draw. */
function paint(spans: Span[], area: Area, place: (time: number) => number, rows: number, look: (point: Point) => [color: string, opacity: number]): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  const scale = window.devicePixelRatio;
  [canvas.width, canvas.height] = [Math.ceil(area.width * scale), Math.ceil(area.height * scale)];
  const context = canvas.getContext("2d")!;
  context.scale(scale, scale);
  const high = area.height / rows;
  const [gap, round] = high > 8 ? [3, 2.5] : [1, 0];
  for (const { point, row, from, to } of spans) {
    const left = place(from) - area.x;
    [context.fillStyle, context.globalAlpha] = look(point);
    const [top, wide, tall] = [row * high + gap / 2, Math.max(place(to) - area.x - left - 1, LEAST_PIXELS), Math.max(high - gap, 1)];
    // On a narrow bar nothing is to be seen of round corners, which take longer.
    if (wide < 2 * round || round === 0) {
      context.fillRect(left, top, wide, tall);
      continue;
    }
    context.beginPath();
    context.roundRect(left, top, wide, tall, round);
    context.fill();
  }
  return canvas;
}

/** The trial whose bar is there, if one is. */
function spanAt(chart: Instance, spans: Span[], [x, y]: [number, number]): Span | undefined {
  const [time, row] = chart.convertFromPixel({ gridIndex: 0 }, [x, y]) as [number, number];
  const [next] = chart.convertFromPixel({ gridIndex: 0 }, [x + LEAST_PIXELS, y]) as [number, number];
  const reach = (next - time) / 1000;
  return spans.findLast((it) => it.row === Math.floor(row) && it.from <= time / 1000 && Math.max(it.to, it.from + reach) >= time / 1000);
}

export function Timeline({ data, open }: { data: Data; open: (trial: number) => void }) {
  const c = useColors();
  const { chosen, choose } = useSelection();
  const { spans, rows } = useMemo(() => pack(data.points, Date.now() / 1000), [data]);
  const shown = Math.min(rows, 16);
  const chart = useRef<Instance>(null);
  const pointed = useRef<[number, number]>([0, 0]);
  const latest = useRef({ spans, open, choose });
  latest.current = { spans, open, choose };
  const option = useCallback((): Option => ({
    ...base(c),
    grid: { left: 8, right: 14, top: 6, bottom: 4, containLabel: true },
    tooltip: {
      ...(base(c).tooltip as object),
      formatter: () => {
        const span = chart.current && spanAt(chart.current, spans, pointed.current);
        return span ? tip(`Trial ${span.point.number}`, [["state", words(span.point.state)], ["took", duration(span.to - span.from)], ["began", moment(span.from * 1000)]]) : "";
      },
    },
    brush: brushOf(c),
    xAxis: axis(c, { type: "time", splitLine: { show: false }, min: spans[0] ? spans[0].from * 1000 : undefined, max: "dataMax", axisLabel: { color: c.text3, fontSize: 11, hideOverlap: true } }),
    yAxis: axis(c, { type: "value", min: 0, max: rows, show: false, inverse: true }),
    series: [
      {
        type: "custom", encode: { x: [0, 1], y: 2 }, clip: true,
        data: spans.length ? [[spans[0].from * 1000, spans.reduce((end, it) => Math.max(end, it.to), 0) * 1000, 0]] : [],
        renderItem: (params: { coordSys: Area }, api: { coord(at: [number, number]): [number, number] }) => {
          const area = params.coordSys;
          const place = (time: number) => api.coord([time * 1000, 0])[0];
          const look = (point: Point): [string, number] => [tone(c, point), chosen && !chosen.has(point.number) ? 0.15 : 0.85];
          return { type: "image", style: { image: paint(spans, area, place, rows, look), x: area.x, y: area.y, width: area.width, height: area.height } };
        },
      },
    ],
  }), [spans, rows, c, chosen]);
  const ready = (made: Instance) => {
    chart.current = made;
    const box = made.getDom();
    // Before the chart hears of it: it knows of one picture only.
    const point = (event: MouseEvent) => {
      const corner = box.getBoundingClientRect();
      pointed.current = [event.clientX - corner.left, event.clientY - corner.top];
    };
    for (const kind of ["mousemove", "click"] as const) box.addEventListener(kind, point, { capture: true });
    made.on("click", () => {
      const span = spanAt(made, latest.current.spans, pointed.current);
      if (span) latest.current.open(span.point.number);
    });
    // Whatever ran at some moment of the rectangle, on some of its places.
    rectangle(made, (trials) => latest.current.choose(trials, "timeline"), ([begin, end], [top, bottom]) => {
      const inside = latest.current.spans.filter((it) => it.from * 1000 <= end && it.to * 1000 >= begin && it.row < bottom && it.row + 1 > top);
      return inside.map((it) => it.point.number);
    });
  };
  return <Chart option={option} height={Math.max(70, shown * 26 + 34)} label={`Timeline of ${spans.length} trials on ${rows} places`} ready={ready} elsewhere={{ who: "timeline", act: unmarked }} />;
}
