"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CircleCheck, Clock3, FileText } from "lucide-react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import { appCodeOf, messageFor } from "../../_trpc/errors.ts";
import type { Report, SignedVersion } from "../../_trpc/types.ts";
import { Amendments } from "../../_ui/amendments.tsx";
import { Button, buttonClass } from "../../_ui/button.tsx";
import { Field } from "../../_ui/field.tsx";
import { plural } from "../../_ui/format.ts";
import { Kbd } from "../../_ui/kbd.tsx";
import { Ago, Exact } from "../../_ui/now.tsx";
import { useShortcuts } from "../../_ui/shortcuts.ts";
import { useToast } from "../../_ui/toast.tsx";
import { waitingReason } from "../../_ui/waiting-reason.ts";
import { EarlierDrafts } from "./draft-authorship.tsx";
import { OverReadScores } from "./over-read-fields.tsx";

/** The signed versions, and the status of each version's documents. */
export function SignedReport({
  caseId,
  report,
  timeZone,
  lateImages,
  onNext,
}: {
  caseId: string;
  report: Report;
  /** The facility's time zone: times are shown as in its documents. */
  timeZone: string;
  /** Images that came after the signature, as shown to the reader: an addendum acknowledges this many. */
  lateImages: number;
  onNext: (() => void) | null;
}) {
  const [adding, setAdding] = useState(false);
  // An addendum that is being written is not left by a key.
  useShortcuts({ n: () => onNext?.() }, onNext !== null && !adding);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex min-h-0 flex-1 flex-col gap-5 overflow-y-auto p-3">
        {report.versions.map((version, index) => (
          <Version
            key={version.reportVersionId}
            version={version}
            versions={report.versions}
            timeZone={timeZone}
            newest={index === 0}
          />
        ))}
        <OverReadScores scores={report.scores} />
        <EarlierDrafts drafts={report.earlierDrafts} />
      </div>
      <footer className="flex flex-col gap-2 border-t border-line p-3">
        {adding ? (
          <AddendumForm caseId={caseId} lateImages={lateImages} onDone={() => setAdding(false)} />
        ) : (
          <div className="flex gap-2">
            {onNext ? (
              <Button look="primary" className="flex-1" onClick={onNext}>
                Next case{" "}
                <Kbd onAccent className="max-md:hidden">
                  N
                </Kbd>
              </Button>
            ) : null}
            {report.canAddend ? <Button onClick={() => setAdding(true)}>Addendum</Button> : null}
          </div>
        )}
      </footer>
    </div>
  );
}

function Version({
  version,
  versions,
  timeZone,
  newest,
}: {
  version: SignedVersion;
  versions: readonly SignedVersion[];
  timeZone: string;
  newest: boolean;
}) {
  const pdfReady = version.documents.pdf === "stored";
  return (
    <article className="flex flex-col gap-3" data-report-version={version.version}>
      <header className="flex items-start justify-between gap-2">
        <div className="min-w-0">
          <h3 className="flex items-center gap-1.5 font-semibold">
            <CircleCheck className="size-4 text-done" aria-hidden="true" />
            {{ preliminary: "Preliminary report", final: "Final report", addendum: "Addendum" }[version.kind]}, version{" "}
            {version.version}
          </h3>
          <p className="text-quiet">
            Signed by {version.signedBy}, <Ago at={version.signedAt} timeZone={timeZone} />
          </p>
          <p className="tabular text-xs text-quiet" title={`SHA-256 ${version.sha256}`}>
            <Exact at={version.signedAt} timeZone={timeZone} /> · fingerprint {version.sha256.slice(0, 12)}
          </p>
        </div>
        {pdfReady ? (
          <a
            href={`/api/reports/${version.reportVersionId}/pdf`}
            target="_blank"
            rel="noreferrer"
            className={buttonClass("plain", "shrink-0")}
          >
            <FileText className="size-4" aria-hidden="true" />
            PDF
          </a>
        ) : null}
      </header>
      <dl className="flex flex-col gap-2.5">
        {version.sections
          .filter((section) => section.text.trim())
          .map((section) => (
            <div key={section.key}>
              {/* A doubt about the patient's identity is shown as prominently as on the worklist. */}
              <dt className={`text-xs font-medium ${/identity/.test(section.key) ? "text-stat" : "text-quiet"}`}>
                {section.title}
              </dt>
              <dd className="text-[0.9375rem] leading-6 whitespace-pre-wrap">
                {section.key === "impression" ? (
                  <Amendments versions={versions} shown={version.version} timeZone={timeZone} />
                ) : null}
                {section.text}
              </dd>
            </div>
          ))}
      </dl>
      {version.keyImages.length > 0 ? (
        <p className="text-quiet">With {plural(version.keyImages.length, "key image")}.</p>
      ) : null}
      {newest || version.deliveries.some((delivery) => delivery.state !== "delivered") ? (
        <Journey version={version} timeZone={timeZone} />
      ) : null}
    </article>
  );
}

