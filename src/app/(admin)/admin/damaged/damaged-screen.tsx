"use client";

import { useQuery } from "@tanstack/react-query";
import { CircleCheck, ShieldCheck } from "lucide-react";
import { useTrpc } from "../../../_trpc/client.tsx";
import { messageFor } from "../../../_trpc/errors.ts";
import type { Me, Outputs } from "../../../_trpc/types.ts";
import { EmptyState, FailedState } from "../../../_ui/empty-state.tsx";
import { formatDicomDate, withoutModality } from "../../../_ui/format.ts";
import { doubtsInWords } from "../../../_ui/in-words.ts";
import { Ago } from "../../../_ui/now.tsx";
import { Badge, PatientMark } from "../../../_ui/status.tsx";
import { OfficePage } from "../../office-page.tsx";

type Answer = Outputs["damage"]["list"];
type Item = Answer["items"][number];

const foundBy: Record<Item["foundBy"], string> = {
  read: "when somebody wanted to see it",
  scrub: "by the daily look at every object",
  both: "when somebody wanted to see it, and by the daily look at every object",
};
const from: Record<Item["healedFrom"][number], string> = { backup: "the backup", sender: "its sender" };
const images = (count: number): string => `${count} ${count === 1 ? "image" : "images"}`;

/** Images whose stored bytes are not what was received: the hospital, which may still have them, sends them again. */
export function DamagedScreen({ me, initial, at }: { me: Me; initial: Answer; at: number }) {
  const trpc = useTrpc();
  const query = useQuery(trpc.damage.list.queryOptions({}, { initialData: initial, initialDataUpdatedAt: at }));
  return (
    <OfficePage
      me={me}
      title="Damaged images"
      intro="Images whose stored bytes are no longer what was received. They are shown to nobody. Sent again from the modality or the PACS, the same image takes its place; it is accepted only when it is equal, byte for byte."
    >
      {query.isError && !query.data ? (
        <FailedState message={messageFor(query.error)} onRetry={() => void query.refetch()} />
      ) : query.data.items.length === 0 ? (
        <div className="rounded-lg border border-dashed border-line-strong/60">
          <EmptyState icon={ShieldCheck} title="Every image is sound">
            Each one is read and compared once a day. One that has been damaged appears here.
          </EmptyState>
        </div>
      ) : (
        <ul className="grid gap-3 lg:grid-cols-2">
          {query.data.items.map((item) => (
            <Card key={item.studyId} item={item} />
          ))}
        </ul>
      )}
    </OfficePage>
  );
}

function Card({ item }: { item: Item }) {
  const isHealed = item.damaged === 0;
  return (
    <li className="flex flex-col gap-3 rounded-lg border border-line bg-panel p-4" data-study-id={item.studyId}>
      <div className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          <h2 className="name-line font-semibold">
            {item.doubts.length > 0 ? <PatientMark words={doubtsInWords(item.doubts) ?? ""} /> : null}
            <bdi>{item.patientName || "Name not given"}</bdi>
          </h2>
          <p className="tabular text-quiet">
            {item.patientId} · {item.modalities.join(", ")} {withoutModality(item.studyDescription, item.modalities)} ·{" "}
            {formatDicomDate(item.studyDate)}
          </p>
          <p className="text-quiet">{item.facility}</p>
        </div>
        {isHealed ? (
          <Badge icon={CircleCheck}>Whole again</Badge>
        ) : (
          <Badge tone="stat">{`${images(item.damaged)} damaged`}</Badge>
        )}
      </div>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-[0.8125rem]">
        <dt className="text-quiet">Found</dt>
        <dd>
          <Ago at={item.foundAt} />, {foundBy[item.foundBy]}
        </dd>
        <dt className="text-quiet">Backup</dt>
        <dd>
          {item.backupLookedAt ? (
            <>
              looked into <Ago at={item.backupLookedAt} />
            </>
          ) : (
            "not looked into"
          )}
        </dd>
        <dt className="text-quiet">Edge router</dt>
        <dd>
          {item.senderAskedAt ? (
            <>
              asked <Ago at={item.senderAskedAt} />
            </>
          ) : (
            "not asked yet"
          )}
        </dd>
        {item.healed > 0 ? (
          <>
            <dt className="text-quiet">Healed</dt>
            <dd>
              {images(item.healed)}
              {item.healedFrom.length > 0 ? ` from ${item.healedFrom.map((each) => from[each]).join(" and ")}` : ""}
              {item.healedAt ? (
                <>
                  , <Ago at={item.healedAt} />
                </>
              ) : null}
            </dd>
          </>
        ) : null}
      </dl>
      {isHealed ? null : <p className="mt-auto">Send the study again from the modality or the PACS.</p>}
    </li>
  );
}
