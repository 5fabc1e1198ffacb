import { removeHiddenCharacters } from "@overread/shared/hidden-characters";
import { z } from "zod";

/** Inputs of the ordering module's verbs. Lengths are those of the attributes the values end in (PS3.5 §6.2). */

const line = (longest: number) =>
  z
    .string()
    .overwrite(removeHiddenCharacters)
    .trim()
    .max(longest)
    .refine((text) => !/[\r\n\t\\]/.test(text), "one line, no backslash");
const words = (longest: number) => z.string().overwrite(removeHiddenCharacters).trim().max(longest);

/** PN in caret form, the writings behind `=` (PS3.5 §6.2.1). */
const PersonName = line(200).refine((name) => name.replaceAll(/[\^=\s]/g, "") !== "", "no name");
/** DA, `YYYYMMDD`, of a day that exists; empty where it is not known. */
const BirthDate = z.string().refine((text) => text === "" || isDay(text), "no date");

function isDay(text: string): boolean {
  const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})$/.exec(text) ?? [];
  if (!year || !month || !day || Number(year) < 1850) return false;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
}

const fields = {
  accessionNumber: line(16),
  placerOrderNumber: line(64),
  fillerOrderNumber: line(64),
  patientId: line(64).min(1),
  issuerOfPatientId: line(64),
  patientName: PersonName,
  patientBirthDate: BirthDate,
  patientSex: z.enum(["", "M", "F", "O"]),
  procedureCode: line(16),
  procedureCodeScheme: line(16),
  procedureDescription: line(64).min(1),
  modality: z.string().regex(/^([A-Z0-9]{2,16})?$/),
  reasonForExam: words(1000),
  clinicalInformation: words(4000),
  priority: z.enum(["stat", "urgent", "routine"]),
  priorityReason: line(300),
  /** HL7 table 0004. */
  patientClass: z.enum(["", "E", "I", "O", "P"]),
  referringPhysicianName: line(200),
  expectedImages: z.number().int().min(1).max(100_000).nullable(),
};

/** STAT takes somebody from other work: it says why. */
const saysWhy = ({
  priority,
  priorityReason,
}: {
  priority?: string | undefined;
  priorityReason?: string | undefined;
}) => priority !== "stat" || (priorityReason ?? "").length >= 3;
const why = { path: ["priorityReason"], message: "STAT needs a reason" };

export const CreateOrder = z
  .object({
    facilitySlug: z.string().max(100),
    patientId: fields.patientId,
    patientName: fields.patientName,
    procedureDescription: fields.procedureDescription,
    accessionNumber: fields.accessionNumber.default(""),
    placerOrderNumber: fields.placerOrderNumber.default(""),
    fillerOrderNumber: fields.fillerOrderNumber.default(""),
    issuerOfPatientId: fields.issuerOfPatientId.default(""),
    patientBirthDate: fields.patientBirthDate.default(""),
    patientSex: fields.patientSex.default(""),
    procedureCode: fields.procedureCode.default(""),
    procedureCodeScheme: fields.procedureCodeScheme.default(""),
    modality: fields.modality.default(""),
    reasonForExam: fields.reasonForExam.default(""),
    clinicalInformation: fields.clinicalInformation.default(""),
    priority: fields.priority.default("routine"),
    priorityReason: fields.priorityReason.default(""),
    patientClass: fields.patientClass.default(""),
    referringPhysicianName: fields.referringPhysicianName.default(""),
    expectedImages: fields.expectedImages.default(null),
  })
  .refine(saysWhy, why);
export type CreateOrder = z.output<typeof CreateOrder>;

/** What is left out stays. `version`: of the order that the caller was shown. The patient does not change: that would be another order. */
export const UpdateOrder = z
  .object({
    orderId: z.uuid(),
    version: z.number().int().min(1),
    accessionNumber: fields.accessionNumber.optional(),
    placerOrderNumber: fields.placerOrderNumber.optional(),
    fillerOrderNumber: fields.fillerOrderNumber.optional(),
    procedureCode: fields.procedureCode.optional(),
    procedureCodeScheme: fields.procedureCodeScheme.optional(),
    procedureDescription: fields.procedureDescription.optional(),
    modality: fields.modality.optional(),
    reasonForExam: fields.reasonForExam.optional(),
    clinicalInformation: fields.clinicalInformation.optional(),
    priority: fields.priority.optional(),
    priorityReason: fields.priorityReason.optional(),
    patientClass: fields.patientClass.optional(),
    referringPhysicianName: fields.referringPhysicianName.optional(),
    expectedImages: fields.expectedImages.optional(),
  })
  .refine(saysWhy, why);
export type UpdateOrder = z.output<typeof UpdateOrder>;

export const CancelOrder = z.object({ orderId: z.uuid(), reason: z.string().trim().min(3).max(300) });
export type CancelOrder = z.output<typeof CancelOrder>;

/** Joins an order and a study that are not joined by themselves, or parts two that are. */
export const MatchOrder = z.object({ orderId: z.uuid(), studyId: z.uuid(), reason: z.string().trim().min(3).max(300) });
export type MatchOrder = z.output<typeof MatchOrder>;

export const ListOrders = z.object({
  /** `waiting`: open, no study yet. `matched`: open, with a study. */
  list: z.enum(["waiting", "matched", "cancelled", "all"]).default("waiting"),
  /** Part of the patient's name, or the start of an ID, accession number or order number. */
  text: z.string().trim().max(100).default(""),
  cursor: z.uuid().nullish(),
  limit: z.number().int().min(1).max(200).default(50),
});
export type ListOrders = z.output<typeof ListOrders>;
