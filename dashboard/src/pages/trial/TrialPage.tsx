// One trial: its pipeline, what its steps printed and handed on, its metrics, and why it ended as it did.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useCallback, useMemo, useRef } from "react";
import { Link, useParams, useSearchParams } from "react-router";
import { stringify } from "yaml";
import { experiment, trial, trialMetrics } from "../../api/queries";
import type { Experiment, Metric, Scalar, Spec, Step, TrialWithSteps } from "../../api/types";
import { curve, Curves } from "../../charts/Curves";
import { duration, number, scalar, shortMoment, words } from "../../format";
import { Card, CopyButton, Failed, Loading, NotFound, over, Stat, StateBadge, Warning } from "../../ui/parts";
import { Notes } from "../../ui/notes";
import { asArguments } from "../experiment/Best";
import { Artifacts } from "./Artifacts";
import { Graph, nodesOf } from "./Graph";
import { Log } from "./Log";
import { Why } from "./Why";

/** While a step prints, its metrics are asked for at most so often. */
const METRICS_MS = 700;

export default function TrialPage() {
  const { name = "", number: text = "" } = useParams();
  const at = Number(text);
  const of = useQuery(experiment(name));
  const found = useQuery({ ...trial(name, at), enabled: Number.isSafeInteger(at) && at >= 0 });
  if (!Number.isSafeInteger(at) || at < 0) return <NotFound what="trial" />;
  if (of.error && !of.data) return <Failed error={of.error} what="experiment" />;
  if (found.error && !found.data) return <Failed error={found.error} what="trial" again={() => void found.refetch()} />;
  if (!of.data || !found.data) return <Loading height={480} />;
  return <Shown key={`${name}/${at}`} of={of.data} it={found.data} />;
}

function Shown({ of, it }: { of: Experiment; it: TrialWithSteps }) {
  const spec = of.spec as unknown as Spec;
  const nodes = useMemo(() => nodesOf(spec), [spec]);
  const [params, setParams] = useSearchParams();
  const wanted = nodes.some((it) => it.name === params.get("step")) ? params.get("step") : null;
  const setWanted = (step: string) => setParams({ step }, { replace: true });
  const current = wanted || interesting(it.steps) || nodes[0]?.name || "";
  const step = it.steps.find((one) => one.step === current);
  const root = `/experiments/${encodeURIComponent(of.name)}`;
  const metrics = useQuery(trialMetrics(of.name, it.number));
  const grown = useGrown(of.name, it.number);
  const best = of.best?.number === it.number;
  return (
    <>
      <div className="head">
        <div>
          <div className="crumbs"><Link to="/">Experiments</Link> / <Link to={root}>{of.name}</Link> / <Link to={`${root}/trials`}>Trials</Link> /</div>
          <div className="row">
            <h1>Trial {it.number}</h1>
            <StateBadge state={it.state} />
            {it.reason && !it.explanation && <span className="muted">{words(it.reason)}</span>}
            {best && <span className="badge" data-tone="good">{over(of.state) ? "best" : "best so far"}</span>}
            {it.enqueued && <span className="tag">your own configuration</span>}
          </div>
          <Notes experiment={of.name} trial={it.number} tags={it.tags} note={it.note} />
        </div>
        <div className="row tight">
          {it.number > 0 && <Link className="btn icon" to={`${root}/trials/${it.number - 1}`} aria-label="Previous trial"><ChevronLeft size={16} aria-hidden="true" /></Link>}
          {it.number < of.trials.total - 1 && <Link className="btn icon" to={`${root}/trials/${it.number + 1}`} aria-label="Next trial"><ChevronRight size={16} aria-hidden="true" /></Link>}
        </div>
      </div>
      <div className="stack">
        {it.explanation && <Warning tone={it.state === "failed" ? "bad" : "warn"}>{it.state === "failed" && <strong>Failed: </strong>}{it.explanation}</Warning>}
        <dl className="stats">
          <Stat label={of.metric} note={of.best && !best && it.objective != null ? `best ${number(of.best.objective)}` : undefined}>{number(it.objective, 6)}</Stat>
          <Stat label="Duration">{duration(it.duration)}</Stat>
          <Stat label="Started">{shortMoment(it.started_at)}</Stat>
          {Object.entries(it.metrics).filter(([name]) => name !== of.metric).slice(0, 4).map(([name, value]) => <Stat key={name} label={name}>{number(value, 6)}</Stat>)}
        </dl>
        <div className="grid">
          <div className="c8 stack">
            {nodes.length > 0 && (
              <Card title="Pipeline" hint="choose a step to see its log and results">
                <Graph nodes={nodes} steps={it.steps} chosen={current} choose={setWanted} />
                {step && <StepLine step={step} />}
              </Card>
            )}
            <Metrics reports={metrics.data ?? []} />
          </div>
          <div className="c4 stack">
            <Configuration it={it} />
            <Why it={it} metric={of.metric} />
            {step && (
              <Card title="Outputs" hint={`of ${current}`}>
                <Artifacts experiment={of.name} trial={it.number} step={step} />
              </Card>
            )}
          </div>
        </div>
        {step && (
          <Card title="Log" hint={`of ${current}`} flush>
            <Log key={current} experiment={of.name} trial={it.number} step={step} grown={grown} />
          </Card>
        )}
      </div>
    </>
  );
}

