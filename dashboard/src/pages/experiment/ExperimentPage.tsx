// One experiment: where it stands, and its pages.
import { useQuery } from "@tanstack/react-query";
import { Link, NavLink, Route, Routes, useNavigate, useParams } from "react-router";
import { experiment } from "../../api/queries";
import type { Experiment, Spec } from "../../api/types";
import { count, words } from "../../format";
import { Failed, Loading, NotFound, StateBadge, TrialBar, Warning } from "../../ui/parts";
import { Notes } from "../../ui/notes";
import { Steer } from "../../ui/steer";
import { SelectionOfTrials } from "../../charts/selection";
import { Coded } from "../../app/Coded";
import { PAGES } from "../../app/pages";
import { Overview } from "./Overview";

export default function ExperimentPage() {
  const { name = "" } = useParams();
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery(experiment(name));
  if (error && !data) return <Failed error={error} again={() => void refetch()} what="experiment" />;
  if (!data) return <Loading />;
  const spec = data.spec as unknown as Spec;
  const root = `/experiments/${encodeURIComponent(name)}`;
  return (
    // Another experiment of that name has other trials.
    <SelectionOfTrials key={data.id}>
      <div className="head">
        <div>
          <div className="crumbs">
            <Link to="/">Experiments</Link> /
          </div>
          <div className="row">
            <h1 className="break">{data.name}</h1>
            <StateBadge state={data.state} asked={data.request} />
            {data.reason && !["paused", "cancelled"].includes(data.reason) && <span className="muted">{words(data.reason)}</span>}
          </div>
          {spec.description && <p className="sub break">{spec.description}</p>}
          <Notes experiment={data.name} tags={data.tags} note={data.note} />
        </div>
        <div className="row tight">
          <Steer name={data.name} state={data.state} gone={() => void navigate("/")} />
        </div>
      </div>
      <div style={{ marginBottom: 14 }}>
        <TrialBar counts={data.trials} most={spec.max_trials} />
      </div>
      <Trouble of={data} />
      <nav className="tabs" aria-label="Experiment">
        <NavLink to={root} end>Overview</NavLink>
        <NavLink to={`${root}/compare`}>Compare</NavLink>
        <NavLink to={`${root}/trials`} end>Trials<span>{count(data.trials.total)}</span></NavLink>
        {!!spec.pipeline && Object.keys(spec.pipeline).length > 0 && <NavLink to={`${root}/grid`}>Grid</NavLink>}
        <NavLink to={`${root}/document`}>Document</NavLink>
      </nav>
      <Routes>
        <Route index element={<Overview of={data} spec={spec} />} />
        <Route path="compare" element={<Coded of={PAGES.groups} experiment={data} spec={spec} />} />
        <Route path="side-by-side" element={<Coded of={PAGES.sideBySide} experiment={data} />} />
        <Route path="trials" element={<Coded of={PAGES.trials} experiment={data} spec={spec} />} />
        <Route path="grid" element={<Coded of={PAGES.grid} experiment={data} spec={spec} />} />
        <Route path="document" element={<Coded of={PAGES.document} experiment={data} />} />
        <Route path="*" element={<NotFound what="page" />} />
      </Routes>
    </SelectionOfTrials>
  );
}

/** What keeps the experiment from going on, where something does. */
function Trouble({ of }: { of: Experiment }) {
  // What clients ask for and tell needs nobody to drive it in between.
  const waits = of.state === "running" && !of.driven && !!(of.spec as unknown as Spec).pipeline;
  const allFailed = of.trials.failed > 0 && of.trials.succeeded === 0 && of.trials.early_stopped === 0;
  if (!waits && !allFailed && of.reason !== "crashed") return null;
  return (
    <div className="stack tight" style={{ marginBottom: 16 }}>
      {of.reason === "crashed" && <Warning>Something went wrong while it was driven, and it was paused. Resume it to go on where it was.</Warning>}
      {waits && <Warning tone="warn">No process drives it at the moment: it goes on when a server takes it up.</Warning>}
      {allFailed && (
        <Warning>
          {of.trials.failed === 1 ? "Its only trial so far has failed." : `All ${count(of.trials.failed)} finished trials have failed.`}{" "}
          <Link to={`/experiments/${encodeURIComponent(of.name)}/trials?state=failed`}>See why</Link>
        </Warning>
      )}
    </div>
  );
}
