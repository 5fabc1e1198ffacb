"use client";

import { examinationModalities } from "@overread/shared/dicom/modalities";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowLeft, CircleCheck, FileText, Images } from "lucide-react";
import Link from "next/link";
import { useEffect, useMemo } from "react";
import { useTrpc } from "../../../_trpc/client.tsx";
import type { Me, Referral } from "../../../_trpc/types.ts";
import { Amendments } from "../../../_ui/amendments.tsx";
import { Button, buttonClass, IconButton } from "../../../_ui/button.tsx";
import { Disclaimer } from "../../../_ui/disclaimer.tsx";
import { plural, withoutModality } from "../../../_ui/format.ts";
import { doubtsInWords, referralWords } from "../../../_ui/in-words.ts";
import { Ago, Exact } from "../../../_ui/now.tsx";
import { PatientBanner } from "../../../_ui/patient-banner.tsx";
import { PatientWarning } from "../../../_ui/status.tsx";
import { TopBar } from "../../../_ui/top-bar.tsx";
import { type ImagePointer, type StudyForViewing, Viewer } from "../../../_viewer/index.tsx";
import { readingOrder } from "../reading-order.ts";
import { referralMarks } from "../referral-marks.ts";
import { useImagesOpen } from "./use-images-open.ts";

/** One report for the referring physician: the impression first, then the rest; images one tap away. */
export function ReferralScreen({ me, initial, initialAt }: { me: Me; initial: Referral; initialAt: number }) {
  const trpc = useTrpc();
  const queryClient = useQueryClient();
  const images = useImagesOpen();
  const query = useQuery(
    trpc.referral.get.queryOptions(
      { studyId: initial.studyId },
      {
        initialData: initial,
        initialDataUpdatedAt: initialAt,
        staleTime: Number.POSITIVE_INFINITY,
        refetchOnWindowFocus: false,
      },
    ),
  );
  const referral = query.data;
  useEffect(() => {
    // Opening it marked it as read; the inbox is refreshed for when the person goes back.
    void queryClient.invalidateQueries({ queryKey: trpc.referral.list.pathKey() });
  }, [queryClient, trpc]);
  const study = useMemo(() => forViewer(referral), [referral]);
  const newest = referral.versions[0];
  const { icon: State } = referralMarks[referral.status];
  const { word, unsigned } = referralWords[referral.status];

  const banner = (
    <PatientBanner
      patient={{
        name: referral.patientName,
        sex: referral.patientSex,
        birthDate: referral.patientBirthDate,
        ageAtStudy: referral.ageAtStudy,
        patientId: referral.patientId,
      }}
      study={{
        description: `${examinationModalities(referral.modalities).join(" ")} ${withoutModality(referral.studyDescription, referral.modalities)}`,
        date: referral.studyDate,
        accessionNumber: referral.accessionNumber,
        facility: referral.facility,
      }}
      lead={
        images.open ? (
          <IconButton label="Back to the report" onClick={() => images.leave()}>
            <ArrowLeft className="size-4" />
          </IconButton>
        ) : (
          <Link
            href="/reports"
            aria-label="Back to all reports"
            className="grid size-8 place-items-center rounded-md text-quiet hover:bg-hover hover:text-text"
          >
            <ArrowLeft className="size-4" />
          </Link>
        )
      }
      className="sticky top-0 z-20"
    />
  );

  const doubts = doubtsInWords(referral.doubts);
  if (images.open)
    return (
      <div data-room="reading" className="flex h-dvh flex-col">
        {banner}
        {doubts ? <PatientWarning className="rounded-none border-x-0 border-t-0">{doubts}</PatientWarning> : null}
        <main className="flex min-h-0 flex-1 flex-col bg-black" aria-label="Images">
          <Viewer compact current={study} priors={[]} jumpTo={images.open.at} />
        </main>
        <footer className="bg-panel px-3 py-1">
          <Disclaimer className="text-[0.6875rem] text-quiet" />
        </footer>
      </div>
    );

  return (
    <>
      <TopBar me={me} />
      {banner}
      <main className="mx-auto flex w-full max-w-3xl flex-1 flex-col gap-5 px-4 py-5">
        <div className="flex flex-wrap items-center justify-between gap-3">
          {newest ? (
            <div>
              <p className="flex items-center gap-1.5 font-medium">
                <CircleCheck className="size-4 text-done" aria-hidden="true" />
                {newest.kind === "addendum" ? `Final report with addendum, version ${newest.version}` : "Final report"}
              </p>
              <p className="text-quiet">
                {newest.signedBy}, <Ago at={newest.signedAt} timeZone={referral.facilityTimeZone} />
              </p>
            </div>
          ) : (
            <div role="status">
              <p className="flex items-center gap-1.5 font-medium">
                <State className="size-4 text-quiet" aria-hidden="true" />
                {word}
              </p>
              <p className="text-quiet">{unsigned}</p>
            </div>
          )}
          <div className="flex gap-2">
            {newest?.pdfPath ? (
              <a href={newest.pdfPath} target="_blank" rel="noreferrer" className={buttonClass("plain", "h-10")}>
                <FileText className="size-4" aria-hidden="true" />
                PDF
              </a>
            ) : null}
            {referral.series.length > 0 ? (
              <Button look={newest ? "plain" : "primary"} className="h-10" onClick={() => images.show(null)}>
                <Images className="size-4" aria-hidden="true" />
                Open images
              </Button>
            ) : null}
          </div>
        </div>

        {doubts ? <PatientWarning>{doubts}</PatientWarning> : null}
        {referral.lateImages > 0 ? (
          <PatientWarning>
            {`${plural(referral.lateImages, "image")} came after the report was signed and ${referral.lateImages === 1 ? "is" : "are"} not in it. The radiologists have been told.`}
          </PatientWarning>
        ) : null}
        {referral.byDefault ? (
          <p role="note" className="text-quiet">
            The study names no referring physician. {referral.facility} has chosen you for such studies.
          </p>
        ) : null}
        {newest ? (
          <article className="flex flex-col gap-5">
            {readingOrder(newest.sections).map((part) => (
              <section key={part.key} className={part.lead ? "rounded-lg border border-line bg-panel p-4" : ""}>
                <h2
                  className={`text-[0.8125rem] font-medium ${/identity/.test(part.key) ? "text-stat" : "text-quiet"}`}
                >
                  {part.title}
                </h2>
                {part.key === "impression" ? (
                  <Amendments
                    versions={referral.versions}
                    shown={newest.version}
                    timeZone={referral.facilityTimeZone}
                  />
                ) : null}
                <p className={`leading-relaxed whitespace-pre-wrap ${part.lead ? "text-[1.0625rem]" : "text-base"}`}>
                  {part.text}
                </p>
                {part.key === "impression" && referral.keyImages.length > 0 ? (
                  <KeyImageStrip referral={referral} onOpen={images.show} />
                ) : null}
              </section>
            ))}
          </article>
        ) : null}

        {referral.versions.length > 1 ? (
          <section className="flex flex-col gap-1.5 border-t border-line pt-4">
            <h2 className="text-[0.8125rem] font-medium text-quiet">Versions</h2>
            <ul className="flex flex-col gap-1">
              {referral.versions.map((version) => (
                <li key={version.reportVersionId} className="flex flex-wrap items-baseline gap-x-3">
                  <span>
                    Version {version.version}, {version.kind === "addendum" ? "addendum" : "final report"}
                  </span>
                  <span className="tabular text-quiet">
                    {version.signedBy}, <Exact at={version.signedAt} timeZone={referral.facilityTimeZone} />
                  </span>
                  {version.pdfPath ? (
                    <a href={version.pdfPath} target="_blank" rel="noreferrer" className="text-accent underline">
                      PDF of version {version.version}
                    </a>
                  ) : null}
                </li>
              ))}
            </ul>
          </section>
        ) : null}
      </main>
      <footer className="mx-auto w-full max-w-3xl px-4 py-4">
        <Disclaimer />
      </footer>
    </>
  );
}

