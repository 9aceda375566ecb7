// The best configuration, ready to be taken elsewhere.
import { Link } from "react-router";
import type { Experiment, Scalar, Trial } from "../../api/types";
import { number, scalar } from "../../format";
import { Card, CopyButton } from "../../ui/parts";

export function Best({ of, best, className }: { of: Experiment; best: Trial; className?: string }) {
  const parameters = best.parameters as Record<string, Scalar>;
  const others = Object.entries(best.metrics).filter(([name]) => name !== of.metric).slice(0, 6);
  return (
    <Card
      className={className}
      title="Best configuration"
      tools={
        <div className="row tight">
          <CopyButton label="YAML" text={() => asYaml(parameters)} />
          <CopyButton label="JSON" text={() => JSON.stringify(parameters, null, 2)} />
          <CopyButton label="args" text={() => asArguments(parameters)} />
        </div>
      }
    >
      <div style={{ maxHeight: 268, overflow: "auto" }} tabIndex={0} role="group" aria-label="Parameters of the best trial">
      <table className="config">
        <tbody>
          {Object.entries(parameters).map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td className="num"><strong>{scalar(value)}</strong></td>
            </tr>
          ))}
        </tbody>
      </table>
      </div>
      <p className="muted" style={{ marginTop: 12 }}>
        {of.metric} <strong className="soft">{number(best.objective)}</strong> in <Link to={`/experiments/${encodeURIComponent(of.name)}/trials/${best.number}`}>trial {best.number}</Link>
        {others.map(([name, value]) => <span key={name}> · {name} {number(value)}</span>)}
      </p>
    </Card>
  );
}

/** What others read as the text that it is, without quotes. */
const PLAIN = /^(?!(?:true|false|yes|no|on|off|null|y|n)$)[a-z][\w./-]*$/i;

/** In double quotes, YAML reads what JSON does. */
export function asYaml(parameters: Record<string, Scalar>): string {
  const written = (value: Scalar) => (typeof value === "string" && PLAIN.test(value) ? value : JSON.stringify(value));
  return Object.entries(parameters).map(([name, value]) => `${written(name)}: ${written(value)}\n`).join("");
}

/** As arguments of a command line, quoted where a shell would read more into them. */
export function asArguments(parameters: Record<string, Scalar>): string {
  const quoted = (value: Scalar) => (/^[\w.+:@%/=-]+$/.test(String(value)) ? String(value) : `'${String(value).replaceAll("'", `'\\''`)}'`);
  return Object.entries(parameters).map(([name, value]) => `--${name.replaceAll("_", "-")}=${quoted(value)}`).join(" ");
}
