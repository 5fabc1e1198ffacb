import { DomainError } from "@overread/shared/errors";
import type { Actor } from "#server/context.ts";

/*
 * Who may open images, for all protocols and modules: DICOMweb uses it, and so does the worklist before it says that a
 * case can be opened. It belongs to no module because two of them need the same answer.
 */

/** What may be done with images. `search` lists, `read` opens pixels and headers, `store` adds. */
export type ImagingAction = "study.search" | "study.read" | "study.store" | "study.complete";

/** What the decision needs of a study: ids of organisations and people, no patient data. */
export type StudyAccess = {
  orgId: string;
  readerOrgId: string | null;
  facilityId: string | null;
  referrerId: string | null;
  /** The database lends it to the caller now, for a case that the caller has claimed. */
  lent?: boolean;
};

/** A caller's reach within what row-level security shows already. */
export type ImagingScope =
  | { kind: "none" }
  | { kind: "all" }
  | { kind: "facilities"; facilityIds: string[] }
  | { kind: "referrer"; userId: string };

/**
 * How far an actor may see the studies of one hospital. Pure; the same answer restricts searches and decides about a
 * single study.
 *
 * @param hospitalOrgId the organisation that sent the images.
 */
export function imagingScope(actor: Actor, action: ImagingAction, hospitalOrgId: string): ImagingScope {
  if (actor.kind === "system") return actor.orgId === hospitalOrgId ? { kind: "all" } : { kind: "none" };
  const own = actor.orgId === hospitalOrgId;
  const writes = action === "study.store" || action === "study.complete";
  if (actor.kind === "token") {
    if (!actor.scopes.includes(writes ? "dicomweb:write" : "dicomweb:read")) return { kind: "none" };
    if (writes && !own) return { kind: "none" };
    // An edge router fetches what it returns to its own facility, nothing of another facility.
    return own && actor.facilityId ? { kind: "facilities", facilityIds: [actor.facilityId] } : { kind: "all" };
  }
  const { roles, facilityIds } = actor;
  if (own && roles.includes("technologist"))
    return facilityIds.length > 0 ? { kind: "facilities", facilityIds } : { kind: "all" };
  if (writes) return { kind: "none" };
  // Radiologists only: worklist managers see the list and the reports, and need no images.
  if (!own && roles.includes("radiologist")) return { kind: "all" };
  if (own && roles.includes("referring_physician")) return { kind: "referrer", userId: actor.userId };
  return { kind: "none" };
}

/** Whether the actor opens images of any study at all: of the own hospital, or of one that is read for. */
export function opensImages(actor: Actor): boolean {
  const another = "";
  return [actor.orgId, another].some((orgId) => imagingScope(actor, "study.read", orgId).kind !== "none");
}

/** Whether the actor may do this with that study. */
export function mayAccessStudy(actor: Actor, action: ImagingAction, study: StudyAccess): boolean {
  if (actor.orgId !== study.orgId && actor.orgId !== study.readerOrgId && !(study.lent && action === "study.read"))
    return false;
  const scope = imagingScope(actor, action, study.orgId);
  if (scope.kind === "all") return true;
  if (scope.kind === "facilities") return study.facilityId !== null && scope.facilityIds.includes(study.facilityId);
  return scope.kind === "referrer" && study.referrerId === scope.userId;
}

/** @throws {DomainError} `study.not-found`, also for a study the caller may not see. */
export function authorizeStudy(actor: Actor, action: ImagingAction, study: StudyAccess): void {
  if (!mayAccessStudy(actor, action, study)) throw new DomainError("study.not-found");
}
