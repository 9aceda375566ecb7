// The words of the interface, as its description has them.
import type { components } from "./schema";

type Schemas = components["schemas"];
export type Summary = Schemas["Summary"];
export type Experiment = Schemas["Experiment"];
export type Trial = Schemas["Trial"];
export type ListedTrial = Schemas["ListedTrial"];
export type TrialWithSteps = Schemas["TrialWithSteps"];
export type Why = Schemas["Why"];
export type Step = Schemas["Step"];
export type Metric = Schemas["Metric"];
export type Counts = Schemas["Counts"];
export type Comparison = Schemas["Comparison"];
export type Importance = Schemas["Importance"];
export type Group = Schemas["Group"];
export type Grid = Schemas["Grid"];
export type Points = Schemas["Points"];
export type Session = Schemas["Session"];
export type System = Schemas["System"];
export type Waiting = Schemas["Waiting"];
export type Token = Schemas["Token"];
export type Event = Schemas["Event"];
export type Role = Schemas["Role"];
export type FileProblem = Schemas["FileProblem"];
export type ExperimentState = Schemas["ExperimentState"];
export type TrialState = Schemas["TrialState"];
export type StepState = Schemas["StepState"];
export type Problem = Schemas["Problem"];
export type Scalar = Schemas["Scalar"];

/** A number of the interface: one that is not finite is a word. */
export type Numeric = Schemas["Number"];

/** What a document of an experiment says, as far as the pages show it. */
export interface Spec {
  description?: string | null;
  objective: { metric: string; goal: "minimize" | "maximize"; target?: number | null };
  algorithm?: { name: string; seed?: number; settings?: Record<string, unknown> };
  early_stopping?: { name: string } | null;
  max_trials?: number | null;
  parallel_trials?: number;
  parameters: Record<string, ParameterSpec> | ({ name: string } & ParameterSpec)[];
  pipeline?: Record<string, StepSpec> | null;
}

export interface ParameterSpec {
  type: "float" | "int" | "categorical" | "ordinal" | "bool";
  min?: number;
  max?: number;
  scale?: "linear" | "log";
  values?: Scalar[];
}

export interface StepSpec {
  uses?: string;
  run?: string | string[];
  needs?: string[] | string;
}

/** As far as the schema of experiments uses it. */
export interface JsonSchema {
  type?: string | string[];
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  required?: string[];
  properties?: Record<string, JsonSchema>;
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
}