const documentNames = {
  pdf: "PDF",
  sr: "Structured report",
  kos: "Key image note",
  measurements: "Measurements",
  presentation: "Presentation of the images",
} as const;
const documentKinds = Object.keys(documentNames) as (keyof typeof documentNames)[];

/** The status of each document: created, stored, returned, or why not yet. */
function Journey({ version, timeZone }: { version: SignedVersion; timeZone: string }) {
  const kinds = documentKinds.filter((kind) => version.documents[kind] !== "none");
  return (
    <section aria-label="Documents" className="rounded-md border border-line p-2.5">
      <ul className="flex flex-col gap-1.5 text-[0.8125rem]">
        {kinds.map((kind) => {
          const stored = version.documents[kind] === "stored";
          return (
            <li key={kind}>
              <Step done={stored}>
                {documentNames[kind]}: {stored ? "stored in the archive" : "being made"}
              </Step>
              {version.deliveries
                .filter((delivery) => delivery.kind === kind)
                .map((delivery) => (
                  <Step key={delivery.facility} done={delivery.state === "delivered"} className="pl-5">
                    {delivery.state === "delivered" ? (
                      <>
                        returned to the PACS of {delivery.facility}
                        {delivery.deliveredAt ? (
                          <>
                            , <Ago at={delivery.deliveredAt} timeZone={timeZone} />
                          </>
                        ) : null}
                      </>
                    ) : (
                      <>
                        waits for the PACS of {delivery.facility}
                        {delivery.attempts > 0 ? `, tried ${plural(delivery.attempts, "time")}` : ""}
                        {delivery.lastFailure ? `: ${waitingReason(delivery.lastFailure)}` : ""}
                      </>
                    )}
                  </Step>
                ))}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Step({ done, className, children }: { done: boolean; className?: string; children: React.ReactNode }) {
  const Icon = done ? CircleCheck : Clock3;
  return (
    <p className={`flex items-start gap-1.5 ${className ?? ""}`}>
      <Icon className={`mt-0.5 size-3.5 shrink-0 ${done ? "text-done" : "text-urgent"}`} aria-hidden="true" />
      <span>{children}</span>
    </p>
  );
}

function AddendumForm({ caseId, lateImages, onDone }: { caseId: string; lateImages: number; onDone: () => void }) {
  const trpc = useTrpc();
  const toast = useToast();
  const queryClient = useQueryClient();
  const [text, setText] = useState("");
  const [password, setPassword] = useState("");
  const [totp, setTotp] = useState<string | null>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => area.current?.focus(), []);
  const addendum = useMutation(
    trpc.report.addendum.mutationOptions({
      onSuccess: async () => {
        await queryClient.invalidateQueries({ queryKey: trpc.report.pathKey() });
        void queryClient.invalidateQueries({ queryKey: trpc.worklist.pathKey() });
        void queryClient.invalidateQueries({ queryKey: trpc.study.open.queryKey({ caseId }) });
        toast("The addendum is signed and on its way.");
        onDone();
      },
      onError(error) {
        if (appCodeOf(error).startsWith("auth.second-factor-") || totp !== null) setTotp("");
        else setPassword("");
      },
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    addendum.mutate({ caseId, lateImages, text, password, ...(totp ? { totp } : {}) });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-2" aria-label="Addendum">
      <label htmlFor="addendum-text" className="text-xs font-medium text-quiet">
        Addendum
      </label>
      <textarea
        ref={area}
        id="addendum-text"
        value={text}
        required
        rows={4}
        onChange={(event) => setText(event.target.value)}
        className="w-full rounded-md border border-line bg-ground px-2.5 py-1.5 text-[0.9375rem] leading-6"
      />
      <Field
        label="Password"
        type="password"
        name="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={(event) => setPassword(event.target.value)}
        error={addendum.error ? messageFor(addendum.error) : undefined}
      />
      {totp === null ? null : (
        <Field
          label="Code of your authenticator app"
          name="totp"
          autoComplete="one-time-code"
          required
          value={totp}
          onChange={(event) => setTotp(event.target.value)}
        />
      )}
      <div className="flex gap-2">
        <Button
          type="submit"
          look="primary"
          className="flex-1"
          disabled={addendum.isPending || !text.trim() || !password}
        >
          {addendum.isPending ? "Signing" : "Sign the addendum"}
        </Button>
        <Button onClick={onDone}>Cancel</Button>
      </div>
    </form>
  );
}
