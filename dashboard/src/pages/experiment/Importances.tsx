// How much each parameter matters: for the objective, or for another metric of the user's choice.
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { importanceFor } from "../../api/queries";
import type { Experiment } from "../../api/types";
import { Importance } from "../../charts/Importance";
import { Card } from "../../ui/parts";

/** More than so many are no picture. */
const MOST = 10;

type Goal = "minimize" | "maximize";

interface Wanted {
  metric: string;
  goal: Goal;
}

const GOALS: Goal[] = ["maximize", "minimize"];

/** `shares` are those for the objective. */
export function Importances({ of, shares }: { of: Experiment; shares: [string, number][] }) {
  const others = useMemo(() => Object.keys(of.best?.metrics ?? {}).filter((it) => it !== of.metric).flatMap((metric) => GOALS.map((goal): Wanted => ({ metric, goal }))), [of.best, of.metric]);
  const [at, setAt] = useState(-1);
  const wanted = others[at];
  const found = useQuery({ ...importanceFor(of.name, wanted?.metric ?? "", wanted?.goal ?? of.goal), enabled: wanted !== undefined });
  const shown = useMemo(() => {
    const of = wanted ? (found.data?.parameters ?? []).map(({ name, share }): [string, number] => [name, share]) : shares;
    return of.slice(0, MOST);
  }, [wanted, found.data, shares]);
  const choice = others.length > 0 && (
    <select className="select small" aria-label="Importance for" value={wanted ? at : -1} onChange={(event) => setAt(Number(event.target.value))}>
      <option value={-1}>for {of.metric}</option>
      {others.map((it, index) => <option key={index} value={index}>for {it.metric}, {it.goal}</option>)}
    </select>
  );
  return (
    <Card title="Importance" hint="of each parameter" tools={choice} className="c4">
      {shown.length > 0 ? <Importance shares={shown} /> : <p className="muted">{found.data === undefined ? "…" : "Too few trials have reported it."}</p>}
    </Card>
  );
}
