"use client";

import { examinationModalities } from "@overread/shared/dicom/modalities";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowLeft } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTrpc, useTrpcClient } from "../../../_trpc/client.tsx";
import { appCodeOf, messageFor } from "../../../_trpc/errors.ts";
import type { Me, Report } from "../../../_trpc/types.ts";
import { buttonClass } from "../../../_ui/button.tsx";
import { Disclaimer } from "../../../_ui/disclaimer.tsx";
import { FailedState } from "../../../_ui/empty-state.tsx";
import { conflictInWords } from "../../../_ui/in-words.ts";
import { LiveDot } from "../../../_ui/live-dot.tsx";
import { NoticeBell } from "../../../_ui/notice-bell.tsx";
import { OrderLines } from "../../../_ui/order-lines.tsx";
import { PatientBanner } from "../../../_ui/patient-banner.tsx";
import { hasSiteNotes, SiteNotesLines } from "../../../_ui/site-notes.tsx";
import { SiteQuestions } from "../../../_ui/site-questions.tsx";
import { Skeleton } from "../../../_ui/skeleton.tsx";
import { PatientWarning, PriorityMark } from "../../../_ui/status.tsx";
import { ToastPlace, useToast } from "../../../_ui/toast.tsx";
import { createCoverage } from "../../../_viewer/coverage.ts";
import {
  type ImagePointer,
  type MarkedKeyImage,
  type StudyForViewing,
  startViewer,
  Viewer,
} from "../../../_viewer/index.tsx";
import { ProtocolDock, useProtocols } from "../../_protocols/protocol-dock.tsx";
import { EarlierDrafts } from "../../_report/draft-authorship.tsx";
import { ReportEditor, type ReportHandle } from "../../_report/report-dock.tsx";
import { SignedReport } from "../../_report/signed-report.tsx";
import { UnsavedTextPanel } from "../../_report/unsaved-text-panel.tsx";
import { CaseAlarms } from "../../case-alarms.tsx";
import { holdClaim } from "../../claims.ts";
import { IncompleteNotice } from "../../incomplete-notice.tsx";
import { LateImagesNotice } from "../../late-images-notice.tsx";
import { TogetherDock, useLeadingPage } from "../../read-together.tsx";
import { ReservationKeeper } from "../../reservations.tsx";
import { useAhead } from "../../use-ahead.ts";
import { useClaim } from "../../use-claim.ts";
import { useMarkup } from "../../use-markup.ts";
import { ClaimClock, ClaimNotice } from "./claim-notice.tsx";
import { DockHandle, useDockWidth } from "./dock-width.tsx";
import { forViewer } from "./for-viewer.ts";
import { HandOverButton, HandOverDock, isOfferedTo } from "./hand-over-dock.tsx";
import { useReportKeys } from "./use-report-keys.ts";

// The viewer is rendered once the case is known; its code loads meanwhile.
startViewer();

/**
 * Images get most of the space; the patient banner is above, the report on the right, and nothing ever covers an image.
 */
