import { dicomweb } from "#server/dicomweb/index.ts";
import { downloads } from "#server/downloads/index.ts";
import { edgeApi } from "#server/edge-api/index.ts";
import { events } from "#server/events/index.ts";
import { fhir } from "#server/fhir/index.ts";
import { health } from "#server/health/index.ts";
import type { Mount } from "#server/http/protocol.ts";
import { uploads } from "#server/uploads/index.ts";
import { webProxy } from "#server/web-proxy/index.ts";

/** All protocols of the portal's origin. The first match wins; the pages take the rest. */
export const protocols: readonly Mount[] = [dicomweb, edgeApi, events, downloads, uploads, health, fhir, webProxy];
