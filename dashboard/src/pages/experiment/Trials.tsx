// All trials: sorted and filtered by the server, page by page as the list is scrolled.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Columns3, Download, Filter, ListX, SlidersHorizontal, X } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useCallback, useEffect, useMemo, useState, type FormEvent } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { metricNames, trialPage, type TrialQuery } from "../../api/queries";
import type { Experiment, ListedTrial as Trial, Scalar, Spec, TrialState } from "../../api/types";
import { ago, count, duration, moment, number, scalar, words } from "../../format";
import { Card, Empty, Failed, Loading, Segments, StateBadge } from "../../ui/parts";
import { Chips } from "../../ui/notes";
import { explain, useToast } from "../../ui/toast";
import { VirtualTable, type Column } from "../../ui/VirtualTable";
import { MOST_BESIDE, useSelection } from "../../charts/selection";

const PAGE = 200;
/** Where many are read for the few that are meant. */
const LARGE_PAGE = 1000;
const STATES: TrialState[] = ["succeeded", "running", "queued", "early_stopped", "failed", "cancelled"];
/** So many parameters are columns unless the user says otherwise. */
const FEW = 8;
const NONE: ReadonlySet<number> = new Set();

/** The server can be asked for neighbours; those between that are not meant are left out here. */
function between(numbers: ReadonlySet<number>): string[] {
  let [low, high] = [Infinity, -Infinity];
  for (const it of numbers) [low, high] = [Math.min(low, it), Math.max(high, it)];
  return [`number>=${low}`, `number<=${high}`];
}

