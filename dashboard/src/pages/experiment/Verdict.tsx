// What a comparison says, and what it does not: the same as `tune compare`, with the same caveats.
import type { ReactNode } from "react";
import type { Comparison, Group, Spec } from "../../api/types";
import { count, probability, scalar } from "../../format";

/** With fewer results a value is not judged: a rank test cannot find anything in them. */
const FEWEST = 5;

/** Those that choose a trial without looking at the results of others. */
const BLIND = ["random", "sobol", "grid"];

/** How many results a group has: what was stopped early or failed has none. */
export const results = (it: Group) => it.summary?.count ?? 0;

const counted = (many: number, one: string) => `${count(many)} ${one}${many === 1 ? "" : "s"}`;

export function Verdict({ answer, spec }: { answer: Comparison; spec: Spec }) {
  const notes = caveats(answer, !BLIND.includes(spec.algorithm?.name ?? "auto"));
  return (
    <div className="card">
      <div className="body" style={{ paddingTop: 16 }}>
        <p className="verdict">{headline(answer)}</p>
        {notes.map((it) => <p key={it} className="muted" style={{ marginTop: 4 }}>{it}</p>)}
      </div>
    </div>
  );
}

function headline(answer: Comparison): ReactNode {
  const { result } = answer;
  const evidence = answer.test && `${answer.test.test === "mann_whitney" ? "Mann–Whitney" : "Kruskal–Wallis"} test, ${probability(answer.test.p_value)}`;
  switch (result.verdict) {
    case "better": {
      const winner = <strong>{scalar(result.winner)}</strong>;
      return result.share_of_pairs != null
        ? <>{winner} tends to be better among these trials: in {Math.round(result.share_of_pairs * 100)} % of all pairs its trial wins ({evidence}).</>
        : <>The groups differ among these trials ({evidence}); {winner} has the best median.</>;
    }
    case "unclear":
      return `No clear winner: chance alone could explain the difference (${evidence}).`;
    case "too_few":
      return tooFew(answer);
  }
}

function tooFew({ groups, parameter }: Comparison): string {
  const trials = groups.reduce((sum, it) => sum + it.trials, 0);
  const areNumbers = groups.every((it) => typeof it.value === "number");
  if (areNumbers && trials < 2 * groups.length) return `Almost every trial has its own ${parameter}: compare by a parameter with few values.`;
  const wanting = groups.filter((it) => !it.judged);
  const one = wanting.reduce<Group | undefined>((least, it) => (least && results(least) <= results(it) ? least : it), undefined);
  return `Too few results to say which is better: ${FEWEST} of each are needed${one ? `, ${scalar(one.value)} has ${count(results(one))}` : ""}.`;
}

function caveats({ groups, result }: Comparison, learns: boolean): string[] {
  const judges = result.verdict !== "too_few";
  const small = groups.filter((it) => !it.judged).map((it) => `${scalar(it.value)} has ${counted(results(it), "result")}`);
  const stopped = groups.reduce((sum, it) => sum + it.early_stopped, 0);
  return [
    ...(judges && small.length ? [`${small.join(", ")}: not judged, for which ${FEWEST} are needed.`] : []),
    ...(stopped ? [`Not compared: ${counted(stopped, "trial")} stopped early; the groups may look better than they are.`] : []),
    ...(judges && learns ? ["The algorithm chose later trials by earlier results: take this as a guide, not as proof."] : []),
  ];
}
