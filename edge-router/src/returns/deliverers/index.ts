import type { Deliverer } from "./deliverer.ts";
import { dicom } from "./dicom.ts";

export { type Deliverer, NotDelivered, type Tools } from "./deliverer.ts";

/** What this router can bring to its hospital, by kind; one file each. */
export const deliverers: ReadonlyMap<string, Deliverer> = new Map(
  ([dicom] as readonly Deliverer[]).map((deliverer) => [deliverer.kind, deliverer]),
);
