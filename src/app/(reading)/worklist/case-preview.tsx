"use client";

import { isBirthDate } from "@overread/shared/dicom/age";
import { formatTime } from "@overread/shared/dicom/dates";
import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import { messageFor } from "../../_trpc/errors.ts";
import type { CaseSkip, WorklistItem } from "../../_trpc/types.ts";
import { Button, IconButton } from "../../_ui/button.tsx";
import { dueInWords } from "../../_ui/due-words.ts";
import { Exam } from "../../_ui/exam.tsx";
import { formatAgo, formatDicomDate, formatExact, formatWhen, sexLabel } from "../../_ui/format.ts";
import { conflictInWords, inWords } from "../../_ui/in-words.ts";
import { Kbd } from "../../_ui/kbd.tsx";
import { Ago, Countdown, useNow, useZone } from "../../_ui/now.tsx";
import { OrderLines } from "../../_ui/order-lines.tsx";
import { PatientName, RepairedMark } from "../../_ui/patient-banner.tsx";
import { hasSiteNotes, SiteNotesLines } from "../../_ui/site-notes.tsx";
import { SiteQuestions } from "../../_ui/site-questions.tsx";
import { Skeleton } from "../../_ui/skeleton.tsx";
import { PatientMark, PatientWarning, PriorityMark, StatusMark } from "../../_ui/status.tsx";
import { CaseAlarms } from "../case-alarms.tsx";
import { HandoverNote } from "../hand-over.tsx";
import { LateImagesNotice } from "../late-images-notice.tsx";
import { readWithWords } from "../read-together.tsx";
import { ReserveLine } from "../reservations.tsx";
import { CaseActs } from "./case-acts.tsx";
import { DraftLine } from "./draft-mark.tsx";
import { AnswerButtons, GivenLine, WhyMe } from "./given.tsx";

/** Delays the request, so that moving through the list does not fetch every case on the way. */
const settleMs = 150;

