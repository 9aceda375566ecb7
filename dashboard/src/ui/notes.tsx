// What people wrote about an experiment or a trial: tags and a note, and the form in which they are changed.
import { useQueryClient } from "@tanstack/react-query";
import { Pencil } from "lucide-react";
import { useState, type FormEvent } from "react";
import { address } from "../api/addresses";
import { send } from "../api/client";
import { refreshExperiment } from "../api/queries";
import { useMay } from "../app/me";
import { explain, useToast } from "./toast";

interface Written {
  tags: string[];
  note: string;
}

/** With `choose`, whoever clicks one is shown what else has it. */
export function Chips({ tags, choose }: { tags: string[]; choose?: (tag: string) => void }) {
  if (tags.length === 0) return null;
  const chip = (tag: string) =>
    choose ? <button key={tag} className="tag" title={`Show what is tagged ${tag}`} onClick={() => choose(tag)}>{tag}</button> : <span key={tag} className="tag">{tag}</span>;
  return <span className="chips">{tags.map(chip)}</span>;
}

/** Of an experiment, or of one of its trials. */
export function Notes({ experiment, trial, tags = [], note = "" }: { experiment: string; trial?: number } & Partial<Written>) {
  const [editing, setEditing] = useState(false);
  const editor = useMay("editor");
  if (editing) {
    return (
      <div className="notes">
        <Form of={{ experiment, trial }} before={{ tags, note }} done={() => setEditing(false)} />
      </div>
    );
  }
  const some = tags.length > 0 || note !== "";
  if (!some && !editor) return null;
  return (
    <div className="notes">
      <Chips tags={tags} />
      {editor && (
        <button className="btn ghost small" onClick={() => setEditing(true)}>
          <Pencil size={13} aria-hidden="true" /> {some ? "Edit notes" : "Add tags or a note"}
        </button>
      )}
      {note && <p>{note}</p>}
    </div>
  );
}

function Form({ of, before, done }: { of: { experiment: string; trial?: number }; before: Written; done: () => void }) {
  const [tags, setTags] = useState(before.tags.join(" "));
  const [note, setNote] = useState(before.note);
  const client = useQueryClient();
  const toast = useToast();
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const place = of.trial === undefined ? [] : ["trials", of.trial];
    try {
      await send("PATCH", address(["experiments", of.experiment, ...place, "notes"]), changes(before, { tags: words(tags), note }));
      await refreshExperiment(client, of.experiment);
      done();
    } catch (error) {
      toast(explain(error), "bad");
    }
  };
  return (
    <form onSubmit={(event) => void save(event)}>
      <label>
        Tags, parted by spaces
        <span className="field"><input autoFocus value={tags} onChange={(event) => setTags(event.target.value)} /></span>
      </label>
      <label>
        Note
        <textarea value={note} maxLength={20_000} onChange={(event) => setNote(event.target.value)} />
      </label>
      <div className="row tight">
        <button className="btn primary small">Save</button>
        <button type="button" className="btn small" onClick={done}>Cancel</button>
      </div>
    </form>
  );
}

const words = (text: string) => text.split(/[\s,]+/).filter((word) => word !== "");

/** Only what was changed here: what others change meanwhile stays. */
function changes(before: Written, after: Written) {
  return {
    add_tags: after.tags.filter((tag) => !before.tags.includes(tag)),
    remove_tags: before.tags.filter((tag) => !after.tags.includes(tag)),
    ...(after.note === before.note ? {} : { note: after.note }),
  };
}
