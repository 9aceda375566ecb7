// Several experiments on one chart: how soon each found how much, and the best of each. Which ones is in the address, to be handed on.
import { useQueries, useQuery } from "@tanstack/react-query";
import { GitCompareArrows, X } from "lucide-react";
import { useMemo, useState } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";
import { FEW_POINTS } from "../api/addresses";
import { experiment, experiments, points } from "../api/queries";
import type { Experiment, Points, Scalar, Spec } from "../api/types";
import { useColors } from "../charts/Chart";
import { courseOf, type Course } from "../charts/course";
import { Race, type Against } from "../charts/Race";
import { count, duration, number, scalar } from "../format";
import { Card, Empty, ended, Loading, over, Segments, StateBadge, Warning } from "../ui/parts";
import { explain } from "../ui/toast";

/** More lines than this on one chart cannot be told apart. */
const MOST = 8;

interface One {
  of: Experiment;
  course: Course;
  /** Its place among all, which gives it its colour. */
  at: number;
}

export default function CompareExperiments() {
  const [params, setParams] = useSearchParams();
  const names = useMemo(() => [...new Set(params.getAll("experiment"))].slice(0, MOST), [params]);
  const found = useQueries({ queries: names.map((name) => experiment(name)) });
  const courses = useQueries({ queries: names.map((name) => points(name, FEW_POINTS)) });
  const set = (next: string[]) => setParams(next.map((name): [string, string] => ["experiment", name]), { replace: true });
  const wrong = names.flatMap((name, at) => (found[at].error && !found[at].data ? [{ name, error: found[at].error }] : []));
  const waiting = names.some((_, at) => !wrong.some((it) => it.name === names[at]) && (!found[at].data || !courses[at].data));
  const ready = names.flatMap((_, at) => (found[at].data && courses[at].data ? [[found[at].data, courses[at].data, at] as [Experiment, Points, number]] : []));
  return (
    <>
      <div className="head">
        <div>
          <div className="crumbs"><Link to="/">Experiments</Link> /</div>
          <h1>Compare experiments</h1>
        </div>
      </div>
      <div className="stack">
        <Choose names={names} set={set} />
        {wrong.map((it) => <Warning key={it.name}><strong>{it.name}</strong>: {explain(it.error)}</Warning>)}
        {names.length === 0 ? (
          <div className="card">
            <Empty icon={GitCompareArrows} title="No experiments chosen">
              <p>Add some above, or tick them in the <Link to="/">list of experiments</Link>.</p>
            </Empty>
          </div>
        ) : waiting ? <Loading height={420} /> : <Found ready={ready} />}
      </div>
    </>
  );
}

function Choose({ names, set }: { names: string[]; set: (names: string[]) => void }) {
  const all = useQuery(experiments());
  const c = useColors();
  const others = (all.data ?? []).filter((it) => !names.includes(it.name));
  return (
    <div className="row">
      {names.map((name, at) => (
        <button key={name} className="btn small" aria-label={`Leave out ${name}`} onClick={() => set(names.filter((it) => it !== name))}>
          <i className="swatch" style={{ background: c.series[at % c.series.length] }} />{name} <X size={13} aria-hidden="true" />
        </button>
      ))}
      {names.length < MOST && others.length > 0 && (
        <select className="select small" style={{ maxWidth: 260 }} aria-label="Add an experiment" value="" onChange={(event) => set([...names, event.target.value])}>
          <option value="">Add an experiment</option>
          {others.map((it) => <option key={it.id} value={it.name}>{it.name}</option>)}
        </select>
      )}
    </div>
  );
}

