// The pipeline of a trial: its steps from left to right, each after those it needs, with its state now.
import { useMemo } from "react";
import type { Spec, Step, StepState } from "../../api/types";
import { duration, words } from "../../format";

export interface Node {
  name: string;
  needs: string[];
}

/** The steps in the order of the document, with what each needs: said, or by reference to what others hand on. */
export function nodesOf(spec: Spec): Node[] {
  const steps = Object.entries(spec.pipeline ?? {});
  const names = new Set(steps.map(([name]) => name));
  return steps.map(([name, step]) => {
    const needs = new Set(typeof step.needs === "string" ? [step.needs] : (step.needs ?? []));
    for (const match of JSON.stringify(step).matchAll(/steps\.([A-Za-z0-9_-]+)/g)) needs.add(match[1]);
    return { name, needs: [...needs].filter((it) => names.has(it) && it !== name) };
  });
}

const COLORS: Partial<Record<StepState, string>> = {
  succeeded: "var(--best)", running: "var(--point-running)", failed: "var(--point-failed)", timed_out: "var(--point-failed)", cancelled: "var(--point-other)", ready: "var(--point-running)",
};
const [WIDTH, HEIGHT, GAP_X, GAP_Y] = [196, 62, 56, 18];

export function Graph({ nodes, steps, chosen, choose }: { nodes: Node[]; steps: Step[]; chosen: string; choose: (step: string) => void }) {
  const { places, width, height } = useMemo(() => layout(nodes), [nodes]);
  const by = new Map(steps.map((it) => [it.step, it]));
  return (
    <div className="graph">
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="group" aria-label="Steps of the pipeline">
        {nodes.flatMap((node) => node.needs.map((need) => {
          const [from, to] = [places.get(need)!, places.get(node.name)!];
          const [x0, y0, x1, y1] = [from.x + WIDTH, from.y + HEIGHT / 2, to.x, to.y + HEIGHT / 2];
          const bend = Math.max((x1 - x0) / 2, 24);
          return <path key={`${need}>${node.name}`} className="edge" d={`M${x0},${y0} C${x0 + bend},${y0} ${x1 - bend},${y1} ${x1},${y1}`} />;
        }))}
        {nodes.map((node) => {
          const step = by.get(node.name);
          const { x, y } = places.get(node.name)!;
          const state = step?.state ?? "waiting";
          const attempts = step && step.attempt > 1 ? `, attempt ${step.attempt}` : "";
          const line = `${words(state)}${step?.duration != null ? `, ${duration(step.duration)}` : ""}${attempts}`;
          return (
            <g
              key={node.name} className="node" transform={`translate(${x} ${y})`} role="button" tabIndex={0} aria-pressed={chosen === node.name}
              onClick={() => choose(node.name)} onKeyDown={(event) => (event.key === "Enter" || event.key === " ") && (event.preventDefault(), choose(node.name))}
            >
              <rect className="box" width={WIDTH} height={HEIGHT} rx={9} />
              <rect x={0.6} y={14} width={3.4} height={HEIGHT - 28} rx={1.7} fill={COLORS[state] ?? "var(--border-strong)"} />
              <text x={16} y={25}>{node.name.length > 22 ? `${node.name.slice(0, 21)}…` : node.name}{" "}</text>
              <text x={16} y={43} className="small">{line}</text>
            </g>
          );
        })}
      </svg>
    </div>
  );
}

/** Columns by the longest way from the beginning; within one, in the order of the document. */
function layout(nodes: Node[]) {
  const by = new Map(nodes.map((it) => [it.name, it]));
  const depths = new Map<string, number>();
  const depth = (name: string): number => {
    const known = depths.get(name);
    if (known !== undefined) return known;
    depths.set(name, 0);
    const deepest = Math.max(-1, ...by.get(name)!.needs.map(depth));
    depths.set(name, deepest + 1);
    return deepest + 1;
  };
  const columns: string[][] = [];
  for (const node of nodes) (columns[depth(node.name)] ??= []).push(node.name);
  const most = Math.max(1, ...columns.map((it) => it.length));
  const height = most * (HEIGHT + GAP_Y) - GAP_Y + 4;
  const places = new Map<string, { x: number; y: number }>();
  columns.forEach((column, at) => {
    const used = column.length * (HEIGHT + GAP_Y) - GAP_Y;
    column.forEach((name, row) => places.set(name, { x: 2 + at * (WIDTH + GAP_X), y: 2 + (height - 4 - used) / 2 + row * (HEIGHT + GAP_Y) }));
  });
  return { places, width: Math.max(columns.length * (WIDTH + GAP_X) - GAP_X + 4, 10), height };
}
