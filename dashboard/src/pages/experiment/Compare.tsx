// Which value of a parameter is better, and how sure that is.
import { useQuery } from "@tanstack/react-query";
import { Scale } from "lucide-react";
import { useMemo } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";
import { comparison, points } from "../../api/queries";
import type { Comparison, Experiment, Group, Scalar, Spec } from "../../api/types";
import { Boxes, type Cluster } from "../../charts/Boxes";
import { toData, type Data } from "../../charts/points";
import { useSelection } from "../../charts/selection";
import { useColors } from "../../charts/Chart";
import { count, number, scalar } from "../../format";
import { Card, Empty, Loading } from "../../ui/parts";
import { Chosen } from "./Chosen";
import { results, Verdict } from "./Verdict";

export default function Compare({ experiment: of, spec }: { experiment: Experiment; spec: Spec }) {
  const [params, setParams] = useSearchParams();
  const navigate = useNavigate();
  const { chosen, choose } = useSelection();
  const found = useQuery(points(of.name));
  const data = useMemo(() => (found.data ? toData(found.data, spec, of.goal, of.metric) : null), [found.data, spec, of.goal, of.metric]);
  const choices = data?.dimensions.map((it) => it.name) ?? [];
  const natural = data?.dimensions.find((it) => it.kind === "category")?.name ?? choices[0] ?? "";
  const by = params.get("by") ?? natural;
  const compared = useQuery({ ...comparison(of.name, by), enabled: by !== "" });
  if (!data) return <Loading height={420} />;
  const picker = (
    <label className="row tight">
      <span className="muted">Compare by</span>
      <select className="select" aria-label="Compare by" value={by} onChange={(event) => setParams({ by: event.target.value }, { replace: true })}>
        {choices.map((it) => <option key={it} value={it}>{it}</option>)}
      </select>
    </label>
  );
  const root = `/experiments/${encodeURIComponent(of.name)}`;
  const open = (trial: number) => void navigate(`${root}/trials/${trial}`);
  // What the server cannot group (a range of numbers) is grouped by quarters here.
  const answer = compared.data;
  const clusters = answer ? byValue(data, by, answer) : byQuarter(data, by);
  const select = (at: number) => choose(clusters[at].points.map((it) => it.number), "groups");
  const some = clusters.some((it) => it.points.length > 0);
  return (
    <div className="stack">
      <div className="row">{picker}</div>
      {!some && (
        <div className="card">
          <Empty icon={Scale} title="Nothing to compare yet">
            <p>Groups appear as soon as trials have succeeded.</p>
          </Empty>
        </div>
      )}
      {some && (
        <>
          {answer && <Verdict answer={answer} spec={spec} />}
          <div className="grid">
            <Card className="c6" title={`${of.metric} by ${by}`} hint={answer ? "boxes hold the middle half; draw a rectangle to select trials" : "by quarters of its range; draw a rectangle to select trials"}>
              <Boxes data={data} clusters={clusters} open={open} />
            </Card>
            <Card className="c6" title="Groups" flush>
              <div className="scroll">
                {answer ? <Groups answer={answer} root={root} select={select} /> : <Quarters clusters={clusters} select={select} />}
              </div>
            </Card>
          </div>
          {chosen && <Chosen data={data} root={`${root}/trials`} />}
          {answer && <Bests answer={answer} root={root} />}
        </>
      )}
    </div>
  );
}

