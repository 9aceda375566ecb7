// The server: whether it is ready, what it does, who may use it.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { BookOpen, KeyRound, Plus, Trash2 } from "lucide-react";
import { useState, type FormEvent } from "react";
import { Link } from "react-router";
import { address } from "../api/addresses";
import { get, raw, Refused, send } from "../api/client";
import { experiments, tokens } from "../api/queries";
import type { Role, System as Server, Token, Waiting } from "../api/types";
import { useMay, useMe } from "../app/me";
import { ago, count, moment } from "../format";
import { Card, Confirm, CopyButton, Empty, Loading, Stat, StateBadge, TrialBar, Warning, type Question } from "../ui/parts";
import { explain, useToast } from "../ui/toast";

export default function System() {
  const me = useMe();
  const admin = useMay("admin");
  const ready = useQuery({ queryKey: ["experiments", "ready"], queryFn: readiness });
  const system = useQuery({ queryKey: ["experiments", "system"], queryFn: ({ signal }) => get<Server>(address(["system"]), signal) });
  const all = useQuery(experiments());
  const it = system.data;
  const open = it?.experiments ?? [];
  return (
    <>
      <div className="head">
        <div><h1>System</h1></div>
        <a className="btn" href="/api/docs"><BookOpen size={15} aria-hidden="true" /> API reference</a>
      </div>
      <div className="stack">
        {ready.data && !ready.data.ok && <Warning tone="warn">The server is not ready: {ready.data.text}</Warning>}
        {it?.looks_on && <Warning tone="warn">Another process works on this store: everything can be seen here, and nothing changed.</Warning>}
        <dl className="stats">
          <Stat label="Server">{ready.data ? (ready.data.ok ? "Ready" : "Not ready") : "–"}</Stat>
          <Stat label="Version">{me.version ?? "–"}</Stat>
          {it && !it.looks_on && <Stat label="Slots" note={it.slots.waiting > 0 ? `in use, ${count(it.slots.waiting)} steps wait` : "in use"}>{it.slots.in_use} / {it.slots.total}</Stat>}
          <Stat label="Experiments" note={`${open.length} open`}>{count(all.data?.length ?? 0)}</Stat>
          <Stat label="Running trials">{count(open.reduce((total, one) => total + one.trials.running, 0))}</Stat>
          <Stat label="You may">{me.role === "viewer" ? "look" : me.role === "editor" ? "look and run" : "do everything"}</Stat>
        </dl>
        {it && (
          <Card title="Store">
            <dl className="pairs">
              <dt>Database</dt><dd>{it.store.kind === "postgres" ? "PostgreSQL" : "SQLite"}</dd>
              <dt>Place</dt><dd><code>{it.store.place}</code></dd>
            </dl>
          </Card>
        )}
        {open.length > 0 && <InProgress open={open} />}
        {admin && <Tokens />}
      </div>
    </>
  );
}