/** One chart for each objective: values of different metrics say nothing about each other. */
function Found({ ready }: { ready: [Experiment, Points, number][] }) {
  const [against, setAgainst] = useState<Against>("trials");
  const groups = useMemo(() => {
    const by = new Map<string, One[]>();
    for (const [of, points, at] of ready) {
      const key = `${of.goal} ${of.metric}`;
      by.set(key, [...(by.get(key) ?? []), { of, course: courseOf(points, of.goal, ended(of.trials)), at }]);
    }
    return [...by.values()];
    // The answers are the same objects until they change.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, ready.flat());
  const tools = <Segments label="Against" value={against} options={[{ value: "trials", text: "Trials" }, { value: "seconds", text: "Time" }]} change={setAgainst} />;
  return (
    <>
      {groups.length > 1 && <Warning tone="warn">These experiments have different objectives: each has a chart of its own.</Warning>}
      {groups.map((all) => <Group key={`${all[0].of.goal} ${all[0].of.metric}`} all={all} against={against} tools={tools} />)}
    </>
  );
}

function Group({ all, against, tools }: { all: One[]; against: Against; tools: React.ReactNode }) {
  const { metric, goal } = all[0].of;
  const navigate = useNavigate();
  const open = (experiment: string, trial: number) => void navigate(`/experiments/${encodeURIComponent(experiment)}/trials/${trial}`);
  const runners = useMemo(() => all.map((it) => ({ name: it.of.name, course: it.course, at: it.at })), [all]);
  const values = all.flatMap((it) => (it.course.steps.length ? [it.course.steps.at(-1)!.objective] : []));
  const best = goal === "maximize" ? Math.max(...values) : Math.min(...values);
  // Of experiments that search different spaces none is the better one.
  const alike = new Set(all.map((it) => parametersOf(it.of).sort().join("\n"))).size === 1;
  return (
    <>
      <Card title={all.every((it) => over(it.of.state)) ? `Best ${metric}` : `Best ${metric} so far`} hint={goal} tools={tools}>
        <Race runners={runners} metric={metric} against={against} open={open} />
      </Card>
      <Card title="The best of each" flush>
        <div className="scroll" tabIndex={0} role="group" aria-label={`The best ${metric} of each experiment`}>
          <table>
            <thead>
              <tr><th>Experiment</th><th>State</th><th className="num">Best {metric}</th><th className="num">Trial</th><th className="num">Found after</th><th className="num">in</th><th className="num">Trials</th><th className="num">Time</th><th>Algorithm</th></tr>
            </thead>
            <tbody>
              {all.map((it) => <Row key={it.of.id} it={it} winner={alike && it.course.steps.at(-1)?.objective === best && values.length > 1} />)}
            </tbody>
          </table>
        </div>
      </Card>
      <Configurations all={all.filter((it) => it.of.best)} />
    </>
  );
}

function parametersOf(of: Experiment): string[] {
  const { parameters } = of.spec as unknown as Spec;
  return Array.isArray(parameters) ? parameters.map((it) => it.name) : Object.keys(parameters);
}

function Row({ it: { of, course, at }, winner }: { it: One; winner: boolean }) {
  const root = `/experiments/${encodeURIComponent(of.name)}`;
  const last = course.steps.at(-1);
  return (
    <tr className={winner ? "best" : undefined}>
      <td className="name"><Named at={at}><Link to={root}>{of.name}</Link></Named></td>
      <td><StateBadge state={of.state} asked={of.request} /></td>
      <td className="num"><strong>{number(last?.objective, 6)}</strong></td>
      <td className="num">{last ? <Link to={`${root}/trials/${last.trial}`}>{last.trial}</Link> : "–"}</td>
      <td className="num">{last ? `${count(last.trials)} ${last.trials === 1 ? "trial" : "trials"}` : "–"}</td>
      <td className="num soft">{last ? duration(last.seconds) : "–"}</td>
      <td className="num">{count(ended(of.trials))}</td>
      <td className="num soft">{duration(course.seconds)}</td>
      <td>{(of.spec as unknown as Spec).algorithm?.name ?? "auto"}</td>
    </tr>
  );
}

function Configurations({ all }: { all: One[] }) {
  const names = [...new Set(all.flatMap(({ of }) => Object.keys(of.best!.parameters)))];
  if (!all.length) return null;
  const rows = names.map((name) => {
    const values = all.map(({ of }): Scalar | undefined => (of.best!.parameters as Record<string, Scalar>)[name]);
    return { name, values, differs: new Set(values.filter((it) => it !== undefined).map(String)).size > 1 };
  });
  return (
    <Card title="Best configuration of each" hint={rows.some((it) => it.differs) ? "differences are marked" : undefined} flush>
      <div className="scroll" style={{ maxHeight: 480 }} tabIndex={0} role="group" aria-label="Best configuration of each experiment">
        <table>
          <thead>
            <tr><th>Parameter</th>{all.map(({ of, at }) => <th key={of.id} className="num"><Named at={at}>{of.name}</Named></th>)}</tr>
          </thead>
          <tbody>
            {rows.map(({ name, values, differs }) => (
              <tr key={name}>
                <td className="muted">{name}</td>
                {values.map((value, at) => <td key={at} className={`num ${differs && value !== undefined ? "differs" : ""}`}>{scalar(value)}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function Named({ at, children }: { at: number; children: React.ReactNode }) {
  const c = useColors();
  return <span className="row tight named"><i className="swatch" style={{ background: c.series[at % c.series.length] }} />{children}</span>;
}
