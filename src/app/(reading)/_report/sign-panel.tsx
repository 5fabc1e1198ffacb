"use client";

import { reportWords } from "@overread/shared/report-words";
import { signedSections } from "@overread/shared/signed-sections";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { EyeOff } from "lucide-react";
import { type FormEvent, useState, useSyncExternalStore } from "react";
import { useTrpc } from "../../_trpc/client.tsx";
import { appCodeOf, detailsOf, messageFor } from "../../_trpc/errors.ts";
import type { Report, WorklistItem } from "../../_trpc/types.ts";
import { Button } from "../../_ui/button.tsx";
import { Field } from "../../_ui/field.tsx";
import { formatSpan, plural } from "../../_ui/format.ts";
import { unseenInWords } from "../../_viewer/coverage.ts";
import type { Coverage } from "../../_viewer/types.ts";
import { forgetClaim, type HeldClaim, handOn } from "../claims.ts";
import type { DraftText } from "./draft-state.ts";
import { noOpinion, OverReadFields } from "./over-read-fields.tsx";
import { describeRecipients } from "./recipients.ts";

/** What was done: `kept`: a second reading, after which its reader compares; `arbiter`: a third reader was asked. */
export type Signed = "final" | "preliminary" | "kept" | "arbiter";

/**
 * The confirmation before signing, in the dock beside the images: the exact text that will be signed, its recipients,
 * and the password.
 */
