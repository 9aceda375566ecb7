// Completion for the editor: what may stand at the cursor, with what it means.
import { startCompletion, type Completion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import type { EditorView } from "@codemirror/view";
import type { JsonSchema } from "../../api/types";
import { suggestions, type Suggestion } from "./allowed";
import { placeAt, type Place } from "./place";

/** The schema is asked for when it is needed: it may come later than the editor. */
export function completionFrom(schema: () => JsonSchema | undefined) {
  return (context: CompletionContext): CompletionResult | null => {
    const known = schema();
    const place = known && placeAt(context.state.doc.toString(), context.pos);
    if (!known || !place) return null;
    const written = context.state.sliceDoc(place.from, context.pos);
    // Unasked, only where something was begun, or where there is a choice.
    if (!context.explicit && written === "" && place.kind === "key") return null;
    const options = suggestions(known, place).map((it, at) => option(it, place, at));
    return options.length ? { from: place.from, options, validFor: /^[\w.-]*$/ } : null;
  };
}

function option(it: Suggestion, place: Place, at: number): Completion {
  // In the order of the schema, what is needed and what holds anyway first.
  const boost = (it.required || it.detail === "default" ? 50 : 0) - at * 0.1;
  const more = { label: it.text, detail: it.detail, info: it.doc, boost, type: place.kind === "key" ? "property" : "enum" };
  return place.kind === "value" ? more : { ...more, apply: (view, _, from, to) => write(view, it, place, from, to) };
}

/** A key with what follows it; then what may follow is suggested in turn. */
function write(view: EditorView, it: Suggestion, place: Place, from: number, to: number) {
  const behind = view.state.sliceDoc(to, to + 1);
  const insert = behind === ":" ? it.text : it.nested && place.indent !== null ? `${it.text}:\n${" ".repeat(place.indent + 2)}` : `${it.text}: `;
  view.dispatch({ changes: { from, to, insert }, selection: { anchor: from + insert.length }, userEvent: "input.complete" });
  startCompletion(view);
}
