// When each trial ran, packed into as few rows as there were at once.
import { useCallback, useMemo } from "react";
import { duration, moment, words } from "../format";
import { axis, base, Chart, tip, useColors, type Colors, type Option } from "./Chart";
import type { Data, Point } from "./points";
import { useSelection } from "./selection";

/** Bars that cannot be told apart are not drawn. */
const MOST = 3000;

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

export function Timeline({ data, open }: { data: Data; open: (trial: number) => void }) {
  const c = useColors();
  const { chosen } = useSelection();
  const { spans, rows } = useMemo(() => pack(data.points, Date.now() / 1000), [data]);
  const shown = Math.min(rows, 16);
  const option = useCallback((): Option => ({
    ...base(c),
    grid: { left: 8, right: 14, top: 6, bottom: 4, containLabel: true },
    tooltip: {
      ...(base(c).tooltip as object),
      formatter: (it: { data: { span: Span } }) => {
        const { point, from, to } = it.data.span;
        return tip(`Trial ${point.number}`, [["state", words(point.state)], ["took", duration(to - from)], ["began", moment(from * 1000)]]);
      },
    },
    xAxis: axis(c, { type: "time", splitLine: { show: false }, min: spans[0] ? spans[0].from * 1000 : undefined, axisLabel: { color: c.text3, fontSize: 11, hideOverlap: true } }),
    yAxis: axis(c, { type: "value", min: 0, max: rows, show: false, inverse: true }),
    series: [
      {
        type: "custom", encode: { x: [0, 1], y: 2 }, progressive: 0, clip: true,
        data: spans.map((span) => ({ value: [span.from * 1000, span.to * 1000, span.row], span })),
        renderItem: (params: { dataIndex: number }, api: { value(at: number): number; coord(at: [number, number]): [number, number] }) => {
          const span = spans[params.dataIndex];
          const [x0, y0] = api.coord([api.value(0), api.value(2)]);
          const [x1, y1] = api.coord([api.value(1), api.value(2) + 1]);
          const gap = y1 - y0 > 8 ? 3 : 1;
          return {
            type: "rect", shape: { x: x0, y: y0 + gap / 2, width: Math.max(x1 - x0 - 1, 1.5), height: y1 - y0 - gap, r: y1 - y0 > 8 ? 2.5 : 0 },
            style: { fill: tone(c, span.point), opacity: chosen && !chosen.has(span.point.number) ? 0.15 : 0.85 },
          };
        },
      },
    ],
  }), [spans, rows, c, chosen]);
  return (
    <Chart
      option={option} height={Math.max(70, shown * 26 + 34)} label={`Timeline of ${spans.length} trials on ${rows} places`}
      ready={(chart) => chart.on("click", (event) => open((event as unknown as { data: { span: Span } }).data.span.point.number))}
    />
  );
}
