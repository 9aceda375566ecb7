// The outputs of chosen trials and what they printed, beside each other.
import { ChevronDown, ChevronRight, Download } from "lucide-react";
import { useState, type CSSProperties } from "react";
import { address } from "../../api/addresses";
import type { Step, TrialWithSteps } from "../../api/types";
import { useColors } from "../../charts/Chart";
import { bytes } from "../../format";
import { Card, StateBadge } from "../../ui/parts";
import { Content } from "../trial/Artifacts";
import { Log } from "../trial/Log";

interface Props {
  experiment: string;
  trials: TrialWithSteps[];
}

const stepOf = (trial: TrialWithSteps, name: string): Step | undefined => trial.steps.find((it) => it.step === name);

/** The steps of all of them, in the order of the pipeline. */
const stepsOf = (trials: TrialWithSteps[]) => [...new Set(trials.flatMap((it) => it.steps.map((step) => step.step)))];

/** Every name that some trial has there. */
const namesOf = (trials: TrialWithSteps[], of: (trial: TrialWithSteps) => object | undefined) => [...new Set(trials.flatMap((it) => Object.keys(of(it) ?? {})))];

/** Values with differences marked; an artifact is opened in all trials at once. */
export function HandedOn({ experiment, trials }: Props) {
  const rows = stepsOf(trials).flatMap((step) => [
    ...namesOf(trials, (it) => stepOf(it, step)?.values).map((name) => <Value key={`${step} value ${name}`} trials={trials} step={step} name={name} />),
    ...namesOf(trials, (it) => stepOf(it, step)?.artifacts).map((name) => <Artifact key={`${step} ${name}`} experiment={experiment} trials={trials} step={step} name={name} />),
  ]);
  if (rows.length === 0) return null;
  return (
    <Card title="Outputs" hint="values and artifacts of the steps" flush>
      <div className="scroll" tabIndex={0} role="group" aria-label="Outputs of the trials">
        <table className="beside">
          <thead><tr><th>Step</th><th>Name</th>{trials.map((it, at) => <th key={it.number}><Named at={at} trial={it} /></th>)}</tr></thead>
          <tbody>{rows}</tbody>
        </table>
      </div>
    </Card>
  );
}

function Value({ trials, step, name }: { trials: TrialWithSteps[]; step: string; name: string }) {
  const values = trials.map((it) => JSON.stringify(stepOf(it, step)?.values[name]));
  const differs = new Set(values).size > 1;
  return (
    <tr>
      <td className="muted">{step}</td>
      <td>{name}</td>
      {values.map((value, at) => <td key={trials[at].number} className={differs ? "differs" : undefined}>{value === undefined ? "–" : <code>{value}</code>}</td>)}
    </tr>
  );
}

function Artifact({ experiment, trials, step, name }: Props & { step: string; name: string }) {
  const [open, setOpen] = useState(false);
  const Icon = open ? ChevronDown : ChevronRight;
  const each = trials.map((trial) => ({
    trial, it: stepOf(trial, step)?.artifacts[name],
    url: (path?: string) => address(["experiments", experiment, "trials", trial.number, "artifacts", step, name], { path }),
  }));
  return (
    <>
      <tr>
        <td className="muted">{step}</td>
        <td><button className="btn ghost small" aria-expanded={open} onClick={() => setOpen(!open)}><Icon size={15} aria-hidden="true" /> <strong>{name}</strong></button></td>
        {each.map(({ trial, it, url }) => (
          <td key={trial.number}>
            {it ? <span className="row tight"><span className="muted">{bytes(it.size)}</span><a className="btn ghost small icon" href={url()} download aria-label={`Download ${name} of trial ${trial.number}`}><Download size={14} aria-hidden="true" /></a></span> : "–"}
          </td>
        ))}
      </tr>
      {open && (
        <tr className="opened">
          <td colSpan={2} />
          {each.map(({ trial, it, url }) => <td key={trial.number}>{it && <Content url={url} name={it.path.split("/").pop() ?? name} size={it.size} />}</td>)}
        </tr>
      )}
    </>
  );
}

/** The logs of one step of the user's choice; first the last one that has printed something. */
export function Logs({ experiment, trials }: Props) {
  const steps = stepsOf(trials);
  const [wanted, setWanted] = useState("");
  const begun = steps.filter((step) => trials.some((it) => (stepOf(it, step)?.attempt ?? 0) > 0));
  const current = steps.includes(wanted) ? wanted : (begun.at(-1) ?? steps[0]);
  if (current === undefined) return null;
  const tools = steps.length > 1 && (
    <select className="select small" aria-label="Logs of the step" value={current} onChange={(event) => setWanted(event.target.value)}>
      {steps.map((it) => <option key={it} value={it}>{it}</option>)}
    </select>
  );
  return (
    <Card title="Logs" hint={`of ${current}`} tools={tools} flush>
      <div className="logs" style={{ "--most": trials.length === 4 ? 2 : Math.min(trials.length, 3) } as CSSProperties}>
        {trials.map((it, at) => {
          const step = stepOf(it, current);
          return (
            <section key={it.number} aria-label={`Log of trial ${it.number}`}>
              <h3><Named at={at} trial={it} /> {step && <StateBadge state={step.state} />}</h3>
              {step ? <Log key={current} experiment={experiment} trial={it.number} step={step} /> : <p className="muted">The trial has no such step.</p>}
            </section>
          );
        })}
      </div>
    </Card>
  );
}

function Named({ at, trial }: { at: number; trial: TrialWithSteps }) {
  const c = useColors();
  return <span className="row tight named"><i className="swatch" style={{ background: c.series[at] }} />Trial {trial.number}</span>;
}
