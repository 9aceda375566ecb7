// The best so far of several experiments, against trials or time.
import { useCallback, useRef } from "react";
import { count, duration, number } from "../format";
import { axis, base, Chart, tip, useColors, type Instance, type Option } from "./Chart";
import type { Course, Step } from "./course";
import { stairs } from "./stairs";

export interface Runner {
  name: string;
  course: Course;
  /** Its place among all, which gives it its colour. */
  at: number;
}

/** On a logarithmic axis nothing is at 0. */
const LEAST = 0.01;

export type Against = "trials" | "seconds";

interface Props {
  runners: Runner[];
  metric: string;
  against: Against;
  height?: number;
  open: (experiment: string, trial: number) => void;
}

export function Race({ runners, metric, against, height = 380, open }: Props) {
  const c = useColors();
  const option = useCallback((): Option => {
    const shown = (it: number) => (against === "trials" ? count(Math.round(it)) : duration(it));
    const bounds = extent(runners);
    const log = apart(runners, against);
    return {
      ...base(c),
      grid: { left: 8, right: 22, top: 28, bottom: 24, containLabel: true },
      tooltip: {
        ...(base(c).tooltip as object), trigger: "item",
        formatter: (it: { seriesName: string; data: { step?: Step; value: number[] } }) => {
          const { step } = it.data;
          if (!step) return "";
          return tip(it.seriesName, [[metric, number(step.objective, 6)], ["trial", String(step.trial)], ["after", `${count(step.trials)} ${step.trials === 1 ? "trial" : "trials"}, ${duration(step.seconds)}`]]);
        },
      },
      xAxis: axis(c, { ...(log ? { type: "log", min: "dataMin" } : { type: "value", min: 0, minInterval: against === "trials" ? 1 : undefined }), splitLine: { show: false }, name: against === "trials" ? "finished trials" : "time since the first trial began", nameLocation: "middle", nameGap: 26, axisLabel: { color: c.text3, fontSize: 11, hideOverlap: true, formatter: shown } }),
      yAxis: axis(c, { type: "value", scale: true, min: bounds[0], max: bounds[1], name: metric, nameGap: 10, nameTextStyle: { color: c.text3, fontSize: 11, align: "left" }, axisLabel: { color: c.text3, fontSize: 11, showMinLabel: false, showMaxLabel: false, formatter: (it: number) => number(it, 4) } }),
      series: runners.flatMap(({ name, course, at }) => {
        const color = c.series[at % c.series.length];
        const last = course.steps.at(-1);
        const marks = course.steps.map((step) => ({ value: [Math.max(step[against], log ? LEAST : 0), step.objective] as [number, number], step }));
        // The line goes on to where the experiment is, without a mark there.
        const end = last && { value: [Math.max(course[against], last[against]), last.objective] as [number, number], step: last, symbolSize: 0 };
        const data = end ? [...marks, end] : marks;
        return [
          stairs(`line ${name}`, data.map((it) => it.value), { color, width: 2 }, 2),
          { id: name, name, type: "scatter", symbol: "circle", symbolSize: 6, z: 3, data, itemStyle: { color } },
        ];
      }),
    };
  }, [runners, metric, against, c]);
  const words = runners.map(({ name, course }) => `${name}: ${course.steps.length ? number(course.steps.at(-1)!.objective) : "nothing yet"}`).join("; ");
  const latest = useRef(open);
  latest.current = open;
  const ready = (chart: Instance) =>
    void chart.on("click", (event) => {
      const { step } = event.data as { step?: Step };
      if (step && event.seriesName) latest.current(event.seriesName, step.trial);
    });
  return <Chart option={option} height={height} label={`Best ${metric} so far against ${against === "trials" ? "finished trials" : "time"}. ${words}`} ready={ready} />;
}

/** Whether one went so much further than another that only a logarithmic axis shows both. */
function apart(runners: Runner[], against: Against): boolean {
  const ends = runners.map(({ course }) => course[against]).filter((it) => it > 0);
  return ends.length > 1 && Math.max(...ends) > 20 * Math.min(...ends);
}

/** A little room around what is shown, so that no line lies on the border. */
function extent(runners: Runner[]): [number | undefined, number | undefined] {
  const all = runners.flatMap(({ course }) => course.steps.map((it) => it.objective));
  if (!all.length) return [undefined, undefined];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const room = (high - low || Math.abs(high) || 1) * 0.06;
  return [low - room, high + room];
}
