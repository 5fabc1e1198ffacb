import { TRPCClientError } from "@trpc/client";
import { formatWhen } from "../_ui/format.ts";
import { serverNow } from "./server-time.ts";

type ErrorData = { appCode?: unknown; details?: unknown };

function dataOf(error: unknown): ErrorData | null {
  return error instanceof TRPCClientError ? ((error.data as ErrorData | null | undefined) ?? null) : null;
}

/** The stable `noun.state` code of a failed call, or `network` when no answer came at all. */
export function appCodeOf(error: unknown): string {
  const data = dataOf(error);
  return typeof data?.appCode === "string" ? data.appCode : "network";
}

/** Details of the error: who was first, until when. */
export function detailsOf(error: unknown): Record<string, string | number | boolean | null> {
  const details = dataOf(error)?.details;
  return details && typeof details === "object" ? (details as Record<string, string | number | boolean | null>) : {};
}

const sentences: Record<string, string> = {
  network: "The portal did not answer. Check the connection; this page keeps trying.",
  "auth.required": "Your session has ended. Sign in again.",
  "auth.forbidden": "Your account may not do this.",
  "auth.reauthentication-failed": "That is not your password. Nothing was signed.",
  "auth.rate-limited": "Too many wrong passwords. Wait a few minutes before the next try.",
  "auth.second-factor-required": "Give the code of your authenticator app too.",
  "auth.second-factor-invalid": "That code is not right or was used already. Wait for the next one and try again.",
  "auth.second-factor-exists": "Your account has an authenticator app already. Remove it first to set up another.",
  "auth.password-change-required":
    "Your first password was given to you by somebody else. Set your own under Account, then sign; the draft is kept.",
  "user.invitation-invalid":
    "This link does not work: it was used, replaced or is out of date. Ask your administrator for a new one.",
  "user.too-many-links": "Too many links were made within an hour. The last one still works; wait before the next.",
  "request.rate-limited": "That was asked for too often. Wait a while before the next try.",
  "request.invalid": "Something in this form cannot be used as it is.",
  "document.refused": "This document cannot be opened. Send a plain PDF, JPEG or PNG.",
  "user.email-taken": "There is already an account with this e-mail address.",
  "case.not-found": "This case is not on your worklist.",
  "case.already-claimed": "Somebody else has claimed this case.",
  "case.reserved": "A colleague keeps this case and reads it next.",
  "case.claim-expired": "Your claim on this case has run out. Your text is kept; claim the case again to go on.",
  "case.not-claimed": "This case is not claimed by you. Claim it to write.",
  "case.illegal-move": "The case has moved on meanwhile. Reload to see where it is.",
  "case.incomplete":
    "Images of this study were refused or are damaged, and are missing. Choose to read what is there, and the report will state it.",
  "case.skip-reason": "A STAT case is left for later with a reason in your own words, of 10 characters or more.",
  "case.given": "This case is offered or assigned to somebody else.",
  "case.not-together": "These cases cannot be read together.",
  "case.read-with": "This case is read with another. Open that one, or take it out first.",
  "case.drawn": "Nobody chooses this case: it comes to who asks for the next one.",
  "case.barred": "This case cannot be yours. The case panel says why.",
  "shift.none-then":
    "Nothing has changed: part of that time lies outside the shifts of whoever would give it away. Choose a time within one shift.",
  "case.not-given": "This case is with somebody else by now, or with nobody.",
  "case.late-images": "Images came after this case was opened. Look at them, say that you have seen them, then sign.",
  "report.not-found": "There is no report here that you may read.",
  "report.version-conflict": "The report was changed in another window.",
  "report.draft-of-another": "This draft is a colleague's. Take it over, or start anew.",
  "report.impression-missing": "The impression is empty. A report cannot be signed without one.",
  "report.double-reading":
    "This case is read twice, independently. Where it stands now, this is not yours to do: the report panel says why.",
  "report.own-preliminary": "You signed the preliminary report. A colleague goes over it and signs the final one.",
  "report.not-yours-to-finalise":
    "You do not sign final reports here. Sign as preliminary: a colleague goes over it and signs the final one.",
  "report.unscored": "Say what you think of the preliminary report, then sign.",
  "report.already-signed": "This report is already signed. Use an addendum for what is missing.",
  "report.not-signed": "This report has not been signed yet.",
  "study.not-found": "There is no study here that you may see.",
  "instance.already-resolved": "Somebody has decided about this image already. Reload to see how.",
  "instance.cannot-release":
    "This image belongs to another series or study under its identifier, and cannot take its place.",
  "order.not-found": "There is no such order at your facilities.",
  "order.version-conflict": "Somebody else changed this order meanwhile. Look at it again, then change it.",
  "escalation.version-conflict": "A colleague has saved the ladder meanwhile. Look at it and change it again.",
  "list.version-conflict": "Somebody else changed this list meanwhile. Look at it again, then change it.",
  "hanging.version-conflict":
    "The protocol was changed in another window meanwhile. Open it again and change it there.",
  "hanging.too-many": "You keep 100 protocols, which is the most. Delete one of them first.",
  "hanging.altered-file":
    "This profile is not as it was written: its signature does not fit. Nothing was taken from it. Export it again.",
  "hanging.unreadable-file": "This file is neither a reader's profile nor a DICOM hanging protocol that can be read.",
  "list.too-many-watched": "You watch 30 lists, which is the most. Stop watching one of them first.",
  "contract.not-found": "There is no such contract of your organisation.",
  "service-level.version-conflict": "Somebody else wrote a version meanwhile. Look at it, then write yours.",
  "rules.version-conflict":
    "Another lead saved rules meanwhile. Nothing of yours is lost: look at theirs, then save again.",
  "order.cancelled": "This order is cancelled.",
  "order.other-patient":
    "The order and the study name different people. They cannot be joined; correct one of them first.",
  "facility.not-found": "There is no such facility in your organisation.",
  "edge.not-found": "There is no such edge router in your organisation.",
  "storage.unavailable": "The archive cannot be reached at the moment. Nothing is lost; try again.",
  "storage.full": "The archive has no space left. Nothing is lost; an administrator has to make room.",
  "server.busy": "The portal has too much to do at the moment. Nothing is lost; try again in a few seconds.",
  internal: "Something failed on our side and is logged. Try again; nothing you wrote is lost.",
};

const weak = "This password is soon guessed. Use several words that do not belong together.";
const passwordMessages: Record<string, string> = {
  "too-short": "A password has at least 12 characters. Use several words that do not belong together.",
  "too-long": "A password has at most 200 characters.",
  characters: "This password holds characters that cannot be seen or typed everywhere. Leave them out.",
  same: "That is the password you have already. Choose another one.",
};

/** What happened and what to do next, as a sentence for the person. */
export function messageFor(error: unknown): string {
  if (appCodeOf(error) === "user.password-weak") return passwordMessages[String(detailsOf(error).reason)] ?? weak;
  if (appCodeOf(error) === "report.draft-of-another") {
    const { author, savedAt } = detailsOf(error);
    if (typeof author === "string" && typeof savedAt === "string")
      return `This draft is ${author}'s, of ${formatWhen(savedAt, serverNow())}. Take it over, or start anew.`;
  }
  if (appCodeOf(error) === "case.reserved") {
    const { reservedByName } = detailsOf(error);
    if (typeof reservedByName === "string") return `${reservedByName} keeps this case and reads it next.`;
  }
  return sentences[appCodeOf(error)] ?? sentences.internal!;
}
