import { DomainError } from "@overread/shared/errors";
import type { Ctx } from "../context.ts";
import { requireWhole } from "../reading/index.ts";
import type { Section } from "./inputs.ts";

/** Key of the section that the product itself puts before the reader's. */
export const missingImagesKey = "missing-images";

/**
 * What a report says of images that were refused and were not there to be read: a section of its own, part of what is
 * signed. None when the study is whole.
 *
 * @throws {DomainError} `case.incomplete` with `refused`, when nobody has said to read without them
 */
export async function missingImages({ tx }: Pick<Ctx, "tx">, caseId: string): Promise<Section[]> {
  const [study] = await tx.$queryRaw<{ id: string; refusedInstances: number; readWithout: number }[]>`
    SELECT s.id, s.refused_instances AS "refusedInstances", c.read_without AS "readWithout"
    FROM reading_case c JOIN study s ON s.id = c.study_ref WHERE c.id = ${caseId}::uuid`;
  if (!study) throw new DomainError("case.not-found");
  requireWhole(study);
  const refused = study.refusedInstances;
  if (refused === 0) return [];
  const [{ received }] = await tx.$queryRaw<[{ received: number }]>`
    SELECT count(*)::int AS received FROM instance WHERE study_ref = ${study.id}::uuid AND status = 'stored' AND source <> 'report'`;
  const were = refused === 1 ? "was" : "were";
  const text = `${refused} of ${received + refused} images ${were} refused by the archive and ${were} not available.`;
  return [{ key: missingImagesKey, title: "Images not available", text }];
}
