"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleOff, CircleX, Plus, Router } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import { messageFor } from "../../_trpc/errors.ts";
import type { Edge, Facility, Me } from "../../_trpc/types.ts";
import { Button } from "../../_ui/button.tsx";
import { Dialog } from "../../_ui/dialog.tsx";
import { EmptyState } from "../../_ui/empty-state.tsx";
import { formatBytes, formatSpan, plural } from "../../_ui/format.ts";
import { Ago } from "../../_ui/now.tsx";
import { refusedReason } from "../../_ui/refused-reason.ts";
import { Badge } from "../../_ui/status.tsx";
import { useToast } from "../../_ui/toast.tsx";
import { waitingReason } from "../../_ui/waiting-reason.ts";
import { OfficePage } from "../office-page.tsx";
import { ConnectEdge } from "./connect-edge.tsx";

/** The hospital's edge routers: which are there, what they hold, what is stuck, and how to connect another. */
export function EdgesScreen({
  me,
  edges: initialEdges,
  facilities: initialFacilities,
  at,
}: {
  me: Me;
  edges: Edge[];
  facilities: Facility[];
  at: number;
}) {
  const trpc = useTrpc();
  const toast = useToast();
  const edges = useQuery(
    trpc.edge.list.queryOptions(undefined, {
      initialData: initialEdges,
      initialDataUpdatedAt: at,
      // Going offline makes no event of its own: nothing comes from a router that is gone.
      refetchInterval: 10_000,
    }),
  );
  const facilities = useQuery(
    trpc.facility.list.queryOptions(undefined, { initialData: initialFacilities, initialDataUpdatedAt: at }),
  );
  const [connecting, setConnecting] = useState<Facility | null>(null);
  const [revoking, setRevoking] = useState<Edge | null>(null);
  const revoke = useMutation(
    trpc.edge.revoke.mutationOptions({
      onSuccess: () => {
        toast("The edge router can no longer connect.");
        void edges.refetch();
        setRevoking(null);
      },
    }),
  );
  const mine = facilities.data.filter((facility) => facility.settings !== null);

  return (
    <OfficePage
      me={me}
      title="Edge routers"
      intro="An edge router stands in the hospital, takes studies from the modalities and brings reports back to the PACS."
    >
      {mine.map((facility) => {
        const here = edges.data.filter((edge) => edge.facility.slug === facility.slug);
        return (
          <section key={facility.slug} aria-label={facility.name} className="flex flex-col gap-3">
            <div className="flex flex-wrap items-center justify-between gap-3">
              <h2 className="text-base font-semibold">{facility.name}</h2>
              <Button onClick={() => setConnecting(facility)}>
                <Plus className="size-4" aria-hidden="true" />
                {here.some((edge) => !edge.revokedAt) ? "Connect another edge router" : "Connect an edge router"}
              </Button>
            </div>
            {connecting?.slug === facility.slug ? (
              <ConnectEdge facility={facility} edges={here} onClose={() => setConnecting(null)} />
            ) : null}
            {here.length === 0 && connecting?.slug === facility.slug ? null : here.length === 0 ? (
              <div className="rounded-lg border border-dashed border-line-strong/60">
                <EmptyState icon={Router} title="No edge router here yet">
                  Studies of this facility arrive once one is connected.
                </EmptyState>
              </div>
            ) : (
              <ul className="grid gap-3 lg:grid-cols-2">
                {here.map((edge) => (
                  <EdgeCard key={edge.edgeId} edge={edge} facility={facility} onRevoke={() => setRevoking(edge)} />
                ))}
              </ul>
            )}
          </section>
        );
      })}
      {mine.length === 0 ? <EmptyState title="No facility is in your care" /> : null}
      <Dialog open={revoking !== null} onClose={() => setRevoking(null)} title={`Revoke ${revoking?.name ?? ""}`}>
        <p>
          It can no longer send studies or fetch reports, from now on and for good. What it has delivered stays. Studies
          still waiting in its queue
          {revoking?.queue && revoking.queue.instances > 0 ? ` (${plural(revoking.queue.instances, "image")})` : ""}{" "}
          stay on its disk and do not reach the archive.
        </p>
        {revoke.error ? (
          <p role="alert" className="text-stat">
            {messageFor(revoke.error)}
          </p>
        ) : null}
        <div className="flex justify-end gap-2">
          <Button onClick={() => setRevoking(null)}>Cancel</Button>
          <Button
            look="danger"
            disabled={revoke.isPending}
            onClick={() => revoking && revoke.mutate({ edgeId: revoking.edgeId })}
          >
            Revoke this edge router
          </Button>
        </div>
      </Dialog>
    </OfficePage>
  );
}

