// Two parameters of the user's choice, first the two that matter most, and how all results are distributed.
import { useMemo, useState } from "react";
import { Ecdf } from "../../charts/Ecdf";
import { Pair, type Mode } from "../../charts/Pair";
import type { Data } from "../../charts/points";
import { number } from "../../format";
import { goodness } from "../../charts/scale";
import { Card, Segments } from "../../ui/parts";

const MODES: { value: Mode; text: string }[] = [{ value: "contour", text: "Contour" }, { value: "rank", text: "Rank" }];

export function Pairs({ data, order, open }: { data: Data; order: string[]; open: (trial: number) => void }) {
  const names = data.dimensions.map((it) => it.name);
  const usual = useMemo(() => usually(data, order), [data, order]);
  const [wanted, setWanted] = useState<{ x?: string; y?: string }>({});
  const [mode, setMode] = useState<Mode>("contour");
  const x = names.includes(wanted.x ?? "") ? wanted.x! : usual[0];
  const y = names.includes(wanted.y ?? "") ? wanted.y! : usual.find((it) => it !== x)!;
  if (names.length < 2) return <Distribution data={data} />;
  const tools = (
    <div className="row tight">
      <Choice label="Across" names={names} value={x} change={(it) => setWanted(it === y ? { x: it, y: x } : { x: it, y })} />
      <Choice label="Up" names={names} value={y} change={(it) => setWanted(it === x ? { x: y, y: it } : { x, y: it })} />
      <Segments label="What is shown" value={mode} options={MODES} change={setMode} />
    </div>
  );
  return (
    <>
      <Card className="c8" title="Two parameters" hint={mode === "rank" ? "every trial by its rank" : "what lies between the trials; faint where few have been"} tools={tools}>
        <Pair key={`${x}\n${y}`} data={data} x={x} y={y} mode={mode} open={open} />
        <ScaleLegend data={data} mode={mode} />
      </Card>
      <Distribution data={data} className="c4" />
    </>
  );
}

/** What matters most comes first, and numbers before categories: they say more in two dimensions. */
function usually(data: Data, order: string[]): string[] {
  const place = (name: string) => (order.indexOf(name) + 1 || order.length + 1);
  const words = (kind: string) => Number(kind === "category");
  return [...data.dimensions].sort((a, b) => words(a.kind) - words(b.kind) || place(a.name) - place(b.name)).map((it) => it.name);
}

function Distribution({ data, className }: { data: Data; className?: string }) {
  return (
    <Card className={className} title="Distribution" hint="share of trials with at most this">
      <Ecdf data={data} />
    </Card>
  );
}

function Choice({ label, names, value, change }: { label: string; names: string[]; value: string; change: (name: string) => void }) {
  return (
    <select className="select small" style={{ maxWidth: 190 }} aria-label={label} value={value} onChange={(event) => change(event.target.value)}>
      {names.map((it) => <option key={it} value={it}>{it}</option>)}
    </select>
  );
}

function ScaleLegend({ data, mode }: { data: Data; mode: Mode }) {
  const { worst, best } = useMemo(() => goodness(data.points.filter((it) => it.state === "succeeded" && it.objective !== null).map((it) => it.objective!), data.goal), [data]);
  return (
    <div className="scale" aria-hidden="true">
      <span>{mode === "rank" ? "worst" : number(worst, 4)}</span>
      <i />
      <span>{mode === "rank" ? "best" : number(best, 4)}</span>
    </div>
  );
}
