// A chart of ECharts on a canvas, drawn again when its data, its size or the theme changes.
import type { EChartsCoreOption, EChartsType } from "echarts/core";
import { useEffect, useRef, useState } from "react";
import { useTheme } from "../app/useTheme";
import { Failed } from "../ui/parts";
import { engine, load } from "./load";
import { useSelection } from "./selection";
import { later, notLater, soon } from "./turn";

/** The colours of the page and its letters, for what is drawn by hand. */
export interface Colors {
  font: string;
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
    font: of("font"), text: of("text"), text2: of("text-2"), text3: of("text-3"), border: of("border"), surface: of("surface"), surface2: of("surface-2"), accent: of("accent"),
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
  const pointed = useRef(false);
  const atPointer = useRef<Option>({});
  const turn = useRef<() => void>(null);
  const latest = useRef({ option, ready });
  latest.current = { option, ready };
  const [error, setError] = useState<unknown>(null);
  useEffect(() => void load().catch(setError), []);
  useEffect(() => {
    const box = place.current!;
    // As the browser tells it: asking for it would have the page laid out for every chart.
    let size: { width: number; height: number } | undefined;
    // What answers to a pointer takes its time: it is there as soon as there is one.
    const point = () => {
      pointed.current = true;
      chart.current?.setOption(atPointer.current);
    };
    const draw = () => {
      notLater(box);
      const { option, ready } = latest.current;
      if (drawn.current === option) return;
      drawn.current = option;
      const first = !chart.current;
      chart.current ??= engine()!.init(box, undefined, { renderer: "canvas", ...size });
      if (first) box.addEventListener("pointerenter", point, { once: true });
      const { tooltip, brush, ...shown } = option(chart.current);
      atPointer.current = { tooltip, brush };
      chart.current.setOption(pointed.current ? { ...shown, ...atPointer.current } : shown, { replaceMerge: ["series", "xAxis", "yAxis", "parallelAxis"] });
      if (first) ready?.(chart.current);
      box.dataset.drawn = "true";
    };
    turn.current = () => (!seen.current ? later(box, draw) : engine() ? draw() : soon(box, draw));
    const sight = new IntersectionObserver((entries) => {
      const { isIntersecting, boundingClientRect } = entries.at(-1)!;
      seen.current = isIntersecting;
      size = { width: boundingClientRect.width, height: boundingClientRect.height };
      if (seen.current) soon(box, draw);
      else if (drawn.current !== latest.current.option) later(box, draw);
    }, { rootMargin: NEAR });
    const sizes = new ResizeObserver((entries) => {
      const { width, height } = entries.at(-1)!.contentRect;
      size = { width, height };
      chart.current?.resize(size);
    });
    sight.observe(box);
    sizes.observe(box);
    return () => {
      notLater(box);
      sight.disconnect();
      sizes.disconnect();
      chart.current?.dispose();
      chart.current = null;
      drawn.current = null;
      pointed.current = false;
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
      {error !== null && <Failed error={error} again={() => window.location.reload()} />}
    </div>
  );
}

/** What all charts look alike in. */
export function base(c: Colors): Option {
  return {
    animation: false,
    textStyle: { fontFamily: c.font, color: c.text2 },
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