/** The panel beside the list: why the case is ranked as it is, who holds it, which priors there are. */
export function CasePreview({
  item,
  skips,
  userId,
  mayRead,
  chosen,
  opening,
  onOpen,
  onSkip,
}: {
  item: WorklistItem;
  /** The readers of the group who skipped this case. */
  skips: CaseSkip[];
  userId: string;
  mayRead: boolean;
  /** The row was picked; otherwise it is only the first of the list. */
  chosen: boolean;
  opening: boolean;
  onOpen: () => void;
  onSkip: () => void;
}) {
  const trpc = useTrpc();
  const zone = useZone();
  const now = useNow();
  const [settled, setSettled] = useState(false);
  // On a phone the panel opens when a row is tapped, and closes again.
  const [sheet, setSheet] = useState(chosen);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(true), settleMs);
    return () => clearTimeout(timer);
  }, []);
  const detail = useQuery(trpc.worklist.get.queryOptions({ caseId: item.caseId }, { enabled: settled }));
  const { mine } = item;
  const priors = detail.data?.priors;

  // The panel takes half of a phone's screen: its row is scrolled into view.
  useEffect(() => {
    if (chosen) document.getElementById(`case-${item.caseId}`)?.scrollIntoView({ block: "nearest" });
  }, [chosen, item.caseId]);

  return (
    <aside
      aria-label="Selected case"
      data-sheet={sheet}
      className="flex shrink-0 flex-col gap-4 overflow-y-auto border-line bg-panel p-4 max-lg:max-h-[46vh] max-lg:border-t max-lg:data-[sheet=false]:hidden lg:w-72 2xl:w-80 lg:border-l max-md:order-last md:max-lg:absolute md:max-lg:inset-x-40 md:max-lg:right-0 md:max-lg:bottom-0"
    >
      <header className="flex flex-col gap-1">
        <div className="flex items-start justify-between gap-2">
          <h2 className="text-[0.9375rem] leading-5 font-semibold">
            <PatientName groups={item.patientNameGroups} />
            {item.textRepaired ? <RepairedMark label={item.textRepaired} /> : null}
          </h2>
          <IconButton label="Close the panel" className="-m-1.5 lg:hidden" onClick={() => setSheet(false)}>
            <X className="size-4" />
          </IconButton>
        </div>
        <p className="tabular text-quiet">
          {[
            sexLabel(item.patientSex),
            item.patientAge,
            isBirthDate(item.patientBirthDate) && `born ${formatDicomDate(item.patientBirthDate)}`,
          ]
            .filter(Boolean)
            .join(", ")}
          <br />
          ID {item.patientId || "—"}
          {item.accessionNumber ? ` · acc. ${item.accessionNumber}` : ""}
        </p>
        <p>
          <Exam modalities={item.modalities} description={item.studyDescription} />
          <span className="tabular text-quiet">
            {" "}
            · {formatDicomDate(item.studyDate)} {formatTime(item.studyTime)}
          </span>
        </p>
        <p className="text-quiet">
          {item.facility}
          {item.referringPhysician ? ` · referred by ${item.referringPhysician}` : ""}
        </p>
      </header>

      {item.patientConflict ? <PatientWarning>{conflictInWords(item.patientConflict)}</PatientWarning> : null}
      {item.identity === "unknown" ? (
        <PatientWarning>No patient ID that identifies anybody: earlier studies were not looked for.</PatientWarning>
      ) : null}
      {item.readWith.length > 0 ? <p className="text-quiet">{readWithWords(item)}</p> : null}
      {item.lateImages ? <LateImagesNotice item={item} mayAnswer={false} /> : null}

      {item.can.read || mayRead ? (
        <div className="flex flex-wrap items-center gap-2">
          {item.can.read ? (
            <Button look="primary" onClick={onOpen} disabled={opening}>
              {item.can.claim || mine ? "Read" : "Open images"}{" "}
              <Kbd onAccent className="max-md:hidden">
                Enter
              </Kbd>
            </Button>
          ) : null}
          {mayRead && item.can.claim ? (
            <Button onClick={onSkip}>
              Skip <Kbd className="max-md:hidden">S</Kbd>
            </Button>
          ) : null}
        </div>
      ) : null}

      <GivenLine item={item} userId={userId} />
      {detail.data?.handover && !item.done ? (
        <Block title="Handed over">
          <HandoverNote item={item} handover={detail.data.handover} userId={userId} />
        </Block>
      ) : null}
      <AnswerButtons item={item} userId={userId} />
      <CaseActs item={item} />
      {mayRead && !item.done ? <WhyMe caseId={item.caseId} /> : null}

      <Block title="Now">
        <dl className="grid grid-cols-[6rem_1fr] gap-y-1">
          <dt className="text-quiet">State</dt>
          <dd>
            <StatusMark status={item.state} />
            {item.claimedBy ? (
              <span className="block text-quiet" title={formatExact(item.claimedUntil, zone)}>
                {item.state === "drafted" ? "claimed " : ""}
                {mine ? "by you" : `by ${item.claimedBy.name}`}
                {item.claimedUntil ? `, until ${formatWhen(item.claimedUntil, now, zone)}` : ""}
              </span>
            ) : null}
            {item.draft ? <DraftLine draft={item.draft} userId={userId} /> : null}
          </dd>
          <ReserveLine item={item} userId={userId} />
          {skips.map((skip) => (
            <div key={skip.userId} className="contents">
              <dt className="text-quiet">Skipped</dt>
              <dd>
                {skip.userId === userId ? "by you" : `by ${skip.by}`} until {formatWhen(skip.until, now, zone)}
                <span className="block text-quiet">{skip.reason}</span>
              </dd>
            </div>
          ))}
          {item.decided ? (
            <>
              <dt className="text-quiet">Priority</dt>
              <dd>
                {item.decided.by}, {formatWhen(item.decided.at, now, zone)}
                <span className="block text-quiet">{item.decided.reason}</span>
              </dd>
            </>
          ) : null}
          <dt className="text-quiet">Due</dt>
          <dd>
            <Countdown dueAt={item.dueAt} timeZone={item.facilityTimeZone} done={item.done} />
            {detail.data
              ? dueInWords(detail.data.whyDue, {
                  priority: item.priority,
                  facility: item.facility,
                  now,
                  timeZone: zone,
                }).map((sentence) => (
                  <span key={sentence} className="block text-quiet">
                    {sentence}
                  </span>
                ))
              : null}
          </dd>
          <dt className="text-quiet">Arrived</dt>
          <dd>
            <Ago at={item.arrivedAt} timeZone={item.facilityTimeZone} />
          </dd>
          <dt className="text-quiet">Images</dt>
          <dd className="tabular">
            {item.images.received}
            {item.images.expected ? ` of ${item.images.expected}` : ""}
            {item.arriving ? " so far" : ""}
            {item.images.refused > 0 ? (
              <span className="block text-urgent">
                {item.images.refused} refused. What was refused does not come by itself.
              </span>
            ) : null}
            {item.images.damaged > 0 ? (
              <span className="block text-urgent">{item.images.damaged} damaged in the archive and not shown.</span>
            ) : null}
            {item.quarantined > 0 ? (
              <span className="block text-urgent">
                {item.quarantined} set aside: same identifier, different content. The first ones received are shown.
              </span>
            ) : null}
          </dd>
        </dl>
      </Block>

      {detail.data && (detail.data.messages.length > 0 || item.can.ask || item.can.answer) ? (
        <Block
          title={
            item.questionSince
              ? `Asked the site ${formatAgo(item.questionSince, now, zone)}, no answer yet`
              : "Questions to the site"
          }
        >
          <SiteQuestions item={item} messages={detail.data.messages} onChanged={() => void detail.refetch()} />
        </Block>
      ) : null}

      <CaseAlarms
        caseId={item.caseId}
        enabled={settled}
        around={(alarms) => <Block title="Told while its time ran">{alarms}</Block>}
      />

      {detail.data && hasSiteNotes(item, detail.data.notes) ? (
        <Block title="From the technologist">
          <SiteNotesLines item={item} notes={detail.data.notes} />
        </Block>
      ) : null}

      {item.orderCount > 0 ? (
        <Block title="Ordered">
          {detail.data ? (
            <OrderLines orders={detail.data.orders} />
          ) : detail.isError ? (
            <p className="text-quiet">{messageFor(detail.error)}</p>
          ) : (
            <Skeleton className="h-8" />
          )}
        </Block>
      ) : null}

      {item.priorityReasons.length > 0 ? (
        <Block title="Why here in the list">
          <ul className="flex flex-col gap-0.5">
            {item.priorityReasons.map((reason) => (
              <li key={reason.code} className="flex justify-between gap-3">
                <span>{inWords(reason)}</span>
                <span className="tabular text-quiet">
                  {reason.points > 0 ? "+" : ""}
                  {reason.points}
                </span>
              </li>
            ))}
            <li className="mt-0.5 flex justify-between gap-3 border-t border-line pt-0.5">
              <PriorityMark priority={item.priority} />
              <span className="tabular font-medium">{item.priorityScore}</span>
            </li>
          </ul>
        </Block>
      ) : null}

      <Block title={priors ? `To compare (${priors.length})` : "To compare"}>
        {detail.isError ? (
          <p className="text-quiet">{messageFor(detail.error)}</p>
        ) : !priors ? (
          <Skeleton className="h-8" />
        ) : priors.length === 0 ? (
          <p className="text-quiet">
            {item.identity === "unknown" ? "Not looked for." : "No earlier study of this patient is in the archive."}
          </p>
        ) : (
          <ul className="flex flex-col gap-2">
            {priors.map((prior) => (
              <li key={prior.studyInstanceUid}>
                <p className="flex justify-between gap-2">
                  <span className="min-w-0 truncate">
                    <Exam modalities={prior.modalities} description={prior.studyDescription} />
                  </span>
                  <span className="tabular whitespace-nowrap text-quiet">{formatDicomDate(prior.studyDate)}</span>
                </p>
                <p className="text-xs text-quiet">
                  {prior.identityReason ? <PatientMark words={inWords(prior.identityReason)} /> : null}
                  {[
                    ...(prior.identityReason ? [prior.identityReason] : []).map(inWords),
                    ...prior.reasons.map(inWords),
                    ...(prior.lentBy ? [`lent by ${prior.lentBy.hospital}`] : []),
                    prior.hasReport ? "with report" : "without report",
                  ].join(" · ")}
                </p>
              </li>
            ))}
          </ul>
        )}
      </Block>
    </aside>
  );
}

function Block({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="flex flex-col gap-1.5 text-[0.8125rem]">
      <h3 className="text-xs font-medium text-quiet">{title}</h3>
      {children}
    </section>
  );
}
