// The best so far over the trials as a small line, asked for when its row comes into sight.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { course } from "../api/queries";
import type { Summary } from "../api/types";
import { courseOf, type Course } from "../charts/course";
import { ended } from "./parts";

const WIDTH = 96;
const HEIGHT = 24;
const EDGE = 3;

export function Sparkline({ of }: { of: Summary }) {
  const place = useRef<HTMLSpanElement>(null);
  const seen = useSeen(place);
  const { data } = useQuery({ ...course(of.name, of.id, of.best?.trial), enabled: seen && of.best != null });
  const line = data && courseOf(data, of.goal, ended(of.trials));
  return (
    <span ref={place} className="spark" aria-hidden="true">
      {line && line.steps.length > 0 && (
        <svg width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`}>
          <path d={path(line)} />
          <circle {...end(line)} r={2.2} />
        </svg>
      )}
    </span>
  );
}

/** Whether it is in sight: rows that are not are not asked for, nor asked for again. */
export function useSeen(place: React.RefObject<HTMLElement | null>): boolean {
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    const sight = new IntersectionObserver((entries) => setSeen(entries.at(-1)!.isIntersecting), { rootMargin: "100px" });
    sight.observe(place.current!);
    return () => sight.disconnect();
  }, [place]);
  return seen;
}

const across = (line: Course, trials: number) => EDGE + ((WIDTH - 2 * EDGE) * trials) / Math.max(line.trials, 1);

function up(line: Course, objective: number): number {
  const [first, last] = [line.steps[0].objective, line.steps.at(-1)!.objective];
  // Halved, so that the differences are finite.
  const share = first === last ? 0 : (objective / 2 - first / 2) / (last / 2 - first / 2);
  // Up is larger.
  const rising = last >= first;
  return rising ? HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * share : EDGE + (HEIGHT - 2 * EDGE) * share;
}

function path(line: Course): string {
  const [first, ...rest] = line.steps;
  const begin = `M${across(line, first.trials).toFixed(1)} ${up(line, first.objective).toFixed(1)}`;
  return `${begin}${rest.map((it) => `H${across(line, it.trials).toFixed(1)}V${up(line, it.objective).toFixed(1)}`).join("")}H${across(line, line.trials).toFixed(1)}`;
}

const end = (line: Course) => ({ cx: across(line, line.trials), cy: up(line, line.steps.at(-1)!.objective) });
