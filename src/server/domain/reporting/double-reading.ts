import { DomainError } from "@overread/shared/errors";
import { reportWords } from "@overread/shared/report-words";
import type { Ctx } from "#server/context.ts";
import type { OverRead, Section } from "./inputs.ts";

/** A reading that is kept: who and when, without a word of it. */
export type KeptReading = {
  versionId: string;
  signedById: string;
  signedBy: string;
  personName: string;
  qualification: string;
  signedAt: Date;
};

/** A case whose contract asks for two readings that know nothing of each other. */
export type DoubleReading = {
  /** Oldest first; two at most. */
  kept: KeptReading[];
  /** The two differ, and one of them has said so: a third decides. */
  differ: boolean;
};

/**
 * Where such a case stands for somebody: his is the `first` or the `second` reading; he `waits` for the other one; he `compares` both and signs;
 * the two differ and he is one of them (`differs`); he is the third and `decides`.
 */
export type DoubleStage = "first" | "second" | "waits" | "compares" | "differs" | "decides";

/** Null: the contract asks for no second reading. Asks no policy; the hospital learns of no kept reading. */
export async function doubleReadingOf({ tx }: Pick<Ctx, "tx">, caseId: string): Promise<DoubleReading | null> {
  const [asked] = await tx.$queryRaw<{ differ: boolean }[]>`
    SELECT EXISTS (SELECT 1 FROM over_read o WHERE o.case_id = c.id AND (o.score >= 3 OR o.significant)) AS differ
    FROM reading_case c JOIN service_level l ON l.id = c.service_level_id
    WHERE c.id = ${caseId}::uuid AND l.first_reading = 'double'`;
  if (!asked) return null;
  const kept = await tx.$queryRaw<KeptReading[]>`
    SELECT k.id::text AS "versionId", k.signed_by_id::text AS "signedById", k.name AS "signedBy", k.person_name AS "personName", k.qualification,
      k.signed_at AS "signedAt"
    FROM kept_readings(${caseId}::uuid) k`;
  return { kept, differ: asked.differ };
}

export function stageOf({ kept, differ }: DoubleReading, userId: string): DoubleStage {
  const own = kept.some(({ signedById }) => signedById === userId);
  if (kept.length === 0) return "first";
  if (kept.length === 1) return own ? "waits" : "second";
  if (!own) return "decides";
  return differ ? "differs" : "compares";
}

/** Whether a score says that a third has to decide. */
export const isDisagreement = ({ score, significant }: Pick<OverRead, "score" | "significant">): boolean =>
  score >= 3 || significant;

/** @throws {DomainError} `report.double-reading` with `stage`: this is not what the caller does with the case now. */
export function requireStage(double: DoubleReading, userId: string, stages: readonly DoubleStage[]): DoubleStage {
  const stage = stageOf(double, userId);
  if (!stages.includes(stage)) throw new DomainError("report.double-reading", { details: { stage } });
  return stage;
}

/** Who else stands on the final report, besides its signer. */
export type CoReader = Pick<KeptReading, "personName" | "qualification"> & {
  name: string;
  signedAt: string;
  /** His reading agrees with it, by the score of the two. */
  agreed: boolean;
};

export const doubleReadingKey = "double-reading";

/** The section that says who read the case; part of what is signed. */
export function doubleReadingSection({ kept }: DoubleReading, stage: DoubleStage, language: string): Section {
  const { title, agree, decided } = reportWords(language).doubleReading;
  const readers = kept.map(({ signedBy, signedAt }) => ({ name: signedBy, at: minute(signedAt.toISOString()) }));
  return { key: doubleReadingKey, title, text: stage === "compares" ? agree(readers) : decided(readers) };
}

/** `2026-11-26 01:20 UTC`: in UTC, since it is read in several time zones. */
const minute = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
