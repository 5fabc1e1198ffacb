import { DomainError, type ErrorCode } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import type { Sheet } from "./sheet.ts";

/**
 * A rule names readers and groups of readers of the group, and hospitals and facilities that it reads for or once read for: one who has left, a group
 * that was removed or a contract that has ended keeps the history readable.
 *
 * @throws {DomainError} `user.not-found`, `resource.not-found` (a group of readers), `facility.not-found`, `org.not-found`
 */
export async function assertOwnThings({ tx, actor }: Ctx<UserActor>, sheet: Sheet): Promise<void> {
  const named = {
    reader: new Set<string>(),
    group: new Set<string>(),
    facility: new Set<string>(),
    hospital: new Set<string>(),
  };
  for (const { rule } of sheet) {
    for (const each of rule.readers.readerIds) named.reader.add(each);
    for (const each of rule.readers.groupIds) named.group.add(each);
    for (const condition of rule.when)
      if (condition.field === "facility" || condition.field === "hospital")
        for (const each of condition.values) named[condition.field].add(each);
  }
  const [own] = await tx.$queryRaw<Record<keyof typeof named, string[]>[]>`
    SELECT array(SELECT u.id::text FROM user_account u WHERE u.org_id = ${actor.orgId}::uuid) AS reader,
      array(SELECT g.id::text FROM reader_group g WHERE g.org_id = ${actor.orgId}::uuid) AS "group",
      array(SELECT f.id::text FROM facility f WHERE EXISTS (SELECT 1 FROM contract c WHERE c.org_id = f.org_id
        AND c.reader_org_id = ${actor.orgId}::uuid AND coalesce(c.facility_id, f.id) = f.id)) AS facility,
      array(SELECT c.org_id::text FROM contract c WHERE c.reader_org_id = ${actor.orgId}::uuid) AS hospital`;
  const missing: Record<keyof typeof named, ErrorCode> = {
    reader: "user.not-found",
    group: "resource.not-found",
    facility: "facility.not-found",
    hospital: "org.not-found",
  };
  for (const kind of ["reader", "group", "facility", "hospital"] as const) {
    const known = new Set(own?.[kind]);
    // A study that came by no facility is its hospital's own: both ids stand for it (engine/snapshot.ts).
    if (kind === "facility") for (const each of own?.hospital ?? []) known.add(each);
    if ([...named[kind]].some((each) => !known.has(each))) throw new DomainError(missing[kind]);
  }
}
