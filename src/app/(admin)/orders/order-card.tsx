"use client";

import { CircleAlert, Link2 } from "lucide-react";
import Link from "next/link";
import type { Outputs } from "../../_trpc/types.ts";
import { Button } from "../../_ui/button.tsx";
import { Exam } from "../../_ui/exam.tsx";
import { formatDicomDate, plural, sexLabel } from "../../_ui/format.ts";
import { Ago } from "../../_ui/now.tsx";
import { PriorityMark } from "../../_ui/status.tsx";
import { doubtWords, isOtherPerson } from "./doubt-words.ts";

type Order = Outputs["order"]["list"]["items"][number];
type Study = Order["studies"][number];

const patientClasses: Record<string, string> = {
  E: "emergency department",
  I: "inpatient",
  O: "outpatient",
  P: "to be admitted",
};

/** One order: whose, what, how urgent and why, and the studies beside it. */
export function OrderCard({
  order,
  showFacility,
  onChange,
  onCancel,
  onJoin,
  onPart,
}: {
  order: Order;
  showFacility: boolean;
  onChange: () => void;
  onCancel: () => void;
  onJoin: (studyId: string) => void;
  onPart: (studyId: string) => void;
}) {
  const open = order.state === "open";
  return (
    <li className="flex flex-col gap-2 rounded-lg border border-line bg-panel p-4" data-order={order.accessionNumber}>
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="min-w-0">
          <h2 className="font-semibold">
            <bdi>{order.patientName}</bdi>
            <span className="tabular font-normal text-quiet">
              {[
                "",
                sexLabel(order.patientSex),
                order.patientBirthDate ? `born ${formatDicomDate(order.patientBirthDate)}` : "",
                `ID ${order.patientId}`,
              ]
                .filter((part, index) => index === 0 || part)
                .join(" · ")}
            </span>
          </h2>
          <p>
            {order.modality ? (
              <Exam modalities={[order.modality]} description={order.procedureDescription} />
            ) : (
              order.procedureDescription
            )}
            <span className="tabular text-quiet">
              {" "}
              · {order.accessionNumber ? `acc. ${order.accessionNumber}` : "no accession number"}
              {order.placerOrderNumber ? ` · order ${order.placerOrderNumber}` : ""}
            </span>
          </p>
        </div>
        <div className="flex flex-wrap items-center gap-2">
          <PriorityMark priority={order.priority} />
          {open ? (
            <>
              <Button onClick={onChange}>Change</Button>
              <Button look="quiet-danger" onClick={onCancel}>
                Cancel order
              </Button>
            </>
          ) : null}
        </div>
      </div>
      {order.priorityReason ? <p className="text-[0.8125rem]">Why: {order.priorityReason}</p> : null}
      {order.reasonForExam || order.clinicalInformation ? (
        <p className="line-clamp-4 max-w-3xl text-[0.8125rem] whitespace-pre-line">
          {[order.reasonForExam, order.clinicalInformation].filter(Boolean).join("\n")}
        </p>
      ) : null}
      <p className="text-xs text-quiet">
        {[
          showFacility ? order.facility : "",
          patientClasses[order.patientClass] ?? "",
          order.referringPhysician ? `referred by ${order.referringPhysician}` : "",
          order.createdBy ? `entered by ${order.createdBy}` : "",
        ]
          .filter(Boolean)
          .join(" · ")}{" "}
        · <Ago at={order.createdAt} />
      </p>
      {order.cancelledReason ? (
        <p className="text-[0.8125rem] text-urgent">Cancelled: {order.cancelledReason}</p>
      ) : null}
      {order.studies.map((study) => (
        <StudyLine key={study.studyId} study={study} expected={order.expectedImages}>
          {open ? (
            <Button look="quiet" onClick={() => onPart(study.studyId)}>
              Not this study
            </Button>
          ) : null}
        </StudyLine>
      ))}
      {open
        ? order.doubtful.map((study) => (
            <StudyLine key={study.studyId} study={study} apart expected={null}>
              {isOtherPerson(study.doubts) ? null : (
                <Button look="quiet" onClick={() => onJoin(study.studyId)}>
                  It is this one
                </Button>
              )}
            </StudyLine>
          ))
        : null}
    </li>
  );
}

function StudyLine({
  study,
  expected,
  apart,
  children,
}: {
  study: Study;
  expected: number | null;
  apart?: boolean;
  children: React.ReactNode;
}) {
  const why = apart ? doubtWords(study.doubts) : "";
  const Icon = apart ? CircleAlert : Link2;
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 border-t border-line pt-2 text-[0.8125rem]">
      <p className="flex min-w-0 items-start gap-2">
        <Icon className={`mt-0.5 size-4 shrink-0 ${apart ? "text-urgent" : "text-done"}`} aria-hidden="true" />
        <span>
          {study.caseId ? (
            <Link href={`/studies/${study.caseId}`} className="underline">
              <Exam modalities={study.modalities} description={study.studyDescription} />
            </Link>
          ) : (
            <Exam modalities={study.modalities} description={study.studyDescription} />
          )}
          <span className="tabular text-quiet">
            {" "}
            · {formatDicomDate(study.studyDate)} ·{" "}
            {expected ? `${study.images} of ${plural(expected, "image")}` : plural(study.images, "image")}
          </span>
          {apart ? (
            <span className="block">
              <bdi>{study.patientName || "Name not given"}</bdi>, ID {study.patientId || "—"}, born{" "}
              {formatDicomDate(study.patientBirthDate)}.{" "}
              {why ? `Same accession number, but ${why}.` : "Parted from this order by a person."}
            </span>
          ) : null}
        </span>
      </p>
      {children}
    </div>
  );
}
