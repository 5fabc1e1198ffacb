"use client";

import { formatTime } from "@overread/shared/dicom/dates";
import { examinationModalities } from "@overread/shared/dicom/modalities";
import { useQueryClient } from "@tanstack/react-query";
import { Link2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { useTrpc, useTrpcClient } from "../_trpc/client.tsx";
import { messageFor } from "../_trpc/errors.ts";
import type { OpenStudy, WorklistItem } from "../_trpc/types.ts";
import { Button } from "../_ui/button.tsx";
import { formatDicomDate } from "../_ui/format.ts";
import { Kbd } from "../_ui/kbd.tsx";
import { useShortcuts } from "../_ui/shortcuts.ts";
import { useToast } from "../_ui/toast.tsx";
import { forgetClaim, heldClaim, holdClaim } from "./claims.ts";

/** Cases that are read together, in one report: what a row says of it, and what the reading page does with it. */
type Bound = Pick<WorklistItem, "caseId" | "readWith" | "done">;
type Study = Pick<WorklistItem["readWith"][number], "description" | "modalities" | "studyDate" | "studyTime">;

const nameOf = ({ description, modalities }: Study) => description || examinationModalities(modalities).join(" ");
const withTime = (study: Study) =>
  [nameOf(study), formatDicomDate(study.studyDate), formatTime(study.studyTime)].filter(Boolean).join(", ");

/** `Read with CT C-SPINE: one report`; empty where it is read alone. */
export function readWithWords({ caseId, readWith }: Pick<Bound, "caseId" | "readWith">): string {
  const others = readWith.filter((each) => each.caseId !== caseId);
  return others.length > 0 ? `Read with ${others.map(nameOf).join(" and ")}: one report` : "";
}

/** The case on whose page it is read: the leading one, until it is signed. */
export const pageOf = ({ caseId, readWith, done }: Bound): string => (done ? null : readWith[0]?.caseId) ?? caseId;

/** The study of those on the page that has an image's series; undefined for one that was taken out. */
export const studyOf = ({ current, together }: OpenStudy, { seriesInstanceUid }: { seriesInstanceUid: string }) =>
  [current, ...together].find(({ series }) => series.some((each) => each.seriesInstanceUid === seriesInstanceUid));

/** In a row: it is bound to others. */
export function TogetherMark({ item }: { item: Bound }) {
  if (item.readWith.length === 0) return null;
  const words = readWithWords(item);
  return <Link2 role="img" aria-label={words} className="mr-1 inline size-3.5 align-[-2px] text-accent" />;
}

/** Binds cases to one that is held, and takes them out again: each act offers the way back. */
export function useReadTogether(onClaim?: () => void) {
  const client = useTrpcClient();
  const trpc = useTrpc();
  const queryClient = useQueryClient();
  const toast = useToast();
  const done = (words: string, undo: (() => void) | null) => {
    toast(words, undo ? { action: { label: "Undo", run: undo } } : undefined);
    void queryClient.invalidateQueries({ queryKey: trpc.study.open.pathKey() });
    void queryClient.invalidateQueries({ queryKey: trpc.worklist.pathKey() });
  };
  const failed = (error: unknown) => toast(messageFor(error), { tone: "problem" });

  async function readWith(caseId: string, withIds: string[]): Promise<void> {
    const claim = heldClaim(caseId);
    if (!claim) return;
    try {
      holdClaim(caseId, await client.worklist.readWith.mutate({ caseId, claimToken: claim.claimToken, withIds }));
      onClaim?.();
      done("Read together: one report, signed once.", () => {
        for (const each of withIds) void readAlone({ caseId: each, leadId: caseId });
      });
    } catch (error) {
      failed(error);
    }
  }
  async function readAlone({ caseId, leadId }: { caseId: string; leadId?: string }): Promise<void> {
    const claim = leadId ? heldClaim(leadId) : null;
    try {
      await client.worklist.readAlone.mutate({ caseId, ...(claim ? { claimToken: claim.claimToken } : {}) });
      done(
        "It is on the list again by itself. What is written stays here.",
        claim && leadId ? () => void readWith(leadId, [caseId]) : null,
      );
    } catch (error) {
      failed(error);
    }
  }
  return { readWith, readAlone };
}

/** Of a case that is read with another the page is the leading one's, and this window's claim goes with it. */
export function useLeadingPage(item: WorklistItem | undefined): boolean {
  const router = useRouter();
  const page = item ? pageOf(item) : null;
  const elsewhere = item !== undefined && page !== item.caseId;
  const caseId = item?.caseId;
  useEffect(() => {
    if (!elsewhere || !page || !caseId) return;
    const claim = heldClaim(caseId);
    if (claim) {
      forgetClaim(caseId);
      holdClaim(page, { claimToken: claim.claimToken, claimedUntil: new Date(claim.until).toISOString() });
    }
    router.replace(`/studies/${page}`);
  }, [elsewhere, page, caseId, router]);
  return elsewhere;
}

/** Beside the report: what it is also of, and what else it could be. */
export function TogetherDock({ study, holds, onClaim }: { study: OpenStudy; holds: boolean; onClaim: () => void }) {
  const { readWith, readAlone } = useReadTogether(onClaim);
  const { item, together } = study;
  const offered = holds && !item.signed ? study.mayReadWith : [];
  const first = offered[0];
  useShortcuts({ b: () => first && void readWith(item.caseId, [first.caseId]) }, first !== undefined);
  if (together.length + offered.length === 0) return null;
  return (
    <section
      aria-label="Read together"
      className="flex max-h-[20dvh] shrink-0 flex-col gap-1.5 overflow-y-auto border-b border-line px-3 py-2 text-[0.8125rem]"
    >
      {together.map((each) => (
        <div key={each.caseId} className="flex flex-col gap-1">
          <div className="flex items-center justify-between gap-2">
            <span className="min-w-0">
              <Link2 aria-hidden className="mr-1 inline size-3.5 align-[-2px] text-accent" />
              Read with <span className="font-medium">{nameOf(each)}</span>{" "}
              <span className="tabular text-quiet">
                {formatDicomDate(each.studyDate)} {formatTime(each.studyTime)}
                {each.accessionNumber ? ` · acc. ${each.accessionNumber}` : ""}
              </span>
            </span>
            {holds && !item.signed && item.state !== "preliminary" && item.readWith[0]?.caseId === item.caseId ? (
              <Button onClick={() => void readAlone({ caseId: each.caseId, leadId: item.caseId })}>Take out</Button>
            ) : null}
          </div>
          {each.history ? <p className="whitespace-pre-wrap select-text">{each.history.text}</p> : null}
        </div>
      ))}
      {offered.map((each, index) => (
        <Button
          key={each.caseId}
          className="self-start"
          title="One report is of both, and signed once; each keeps its number and its due time"
          onClick={() => void readWith(item.caseId, [each.caseId])}
        >
          Read with: {withTime(each)} {index === 0 ? <Kbd className="max-md:hidden">B</Kbd> : null}
        </Button>
      ))}
    </section>
  );
}