export function SignPanel({
  caseId,
  kind,
  preliminary,
  double,
  item,
  text,
  prompts,
  authorship,
  opening,
  claim,
  signer,
  coverage,
  flush,
  onClaimLost,
  onClose,
  onSigned,
}: {
  caseId: string;
  kind: "final" | "preliminary";
  /** The preliminary report that a final one goes over: a colleague's, or the signer's own where nobody else may. */
  preliminary: Report["preliminary"];
  /** The case is read twice: `preliminary` keeps a reading then, and of both the other one is scored. */
  double: Report["double"];
  item: WorklistItem;
  text: DraftText;
  /** Labels of template prompts; a prompt without text is not signed. */
  prompts: readonly string[];
  /** The authorship section that signing will add; empty when the whole text is the signer's own. */
  authorship: string;
  /** What signing puts before the text of several cases that are read together. */
  opening: Report["opening"];
  claim: HeldClaim | null;
  signer: string;
  /** What of the study was on the screen. */
  coverage: Coverage;
  flush: () => Promise<number | null>;
  onClaimLost: (error: unknown) => void;
  onClose: () => void;
  onSigned: (what: Signed) => void;
}) {
  const trpc = useTrpc();
  const queryClient = useQueryClient();
  const [password, setPassword] = useState("");
  const [totp, setTotp] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [opinion, setOpinion] = useState(noOpinion);
  const sign = useMutation(trpc.report.sign.mutationOptions());
  const signPreliminary = useMutation(trpc.report.signPreliminary.mutationOptions());
  const askArbiter = useMutation(trpc.report.askArbiter.mutationOptions());
  const keeps = kind === "preliminary" && double !== null;
  const keptSecond = keeps && double.stage === "second";
  const differs = double !== null && opinion.score !== null && (opinion.score >= 3 || opinion.significant);
  const goesOver = kind === "final" && preliminary !== null && !preliminary.own;
  const byAuthor = kind === "final" && preliminary?.own === true;

  const { series } = useSyncExternalStore(coverage.subscribe, coverage.get, coverage.get);
  const unseen = unseenInWords(series);
  const imagesShown = series.map(({ seriesInstanceUid, total, shown }) => ({ seriesInstanceUid, total, shown }));

  const words = reportWords(text.language);
  const missing = words.missingImages.text(item.images);
  const signed = signedSections(text.sections, prompts);
  const leftOut = text.sections.filter(({ key }) => !signed.some((own) => own.key === key)).map(({ title }) => title);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    setProblem(null);
    if (!claim) {
      setProblem("Your claim ran out. Claim the case again, then sign; the text is kept.");
      return;
    }
    setBusy(true);
    const keepIt = (kind === "preliminary" && !keptSecond) || differs ? handOn(caseId) : null;
    try {
      const version = await flush();
      if (version === null) {
        keepIt?.();
        setProblem("The draft could not be saved, so it cannot be signed yet. Your text is kept; try again.");
        return;
      }
      const proven = {
        ...{ caseId, claimToken: claim.claimToken, version, password, ...(totp ? { totp } : {}) },
        ...(imagesShown.length > 0 ? { imagesShown } : {}),
      };
      const { score, ...rest } = opinion;
      if (differs && score) {
        const { claimToken } = claim;
        await askArbiter.mutateAsync({ caseId, claimToken, overRead: { score, ...rest } });
      } else if (kind === "preliminary") await signPreliminary.mutateAsync(proven);
      else await sign.mutateAsync({ ...proven, ...(goesOver && score ? { overRead: { score, ...rest } } : {}) });
      if (!keptSecond) forgetClaim(caseId);
      await queryClient.invalidateQueries({ queryKey: trpc.report.pathKey() });
      void queryClient.invalidateQueries({ queryKey: trpc.worklist.pathKey() });
      void queryClient.invalidateQueries({ queryKey: trpc.study.pathKey() });
      onSigned(differs ? "arbiter" : keptSecond ? "kept" : kind);
    } catch (error) {
      keepIt?.();
      const code = appCodeOf(error);
      if (code === "case.claim-expired" || code === "case.not-claimed") onClaimLost(error);
      const wait = detailsOf(error).retryAfterSeconds;
      setProblem(
        code === "auth.rate-limited" && typeof wait === "number"
          ? `Too many wrong passwords. Try again in ${formatSpan(wait * 1000)}; the draft is kept.`
          : messageFor(error),
      );
      if (code === "auth.reauthentication-failed") setPassword("");
      // Each code works once; an account without an authenticator app is never asked.
      if (code.startsWith("auth.second-factor-") || totp !== null) setTotp("");
      if (code === "report.version-conflict")
        void queryClient.invalidateQueries({ queryKey: trpc.report.get.queryKey({ caseId }) });
    } finally {
      setBusy(false);
    }
  };

  return (
    <section
      aria-label="Sign the report"
      className="flex min-h-0 flex-1 flex-col"
      onKeyDown={(event) => event.key === "Escape" && onClose()}
    >
      <div className="flex min-h-0 flex-1 flex-col gap-3 overflow-y-auto p-3">
        <h2 className="text-[0.9375rem] font-semibold">
          {keeps
            ? "This is the reading that you keep"
            : kind === "preliminary"
              ? "This is what you sign as preliminary"
              : "This is what you sign"}
        </h2>
        <dl className="flex flex-col gap-2.5">
          {opening.map((section) => (
            <div key={section.key}>
              <dt className="text-xs font-medium text-quiet">{section.title}</dt>
              <dd className="text-[0.9375rem] leading-6 whitespace-pre-wrap">{section.text}</dd>
            </div>
          ))}
          {opening.length === 0 && item.doubts.length > 0 ? (
            <div>
              <dt className="text-xs font-medium text-stat">{words.identity.title}</dt>
              <dd className="text-[0.9375rem] leading-6 whitespace-pre-wrap">
                {words.identity.whenSigned(item.doubts)}
              </dd>
            </div>
          ) : null}
          {opening.length === 0 && missing ? (
            <div>
              <dt className="text-xs font-medium text-stat">{words.missingImages.title}</dt>
              <dd className="text-[0.9375rem] leading-6 whitespace-pre-wrap">{missing}</dd>
            </div>
          ) : null}
          {signed.map((section) => (
            <div key={section.key}>
              <dt className="text-xs font-medium text-quiet">{section.title}</dt>
              <dd className="text-[0.9375rem] leading-6 whitespace-pre-wrap">{section.text}</dd>
            </div>
          ))}
          {authorship ? (
            <div>
              <dt className="text-xs font-medium text-quiet">{words.authorship.title}</dt>
              <dd className="text-[0.9375rem] leading-6 whitespace-pre-wrap">{authorship}</dd>
            </div>
          ) : null}
          {byAuthor ? (
            <div>
              <dt className="text-xs font-medium text-quiet">{words.finalByAuthor.title}</dt>
              <dd className="text-[0.9375rem] leading-6 whitespace-pre-wrap">{words.finalByAuthor.text}</dd>
            </div>
          ) : null}
        </dl>
        {leftOut.length > 0 ? (
          <p className="text-quiet">Nothing was written under {leftOut.join(", ")}: left out of the report.</p>
        ) : null}
        <div className="border-t border-line pt-2" hidden={keeps}>
          <h3 className="text-xs font-medium text-quiet">Where it goes</h3>
          <ul className="ml-4 list-disc">
            <li>
              into the archive, as PDF and structured report
              {text.keyImages.length > 0 ? `, with ${plural(text.keyImages.length, "key image")}` : ""}
            </li>
            {describeRecipients(item).map((place) => (
              <li key={place}>{place}</li>
            ))}
          </ul>
        </div>
      </div>
      <form onSubmit={submit} className="flex flex-col gap-2 border-t border-line p-3">
        {problem ? (
          <p role="alert" className="rounded-md border border-stat/60 bg-stat-soft px-2.5 py-1.5">
            {problem}
          </p>
        ) : null}
        {unseen.length > 0 && !differs ? (
          <p className="flex gap-1.5 text-[0.8125rem] text-urgent">
            <EyeOff className="mt-0.5 size-4 shrink-0" aria-hidden />
            <span>Not on your screen so far: {unseen.join("; ")}. This is kept with your signature.</span>
          </p>
        ) : null}
        {goesOver && preliminary ? (
          <OverReadFields preliminary={preliminary} opinion={opinion} onChange={setOpinion} />
        ) : null}
        {differs ? null : (
          <Field
            label={`Password of ${signer}`}
            type="password"
            name="password"
            autoComplete="current-password"
            value={password}
            required
            onChange={(event) => setPassword(event.target.value)}
            data-autofocus=""
          />
        )}
        {totp === null || differs ? null : (
          <Field
            label="Code of your authenticator app"
            name="totp"
            autoComplete="one-time-code"
            value={totp}
            required
            onChange={(event) => setTotp(event.target.value)}
          />
        )}
        <div className="flex gap-2">
          <Button
            type="submit"
            look="primary"
            className="flex-1"
            disabled={busy || (password === "" && !differs) || (goesOver && opinion.score === null)}
          >
            {busy
              ? "Signing"
              : differs
                ? "Ask a third reader"
                : keeps
                  ? "Keep this reading"
                  : kind === "preliminary"
                    ? "Sign as preliminary"
                    : "Sign"}
          </Button>
          <Button onClick={onClose}>Back to the draft</Button>
        </div>
        <p className="text-xs text-quiet">
          {differs
            ? "You differ from the other reading: nothing is signed, and the case goes to a reader who is neither of you."
            : keeps
              ? "Signed with your name and kept as it is. Nobody sees it before both readings are kept; the hospital gets the final report alone."
              : kind === "preliminary"
                ? "The hospital gets it at once, marked preliminary on every page. The case stays on the list until a colleague has gone over it and signed the final report."
                : "A signed report cannot be changed. Later additions become an addendum."}
        </p>
      </form>
    </section>
  );
}
