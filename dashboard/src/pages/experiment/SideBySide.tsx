// Chosen trials beside each other: what differs, and how each went.
import { useQueries } from "@tanstack/react-query";
import { Columns3 } from "lucide-react";
import { Link, useSearchParams } from "react-router";
import { trial, trialMetrics } from "../../api/queries";
import type { Experiment, Metric, Scalar, TrialWithSteps } from "../../api/types";
import { useColors } from "../../charts/Chart";
import { curve, Curves, type Curve } from "../../charts/Curves";
import { MOST_BESIDE } from "../../charts/selection";
import { duration, number, scalar } from "../../format";
import { Card, Empty, Failed, Loading, StateBadge } from "../../ui/parts";
import { HandedOn, Logs } from "./Outputs";

export default function SideBySide({ experiment: of }: { experiment: Experiment }) {
  const [params] = useSearchParams();
  const numbers = (params.get("trials") ?? "").split(",").filter((it) => /^\d+$/.test(it)).map(Number).slice(0, MOST_BESIDE);
  const found = useQueries({ queries: numbers.map((it) => trial(of.name, it)) });
  const reported = useQueries({ queries: numbers.map((it) => trialMetrics(of.name, it)) });
  const c = useColors();
  if (numbers.length === 0) {
    return (
      <div className="card">
        <Empty icon={Columns3} title="No trials chosen">
          <p>Choose trials in the <Link to="../trials">list of trials</Link>, then compare them here.</p>
        </Empty>
      </div>
    );
  }
  const failed = found.find((it) => it.error && !it.data);
  if (failed) return <Failed error={failed.error} what="trial" />;
  if (found.some((it) => !it.data)) return <Loading />;
  const trials = found.map((it) => it.data!);
  const root = `/experiments/${encodeURIComponent(of.name)}/trials`;
  const curves = overlaid(trials, reported.map((it) => it.data ?? []));
  return (
    <div className="stack">
      <Card title="Side by side" hint={trials.length > 1 ? "differences are marked" : undefined} flush>
        <div className="scroll">
          <table>
            <thead>
              <tr>
                <th>Trial</th>
                {trials.map((it, at) => (
                  <th key={it.number} className="num">
                    <span className="row tight" style={{ justifyContent: "flex-end" }}><i className="swatch" style={{ background: c.series[at] }} /><Link to={`${root}/${it.number}`}>{it.number}</Link></span>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              <tr><td className="muted">state</td>{trials.map((it) => <td key={it.number} className="num"><StateBadge state={it.state} /></td>)}</tr>
              <tr><td className="muted">{of.metric}</td>{trials.map((it) => <td key={it.number} className="num"><strong>{number(it.objective, 6)}</strong></td>)}</tr>
              <tr><td className="muted">duration</td>{trials.map((it) => <td key={it.number} className="num">{duration(it.duration)}</td>)}</tr>
              <Rows trials={trials} of={(it) => it.parameters as Record<string, Scalar>} />
              <Rows trials={trials} of={(it) => Object.fromEntries(Object.entries(it.metrics).filter(([name]) => name !== of.metric).map(([name, value]) => [name in it.parameters ? `${name} (metric)` : name, value]))} />
            </tbody>
          </table>
        </div>
      </Card>
      {curves.length > 0 && (
        <Card title="Metrics by level">
          <div className="boxes">
            {curves.map(([name, lines]) => (
              <div key={name} style={{ minWidth: 0 }}>
                <h3>{name}</h3>
                <Curves curves={lines} label={`${name} by level of trials ${numbers.join(", ")}`} />
              </div>
            ))}
          </div>
        </Card>
      )}
      <HandedOn experiment={of.name} trials={trials} />
      <Logs experiment={of.name} trials={trials} />
    </div>
  );
}

function Rows({ trials, of }: { trials: TrialWithSteps[]; of: (it: TrialWithSteps) => Record<string, Scalar> }) {
  const names = [...new Set(trials.flatMap((it) => Object.keys(of(it))))];
  return names.map((name) => {
    const values = trials.map((it) => of(it)[name]);
    const differs = new Set(values.map(String)).size > 1;
    return (
      <tr key={name}>
        <td className="muted">{name}</td>
        {values.map((value, at) => <td key={trials[at].number} className={`num ${differs ? "differs" : ""}`}>{scalar(value)}</td>)}
      </tr>
    );
  });
}

/** Every metric that some trial reported at more than one level; a trial without it has an empty line, so that colours stay. */
function overlaid(trials: TrialWithSteps[], reported: Metric[][]): [string, Curve[]][] {
  const names = [...new Set(reported.flatMap((all) => all.map((it) => it.name)))].sort();
  const all = names.map((name): [string, Curve[]] => [name, trials.map((it, at) => curve(`trial ${it.number}`, reported[at].filter((one) => one.name === name)))]);
  return all.filter(([, lines]) => lines.some((it) => it.points.length > 1));
}