function Groups({ answer, root, select }: { answer: Comparison; root: string; select: (at: number) => void }) {
  return (
    <table>
      <thead>
        <tr><th>{answer.parameter}</th><th className="num">Results</th><th className="num">Median</th><th className="num">Middle half</th><th className="num">Best</th></tr>
      </thead>
      <tbody>
        {answer.groups.map((it, at) => (
          <tr key={scalar(it.value)}>
            <td><Named at={at} name={scalar(it.value)} select={select} /></td>
            <td className="num"><Results of={it} /></td>
            <td className="num"><strong>{number(it.summary?.median)}</strong></td>
            <td className="num soft">{it.summary ? `${number(it.summary.lower_quartile, 4)} … ${number(it.summary.upper_quartile, 4)}` : "–"}</td>
            <td className="num">{it.best ? <Link to={`${root}/trials/${it.best.trial}`}>{number(it.best.objective)}</Link> : "–"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Only those that are compared count; the others are named beside them. */
function Results({ of }: { of: Group }) {
  const left = [[of.early_stopped, "stopped early"], [of.failed, "failed"]].filter(([many]) => many).map(([many, how]) => `${many} ${how}`).join(", ");
  return (
    <>
      {count(results(of))}
      {left && <span className="muted" title={`Left out: ${left}`}> of {count(of.trials)}</span>}
    </>
  );
}

function Quarters({ clusters, select }: { clusters: Cluster[]; select: (at: number) => void }) {
  return (
    <table>
      <thead><tr><th>Range</th><th className="num">Results</th><th className="num">Median</th></tr></thead>
      <tbody>
        {clusters.map((it, at) => (
          <tr key={it.name}><td><Named at={at} name={it.name} select={select} /></td><td className="num">{count(it.points.length)}</td><td className="num"><strong>{number(it.five?.[2])}</strong></td></tr>
        ))}
      </tbody>
    </table>
  );
}

/** The name of a group, which chooses its trials. */
function Named({ at, name, select }: { at: number; name: string; select: (at: number) => void }) {
  const c = useColors();
  return (
    <button className="named" title={`Select the trials of ${name}`} onClick={() => select(at)}>
      <i className="swatch" style={{ background: c.series[at % c.series.length] }} />{name}
    </button>
  );
}

/** The best configuration of each group, side by side. */
function Bests({ answer, root }: { answer: Comparison; root: string }) {
  const with_ = answer.groups.filter((it): it is Group & { best: NonNullable<Group["best"]> } => !!it.best);
  if (with_.length === 0) return null;
  const names = [...new Set(with_.flatMap((it) => Object.keys(it.best.parameters)))].filter((it) => it !== answer.parameter);
  const rows = names.map((name) => {
    const values = with_.map((it) => (it.best.parameters as Record<string, Scalar>)[name]);
    return { name, values, differs: new Set(values.map(String)).size > 1 };
  });
  const differing = rows.some((it) => it.differs);
  return (
    <Card title="Best configuration of each" hint={differing ? "differences are marked" : undefined} flush>
      <div className="scroll">
        <table>
          <thead>
            <tr><th>{answer.parameter}</th>{with_.map((it) => <th key={scalar(it.value)} className="num">{scalar(it.value)}</th>)}</tr>
          </thead>
          <tbody>
            <tr>
              <td className="muted">{answer.metric}</td>
              {with_.map((it) => <td key={scalar(it.value)} className="num"><strong>{number(it.best.objective, 6)}</strong></td>)}
            </tr>
            <tr>
              <td className="muted">trial</td>
              {with_.map((it) => <td key={scalar(it.value)} className="num"><Link to={`${root}/trials/${it.best.trial}`}>{it.best.trial}</Link></td>)}
            </tr>
            {rows.map(({ name, values, differs }) => (
              <tr key={name}>
                <td className="muted">{name}</td>
                {values.map((value, at) => <td key={at} className={`num ${differs ? "differs" : ""}`}>{scalar(value)}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function byValue(data: Data, by: string, answer: Comparison): Cluster[] {
  const index = data.dimensions.findIndex((it) => it.name === by);
  const groups = new Map(answer.groups.map((it) => [String(it.value), [] as Data["points"]]));
  for (const it of data.points) {
    if (it.state === "succeeded" && it.objective !== null) groups.get(String(it.values[index]))?.push(it);
  }
  return answer.groups.map((it) => ({
    name: scalar(it.value),
    points: groups.get(String(it.value)) ?? [],
    five: it.summary ? [it.summary.min, it.summary.lower_quartile, it.summary.median, it.summary.upper_quartile, it.summary.max] : null,
  }));
}

function byQuarter(data: Data, by: string): Cluster[] {
  const index = data.dimensions.findIndex((it) => it.name === by);
  const dimension = data.dimensions[index];
  if (!dimension || dimension.kind !== "number") return [];
  const place = dimension.log ? Math.log : (it: number) => it;
  const back = dimension.log ? Math.exp : (it: number) => it;
  const [low, high] = [place(dimension.min), place(dimension.max)];
  const done = data.points.filter((it) => it.state === "succeeded" && it.objective !== null && it.values[index] !== null);
  return [0, 1, 2, 3].map((quarter) => {
    const [from, to] = [low + ((high - low) * quarter) / 4, low + ((high - low) * (quarter + 1)) / 4];
    const inside = done.filter((it) => {
      const at = place(it.values[index] as number);
      return at >= from && (quarter === 3 ? at <= to + 1e-9 : at < to);
    });
    return { name: `${number(back(from), 3)} … ${number(back(to), 3)}`, points: inside, five: five(inside.map((it) => it.objective!)) };
  });
}

function five(values: number[]): number[] | null {
  if (!values.length) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    return sorted[below] + (sorted[Math.min(below + 1, sorted.length - 1)] - sorted[below]) * (place - below);
  };
  return [0, 0.25, 0.5, 0.75, 1].map(at);
}
