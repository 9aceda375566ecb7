// All experiments: where each stands, how far it is, the best it has found.
import { useQuery } from "@tanstack/react-query";
import { ArrowDown, ArrowUp, FlaskConical, GitCompareArrows, Plus, Search } from "lucide-react";
import { useDeferredValue, useMemo, useRef, useState } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";
import { experiments, trialLimit } from "../api/queries";
import type { Summary } from "../api/types";
import { useMay } from "../app/me";
import { ago, count, duration, moment, number, toNumber, words } from "../format";
import { ended, Empty, Failed, Loading, Segments, StateBadge, TrialBar } from "../ui/parts";
import { Chips } from "../ui/notes";
import { Sparkline, useSeen } from "../ui/Sparkline";
import { Steer } from "../ui/steer";

type Filter = "all" | "active" | "paused" | "succeeded" | "failed";
const FILTERS: Record<Filter, (it: Summary) => boolean> = {
  all: () => true,
  active: (it) => it.state === "running" || it.state === "pending",
  paused: (it) => it.state === "paused",
  succeeded: (it) => it.state === "succeeded",
  failed: (it) => it.state === "failed" || it.state === "cancelled",
};
const NAMES: Record<Filter, string> = { all: "All", active: "Running", paused: "Paused", succeeded: "Succeeded", failed: "Failed or cancelled" };

type Column = "name" | "state" | "trials" | "best" | "created";
const KEYS: Record<Column, (it: Summary) => string | number | null> = {
  name: (it) => it.name.toLowerCase(),
  state: (it) => it.state,
  trials: (it) => it.trials.total,
  best: (it) => toNumber(it.best?.objective),
  created: (it) => Date.parse(it.created_at),
};

export function Experiments() {
  const { data, error, refetch } = useQuery(experiments());
  const [search, setSearch] = useState("");
  const [params, setParams] = useSearchParams();
  const filter = (params.get("state") ?? "all") as Filter;
  const [sort, setSort] = useState<{ by: Column; down: boolean }>({ by: "created", down: true });
  const wanted = useDeferredValue(search.trim().toLowerCase());
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const navigate = useNavigate();
  const editor = useMay("editor");
  const shown = useMemo(() => {
    const found = (data ?? []).filter((it) => (FILTERS[filter] ?? FILTERS.all)(it) && [it.name, it.metric, ...(it.tags ?? [])].some((text) => text.toLowerCase().includes(wanted)));
    const key = KEYS[sort.by];
    return found.sort((a, b) => {
      const [x, y] = [key(a), key(b)];
      if (x === null || y === null) return Number(x === null) - Number(y === null);
      return (x < y ? -1 : x > y ? 1 : 0) * (sort.down ? -1 : 1);
    });
  }, [data, filter, wanted, sort]);

  if (error && !data) return <Failed error={error} again={() => void refetch()} />;
  const head = (
    <div className="head">
      <div>
        <h1>Experiments</h1>
      </div>
      {editor && (
        <Link to="/new" className="btn primary">
          <Plus size={16} aria-hidden="true" /> New experiment
        </Link>
      )}
    </div>
  );
  if (!data) return <>{head}<Loading /></>;
  if (data.length === 0) {
    return (
      <>
        {head}
        <div className="card">
          <Empty icon={FlaskConical} title="No experiments yet">
            <p>An experiment searches for the best configuration of a pipeline. Describe what may vary and what counts, and watch it being found.</p>
            {editor && <Link to="/new" className="btn primary">Start from an example</Link>}
          </Empty>
        </div>
      </>
    );
  }
  const toggle = (name: string) => setPicked((old) => {
    const next = new Set(old);
    if (!next.delete(name)) next.add(name);
    return next;
  });
  // One that has been deleted meanwhile is no longer chosen.
  const together = data.filter((it) => picked.has(it.name)).map((it) => it.name);
  const compare = () => void navigate(`/compare?${new URLSearchParams(together.map((name): [string, string] => ["experiment", name]))}`);
  const options = (Object.keys(FILTERS) as Filter[]).map((value) => ({ value, text: NAMES[value], count: data.filter(FILTERS[value]).length }));
  return (
    <>
      {head}
      <div className="row" style={{ marginBottom: 14 }}>
        <label className="field" style={{ width: 280 }}>
          <Search size={15} aria-hidden="true" />
          <span className="visually-hidden">Search experiments</span>
          <input type="search" placeholder="Search by name, metric or tag" value={search} onChange={(event) => setSearch(event.target.value)} />
        </label>
        <Segments label="Filter by state" value={filter} options={options} change={(value) => setParams(value === "all" ? {} : { state: value }, { replace: true })} />
        <div className="grow" />
        {together.length > 0 && (
          <button className="btn primary" disabled={together.length < 2} onClick={compare}>
            <GitCompareArrows size={15} aria-hidden="true" /> Compare {together.length}
          </button>
        )}
      </div>
      <div className="card scroll">
        <table className="list">
          <thead>
            <tr>
              <th className="pick"><span className="visually-hidden">Compare</span></th>
              <Sortable column="name" sort={sort} change={setSort}>Name</Sortable>
              <Sortable column="state" sort={sort} change={setSort}>State</Sortable>
              <Sortable column="best" sort={sort} change={setSort} num>Best</Sortable>
              <Sortable column="trials" sort={sort} change={setSort}>Trials</Sortable>
              <th>History</th>
              <th>Objective</th>
              <Sortable column="created" sort={sort} change={setSort}>Created</Sortable>
              <th className="num">Time</th>
              <th><span className="visually-hidden">Actions</span></th>
            </tr>
          </thead>
          <tbody>
            {shown.map((it) => <Row key={it.id} it={it} picked={picked.has(it.name)} toggle={toggle} find={setSearch} />)}
          </tbody>
        </table>
        {shown.length === 0 && (
          <Empty icon={Search} title="Nothing matches">
            <p>No experiment has that name, metric, tag or state.</p>
          </Empty>
        )}
      </div>
    </>
  );
}

