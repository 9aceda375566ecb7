// An editor for YAML that marks what is wrong at its line, and suggests what may be written.
import { autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useId, useRef } from "react";
import type { FileProblem, JsonSchema } from "../api/types";
import { completionFrom } from "./completion/source";
import { endOf } from "./marks";

const colors = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
  { tag: tags.string, color: "var(--green)" },
  { tag: tags.comment, color: "var(--text-3)", fontStyle: "italic" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--amber)" },
]);

const look = EditorView.theme({
  "&": { color: "var(--text)" },
  ".cm-content": { caretColor: "var(--text)", padding: "10px 0", fontFamily: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace' },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { background: "var(--surface)", color: "var(--text-3)", border: "0" },
  ".cm-activeLine, .cm-activeLineGutter": { background: "color-mix(in srgb, var(--hover) 60%, transparent)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { background: "color-mix(in srgb, var(--accent) 25%, transparent) !important" },
  ".cm-tooltip": { background: "var(--surface)", border: "1px solid var(--border)", borderRadius: "8px", color: "var(--text)", boxShadow: "var(--shadow-2)" },
  ".cm-diagnostic": { padding: "6px 10px" },
  ".cm-tooltip.cm-tooltip-autocomplete": { overflow: "hidden" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "inherit", maxHeight: "min(26em, 50vh)" },
  ".cm-tooltip-autocomplete > ul > li": { padding: "4px 12px !important", lineHeight: "1.35" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { background: "var(--accent-soft) !important", color: "var(--text) !important" },
  ".cm-completionDetail": { color: "var(--text-3)", fontStyle: "normal", marginLeft: "14px" },
  ".cm-completionMatchedText": { textDecoration: "none", color: "var(--accent)", fontWeight: "600" },
  ".cm-tooltip.cm-completionInfo": { padding: "8px 12px", maxWidth: "340px", lineHeight: "1.45" },
});

interface Props {
  text: string;
  change: (text: string) => void;
  problems: FileProblem[];
  label: string;
  /** What the text may say, once it is known. */
  schema?: JsonSchema;
  /** What Ctrl-Enter does. */
  done: () => void;
}

export function Editor({ text, change, problems, label, schema, done }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const onChange = useRef(change);
  onChange.current = change;
  const allowed = useRef(schema);
  allowed.current = schema;
  const onDone = useRef(done);
  onDone.current = done;
  const help = useId();

  useEffect(() => {
    const created = new EditorView({
      parent: place.current!,
      state: EditorState.create({
        doc: text,
        extensions: [
          lineNumbers(), history(), drawSelection(), indentOnInput(), bracketMatching(), highlightActiveLine(), lintGutter(), yaml(), syntaxHighlighting(colors), look,
          autocompletion({ override: [completionFrom(() => allowed.current)], icons: false, interactionDelay: 0 }),
          EditorView.contentAttributes.of({ "aria-label": label, "aria-describedby": help, tabindex: "0" }),
          // Tab leaves after Escape, so that the keyboard is not caught.
          keymap.of([{ key: "Mod-Enter", run: () => (onDone.current(), true) }, ...completionKeymap, ...defaultKeymap, ...historyKeymap, indentWithTab]),
          EditorView.updateListener.of((update) => update.docChanged && onChange.current(update.state.doc.toString())),
        ],
      }),
    });
    view.current = created;
    return () => created.destroy();
    // The editor keeps its own text from then on.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  useEffect(() => {
    const editor = view.current;
    if (editor && editor.state.doc.toString() !== text) editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } });
  }, [text]);

  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const doc = editor.state.doc;
    const diagnostics = problems.map((problem): Diagnostic => {
      const line = doc.line(Math.min(Math.max(problem.line, 1), doc.lines));
      const from = Math.min(line.from + Math.max(problem.column - 1, 0), line.to);
      return { from, to: line.from + endOf(line.text, from - line.from), severity: "error", message: problem.help ? `${problem.message}\n${problem.help}` : problem.message };
    });
    editor.dispatch(setDiagnostics(editor.state, diagnostics));
  }, [problems]);

  return (
    <>
      <div className="editor" ref={place} />
      <p className="editorhelp muted" id={help}>
        <kbd>Ctrl</kbd> <kbd>Space</kbd> suggests, <kbd>Ctrl</kbd> <kbd>Enter</kbd> runs, <kbd>Esc</kbd> then <kbd>Tab</kbd> leaves the editor.
      </p>
    </>
  );
}
