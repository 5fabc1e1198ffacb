import { ClipboardCheck, ClipboardList, MessageCircleQuestion, MessageCircleReply } from "lucide-react";
import type { WorklistItem } from "../../_trpc/types.ts";
import { classNames } from "../../_ui/class-names.ts";
import { formatExact } from "../../_ui/format.ts";
import { Since, useZone } from "../../_ui/now.tsx";

/** What a row says of the site: a question that is open, and the technologist's check. */

/** The site was asked something about the case, and since when; or has answered. */
export function QuestionMark({ item }: { item: WorklistItem }) {
  const zone = useZone();
  if (!item.question) return null;
  const isOpen = item.question === "asked";
  const words = isOpen ? "The site was asked, no answer yet" : "The site has answered";
  const Icon = isOpen ? MessageCircleQuestion : MessageCircleReply;
  return (
    <span
      title={isOpen && item.questionSince ? `${words}. Asked ${formatExact(item.questionSince, zone)}` : words}
      className={classNames(
        "inline-flex max-w-full items-center gap-1 align-bottom",
        isOpen ? "text-held" : "text-done",
      )}
    >
      <Icon className="size-3.5 shrink-0" aria-hidden="true" />
      <span className="sr-only">{words}</span>
      {isOpen && item.questionSince ? <Since at={item.questionSince} /> : null}
      {isOpen ? null : (
        <span aria-hidden="true" className="truncate">
          answered
        </span>
      )}
    </span>
  );
}

/** Whether the technologist has said that the study is complete; nothing where nobody waits for that. */
export function CheckMark({ check }: { check: WorklistItem["techCheck"] }) {
  const zone = useZone();
  if (!check) return null;
  const isDone = check.state === "complete";
  const Icon = isDone ? ClipboardCheck : ClipboardList;
  const words = isDone
    ? `Checked by ${check.by || "the technologist"}, ${formatExact(check.at, zone)}`
    : "The technologist has not said yet that the study is complete";
  return (
    <span
      title={words}
      className={classNames(
        "inline-flex max-w-full items-center gap-1 align-bottom",
        isDone ? "text-quiet" : "text-held",
      )}
    >
      <Icon className="size-3.5 shrink-0" aria-hidden="true" />
      <span className="truncate">{isDone ? "Checked" : "Not checked"}</span>
    </span>
  );
}
