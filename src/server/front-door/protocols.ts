import { dicomweb } from "#server/dicomweb/index.ts";
import { downloads } from "#server/downloads/index.ts";
import { edgeApi } from "#server/edge-api/index.ts";
import { events } from "#server/events/index.ts";
import { fhir } from "#server/fhir/index.ts";
import { health } from "#server/health/index.ts";
import type { Mount } from "#server/http/protocol.ts";
import { webProxy } from "#server/web-proxy/index.ts";

/** Everything that is spoken at the portal's one origin. Of two that an address matches the first has it; the pages take the rest. */
export const protocols: readonly Mount[] = [dicomweb, edgeApi, events, downloads, health, fhir, webProxy];
