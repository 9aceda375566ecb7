// Why the trial tries what it tries: what the algorithm said when it suggested it.
import type { TrialWithSteps, Why as Reasons } from "../../api/types";
import { number } from "../../format";
import { Card } from "../../ui/parts";

const WORDS: Record<Reasons["reason"], string> = {
  coverage: "It is the next of the algorithm’s points: this one does not learn from results.",
  startup: "Too little was known to learn from: it is one of points that are spread over the space.",
  exploitation: "Exploitation: it was expected to be good.",
  exploration: "Exploration: it was not expected to be the best, but it might be.",
  sample: "It is a sample of the distribution that good trials have shaped.",
  untried: "What was looked for had all been tried: it is one of what was left.",
};

/** Nothing for a trial of a version that did not remember it. */
export function Why({ it, metric }: { it: TrialWithSteps; metric: string }) {
  const why = it.why;
  if (!why && !it.enqueued) return null;
  return (
    <Card title="Why this configuration" hint={why ? `suggested by ${why.algorithm}` : undefined}>
      <p style={{ margin: 0 }}>{why ? WORDS[why.reason] : "It is your own: it was enqueued."}</p>
      {why && (
        <dl className="pairs" style={{ marginTop: 8 }}>
          {why.choice && <><dt>chosen</dt><dd>{why.algorithm}, since {why.choice}</dd></>}
          {why.mean != null && <><dt>expected</dt><dd>{metric} <strong>{number(why.mean)}</strong> ± {number(why.deviation)}</dd></>}
          {why.acquisition != null && <><dt>acquisition</dt><dd>{number(why.acquisition)}</dd></>}
        </dl>
      )}
    </Card>
  );
}
