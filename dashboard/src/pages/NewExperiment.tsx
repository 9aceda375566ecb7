// A new experiment: its document, checked by the server while it is written, begun from an example or from an experiment that exists.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { CheckCircle2, Play } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";
import { stringify } from "yaml";
import { address } from "../api/addresses";
import { Refused, sendYaml } from "../api/client";
import { documentSchema, experiment, experiments } from "../api/queries";
import type { Experiment, FileProblem } from "../api/types";
import { useMay, useMe } from "../app/me";
import { EXAMPLES } from "../examples";
import { Editor } from "../ui/editor";
import { Card, Empty, Warning } from "../ui/parts";
import { explain } from "../ui/toast";

/** The server is asked once nothing has been typed for so long. */
const PAUSE_MS = 350;

type Verdict = { kind: "checking" } | { kind: "good"; name: string } | { kind: "problems"; problems: FileProblem[] } | { kind: "refused"; text: string };

export default function NewExperiment() {
  const editor = useMay("editor");
  const me = useMe();
  if (editor) return <Writing />;
  return <Empty icon={Play} title={me.name ? "Your token lets you look, not start experiments" : "This server shows what another process does: it lets you look, not start experiments"} />;
}

function Writing() {
  const [params, setParams] = useSearchParams();
  const from = params.get("from");
  const known = useQuery(experiments());
  const schema = useQuery(documentSchema());
  const source = useQuery({ ...experiment(from ?? ""), enabled: from !== null });
  const [text, setText] = useState(EXAMPLES[0].text);
  const [submitting, setSubmitting] = useState(false);
  const [refusal, setRefusal] = useState("");
  const client = useQueryClient();
  const navigate = useNavigate();
  const verdict = useVerdict(text);
  const taken = useRef<string>("");
  useEffect(() => {
    if (!source.data || taken.current === source.data.name) return;
    taken.current = source.data.name;
    setText(likeThis(source.data, (known.data ?? []).map((it) => it.name)));
  }, [source.data, known.data]);

  const names = (known.data ?? []).map((it) => it.name);
  const exists = verdict.kind === "good" && names.includes(verdict.name);
  const ready = verdict.kind === "good" && !exists && !submitting;
  const write = (next: string) => {
    setRefusal("");
    setText(next);
  };
  const submit = async (goOn = false) => {
    if (!ready && !goOn) return;
    setSubmitting(true);
    setRefusal("");
    try {
      const created = await sendYaml<Experiment>(address(["experiments"], { go_on: goOn || undefined }), text);
      await client.invalidateQueries({ queryKey: ["experiments"] });
      void navigate(`/experiments/${encodeURIComponent(created.name)}`);
    } catch (error) {
      setRefusal(refusedAs(error));
      setSubmitting(false);
    }
  };
  const choose = (value: string) => {
    setRefusal("");
    const example = EXAMPLES.find((it) => it.name === value);
    if (example) {
      taken.current = "";
      setParams({}, { replace: true });
      setText(example.text);
    } else {
      taken.current = "";
      setParams({ from: value.slice("from:".length) }, { replace: true });
    }
  };
  const problems = verdict.kind === "problems" ? verdict.problems : [];
  const current = from ? `from:${from}` : (EXAMPLES.find((it) => it.text === text)?.name ?? "");
  return (
    <>
      <div className="head">
        <div>
          <div className="crumbs"><Link to="/">Experiments</Link> /</div>
          <h1>New experiment</h1>
        </div>
        <button className="btn primary" disabled={!ready} onClick={() => void submit()}>
          <Play size={15} aria-hidden="true" /> Run
        </button>
      </div>
      <div className="grid">
        <Card
          className="c8"
          title="Experiment file"
          flush
          tools={
            <select className="select small" aria-label="Start from" value={current} onChange={(event) => choose(event.target.value)}>
              {current === "" && <option value="">Edited</option>}
              <optgroup label="Examples">
                {EXAMPLES.map((it) => <option key={it.name} value={it.name}>{it.name}</option>)}
              </optgroup>
              {(known.data ?? []).length > 0 && (
                <optgroup label="Like an experiment">
                  {(known.data ?? []).map((it) => <option key={it.id} value={`from:${it.name}`}>{it.name}</option>)}
                </optgroup>
              )}
            </select>
          }
        >
          <div style={{ height: 10 }} />
          <Editor text={text} change={write} problems={problems} label="Experiment file" schema={schema.data} done={() => void submit()} />
        </Card>
        <Card className="c4" title="Check">
          <div aria-live="polite" className="stack tight">
            {verdict.kind === "checking" && <p className="muted">Checking…</p>}
            {verdict.kind === "good" && exists && <Taken name={verdict.name} text={text} names={names} refusal={refusal} busy={submitting} write={write} goOn={() => void submit(true)} />}
            {verdict.kind === "good" && !exists && !refusal && (
              <div className="notice good"><CheckCircle2 size={16} aria-hidden="true" /><div>The file is right. Run starts it at once.</div></div>
            )}
            {verdict.kind === "refused" && <Warning>{verdict.text}</Warning>}
            {problems.map((it, index) => (
              <Warning key={index}>
                <strong>Line {it.line}, column {it.column}</strong>
                {it.path && <> · <code>{it.path}</code></>}
                <br />
                {it.message}
                {it.help && <><br />{it.help}</>}
              </Warning>
            ))}
            {refusal && !exists && <Warning>{refusal}</Warning>}
          </div>
          <p className="muted" style={{ marginTop: 18 }}>
            <code>parameters</code> say what may vary, <code>objective</code> what counts, <code>pipeline</code> what every trial runs. Paths are those of the server's machine.
          </p>
        </Card>
      </div>
    </>
  );
}

