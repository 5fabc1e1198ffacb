"use client";

import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { Archive, CircleCheck, Download } from "lucide-react";
import { useState } from "react";
import { useTrpc } from "../../../_trpc/client.tsx";
import { messageFor } from "../../../_trpc/errors.ts";
import type { Inputs, Me, Outputs } from "../../../_trpc/types.ts";
import { Button, buttonClass } from "../../../_ui/button.tsx";
import { EmptyState, FailedState } from "../../../_ui/empty-state.tsx";
import { formatBytes, formatDicomDate, withoutModality } from "../../../_ui/format.ts";
import { doubtsInWords, inWords } from "../../../_ui/in-words.ts";
import { Ago } from "../../../_ui/now.tsx";
import { ReasonDialog } from "../../../_ui/reason-dialog.tsx";
import { SkeletonRows } from "../../../_ui/skeleton.tsx";
import { Badge, PatientMark } from "../../../_ui/status.tsx";
import { useToast } from "../../../_ui/toast.tsx";
import { OfficePage } from "../../office-page.tsx";
import { describeDifference } from "./describe-difference.ts";

type Answer = Outputs["quarantine"]["list"];
type Item = Answer["items"][number];
type Decision = Inputs["quarantine"]["resolve"]["decision"];
type State = "waiting" | "decided";

/** Images that came twice with different content: the hospital says which one is right. Neither is ever deleted. */
export function SetAsideScreen({ me, initial, at }: { me: Me; initial: Answer; at: number }) {
  const trpc = useTrpc();
  const toast = useToast();
  const [state, setState] = useState<State>("waiting");
  const [asked, setAsked] = useState<{ item: Item; decision: Decision } | null>(null);
  const query = useInfiniteQuery(
    trpc.quarantine.list.infiniteQueryOptions(
      { state },
      {
        getNextPageParam: (page) => page.nextCursor ?? undefined,
        ...(state === "waiting"
          ? { initialData: { pages: [initial], pageParams: [null] }, initialDataUpdatedAt: at }
          : {}),
      },
    ),
  );
  const resolve = useMutation(
    trpc.quarantine.resolve.mutationOptions({
      onSuccess: ({ status }) => {
        toast(
          status === "released" ? "This image is shown from now on." : "The first image stays. This one stays aside.",
        );
        setAsked(null);
        void query.refetch();
      },
    }),
  );
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  const decide = (reason: string) => {
    if (asked) resolve.mutate({ instanceId: asked.item.instanceId, decision: asked.decision, reason });
  };

  return (
    <OfficePage
      me={me}
      title="Set aside"
      intro="Images that came again under an identifier that was taken, with other content. The first one is shown until somebody decides; neither is deleted."
    >
      <div role="tablist" aria-label="Which ones" className="flex gap-1">
        {(["waiting", "decided"] as const).map((each) => (
          <button
            key={each}
            type="button"
            role="tab"
            aria-selected={state === each}
            onClick={() => setState(each)}
            className={`h-8 rounded-md px-3 ${state === each ? "bg-selected font-medium" : "text-quiet hover:bg-hover"}`}
          >
            {each === "waiting" ? "To decide" : "Decided"}
          </button>
        ))}
      </div>
      {query.isPending ? (
        <SkeletonRows count={4} label="Loading" />
      ) : query.isError && !query.data ? (
        <FailedState message={messageFor(query.error)} onRetry={() => void query.refetch()} />
      ) : items.length === 0 ? (
        <div className="rounded-lg border border-dashed border-line-strong/60">
          <EmptyState
            icon={Archive}
            title={state === "waiting" ? "Nothing waits for a decision" : "Nothing has been decided yet"}
          >
            {state === "waiting" ? "An image that comes twice with different content appears here." : null}
          </EmptyState>
        </div>
      ) : (
        <ul className="grid gap-3 lg:grid-cols-2">
          {items.map((item) => (
            <Card key={item.instanceId} item={item} onAsk={(decision) => setAsked({ item, decision })} />
          ))}
        </ul>
      )}
      {query.hasNextPage ? (
        <Button className="self-center" onClick={() => void query.fetchNextPage()} disabled={query.isFetchingNextPage}>
          {query.isFetchingNextPage ? "Loading" : "Show older"}
        </Button>
      ) : null}
      <ReasonDialog
        open={asked !== null}
        title={asked?.decision === "release" ? "Show this one instead" : "Keep the first one"}
        label="Reason"
        confirm={asked?.decision === "release" ? "Show this one" : "Keep the first"}
        pending={resolve.isPending}
        error={resolve.error}
        onClose={() => {
          setAsked(null);
          resolve.reset();
        }}
        onDecide={decide}
      >
        {asked?.decision === "release"
          ? "Radiologists see this image from now on. The one shown until now stays in the archive, aside."
          : "Nothing changes on the screens. This image stays in the archive, aside."}
      </ReasonDialog>
    </OfficePage>
  );
}

function Card({ item, onAsk }: { item: Item; onAsk: (decision: Decision) => void }) {
  return (
    <li className="flex flex-col gap-3 rounded-lg border border-line bg-panel p-4" data-instance-id={item.instanceId}>
      <div className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          <h2 className="name-line font-semibold">
            {item.doubts.length > 0 ? <PatientMark words={doubtsInWords(item.doubts) ?? ""} /> : null}
            <bdi>{item.patientName || "Name not given"}</bdi>
          </h2>
          <p className="tabular text-quiet">
            {item.patientId} · {item.modality} {withoutModality(item.studyDescription, [item.modality])} ·{" "}
            {formatDicomDate(item.studyDate)}
          </p>
          <p className="text-quiet">{item.facility}</p>
        </div>
        {item.decided ? (
          <Badge icon={CircleCheck}>{item.decided.status === "superseded" ? "Replaced" : "Left aside"}</Badge>
        ) : null}
      </div>
      <p>{inWords(item.why)}</p>
      <p className="text-[0.8125rem] break-words text-quiet">{describeDifference(item.differs)}</p>
      <ul className="flex flex-col gap-1 text-[0.8125rem]">
        {item.served ? <Version label="Shown" version={item.served} /> : null}
        <Version label="Set aside" version={item} />
      </ul>
      {item.decided ? (
        <p className="text-[0.8125rem] text-quiet">
          {item.decided.by}, <Ago at={item.decided.at} />: {item.decided.reason}
        </p>
      ) : (
        <div className="mt-auto flex flex-wrap gap-2">
          <Button onClick={() => onAsk("discard")}>Keep the first one</Button>
          <Button
            onClick={() => onAsk("release")}
            disabled={!item.canRelease}
            title={item.canRelease ? undefined : "Its identifier belongs to an image of another study or series"}
          >
            Show this one instead
          </Button>
        </div>
      )}
    </li>
  );
}

function Version({
  label,
  version,
}: {
  label: string;
  version: { receivedAt: string; sizeBytes: number; downloadPath: string };
}) {
  return (
    <li className="flex flex-wrap items-center gap-x-3">
      <span className="w-20 text-quiet">{label}</span>
      <span className="tabular">
        <Ago at={version.receivedAt} />, {formatBytes(version.sizeBytes)}
      </span>
      <a href={version.downloadPath} download className={buttonClass("quiet", "h-7 px-2 text-[0.8125rem]")}>
        <Download className="size-3.5" aria-hidden="true" />
        File
      </a>
    </li>
  );
}
