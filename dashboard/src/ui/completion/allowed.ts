// What a schema allows at a place of a document.
import type { JsonSchema } from "../../api/types";
import type { Frame, Place } from "./place";

export interface Suggestion {
  text: string;
  /** What it is, in a word or two. */
  detail?: string;
  doc?: string;
  required?: boolean;
  /** Holds more than fits behind it on its line. */
  nested?: boolean;
}

export function suggestions(schema: JsonSchema, place: Place): Suggestion[] {
  let here = variants(schema);
  place.frames.forEach((frame, at) => {
    if (at > 0) here = here.flatMap((it) => under(it, frame.key));
    here = fitting(here, frame, at === place.frames.length - 1 && place.kind === "value" ? place.key : "");
  });
  const found = place.kind === "key" ? keys(here, place.frames.at(-1)!) : values(here.flatMap((it) => under(it, place.key)));
  return [...new Map(found.map((it) => [it.text, it])).values()];
}

/** All that something may be. */
function variants(schema: JsonSchema): JsonSchema[] {
  const more = schema.anyOf ?? schema.oneOf;
  // What is said of all holds for each.
  return more ? more.flatMap((it) => variants({ ...it, description: it.description ?? schema.description, default: it.default ?? schema.default })) : [schema];
}

function under(schema: JsonSchema, key: string): JsonSchema[] {
  if (key === "[]") return schema.items ? variants(schema.items) : [];
  const known = schema.properties?.[key];
  if (known) return variants(known);
  return typeof schema.additionalProperties === "object" ? variants(schema.additionalProperties) : [];
}

/** Those that what is there already does not contradict; the key that is being written contradicts nothing. */
function fitting(all: JsonSchema[], frame: Frame, written: string): JsonSchema[] {
  const fits = (schema: JsonSchema) => [...frame.holds].every(([key, value]) => {
    const of = schema.properties?.[key];
    if (key === written) return true;
    if (schema.properties && !of && schema.additionalProperties === false) return false;
    const only = of?.const !== undefined ? [of.const] : (of?.enum ?? null);
    return value === "" || !only || only.map(String).includes(value);
  });
  const some = all.filter(fits);
  return some.length ? some : all;
}

function keys(all: JsonSchema[], frame: Frame): Suggestion[] {
  return all.flatMap((schema) => Object.entries(schema.properties ?? {}).filter(([name]) => !frame.holds.has(name)).map(([name, of]): Suggestion => ({
    text: name, detail: kind(of), doc: of.description, required: schema.required?.includes(name),
    nested: variants(of).every((it) => it.type === "object"),
  })));
}

function values(all: JsonSchema[]): Suggestion[] {
  return all.flatMap((schema): Suggestion[] => {
    const words = schema.const !== undefined ? [schema.const] : (schema.enum ?? ([schema.type].flat().includes("boolean") && ![schema.type].flat().includes("string") ? [true, false] : []));
    return words.map((word) => ({ text: String(word), detail: schema.default === word ? "default" : undefined, doc: schema.description }));
  });
}

function kind(schema: JsonSchema): string | undefined {
  const all = variants(schema);
  if (schema.default !== undefined && schema.default !== "") return `default ${String(schema.default)}`;
  const types = [...new Set(all.flatMap((it) => (it.const !== undefined ? [String(it.const)] : it.enum ? ["word"] : [it.type ?? []].flat())))];
  return types.length && types.length < 4 ? types.join(" or ") : undefined;
}