/** The name is taken: what can be done about it. */
function Taken({ name, text, names, refusal, busy, write, goOn }: { name: string; text: string; names: string[]; refusal: string; busy: boolean; write: (text: string) => void; goOn: () => void }) {
  const free = freeName(name, names);
  const renamed = text.replace(/^name:.*$/m, `name: ${free}`);
  return (
    <Warning tone={refusal ? "bad" : "warn"}>
      There is already an experiment <Link to={`/experiments/${encodeURIComponent(name)}`}>{name}</Link>.{" "}
      {refusal || "Choose another name, or go on with that one: where it was, or with the new limits of this file."}
      <div className="row tight" style={{ marginTop: 8 }}>
        {renamed !== text && <button className="btn small" onClick={() => write(renamed)}>Name it {free}</button>}
        {!refusal && <button className="btn small" disabled={busy} onClick={goOn}>Go on with {name}</button>}
      </div>
    </Warning>
  );
}

/** Why it was not begun, in the words of the page: those of the interface are for programs. */
function refusedAs(error: unknown): string {
  const of = error instanceof Refused && error.problem.type?.endsWith("/name-taken") ? error.problem : null;
  if (!of) return explain(error);
  const differences = of.differences ?? [];
  if (differences.length === 0) return "It has been started meanwhile: choose another name.";
  const some = differences.slice(0, FEW).map((it) => `${it.path} is ${told(it.given)} here and ${told(it.stored)} there`);
  const more = differences.length > FEW ? `, and ${differences.length - FEW} more` : "";
  return `This file cannot go on with it, since it describes another one: ${some.join("; ")}${more}. Choose another name.`;
}

/** So many differences are named. */
const FEW = 3;

function told(value: unknown): string {
  if (value === undefined || value === null) return "not set";
  const text = typeof value === "object" ? "other" : String(value);
  return text.length > 40 ? "other" : text;
}

/** What the server says of the text: asked again when the typing pauses. */
function useVerdict(text: string): Verdict {
  const [verdict, setVerdict] = useState<Verdict>({ kind: "checking" });
  useEffect(() => {
    let stale = false;
    setVerdict((old) => (old.kind === "problems" ? old : { kind: "checking" }));
    const timer = setTimeout(async () => {
      const next = await check(text);
      if (!stale) setVerdict(next);
    }, PAUSE_MS);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [text]);
  return verdict;
}

async function check(text: string): Promise<Verdict> {
  try {
    const { spec } = await sendYaml<{ spec: { name: string } }>(address(["experiments"], { dry_run: true }), text);
    return { kind: "good", name: spec.name };
  } catch (error) {
    if (error instanceof Refused && error.problem.problems?.length) return { kind: "problems", problems: error.problem.problems };
    return { kind: "refused", text: explain(error) };
  }
}

/** The document of an experiment under a name that is free. */
function likeThis(source: Experiment, names: string[]): string {
  return stringify({ ...(source.document as object), name: freeName(source.name, names) }, { lineWidth: 120 });
}

function freeName(name: string, names: string[]): string {
  const base = name.replace(/-\d+$/, "");
  let suffix = 2;
  while (names.includes(`${base}-${suffix}`)) suffix += 1;
  return `${base}-${suffix}`;
}