/** What one wants to see first: what runs, what failed, else what came last. */
function interesting(steps: Step[]): string | undefined {
  const running = steps.find((it) => it.state === "running");
  const failed = steps.find((it) => it.state === "failed" || it.state === "timed_out");
  const begun = steps.filter((it) => it.attempt > 0);
  return (running ?? failed ?? begun.at(-1))?.step;
}

/** A report is no event of its own; but a step that reports also prints, most of the time. */
function useGrown(name: string, number: number): () => void {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  return useCallback(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void client.invalidateQueries({ queryKey: ["experiment", name, "trial", number, "metrics"] });
    }, METRICS_MS);
  }, [client, name, number]);
}

function StepLine({ step }: { step: Step }) {
  return (
    <div className="row" style={{ marginTop: 10 }}>
      <strong>{step.step}</strong>
      <StateBadge state={step.state} />
      {step.duration != null && <span className="muted">{duration(step.duration)}</span>}
      {step.attempt > 1 && <span className="muted">attempt {step.attempt}{step.failures ? `, ${step.failures} failed` : ""}</span>}
      {step.exit_code != null && step.exit_code !== 0 && !step.explanation && <span className="muted">exit code {step.exit_code}</span>}
      {step.explanation && <span className="soft break">{step.explanation}</span>}
    </div>
  );
}

function Configuration({ it }: { it: TrialWithSteps }) {
  const parameters = it.parameters as Record<string, Scalar>;
  return (
    <Card
      title="Configuration"
      tools={
        <div className="row tight">
          <CopyButton label="YAML" text={() => stringify(parameters)} />
          <CopyButton label="args" text={() => asArguments(parameters)} />
        </div>
      }
    >
      <div style={{ maxHeight: 420, overflow: "auto" }} tabIndex={0} role="group" aria-label="Parameters">
        <table className="config">
          <tbody>
            {Object.entries(parameters).map(([name, value]) => <tr key={name}><th scope="row">{name}</th><td className="num"><strong>{scalar(value)}</strong></td></tr>)}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function Metrics({ reports }: { reports: Metric[] }) {
  const by = useMemo(() => {
    const found = new Map<string, Metric[]>();
    for (const it of reports) found.set(it.name, [...(found.get(it.name) ?? []), it]);
    return [...found].map(([name, all]) => ({ name, all, line: curve(name, all) }));
  }, [reports]);
  if (!by.length) return null;
  const curves = by.filter((it) => it.line.points.length > 1).slice(0, 24);
  const single = by.filter((it) => it.line.points.length <= 1);
  return (
    <Card title="Metrics" hint={curves.length ? "by level" : undefined}>
      {curves.length > 0 && (
        <div className="boxes">
          {curves.map((it) => (
            <div key={it.name} style={{ minWidth: 0 }}>
              <h3>{it.name} <span className="muted">{number(it.all.at(-1)?.value)}</span></h3>
              <Curves curves={[it.line]} height={180} label={`${it.name} by level`} />
            </div>
          ))}
        </div>
      )}
      {single.length > 0 && (
        <dl className="pairs" style={{ marginTop: curves.length ? 12 : 0 }}>
          {single.map((it) => [<dt key={`${it.name}t`}>{it.name}</dt>, <dd key={it.name}><strong>{number(it.all.at(-1)?.value, 6)}</strong> <span className="muted">{it.all.at(-1)?.step && `from ${it.all.at(-1)?.step}`}</span></dd>])}
        </dl>
      )}
    </Card>
  );
}