/** What has not come to its end, and what it waits for. */
function InProgress({ open }: { open: Waiting[] }) {
  return (
    <Card title="In progress" flush>
      <div className="scroll">
        <table>
          <thead><tr><th>Experiment</th><th>State</th><th>Trials</th><th className="num">Running</th><th className="num">Queued</th><th className="num">Slots</th><th className="num">Priority</th><th>Waits for</th></tr></thead>
          <tbody>
            {open.map((it) => (
              <tr key={it.name}>
                <td className="name"><Link to={`/experiments/${encodeURIComponent(it.name)}`}>{it.name}</Link></td>
                <td><StateBadge state={it.state} /></td>
                <td><div className="progress"><TrialBar counts={it.trials} most={it.max_trials} /></div></td>
                <td className="num">{count(it.trials.running)}</td>
                <td className="num">{count(it.trials.queued)}</td>
                <td className="num">{count(it.slots)}</td>
                <td className="num">{it.priority ?? "–"}</td>
                <td className="soft">{waitsFor(it)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function waitsFor(it: Waiting): string {
  switch (it.waits_for) {
    case "paused": return "somebody to resume it";
    case "not_driven": return "a process to drive it";
    case "driven_elsewhere": return "another process, which drives it";
    case "slots": return `slots: ${count(it.waiting_steps)} steps wait`;
    case "max_trials": return "its last trials";
    case "parallel_trials": return `a trial to end: ${count(it.parallel_trials ?? 1)} may run at once`;
    case "clients": return "clients that ask for trials";
    default: return "nothing";
  }
}

async function readiness(): Promise<{ ok: boolean; text: string }> {
  try {
    return { ok: true, text: await (await raw("/readyz")).text() };
  } catch (error) {
    if (error instanceof Refused && error.status === 503) return { ok: false, text: explain(error) };
    throw error;
  }
}

function Tokens() {
  const { data } = useQuery(tokens());
  const me = useMe();
  const client = useQueryClient();
  const toast = useToast();
  const [question, setQuestion] = useState<Question | null>(null);
  const [made, setMade] = useState<{ name: string; token: string } | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: ["tokens"] });
  const revoke = (it: Token): Question => ({
    title: `Revoke the token ${it.name}?`,
    text: it.name === me.name ? "It is the one you use right now: you will be asked for another." : "Whoever uses it is refused from then on.",
    yes: "Revoke it",
    danger: true,
    act: async () => {
      await send("DELETE", address(["tokens", it.name]));
      toast(`${it.name} is revoked`);
      await refresh();
    },
  });
  return (
    <Card title="Tokens" hint="who may use the server" flush>
      {!me.tokens && (
        <div className="body">
          <Warning tone="warn">There are none: everybody on this machine may do everything. With the first token, every request needs one, and so does this page.</Warning>
        </div>
      )}
      {made && (
        <div className="body">
          <div className="notice good">
            <KeyRound size={16} aria-hidden="true" />
            <div className="grow break">
              The token <strong>{made.name}</strong>, shown only now:<br />
              <code>{made.token}</code>
            </div>
            <CopyButton label="token" text={() => made.token} />
          </div>
        </div>
      )}
      {!data ? <Loading height={100} /> : data.length === 0 ? (
        me.tokens && <Empty icon={KeyRound} title="No tokens" />
      ) : (
        <div className="scroll">
          <table>
            <thead><tr><th>Name</th><th>Role</th><th>Made</th><th>Good until</th><th><span className="visually-hidden">Actions</span></th></tr></thead>
            <tbody>
              {data.map((it) => (
                <tr key={it.name}>
                  <td><strong>{it.name}</strong> {it.name === me.name && <span className="tag">you</span>}</td>
                  <td>{it.role}</td>
                  <td title={moment(it.created_at)}>{ago(it.created_at)}</td>
                  <td>{it.expires_at ? moment(it.expires_at) : "for ever"}</td>
                  <td className="num"><button className="btn small ghost danger" onClick={() => setQuestion(revoke(it))} aria-label={`Revoke ${it.name}`}><Trash2 size={14} aria-hidden="true" /> Revoke</button></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {me.tokens && <NewToken done={(it) => { setMade(it); void refresh(); }} />}
      <Confirm question={question} close={() => setQuestion(null)} />
    </Card>
  );
}

function NewToken({ done }: { done: (made: { name: string; token: string }) => void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const toast = useToast();
  const make = async (event: FormEvent) => {
    event.preventDefault();
    try {
      const made = await send<{ name: string; token: string }>("POST", address(["tokens"]), { name: name.trim(), role });
      done(made!);
      setName("");
    } catch (error) {
      toast(explain(error), "bad");
    }
  };
  return (
    <form className="row body" onSubmit={(event) => void make(event)}>
      <span className="field" style={{ width: 220 }}><input aria-label="Name of the new token" placeholder="Name of a new token" required value={name} onChange={(event) => setName(event.target.value)} /></span>
      <select className="select" aria-label="Role of the new token" value={role} onChange={(event) => setRole(event.target.value as Role)}>
        <option value="viewer">viewer: looks</option>
        <option value="editor">editor: looks and runs</option>
        <option value="admin">admin: does everything</option>
      </select>
      <button className="btn"><Plus size={15} aria-hidden="true" /> Make a token</button>
    </form>
  );
}
