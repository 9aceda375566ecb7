// What can be done to an experiment: shown to those who may, where its state allows it.
import { useQueryClient } from "@tanstack/react-query";
import { CircleStop, MoreHorizontal, Pause, Play, Trash2, Copy as Duplicate } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useState } from "react";
import { useNavigate } from "react-router";
import { refreshExperiment, remove, steer } from "../api/queries";
import type { ExperimentState } from "../api/types";
import { useMay } from "../app/me";
import { Confirm, type Question } from "./parts";
import { explain, useToast } from "./toast";

interface Props {
  name: string;
  state: ExperimentState;
  reason?: string | null;
  /** Where to go when it has been deleted. */
  gone?: () => void;
  compact?: boolean;
}

export function Steer({ name, state, gone, compact }: Props) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const toast = useToast();
  const [question, setQuestion] = useState<Question | null>(null);
  const [busy, setBusy] = useState(false);
  const editor = useMay("editor");
  const admin = useMay("admin");
  if (!editor) return null;

  const moving = state === "running" || state === "pending";
  const act = async (what: "pause" | "resume" | "cancel", done: string) => {
    setBusy(true);
    try {
      await steer(name, what);
      await refreshExperiment(client, name);
      toast(`${name} ${done}`);
    } catch (error) {
      toast(explain(error), "bad");
    }
    setBusy(false);
  };
  const cancel: Question = {
    title: `Cancel ${name}?`,
    text: "Its running trials are stopped, and no more are begun. What has been found so far stays.",
    yes: "Cancel the experiment",
    danger: true,
    act: () => act("cancel", "is cancelled"),
  };
  const destroy: Question = {
    title: `Delete ${name}?`,
    text: "All its trials, metrics, logs and results are deleted. This cannot be undone.",
    yes: "Delete for ever",
    danger: true,
    act: async () => {
      await remove(name);
      gone?.();
      client.removeQueries({ queryKey: ["experiment", name] });
      await client.invalidateQueries({ queryKey: ["experiments"] });
      toast(`${name} is deleted`);
    },
  };
  const size = compact ? "small icon ghost" : "";
  return (
    <>
      {moving && (
        <button className={`btn ${size}`} disabled={busy} aria-label={`Pause ${name}`} onClick={() => void act("pause", "pauses")}>
          <Pause size={15} aria-hidden="true" />
          {!compact && "Pause"}
        </button>
      )}
      {state === "paused" && (
        <button className={`btn ${size}`} disabled={busy} aria-label={`Resume ${name}`} onClick={() => void act("resume", "goes on")}>
          <Play size={15} aria-hidden="true" />
          {!compact && "Resume"}
        </button>
      )}
      <DropdownMenu.Root>
        <DropdownMenu.Trigger className={`btn icon ${compact ? "small ghost" : ""}`} aria-label={`More for ${name}`}>
          <MoreHorizontal size={16} aria-hidden="true" />
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content className="menu" align="end" sideOffset={5} onClick={(event) => event.stopPropagation()}>
            <DropdownMenu.Item onSelect={() => navigate(`/new?from=${encodeURIComponent(name)}`)}>
              <Duplicate size={15} aria-hidden="true" /> New one like this
            </DropdownMenu.Item>
            {(moving || state === "paused") && (
              <DropdownMenu.Item onSelect={() => setQuestion(cancel)}>
                <CircleStop size={15} aria-hidden="true" /> Cancel…
              </DropdownMenu.Item>
            )}
            {admin && (
              <DropdownMenu.Item className="danger" onSelect={() => setQuestion(destroy)}>
                <Trash2 size={15} aria-hidden="true" /> Delete…
              </DropdownMenu.Item>
            )}
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      <Confirm question={question} close={() => setQuestion(null)} />
    </>
  );
}
