// What the steps handed on: values to read, files to look at and to take away.
import { useQuery } from "@tanstack/react-query";
import { ChevronDown, ChevronRight, Download } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { address } from "../../api/addresses";
import { raw } from "../../api/client";
import type { Step } from "../../api/types";
import { bytes } from "../../format";
import { Loading, Warning } from "../../ui/parts";
import { explain } from "../../ui/toast";

/** Larger files are not shown, only handed over. */
const LARGEST = 3 << 20;
const MOST_ROWS = 200;
const IMAGES: Record<string, string> = { png: "image/png", jpg: "image/jpeg", jpeg: "image/jpeg", gif: "image/gif", webp: "image/webp", svg: "image/svg+xml" };

export function Artifacts({ experiment, trial, step }: { experiment: string; trial: number; step: Step }) {
  const artifacts = Object.entries(step.artifacts);
  const values = Object.entries(step.values);
  if (artifacts.length + values.length === 0) return <p className="muted">The step has no outputs.</p>;
  return (
    <div>
      {values.length > 0 && (
        <dl className="pairs" style={{ marginBottom: 12 }}>
          {values.map(([name, value]) => [<dt key={`${name}t`}>{name}</dt>, <dd key={name}><code>{JSON.stringify(value)}</code></dd>])}
        </dl>
      )}
      {artifacts.map(([name, it]) => <Artifact key={name} name={name} size={it.size} url={(path?: string) => address(["experiments", experiment, "trials", trial, "artifacts", step.step, name], { path })} file={it.path} />)}
    </div>
  );
}

function Artifact({ name, size, url, file }: { name: string; size: number; url: (path?: string) => string; file: string }) {
  const [open, setOpen] = useState(false);
  const Icon = open ? ChevronDown : ChevronRight;
  return (
    <div>
      <div className="artifact">
        <button className="btn ghost small" aria-expanded={open} onClick={() => setOpen(!open)}><Icon size={15} aria-hidden="true" /> <strong>{name}</strong></button>
        <span className="muted grow">{file.split("/").pop() !== name && <code>{file.split("/").pop()}</code>} {bytes(size)}</span>
        <a className="btn small" href={url()} download aria-label={`Download ${name}`}><Download size={14} aria-hidden="true" /> Download</a>
      </div>
      {open && <Content url={url} name={file.split("/").pop() ?? name} size={size} />}
    </div>
  );
}

export function Content({ url, name, size }: { url: (path?: string) => string; name: string; size: number }) {
  const { data, error } = useQuery({
    queryKey: ["artifact", url()],
    staleTime: Infinity,
    gcTime: 60_000,
    queryFn: async ({ signal }) => {
      if (size > LARGEST) return { kind: "large" as const };
      const response = await raw(url(), { signal });
      if (response.headers.get("content-type")?.startsWith("application/json")) {
        return { kind: "folder" as const, files: ((await response.json()) as { files: { path: string; size: number }[] }).files };
      }
      return { kind: "file" as const, bytes: await response.arrayBuffer() };
    },
  });
  if (error) return <Warning>{explain(error)}</Warning>;
  if (!data) return <Loading height={80} />;
  if (data.kind === "large") return <p className="muted">It is too large to be shown here.</p>;
  if (data.kind === "file") return <View name={name} content={data.bytes} />;
  return (
    <div style={{ paddingLeft: 20 }}>
      {data.files.length === 0 && <p className="muted">The folder is empty.</p>}
      {data.files.slice(0, MOST_ROWS).map((it) => <Artifact key={it.path} name={it.path} size={it.size} file={it.path} url={() => url(it.path)} />)}
      {data.files.length > MOST_ROWS && <p className="muted">and {data.files.length - MOST_ROWS} more</p>}
    </div>
  );
}

function View({ name, content }: { name: string; content: ArrayBuffer }) {
  const end = name.split(".").pop()?.toLowerCase() ?? "";
  const text = useMemo(() => asText(content), [content]);
  if (IMAGES[end]) return <Picture type={IMAGES[end]} content={content} name={name} />;
  if (text === null) return <p className="muted">It is no text. Its first bytes: <code>{[...new Uint8Array(content.slice(0, 16))].map((it) => it.toString(16).padStart(2, "0")).join(" ")}</code></p>;
  if (end === "html" || end === "htm") return <iframe title={name} sandbox="" srcDoc={text} style={{ width: "100%", height: 460, border: "1px solid var(--border)", borderRadius: 8, background: "#fff" }} />;
  if (end === "csv" || end === "tsv") return <Table text={text} separator={end === "csv" ? "," : "\t"} />;
  return <pre className="preview" tabIndex={0}>{pretty(text)}</pre>;
}

function Picture({ type, content, name }: { type: string; content: ArrayBuffer; name: string }) {
  const [url, setUrl] = useState("");
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([content], { type }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [content, type]);
  return url ? <img src={url} alt={name} style={{ maxWidth: "100%", borderRadius: 8 }} /> : null;
}

function Table({ text, separator }: { text: string; separator: string }) {
  const rows = text.split(/\r?\n/).slice(0, MOST_ROWS + 1).filter((it) => it !== "").map((line) => cells(line, separator));
  return (
    <div className="scroll preview" tabIndex={0} style={{ padding: 0 }}>
      <table>
        <thead><tr>{rows[0]?.map((it, at) => <th key={at}>{it}</th>)}</tr></thead>
        <tbody>{rows.slice(1).map((row, index) => <tr key={index}>{row.map((it, at) => <td key={at}>{it}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}

function cells(line: string, separator: string): string[] {
  const found: string[] = [];
  let at = 0;
  while (at <= line.length) {
    if (line[at] === '"') {
      const end = line.slice(at + 1).search(/"(?!")/);
      const close = end < 0 ? line.length : at + 1 + end;
      found.push(line.slice(at + 1, close).replaceAll('""', '"'));
      at = close + 2;
    } else {
      const end = line.indexOf(separator, at);
      const close = end < 0 ? line.length : end;
      found.push(line.slice(at, close));
      at = close + 1;
    }
  }
  return found;
}

function asText(content: ArrayBuffer): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(content);
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
