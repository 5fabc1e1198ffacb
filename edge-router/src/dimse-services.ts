import type { DimseService } from "./dimse/service.ts";
import { type ObjectStore, storageService } from "./dimse/services/storage.ts";
import { verificationService } from "./dimse/services/verification.ts";

/** What this edge router does for those who call it. Storage takes what nobody else claims, so it stands last. */
export const dimseServices = (objects: ObjectStore): DimseService[] => [verificationService, storageService(objects)];