function Row({ it, picked, toggle, find }: { it: Summary; picked: boolean; toggle: (name: string) => void; find: (text: string) => void }) {
  const navigate = useNavigate();
  const page = `/experiments/${encodeURIComponent(it.name)}`;
  const open = (event: React.MouseEvent) => {
    if ((event.target as HTMLElement).closest("a, button, label, [role=menu], [role=alertdialog]")) return;
    void navigate(page);
  };
  const place = useRef<HTMLTableRowElement>(null);
  const most = useMost(it, useSeen(place));
  return (
    <tr ref={place} className="link" onClick={open}>
      <td className="pick"><label><input type="checkbox" checked={picked} onChange={() => toggle(it.name)} aria-label={`Compare ${it.name}`} /></label></td>
      <td className="name"><Link to={page} title={it.name}>{it.name}</Link><Chips tags={it.tags ?? []} choose={find} /></td>
      <td>
        <span className="row tight" style={{ flexWrap: "nowrap" }}>
          <StateBadge state={it.state} asked={it.request} />
          {it.reason && !["paused", "cancelled"].includes(it.reason) && <span className="muted roomy">{words(it.reason)}</span>}
        </span>
      </td>
      <td className="num"><strong>{it.best ? number(it.best.objective) : "–"}</strong></td>
      <td>
        <div className="progress">
          <TrialBar counts={it.trials} most={most} />
          <small>{count(ended(it.trials))}{most != null && ` of ${count(most)}`}</small>
        </div>
      </td>
      <td><Sparkline of={it} /></td>
      <td><span className="muted" title={it.goal}>{it.goal === "maximize" ? "↑" : "↓"}</span> {it.metric}</td>
      <td title={moment(it.created_at)} className="soft">{ago(it.created_at)}</td>
      <td className="num soft">{duration(it.active_seconds)}</td>
      <td className="num"><span className="actions"><Steer name={it.name} state={it.state} compact /></span></td>
    </tr>
  );
}

/** How many trials it may have: one that ended with the last of them has had all; the others that are in sight are asked. */
function useMost(it: Summary, seen: boolean): number | null | undefined {
  const full = it.reason === "max_trials";
  const { data } = useQuery({ ...trialLimit(it), enabled: seen && !full });
  return full ? it.trials.total : data;
}

function Sortable({ column, sort, change, num, children }: { column: Column; sort: { by: Column; down: boolean }; change: (sort: { by: Column; down: boolean }) => void; num?: boolean; children: string }) {
  const on = sort.by === column;
  const Icon = sort.down ? ArrowDown : ArrowUp;
  return (
    <th className={num ? "num" : undefined} aria-sort={on ? (sort.down ? "descending" : "ascending") : undefined}>
      <button onClick={() => change({ by: column, down: on ? !sort.down : column === "created" })}>
        {children}
        {on && <Icon size={13} aria-hidden="true" />}
      </button>
    </th>
  );
}