function KeyImageStrip({ referral, onOpen }: { referral: Referral; onOpen: (at: ImagePointer) => void }) {
  return (
    <ul aria-label="Key images" className="mt-3 grid grid-cols-2 gap-3 sm:grid-cols-3">
      {referral.keyImages.map((image, index) => (
        <li key={`${image.sopInstanceUid}/${image.frameNumber}`}>
          <button
            type="button"
            onClick={() =>
              onOpen({
                seriesInstanceUid: image.seriesInstanceUid,
                sopInstanceUid: image.sopInstanceUid,
                frameNumber: image.frameNumber,
              })
            }
            className="block w-full overflow-hidden rounded-md bg-black"
          >
            {/* biome-ignore lint/performance/noImgElement: a frame the archive renders; Next must not touch pixels */}
            <img
              src={`${image.renderedPath}${image.renderedPath.includes("?") ? "&" : "?"}viewport=512,512`}
              alt={image.caption || `No. ${index + 1}, without caption`}
              className="aspect-square w-full object-contain"
              loading="lazy"
            />
          </button>
          {image.caption ? <p className="mt-1 text-[0.8125rem] text-quiet">{image.caption}</p> : null}
        </li>
      ))}
    </ul>
  );
}

function forViewer(referral: Referral): StudyForViewing {
  return {
    orgSlug: referral.orgSlug,
    studyInstanceUid: referral.studyInstanceUid,
    dicomwebRoot: referral.dicomwebRoot,
    label: "Current",
    studyDate: referral.studyDate || null,
    description: referral.studyDescription || null,
    series: referral.series,
  };
}
