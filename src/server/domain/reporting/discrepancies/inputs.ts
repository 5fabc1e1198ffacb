import { removeHiddenCharacters } from "@overread/shared/hidden-characters";
import { z } from "zod";

/** Days within this range: outside it Postgres and JavaScript disagree about calendars. */
const day = z.iso.date().refine((text) => text >= "1900-01-01" && text < "3000-01-01", "out of range");

/** Which discrepancies. Days are of UTC. */
const filter = {
  /** Of the over-read; the first and the last day. */
  from: day.optional(),
  to: day.optional(),
  facilityId: z.uuid().optional(),
  /** Who signed the preliminary report or went over it. For who sees his own alone it is himself. */
  readerId: z.uuid().optional(),
  /** Only as the one or the other. */
  as: z.enum(["first", "second"]).optional(),
  score: z.number().int().min(2).max(4).optional(),
  /**
   * `open`: its author has not acknowledged it; `acknowledged`: he has; `to-close`: it matters to the patient, and the lead has not noted what
   * was done.
   */
  state: z.enum(["open", "acknowledged", "to-close"]).optional(),
  sort: z.enum(["newest", "oldest", "weight", "facility", "reader"]).default("newest"),
};

export const ListDiscrepancies = z.object({ ...filter, page: z.number().int().min(1).max(10_000).default(1) });
export type ListDiscrepancies = z.output<typeof ListDiscrepancies>;

export const ExportDiscrepancies = z.object(filter);
export type ExportDiscrepancies = z.output<typeof ExportDiscrepancies>;

const overReadId = z.uuid();
export const AcknowledgeDiscrepancy = z.object({ overReadId });
export type AcknowledgeDiscrepancy = z.output<typeof AcknowledgeDiscrepancy>;

export const CloseDiscrepancy = z.object({
  overReadId,
  /** What was done. */
  note: z.string().overwrite(removeHiddenCharacters).trim().min(3).max(1000),
  /** When the hospital was told; null: it was not. */
  siteToldAt: z.iso
    .datetime({ offset: true })
    .refine((text) => new Date(text) > new Date("2000-01-01") && new Date(text).getTime() < Date.now() + 60_000, {
      message: "not yet",
    })
    .nullable(),
});
export type CloseDiscrepancy = z.output<typeof CloseDiscrepancy>;
