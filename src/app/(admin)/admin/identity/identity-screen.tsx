"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { UserCheck } from "lucide-react";
import { useState } from "react";
import { useTrpc } from "../../../_trpc/client.tsx";
import { messageFor } from "../../../_trpc/errors.ts";
import type { Me, Outputs } from "../../../_trpc/types.ts";
import { Button } from "../../../_ui/button.tsx";
import { EmptyState, FailedState } from "../../../_ui/empty-state.tsx";
import { formatDicomDate, sexLabel } from "../../../_ui/format.ts";
import { ReasonDialog } from "../../../_ui/reason-dialog.tsx";
import { useToast } from "../../../_ui/toast.tsx";
import { OfficePage } from "../../office-page.tsx";

type Answer = Outputs["identity"]["list"];
type Task = Answer["items"][number];
type Side = Task["study"];

const headings: Record<Task["kind"], string> = {
  images: "Images of one study name different patients",
  studies: "Two studies under one patient ID name different patients",
  unidentified: "No patient ID",
};
const attributes: Record<string, string> = {
  "patient-id": "patient ID",
  issuer: "issuer of the patient ID",
  name: "name",
  "birth-date": "date of birth",
  sex: "sex",
};

/** Where patients do not agree: the hospital, which can ask the modality and the records, says what is what. */
export function IdentityScreen({ me, initial, at }: { me: Me; initial: Answer; at: number }) {
  const trpc = useTrpc();
  const toast = useToast();
  const [asked, setAsked] = useState<Task | null>(null);
  const query = useQuery(
    trpc.identity.list.queryOptions(undefined, { initialData: initial, initialDataUpdatedAt: at }),
  );
  const clear = useMutation(
    trpc.identity.clear.mutationOptions({
      onSuccess: () => {
        toast("Noted with your name. They count as one patient from now on.");
        setAsked(null);
        void query.refetch();
      },
    }),
  );
  const decide = (reason: string) => {
    if (!asked) return;
    clear.mutate({
      studyId: asked.study.studyId,
      ...(asked.other ? { otherStudyId: asked.other.studyId } : {}),
      reason,
    });
  };
  return (
    <OfficePage
      me={me}
      title="Patient identity"
      intro="Studies of which it is not certain whose they are. Until somebody of the hospital says so, they are not compared with each other by themselves."
    >
      {query.isError && !query.data ? (
        <FailedState message={messageFor(query.error)} onRetry={() => void query.refetch()} />
      ) : query.data.items.length === 0 ? (
        <div className="rounded-lg border border-dashed border-line-strong/60">
          <EmptyState icon={UserCheck} title="Every patient agrees">
            A study that contradicts another under its patient ID appears here.
          </EmptyState>
        </div>
      ) : (
        <ul className="grid gap-3 lg:grid-cols-2">
          {query.data.items.map((task) => (
            <Card
              key={`${task.kind}/${task.study.studyId}/${task.other?.studyId ?? ""}`}
              task={task}
              onAsk={setAsked}
            />
          ))}
        </ul>
      )}
      <ReasonDialog
        open={asked !== null}
        title="The same patient"
        label="How it is known"
        confirm="They are the same patient"
        pending={clear.isPending}
        error={clear.error}
        onClose={() => {
          setAsked(null);
          clear.reset();
        }}
        onDecide={decide}
      >
        From now on they count as one patient wherever they meet. If they are not, correct them at the modality.
      </ReasonDialog>
    </OfficePage>
  );
}

function Card({ task, onAsk }: { task: Task; onAsk: (task: Task) => void }) {
  return (
    <li className="flex flex-col gap-3 rounded-lg border border-line bg-panel p-4" data-task={task.kind}>
      <div>
        <h2 className="font-semibold">{headings[task.kind]}</h2>
        <p className="tabular text-quiet">
          ID {task.patientId || "—"}
          {task.differ.length > 0
            ? ` · differ in ${task.differ.map((each) => attributes[each] ?? each).join(", ")}`
            : ""}
        </p>
      </div>
      <Person side={task.study} />
      {task.other ? <Person side={task.other} /> : null}
      {task.kind === "unidentified" ? (
        <p className="text-[0.8125rem] text-quiet">
          Earlier studies cannot be found for it. Give the patient an ID at the modality and send the study again.
        </p>
      ) : (
        <Button className="mt-auto self-start" onClick={() => onAsk(task)}>
          The same patient…
        </Button>
      )}
    </li>
  );
}

function Person({ side }: { side: Side }) {
  return (
    <p className="text-[0.8125rem]">
      <bdi className="font-medium">{side.patientName || "Name not given"}</bdi>
      <span className="tabular text-quiet">
        {" "}
        · {sexLabel(side.patientSex) || "sex not given"} · born {formatDicomDate(side.patientBirthDate) || "not given"}
        <br />
        {side.studyDescription || "Study without description"} · {formatDicomDate(side.studyDate)}
      </span>
    </p>
  );
}