export function ReadingScreen({ caseId, me }: { caseId: string; me: Me }) {
  const trpc = useTrpc();
  const client = useTrpcClient();
  const queryClient = useQueryClient();
  const router = useRouter();
  const toast = useToast();
  const [jumpTo, setJumpTo] = useState<ImagePointer | null>(null);
  const [coverage] = useState(createCoverage);
  const [tab, setTab] = useState<"images" | "report">("images");
  const [width, setWidth] = useDockWidth();
  const reportHandle = useRef<ReportHandle>(null);
  const reportKeys = useReportKeys(reportHandle, () => setTab("report"));
  const reader = me.org.kind === "reading_group";

  // Opening a study is audited, so it is requested once, and again only when something about this study has changed.
  const studyQuery = useQuery(
    trpc.study.open.queryOptions(
      { caseId },
      { staleTime: Number.POSITIVE_INFINITY, refetchOnWindowFocus: false, refetchOnReconnect: false },
    ),
  );
  const reportQuery = useQuery(
    trpc.report.get.queryOptions({ caseId }, { staleTime: Number.POSITIVE_INFINITY, refetchOnWindowFocus: false }),
  );
  // What was said with the site changes while the case is open; the study it was opened with does not.
  const conversationQuery = useQuery(trpc.worklist.get.queryOptions({ caseId }, { refetchOnWindowFocus: false }));
  const conversation = conversationQuery.data;
  const study = studyQuery.data;
  const acceptPrior = useCallback(
    async ({ studyInstanceUid }: StudyForViewing) => {
      const prior = study?.priors.find((each) => each.studyInstanceUid === studyInstanceUid);
      if (!prior) return;
      try {
        await client.study.acceptPrior.mutate({ caseId, studyId: prior.studyId });
      } catch (error) {
        toast(messageFor(error), { tone: "problem" });
        throw error;
      }
    },
    [client, caseId, study, toast],
  );
  const report = reportQuery.data;
  const signed = report?.signed ?? false;
  const hasDraft = Boolean(report?.draft && !report.draft.anothers) && !signed;
  const [handing, setHanding] = useState(false);
  const elsewhere = useLeadingPage(study?.item);
  const toClaim =
    study && (elsewhere || isOfferedTo(me.user.id, study.item)) ? { ...study.item, next: false } : study?.item;
  const { phase, claim, problem, claimAgain, reportLost } = useClaim(caseId, toClaim, me.user.id, hasDraft);

  // While a colleague holds the case its text is hidden from everybody else; whoever was writing keeps the text on the
  // screen, unsaved parts included.
  const lastText = useRef<Report | null>(null);
  const hasText = Boolean(report && report.sections.length > 0);
  if (report && hasText) lastText.current = report;
  const text = hasText ? report : phase === "none" ? null : lastText.current;

  const studies = useMemo(() => (study ? forViewer(study) : null), [study]);
  const showImage = useCallback((image: ImagePointer) => {
    setJumpTo({ ...image });
    setTab("images");
  }, []);

  const markKeyImage = useCallback(
    (image: MarkedKeyImage) =>
      reportHandle.current ? reportHandle.current.addKeyImage(image) : "Not added: the report is not open for writing.",
    [],
  );

  const markup = useMarkup(caseId, { enabled: me.can.sign, claim: phase === "held" && !signed ? claim : null });
  const keeping = useProtocols(me.can.sign, () => setTab("report"));
  useAhead(me.can.sign ? caseId : null, { afterFirstImage: true });

  const nextCase = useCallback(async () => {
    try {
      // Where the rules let nobody choose, the next case is drawn, and claimed with that.
      const drawn = await client.assignment.draw.mutate();
      if (drawn) {
        const { caseId, ...claim } = drawn;
        holdClaim(caseId, claim);
        router.push(`/studies/${caseId}`);
        return;
      }
      const next = await client.worklist.next.query();
      if (!next) {
        toast("Nothing else waits to be read.");
        router.push("/worklist");
        return;
      }
      holdClaim(next.caseId, await client.worklist.claim.mutate({ caseId: next.caseId }));
      void queryClient.prefetchQuery(trpc.study.open.queryOptions({ caseId: next.caseId }));
      router.push(`/studies/${next.caseId}`);
    } catch (error) {
      // A colleague was faster; the worklist shows what is left.
      toast(messageFor(error), { tone: "problem" });
      router.push("/worklist");
    }
  }, [client, queryClient, router, toast, trpc]);

  if (studyQuery.isError && !study) {
    const code = appCodeOf(studyQuery.error);
    return (
      <main className="flex flex-1 flex-col items-center justify-center gap-4 p-6 text-center">
        {code === "case.not-found" || code === "auth.forbidden" ? (
          <>
            <h1 className="text-lg font-semibold">
              {code === "auth.forbidden"
                ? "Your account sees this case, not its images"
                : "This case is not on your worklist"}
            </h1>
            <p className="max-w-md text-quiet">
              {code === "auth.forbidden"
                ? "Its state is on the worklist. Reading it is for radiologists."
                : "It may have been cancelled, or it is read by another group."}
            </p>
          </>
        ) : (
          <FailedState message={messageFor(studyQuery.error)} onRetry={() => void studyQuery.refetch()} />
        )}
        <Link href="/worklist" className={buttonClass("primary")}>
          Back to the worklist
        </Link>
      </main>
    );
  }

  const keeper = me.can.sign ? <ReservationKeeper /> : null;
  const holder = study?.item.claimedBy && study.item.claimedBy.id !== me.user.id ? study.item.claimedBy : null;
  return (
    <>
      {/* The viewer is always dark, whatever the theme. */}
      <span data-room="reading" hidden />
      {keeper}
      {study ? (
        <PatientBanner
          className="sticky top-0 z-20"
          patient={{ ...study.patient, name: study.patient.nameGroups, repaired: study.item.textRepaired }}
          study={{
            description: study.item.studyDescription || examinationModalities(study.item.modalities).join(" "),
            date: study.item.studyDate,
            time: study.item.studyTime,
            accessionNumber: study.item.accessionNumber,
            facility: study.item.facility,
          }}
          lead={<BackLink />}
          aside={
            <>
              {signed ? null : <PriorityMark priority={study.item.priority} />}
              {reader && !signed ? <ClaimClock view={{ phase, claim, problem }} /> : null}
              {phase === "held" && !signed ? (
                <HandOverButton
                  onPress={() => {
                    setTab("report");
                    setHanding(true);
                  }}
                />
              ) : null}
              <LiveDot />
              <NoticeBell mayRead className="-my-1" />
            </>
          }
        />
      ) : (
        <div
          className="flex min-h-11 items-center gap-4 border-b border-line bg-panel px-3"
          role="status"
          aria-label="Opening the case"
        >
          <BackLink />
          <Skeleton className="h-4 w-64" />
          <Skeleton className="h-4 w-40" />
        </div>
      )}

      {study?.item.patientConflict ? (
        <PatientWarning className="rounded-none border-x-0 border-t-0">
          {conflictInWords(study.item.patientConflict)}
        </PatientWarning>
      ) : null}

      {study?.item.identity === "unknown" ? (
        <PatientWarning className="rounded-none border-x-0 border-t-0">
          No patient ID that identifies anybody: earlier studies were not looked for. Ask the site.
        </PatientWarning>
      ) : null}
      {study?.item.lateImages ? (
        <LateImagesNotice item={study.item} mayAnswer={reader} className="rounded-none border-x-0 border-t-0" />
      ) : null}

      {study?.together.map((each) =>
        each.lateImages ? (
          <LateImagesNotice
            key={each.caseId}
            item={{ caseId: each.caseId, lateImages: each.lateImages, signed, of: each.description }}
            mayAnswer={reader}
            className="rounded-none border-x-0 border-t-0"
          />
        ) : null,
      )}

      {study && study.item.incomplete.length > 0 && !signed ? (
        <IncompleteNotice
          item={study.item}
          onAccepted={() => void claimAgain()}
          className="rounded-none border-x-0 border-t-0"
        />
      ) : null}

      <nav aria-label="Parts of the page" className="border-b border-line md:hidden">
        <div role="tablist" aria-label="Images or report" className="flex">
          {(["images", "report"] as const).map((each) => (
            <button
              key={each}
              type="button"
              role="tab"
              aria-selected={tab === each}
              onClick={() => setTab(each)}
              className={`h-10 flex-1 border-b-2 low:h-8 capitalize ${tab === each ? "border-accent font-medium" : "border-transparent text-quiet"}`}
            >
              {each}
            </button>
          ))}
        </div>
      </nav>

      {/* On a low screen (zoom 200 %) notices scroll away; the patient banner does not. */}
      <main className="flex min-h-0 flex-1 low:min-h-[68dvh] low:shrink-0">
        <div
          className={`min-h-0 min-w-0 flex-1 bg-black ${tab === "images" ? "flex" : "max-md:hidden md:flex"} flex-col`}
        >
          {studies && keeping.ready ? (
            <Viewer
              current={studies.current}
              priors={studies.priors}
              jumpTo={jumpTo}
              pageKeys={reportKeys}
              coverage={coverage}
              onAcceptPrior={acceptPrior}
              onMeasurement={(measurement) => reportHandle.current?.addMeasurement(measurement)}
              {...keeping.forViewer}
              {...markup.forViewer}
              {...(reader && !signed ? { onKeyImage: markKeyImage } : {})}
            />
          ) : (
            <div className="grid flex-1 place-items-center text-[#b8b8b8]" role="status">
              Opening the case
            </div>
          )}
        </div>
        <DockHandle width={width} onWidth={setWidth} />
        <aside
          aria-label="Report"
          style={{ "--dock": `${width}px` } as React.CSSProperties}
          className={`min-h-0 flex-col border-line bg-panel max-md:flex-1 md:flex md:w-(--dock) md:shrink-0 ${tab === "report" ? "flex" : "max-md:hidden"}`}
        >
          <h2 className="sr-only">Report</h2>
          {study && (study.orders.length > 0 || hasSiteNotes(study.item, study.notes) || (conversation && !signed)) ? (
            <section
              aria-label="Order"
              className="flex max-h-[24dvh] shrink-0 flex-col gap-3 overflow-y-auto border-b border-line px-3 py-2 text-[0.8125rem] *:shrink-0"
            >
              {study.orders.length > 0 ? <OrderLines orders={study.orders} /> : null}
              {hasSiteNotes(study.item, study.notes) ? (
                <SiteNotesLines item={conversation ?? study.item} notes={conversation?.notes ?? study.notes} />
              ) : null}
              {conversation && !signed ? (
                <SiteQuestions
                  item={{ ...conversation, mine: phase === "held" }}
                  messages={conversation.messages}
                  claimToken={claim?.claimToken}
                  onChanged={() => void conversationQuery.refetch()}
                />
              ) : null}
            </section>
          ) : null}
          {markup.unsaved ? (
            <p role="alert" className="border-b border-line px-3 py-2 text-[0.8125rem] text-problem">
              Your measurements are not saved.
            </p>
          ) : null}
          <ProtocolDock shown={keeping.shown} kept={keeping.kept} show={keeping.show} />
          {reader && study ? (
            <TogetherDock study={study} holds={phase === "held"} onClaim={() => void claimAgain()} />
          ) : null}
          {reader && conversation && !signed ? (
            <HandOverDock
              item={conversation}
              userId={me.user.id}
              handing={handing && phase === "held"}
              save={() => reportHandle.current?.save() ?? Promise.resolve(true)}
              onAccept={() => void claimAgain()}
              onClose={() => setHanding(false)}
            />
          ) : null}
          {study && !signed ? (
            <CaseAlarms
              caseId={caseId}
              around={(alarms) => (
                <section
                  aria-label="Alarms"
                  className="max-h-[12dvh] shrink-0 overflow-y-auto border-b border-line px-3 py-2 text-[0.8125rem]"
                >
                  {alarms}
                </section>
              )}
            />
          ) : null}
          {reader && study && !signed && !isOfferedTo(me.user.id, conversation) ? (
            <ClaimNotice
              phase={phase}
              problem={problem}
              holder={holder}
              until={study.item.claimedUntil}
              canClaim={study.item.can.claim || phase === "lost"}
              onClaim={() => void claimAgain()}
            />
          ) : null}
          {reader && report && (signed || !text) ? (
            <UnsavedTextPanel caseId={caseId} userId={me.user.id} now={null} onRestore={null} className="m-3 mb-0" />
          ) : null}
          {!study || (reportQuery.isPending && !reportQuery.isError) ? (
            <div className="flex flex-col gap-4 p-3" role="status" aria-label="Loading the report">
              <Skeleton className="h-7" />
              <Skeleton className="h-14" />
              <Skeleton className="h-14" />
              <Skeleton className="h-32" />
            </div>
          ) : reportQuery.isError && !report ? (
            appCodeOf(reportQuery.error) === "auth.forbidden" || appCodeOf(reportQuery.error) === "case.not-found" ? (
              <p className="p-4 text-quiet">The report is for the reading group until it is signed.</p>
            ) : (
              <FailedState message={messageFor(reportQuery.error)} onRetry={() => void reportQuery.refetch()} />
            )
          ) : report && signed ? (
            <SignedReport
              caseId={caseId}
              report={report}
              timeZone={study.item.facilityTimeZone}
              lateImages={study.item.lateImages?.count ?? 0}
              onNext={reader && study.item.can.read ? () => void nextCase() : null}
            />
          ) : text ? (
            <ReportEditor
              caseId={caseId}
              study={study}
              report={text}
              claim={hasText ? claim : null}
              holdsCase={hasText && phase === "held"}
              signer={me.user.name}
              coverage={coverage}
              writer={{ userId: me.user.id, email: me.user.email, orgSlug: me.org.slug }}
              handle={reportHandle}
              onClaimLost={reportLost}
              onShowImage={showImage}
              onSigned={(kind) => {
                if (kind === "kept") return toast("Your reading is kept. Here is the other one.");
                if (kind === "arbiter") {
                  toast("A third reader decides.");
                  return router.push("/worklist");
                }
                if (kind === "preliminary" && text.double) {
                  toast("Your reading is kept.");
                  return router.push("/worklist");
                }
                const gone = kind === "preliminary" ? "Signed as preliminary." : "Signed.";
                toast(
                  study.item.goesTo.pacs
                    ? `${gone} The documents are on their way to the hospital.`
                    : `${gone} The documents go into the archive.`,
                );
                // The case is a colleague's now: staying here would claim it again.
                if (kind === "preliminary") router.push("/worklist");
              }}
            />
          ) : (
            <div className="flex flex-col gap-3 overflow-y-auto p-4 text-quiet">
              <p>{holder ? "The text can be read here once it is signed." : "No report has been signed yet."}</p>
              {report ? <EarlierDrafts drafts={report.earlierDrafts} /> : null}
            </div>
          )}
          <ToastPlace />
          <Disclaimer className="mt-auto border-t border-line px-3 py-1 text-[0.6875rem] text-quiet" />
        </aside>
      </main>
    </>
  );
}

function BackLink() {
  // The list is fetched for the way back, behind the images that are waited for now.
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const onImage = () => setShown(true);
    window.addEventListener("FIRST_IMAGE", onImage);
    return () => window.removeEventListener("FIRST_IMAGE", onImage);
  }, []);
  return (
    <Link
      href="/worklist"
      prefetch={shown ? null : false}
      aria-label="Back to the worklist"
      title="Back to the worklist"
      className="grid size-8 shrink-0 place-items-center rounded-md text-quiet hover:bg-hover hover:text-text"
    >
      <ArrowLeft className="size-4" />
    </Link>
  );
}