export default function Trials({ experiment: of, spec }: { experiment: Experiment; spec: Spec }) {
  const [params, setParams] = useSearchParams();
  const { chosen, choose } = useSelection();
  const picked = chosen ?? NONE;
  // Who comes with a selection sees that; who selects here sees all.
  const [onlyPicked, setOnlyPicked] = useState(chosen !== null);
  const only = onlyPicked && picked.size > 0;
  const navigate = useNavigate();
  const state = params.get("state") ?? "";
  const sort = params.get("sort") ?? "-number";
  const where = params.getAll("where");
  const query: TrialQuery = { state, sort, where: only ? [...where, ...between(picked)] : where };
  const list = useInfiniteQuery({
    queryKey: ["experiment", of.name, "list", query],
    queryFn: ({ pageParam, signal }) => trialPage(of.name, query, pageParam, only ? LARGE_PAGE : PAGE, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: (old) => old,
  });
  const metrics = useQuery(metricNames(of.name));
  const rows = useMemo(() => (list.data?.pages.flatMap((page) => page.trials) ?? []).filter((it) => !only || picked.has(it.number)), [list.data, only, picked]);
  const parameters = Array.isArray(spec.parameters) ? spec.parameters.map((it) => it.name) : Object.keys(spec.parameters);
  const tagged = rows.some((it) => it.tags?.length);
  const explained = rows.some((it) => reasonOf(it) !== "");
  const all = useMemo(() => columnsOf(of, spec, parameters, metrics.data ?? [], tagged, explained), [of.metric, of.best?.number, spec, metrics.data, tagged, explained]);
  const [hidden, setHidden] = useHidden(of.name, all);
  const columns = useMemo(() => all.filter((it) => !hidden.has(it.id)), [all, hidden]);
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = list;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  useEffect(() => {
    if (only && rows.length < picked.size) more();
  }, [only, rows.length, picked.size, more]);
  const set = (change: (next: URLSearchParams) => void) => {
    const next = new URLSearchParams(params);
    change(next);
    setParams(next, { replace: true });
  };
  const down = sort.startsWith("-");
  const by = down ? sort.slice(1) : sort;
  const toggle = (trial: Trial) => {
    const next = new Set(picked);
    if (!next.delete(trial.number)) next.add(trial.number);
    choose(next.size ? next : null, "trials");
  };
  const root = `/experiments/${encodeURIComponent(of.name)}`;
  const options = [{ value: "", text: "All", count: of.trials.total }, ...STATES.filter((it) => of.trials[it] > 0).map((it) => ({ value: it as string, text: words(it), count: of.trials[it] }))];
  return (
    <div className="stack">
      <div className="row">
        <Segments label="Filter by state" value={state} options={options} change={(value) => set((next) => (value ? next.set("state", value) : next.delete("state")))} />
        <AddFilter names={[...parameters.map((it) => `param.${it}`), ...(metrics.data ?? []).map((it) => `metric.${it}`), "objective", "duration", "number", "tag"]} add={(it) => set((next) => next.append("where", it))} />
        {where.map((it) => (
          <button key={it} className="btn small" aria-label={`Remove the filter ${it}`} onClick={() => set((next) => { next.delete("where"); where.filter((other) => other !== it).forEach((other) => next.append("where", other)); })}>
            <code>{it}</code> <X size={13} aria-hidden="true" />
          </button>
        ))}
        <div className="grow" />
        {picked.size > 0 && (
          <>
            <button className="btn" aria-pressed={only} onClick={() => setOnlyPicked(!only)}>{only ? "Show all" : `Only the ${count(picked.size)} selected`}</button>
            <button className="btn" onClick={() => choose(null, "trials")}><X size={15} aria-hidden="true" /> Clear the selection</button>
            <button
              className="btn primary" disabled={picked.size < 2 || picked.size > MOST_BESIDE} title={picked.size > MOST_BESIDE ? `At most ${MOST_BESIDE} can be compared side by side` : undefined}
              onClick={() => void navigate(`${root}/side-by-side?trials=${[...picked].join(",")}`)}
            >
              <Columns3 size={15} aria-hidden="true" /> Compare {count(picked.size)}
            </button>
          </>
        )}
        <ChooseColumns all={all} hidden={hidden} change={setHidden} />
        <Csv of={of} query={query} columns={columns} keep={(it) => !only || picked.has(it.number)} />
      </div>
      {list.error && !list.data ? (
        <Failed error={list.error} again={() => void list.refetch()} what="list" />
      ) : !list.data || (only && rows.length === 0 && hasNextPage) ? (
        <Loading height={420} />
      ) : (
        <Card flush>
          {rows.length === 0 ? (
            <Empty icon={ListX} title={of.trials.total === 0 ? "No trials yet" : "No trial is like that"}>
              <p>{of.trials.total === 0 ? "Trials appear here as soon as they begin." : "Other filters may find some."}</p>
            </Empty>
          ) : (
            <VirtualTable
              rows={rows} columns={columns} height={640} label="Trials" keyOf={(it) => it.number} to={(it) => `${root}/trials/${it.number}`} sort={{ by, down }} more={more}
              onSort={(next) => set((it) => it.set("sort", next === by ? (down ? next : `-${next}`) : next === "number" ? "-number" : next))}
              pick={{ is: (it) => picked.has(it.number), toggle }} total={hasNextPage ? -1 : rows.length}
            />
          )}
        </Card>
      )}
      <p className="muted" role="status">{list.data && `${count(rows.length)}${hasNextPage && !only ? " loaded; scroll for more" : rows.length === 1 ? " trial" : " trials"}`}</p>
    </div>
  );
}

function columnsOf(of: Experiment, spec: Spec, parameters: string[], metrics: string[], tagged: boolean, explained: boolean): Column<Trial>[] {
  const best = of.best?.number;
  // A parameter and a metric may bear the same name.
  const told = (name: string, kind: string) => (parameters.includes(name) && [of.metric, ...metrics].includes(name) ? `${name} (${kind})` : name);
  const numeric = (name: string) => {
    const it = Array.isArray(spec.parameters) ? spec.parameters.find((one) => one.name === name) : spec.parameters[name];
    return it === undefined || ["float", "int"].includes(it.type) || (it.values ?? []).length > 0 && (it.values ?? []).every((value) => typeof value === "number");
  };
  const reason: Column<Trial> = { id: "reason", title: "Reason", width: 190, cell: (it) => <span title={reasonOf(it)}>{reasonOf(it)}</span> };
  return [
    { id: "number", title: "Trial", width: 72, sort: "number", cell: (it) => (it.number === best ? `${it.number} ★` : it.number) },
    { id: "state", title: "State", width: 138, cell: (it) => <StateBadge state={it.state} /> },
    { id: "objective", title: told(of.metric, "metric"), width: 110, num: true, sort: "objective", cell: (it) => <strong>{number(it.objective)}</strong> },
    // Near what it explains, where it is sure to be seen.
    ...(explained ? [reason] : []),
    ...parameters.map((name): Column<Trial> => ({ id: `param.${name}`, title: told(name, "parameter"), width: numeric(name) ? 124 : 164, num: numeric(name), sort: `param.${name}`, cell: (it) => scalar((it.parameters as Record<string, Scalar>)[name]) })),
    ...metrics.filter((name) => name !== of.metric).map((name): Column<Trial> => ({ id: `metric.${name}`, title: told(name, "metric"), width: 118, num: true, sort: `metric.${name}`, cell: (it) => number(it.metrics[name]) })),
    { id: "duration", title: "Duration", width: 100, num: true, sort: "duration", cell: (it) => duration(it.duration) },
    { id: "started_at", title: "Started", width: 148, num: true, sort: "started_at", cell: (it) => <span title={moment(it.started_at)}>{ago(it.started_at)}</span> },
    ...(tagged ? [{ id: "tags", title: "Tags", width: 170, cell: (it: Trial) => <Chips tags={it.tags ?? []} /> }] : []),
    ...(explained ? [] : [reason]),
  ];
}

/** Why it ended as it did, where there is more to say than how. */
const reasonOf = (it: Trial) => it.explanation ?? (it.reason ? words(it.reason) : "");

/** Which columns are not shown: the user's choice, kept in this browser. */
function useHidden(name: string, all: Column<Trial>[]): [ReadonlySet<string>, (hidden: ReadonlySet<string>) => void] {
  const key = `tune.columns.${name}`;
  const [choice, setChoice] = useState<ReadonlySet<string> | null>(() => {
    const stored = localStorage.getItem(key);
    return stored ? new Set(stored.split("\n")) : null;
  });
  const usual = useMemo(() => {
    const parameters = all.filter((it) => it.id.startsWith("param.")).slice(FEW);
    const metrics = all.filter((it) => it.id.startsWith("metric.")).slice(3);
    return new Set([...parameters, ...metrics].map((it) => it.id));
  }, [all]);
  const change = (hidden: ReadonlySet<string>) => {
    localStorage.setItem(key, [...hidden].join("\n"));
    setChoice(hidden);
  };
  return [choice ?? usual, change];
}

function ChooseColumns({ all, hidden, change }: { all: Column<Trial>[]; hidden: ReadonlySet<string>; change: (hidden: ReadonlySet<string>) => void }) {
  const toggle = (id: string) => {
    const next = new Set(hidden);
    if (!next.delete(id)) next.add(id);
    change(next);
  };
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger className="btn"><SlidersHorizontal size={15} aria-hidden="true" /> Columns</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={6}>
          {all.slice(1).map((it) => (
            <DropdownMenu.CheckboxItem key={it.id} checked={!hidden.has(it.id)} onCheckedChange={() => toggle(it.id)} onSelect={(event) => event.preventDefault()}>
              <span style={{ width: 14 }}>{!hidden.has(it.id) && "✓"}</span> {it.title}
            </DropdownMenu.CheckboxItem>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

/** A trial has a tag or not; all else can be compared. */
const signsOf = (name: string) => (name === "tag" ? ["="] : SIGNS);
const SIGNS = ["=", "!=", "<", "<=", ">", ">="];

/** A parameter and a metric of one name are told apart. */
function spoken(name: string, all: string[]): string {
  const bare = (it: string) => it.replace(/^(param|metric)\./, "");
  const alone = all.filter((it) => bare(it) === bare(name)).length === 1;
  return alone ? bare(name) : `${bare(name)} (${name.startsWith("param.") ? "parameter" : "metric"})`;
}

function AddFilter({ names, add }: { names: string[]; add: (where: string) => void }) {
  const [open, setOpen] = useState(false);
  const [name, setName] = useState("");
  const [sign, setSign] = useState(">=");
  const [value, setValue] = useState("");
  // Whoever came with the keyboard goes on where they were.
  const [used, setUsed] = useState(false);
  if (!open) return <button className="btn" autoFocus={used} onClick={() => setOpen(true)}><Filter size={15} aria-hidden="true" /> Filter</button>;
  const chosen = name || names[0];
  const signs = signsOf(chosen);
  const close = () => {
    setUsed(true);
    setOpen(false);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add(`${chosen}${signs.includes(sign) ? sign : signs[0]}${value.trim()}`);
    setValue("");
    close();
  };
  return (
    <form className="row tight" onSubmit={submit} onKeyDown={(event) => event.key === "Escape" && close()}>
      <select className="select" aria-label="What to filter by" value={chosen} onChange={(event) => setName(event.target.value)} autoFocus>
        {names.map((it) => <option key={it} value={it}>{spoken(it, names)}</option>)}
      </select>
      <select className="select" aria-label="How to compare" value={sign} onChange={(event) => setSign(event.target.value)}>
        {signs.map((it) => <option key={it}>{it}</option>)}
      </select>
      <span className="field" style={{ width: 120 }}><input aria-label="Value" required value={value} onChange={(event) => setValue(event.target.value)} /></span>
      <button className="btn">Add</button>
      <button type="button" className="btn ghost icon" aria-label="No filter" onClick={close}><X size={15} aria-hidden="true" /></button>
    </form>
  );
}

/** All that the list holds, not only what has been scrolled to, in the columns that are shown. */
function Csv({ of, query, columns, keep }: { of: Experiment; query: TrialQuery; columns: Column<Trial>[]; keep: (it: Trial) => boolean }) {
  const [busy, setBusy] = useState(false);
  const toast = useToast();
  const save = async () => {
    setBusy(true);
    try {
      const names = columns.map((it) => it.id);
      const parts = [`${names.map(cell).join(",")}\n`];
      let cursor: string | null = null;
      do {
        const page = await trialPage(of.name, query, cursor, 1000);
        parts.push(...page.trials.filter(keep).map((trial) => `${names.map((name) => cell(raw(trial, name))).join(",")}\n`));
        cursor = page.next;
      } while (cursor);
      download(new Blob(parts, { type: "text/csv" }), `${of.name}-trials.csv`);
    } catch (error) {
      toast(explain(error), "bad");
    }
    setBusy(false);
  };
  return <button className="btn" disabled={busy} onClick={() => void save()}><Download size={15} aria-hidden="true" /> CSV</button>;
}

function raw(trial: Trial, column: string): unknown {
  if (column.startsWith("param.")) return (trial.parameters as Record<string, unknown>)[column.slice(6)];
  if (column.startsWith("metric.")) return trial.metrics[column.slice(7)];
  return (trial as Record<string, unknown>)[column];
}

/** A spreadsheet must not take text for a formula. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  let text = String(value);
  if (typeof value === "string" && /^[=+@\t\r-]/.test(text) && !Number.isFinite(Number(text))) text = `'${text}`;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function download(blob: Blob, name: string) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
