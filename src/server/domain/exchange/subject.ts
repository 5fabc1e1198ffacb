import { z } from "zod";

/**
 * What is sent. A notice has no row of its own: `notice` is its code (such as `report-signed`), `id` makes it unique,
 * and what it is about are the delivery's case and study.
 */
export const Subject = z.discriminatedUnion("type", [
  z.object({ type: z.literal("instance"), id: z.uuid() }),
  z.object({ type: z.literal("report-version"), id: z.uuid() }),
  z.object({ type: z.literal("notice"), id: z.uuid(), notice: z.string().regex(/^[a-z][a-z0-9.-]{0,59}$/) }),
]);
export type Subject = z.output<typeof Subject>;
export type SubjectType = Subject["type"];

/** A subject as the columns of `delivery`. */
export type SubjectColumns = { subjectType: string; subjectId: string; notice: string | null };

export const subjectOf = ({ subjectType: type, subjectId: id, notice }: SubjectColumns): Subject =>
  Subject.parse({ type, id, ...(notice === null ? {} : { notice }) });

/** A subject as the audit trail names it. */
export function subjectDetails(subject: Subject): Record<string, string> {
  if (subject.type === "instance") return { instanceId: subject.id };
  if (subject.type === "report-version") return { reportVersionId: subject.id };
  return { notice: subject.notice, noticeId: subject.id };
}
