import type { DimseService } from "./dimse/service.ts";
import { type ObjectStore, storageService } from "./dimse/services/storage.ts";
import { verificationService } from "./dimse/services/verification.ts";

/** The DIMSE services of this edge router as provider. Storage serves every class that no other service claims, so it stands last. */
export const dimseServices = (objects: ObjectStore): DimseService[] => [verificationService, storageService(objects)];
