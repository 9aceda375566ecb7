// What was submitted, and what it means with every default.
import { useMemo, useState } from "react";
import { Link } from "react-router";
import { stringify } from "yaml";
import type { Experiment } from "../../api/types";
import { useMay } from "../../app/me";
import { moment } from "../../format";
import { Card, CopyButton, over, Segments } from "../../ui/parts";

export default function Document({ experiment: of }: { experiment: Experiment }) {
  const [which, setWhich] = useState<"document" | "spec">("document");
  const text = useMemo(() => stringify(of[which], { lineWidth: 120 }), [of, which]);
  const editor = useMay("editor");
  const options = [{ value: "document" as const, text: "As submitted" }, { value: "spec" as const, text: "With defaults" }];
  return (
    <div className="grid">
      <Card
        className="c8"
        title="Document"
        tools={
          <div className="row tight">
            <Segments label="Which document" value={which} options={options} change={setWhich} />
            <CopyButton label="YAML" text={() => text} />
            {editor && <Link className="btn small" to={`/new?from=${encodeURIComponent(of.name)}`}>New one like this</Link>}
          </div>
        }
      >
        <pre className="preview" style={{ maxHeight: "none" }} tabIndex={0}>{text}</pre>
      </Card>
      <Card className="c4" title="About">
        <dl className="pairs">
          <dt>Created</dt><dd>{moment(of.created_at)}</dd>
          <dt>Started</dt><dd>{moment(of.started_at)}</dd>
          <dt>Finished</dt><dd>{moment(of.finished_at)}</dd>
          <dt>Folder</dt><dd><code>{of.directory}</code></dd>
          {!over(of.state) && <><dt>Process</dt><dd>{of.driven ? "one works on it right now" : "none works on it right now"}</dd></>}
        </dl>
      </Card>
    </div>
  );
}
