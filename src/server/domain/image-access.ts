import { DomainError } from "@overread/shared/errors";
import type { Actor } from "#server/context.ts";

/*
 * Who opens images, for every door and every room: DICOMweb asks here, and so does the worklist before it says that a
 * case can be opened. It stands above the rooms because two of them need the same answer.
 */

/** What may be done with images. `search` lists, `read` opens pixels and headers, `store` adds. */
export type ImagingAction = "study.search" | "study.read" | "study.store" | "study.complete";

/** What the decision needs to know of a study. Ids of organisations and people, nothing of the patient. */
export type StudyAccess = {
  orgId: string;
  readerOrgId: string | null;
  facilityId: string | null;
  referrerId: string | null;
};

/** A caller's reach inside what the database already shows it (row-level security is the other wall). */
export type ImagingScope =
  | { kind: "none" }
  | { kind: "all" }
  | { kind: "facilities"; facilityIds: string[] }
  | { kind: "referrer"; userId: string };

/**
 * How far an actor sees into the studies of one hospital. Pure; the same answer limits searches and decides on a
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
    // An edge router fetches what it returns to its own hospital, nothing of the facility next door.
    return own && actor.facilityId ? { kind: "facilities", facilityIds: [actor.facilityId] } : { kind: "all" };
  }
  const { roles, facilityIds } = actor;
  if (own && roles.includes("technologist"))
    return facilityIds.length > 0 ? { kind: "facilities", facilityIds } : { kind: "all" };
  if (writes) return { kind: "none" };
  // Readers alone: who distributes the cases sees the list and the reports, and needs no pictures for it.
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
  if (actor.orgId !== study.orgId && actor.orgId !== study.readerOrgId) return false;
  const scope = imagingScope(actor, action, study.orgId);
  if (scope.kind === "all") return true;
  if (scope.kind === "facilities") return study.facilityId !== null && scope.facilityIds.includes(study.facilityId);
  return scope.kind === "referrer" && study.referrerId === scope.userId;
}

/** @throws {DomainError} `study.not-found`: not yours and not there are the same answer. */
export function authorizeStudy(actor: Actor, action: ImagingAction, study: StudyAccess): void {
  if (!mayAccessStudy(actor, action, study)) throw new DomainError("study.not-found");
}