function EdgeCard({ edge, facility, onRevoke }: { edge: Edge; facility: Facility; onRevoke: () => void }) {
  const diskShare = edge.disk && edge.disk.totalBytes > 0 ? edge.disk.freeBytes / edge.disk.totalBytes : null;
  return (
    <li
      data-edge-id={edge.edgeId}
      className={`flex flex-col gap-3 rounded-lg border border-line bg-panel p-4 ${edge.revokedAt ? "opacity-75" : ""}`}
    >
      <div className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          <h3 className="truncate font-semibold">{edge.name}</h3>
          <p className="text-xs text-quiet">Version {edge.softwareVersion}</p>
        </div>
        {edge.revokedAt ? (
          <Badge icon={CircleOff}>Revoked</Badge>
        ) : edge.online ? (
          <Badge tone="done" icon={CircleCheck}>
            Online
          </Badge>
        ) : (
          <Badge tone="stat" icon={CircleX}>
            Offline
          </Badge>
        )}
      </div>
      <dl className="grid grid-cols-[8.5rem_1fr] gap-y-1.5">
        <Fact label="Last heard of">
          <Ago at={edge.lastHeartbeatAt} timeZone={facility.timeZone} />
        </Fact>
        <Fact label="Last study">
          <Ago at={edge.lastStudyAt} timeZone={facility.timeZone} />
        </Fact>
        <Fact label="Waiting to be sent">
          {edge.queue ? (
            edge.queue.instances === 0 ? (
              "nothing"
            ) : (
              <>
                {plural(edge.queue.instances, "image")}, {formatBytes(edge.queue.bytes)}
                {edge.queue.oldestReceivedAt ? (
                  <>
                    , the oldest from <Ago at={edge.queue.oldestReceivedAt} timeZone={facility.timeZone} />
                  </>
                ) : null}
              </>
            )
          ) : (
            "not known yet"
          )}
        </Fact>
        {edge.refused.count > 0 ? (
          <Fact label="Refused">
            <details>
              <summary className="cursor-pointer font-medium text-urgent">
                {plural(edge.refused.count, "object")} that can never be taken as sent
              </summary>
              <ul className="mt-1 flex flex-col gap-1 text-xs">
                {edge.refused.items.map((object) => (
                  <li key={`${object.sopInstanceUid} ${object.studyInstanceUid} ${object.reason}`}>
                    {refusedReason(object.reason)} From {object.callingAeTitle || "an unknown sender"},{" "}
                    <Ago at={object.receivedAt} timeZone={facility.timeZone} />
                    <span className="block break-all text-quiet">
                      {object.studyInstanceUid ? `Study ${object.studyInstanceUid}` : "Study not readable"}
                      {object.sopInstanceUid ? `, image ${object.sopInstanceUid}` : ""}
                    </span>
                  </li>
                ))}
              </ul>
            </details>
          </Fact>
        ) : null}
        <Fact label="Reports to return">
          {edge.returns ? (
            edge.returns.waiting === 0 ? (
              "nothing waits"
            ) : (
              <span className="text-urgent">
                {plural(edge.returns.waiting, "object")} waiting
                {edge.returns.lastError ? `. The PACS: ${waitingReason(edge.returns.lastError)}` : ""}
              </span>
            )
          ) : (
            "not known yet"
          )}
        </Fact>
        <Fact label="Disk">
          {edge.disk ? (
            <span className={diskShare !== null && diskShare < 0.1 ? "font-medium text-urgent" : ""}>
              {formatBytes(edge.disk.freeBytes)} free of {formatBytes(edge.disk.totalBytes)}
              {diskShare !== null && diskShare < 0.1 ? ", running low" : ""}
            </span>
          ) : (
            "not known yet"
          )}
        </Fact>
        {edge.clockSkewSeconds !== null && Math.abs(edge.clockSkewSeconds) > 30 ? (
          <Fact label="Clock">
            <span className="text-urgent">
              {formatSpan(Math.abs(edge.clockSkewSeconds) * 1000)} {edge.clockSkewSeconds > 0 ? "ahead" : "behind"}
            </span>
          </Fact>
        ) : null}
      </dl>
      {edge.revokedAt ? null : (
        <Button look="quiet-danger" className="-mx-3 -mt-1 -mb-2 self-end" onClick={onRevoke}>
          Revoke
        </Button>
      )}
    </li>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-quiet">{label}</dt>
      <dd className="tabular min-w-0 break-words">{children}</dd>
    </>
  );
}
