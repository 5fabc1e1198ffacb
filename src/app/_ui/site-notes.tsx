import { siteDocuments } from "@overread/shared/site-documents";
import type { Outputs, WorklistItem } from "../_trpc/types.ts";
import { When } from "./now.tsx";

type Notes = Outputs["worklist"]["get"]["notes"];

/** Whether there is anything to show of a site's check. */
export const hasSiteNotes = (item: WorklistItem, notes: Notes): boolean =>
  item.techCheck !== null || notes.history !== null || notes.documents.length > 0;

/** Where the technologist's check of a case stands, and what was added by it. */
export function SiteNotesLines({ item, notes }: { item: WorklistItem; notes: Notes }) {
  return (
    <div className="flex flex-col gap-1">
      {item.techCheck ? <TechCheckLine check={item.techCheck} /> : null}
      {notes.history ? (
        <div>
          <p className="whitespace-pre-line">{notes.history.text}</p>
          <p className="text-xs text-quiet">
            {notes.history.by || "The site"}, <When at={notes.history.at} />
          </p>
        </div>
      ) : null}
      {notes.documents.map(({ instanceId, document, by, at }) => (
        <p key={instanceId}>
          {siteDocuments[document] ?? siteDocuments.other}
          <span className="text-xs text-quiet">
            {" "}
            with the images, added by {by || "the site"}, <When at={at} />
          </span>
        </p>
      ))}
    </div>
  );
}

export function TechCheckLine({ check }: { check: NonNullable<WorklistItem["techCheck"]> }) {
  if (check.state === "waiting") return <p className="text-held">Not checked by the technologist yet</p>;
  return (
    <p className="text-done">
      Checked by {check.by || "the technologist"}, <When at={check.at} />
    </p>
  );
}
