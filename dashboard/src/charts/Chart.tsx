// A chart of ECharts on a canvas: only the parts that are used, drawn again when its data, its size or the theme changes.
import { BarChart, BoxplotChart, CustomChart, LineChart, ScatterChart } from "echarts/charts";
import { BrushComponent, GridComponent, ParallelComponent, ToolboxComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import type { EChartsCoreOption, EChartsType } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import { useTheme } from "../app/theme";
import { useSelection } from "./selection";
import { later, notLater, soon } from "./turn";

echarts.use([BarChart, BoxplotChart, CustomChart, LineChart, ScatterChart, BrushComponent, GridComponent, ParallelComponent, ToolboxComponent, TooltipComponent, CanvasRenderer]);

/** The colours of the page, for what is drawn by hand. */
export interface Colors {
  text: string;
  text2: string;
  text3: string;
  border: string;
  surface: string;
  surface2: string;
  accent: string;
  point: string;
  early: string;
  failed: string;
  running: string;
  other: string;
  best: string;
  series: string[];
  /** From bad to good. */
  scale: string[];
}

function colors(): Colors {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    text: of("text"), text2: of("text-2"), text3: of("text-3"), border: of("border"), surface: of("surface"), surface2: of("surface-2"), accent: of("accent"),
    point: of("point"), early: of("point-early"), failed: of("point-failed"), running: of("point-running"), other: of("point-other"), best: of("best"),
    series: [1, 2, 3, 4, 5, 6, 7, 8].map((index) => of(`s${index}`)), scale: [0, 1, 2, 3, 4].map((index) => of(`scale-${index}`)),
  };
}

let known: { theme: string; colors: Colors } | undefined;

/** Of the theme as it is; the same for all charts. */
export function useColors(): Colors {
  const theme = useTheme();
  if (known?.theme !== theme) known = { theme, colors: colors() };
  return known.colors;
}

export type Option = EChartsCoreOption;
export type Instance = EChartsType;

interface Props {
  /** Makes what is to be drawn; called when it is drawn, which may be later. Another function is drawn anew. */
  option: (chart: Instance) => Option;
  height: number;
  /** What the chart shows, in words. */
  label: string;
  /** Called once for each chart that is made, when it shows something. */
  ready?: (chart: Instance) => void;
  /** Called when trials were chosen elsewhere, or let go. */
  elsewhere?: { who: string; act: (chart: Instance) => void };
}

/** Charts so far from what is seen are drawn as if they were seen. */
const NEAR = "200px";

export function Chart({ option, height, label, ready, elsewhere }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<Instance>(null);
  const seen = useRef(false);
  const drawn = useRef<Props["option"]>(null);
  const turn = useRef<() => void>(null);
  const latest = useRef({ option, ready });
  latest.current = { option, ready };
  useEffect(() => {
    const box = place.current!;
    const draw = () => {
      notLater(box);
      const { option, ready } = latest.current;
      if (drawn.current === option) return;
      drawn.current = option;
      const first = !chart.current;
      chart.current ??= echarts.init(box, undefined, { renderer: "canvas" });
      chart.current.setOption(option(chart.current), { replaceMerge: ["series", "xAxis", "yAxis", "parallelAxis"] });
      if (first) ready?.(chart.current);
      box.dataset.drawn = "true";
    };
    turn.current = () => (seen.current ? draw() : later(box, draw));
    const sight = new IntersectionObserver((entries) => {
      seen.current = entries.at(-1)!.isIntersecting;
      if (seen.current) soon(box, draw);
      else if (drawn.current !== latest.current.option) later(box, draw);
    }, { rootMargin: NEAR });
    const sizes = new ResizeObserver(() => chart.current?.resize());
    sight.observe(box);
    sizes.observe(box);
    return () => {
      notLater(box);
      sight.disconnect();
      sizes.disconnect();
      chart.current?.dispose();
      chart.current = null;
      drawn.current = null;
    };
  }, []);
  useEffect(() => {
    if (drawn.current !== option) place.current!.dataset.drawn = "false";
    turn.current?.();
  }, [option]);
  const { chosen, by } = useSelection();
  useEffect(() => {
    if (elsewhere && by !== elsewhere.who && chart.current) elsewhere.act(chart.current);
    // Who and how are the same for as long as the chart is.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [chosen, by]);
  return (
    <div className="chart" style={{ height }} role="img" aria-label={label}>
      <div ref={place} />
    </div>
  );
}

/** What all charts look alike in. */
export function base(c: Colors): Option {
  return {
    animation: false,
    // Choosing needs the part, nobody its buttons.
    toolbox: { show: false },
    textStyle: { fontFamily: "ui-sans-serif, system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, DejaVu Sans, sans-serif", color: c.text2 },
    grid: { left: 8, right: 14, top: 14, bottom: 6, containLabel: true },
    tooltip: {
      confine: true, backgroundColor: c.surface, borderColor: c.border, padding: [8, 11], textStyle: { color: c.text, fontSize: 12 },
      extraCssText: "box-shadow: var(--shadow-2); border-radius: 8px;",
    },
  };
}

export function axis(c: Colors, more: object = {}): object {
  return {
    axisLine: { onZero: false, lineStyle: { color: c.border } }, axisTick: { show: false }, splitLine: { lineStyle: { color: c.border, opacity: 0.7 } },
    axisLabel: { color: c.text3, fontSize: 11, hideOverlap: true }, nameTextStyle: { color: c.text3, fontSize: 11 }, ...more,
  };
}

/** The content of a tooltip, as elements: what a name holds is never markup. */
export function tip(title: string, rows: [string, string][]): HTMLElement {
  const box = document.createElement("div");
  box.className = "tip";
  const head = document.createElement("b");
  head.textContent = title;
  box.append(head);
  for (const [name, value] of rows) {
    const row = document.createElement("div");
    const strong = document.createElement("strong");
    strong.textContent = value;
    row.append(`${name}  `, strong);
    box.append(row);
  }
  return box;
}
