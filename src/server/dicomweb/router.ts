import type { IncomingMessage, ServerResponse } from "node:http";
import { parseUid } from "@overread/shared/dicom/uids";
import { DomainError } from "@overread/shared/errors";
import { config } from "#server/config.ts";
import type { Exchange } from "#server/http/protocol.ts";
import { spend } from "#server/http/rate-limit.ts";
import { reachedHost } from "#server/http/reached-host.ts";
import { costOf } from "./costs.ts";
import { type Caller, callerFor } from "./grant.ts";
import { searchDicom } from "./qido.ts";
import { retrieveRendered } from "./rendered.ts";
import { retrieveBulkData } from "./retrieve-bulk-data.ts";
import { retrieveFrames } from "./retrieve-frames.ts";
import { retrieveInstances } from "./retrieve-instances.ts";
import { retrieveMetadata } from "./retrieve-metadata.ts";
import { type DicomwebRoute, matchRoute } from "./routes.ts";
import { storeStudies } from "./stow.ts";

/** Answers a request under `/dicomweb/{org}` (PS3.18 §10): STOW-RS, QIDO-RS and WADO-RS of one sending organisation. */
export async function answerDicomweb({ req, res, path, requestId }: Exchange): Promise<void> {
  const match = /^\/dicomweb\/([a-z0-9-]{1,64})(\/.*)?$/.exec(path);
  if (!match) throw new DomainError("org.not-found");
  const [, orgSlug = "", rest = "/"] = match;
  const found = matchRoute(req.method ?? "GET", rest);
  if (!found) throw new DomainError("resource.not-found");
  if ("allow" in found) {
    const asked = req.method === "OPTIONS";
    res.setHeader("Allow", found.allow);
    res.writeHead(asked ? 204 : 405, asked ? {} : { "Content-Length": 0, Connection: "close" });
    res.end();
    return;
  }
  const caller = await callerFor(req, orgSlug, found.route.action, requestId);
  spend(caller.actor, costOf(found.route.name, found.parameters.frames));
  const onLent = (): void => keptNowhere(res);
  // Nobody has opened it yet: it is in the page's memory, and on no disk.
  if (caller.ahead) keptNowhere(res);
  await serve(req, res, { ...caller, onLent }, found.route, uids(found.parameters));
}

/** A browser keeps no copy of the answer, whatever else it says of caching. */
function keptNowhere(res: ServerResponse): void {
  const writeHead = res.writeHead.bind(res) as (
    status: number,
    headers?: Record<string, string | number>,
  ) => typeof res;
  res.writeHead = ((status: number, headers?: Record<string, string | number>) =>
    writeHead(status, { ...headers, "Cache-Control": "no-store" })) as typeof res.writeHead;
}

type Parameters = Partial<Record<"study" | "series" | "instance" | "frames" | "path", string>>;

/** UIDs of the URL, validated before any use. */
function uids(parameters: Record<string, string>): Parameters {
  const checked: Parameters = { ...parameters };
  for (const name of ["study", "series", "instance"] as const)
    if (parameters[name] !== undefined) checked[name] = parseUid(parameters[name]);
  return checked;
}

async function serve(
  req: IncomingMessage,
  res: ServerResponse,
  caller: Caller,
  { name }: DicomwebRoute,
  parameters: Parameters,
): Promise<void> {
  const root = rootFor(req, caller.org.slug);
  const { study = "", series = "", instance = "", frames = "", path = "" } = parameters;
  const target = { study, series: parameters.series, instance: parameters.instance };
  switch (name) {
    case "store":
    case "store-study":
      return storeStudies(req, res, caller, { root, study: parameters.study });
    case "search-studies":
      return searchDicom(req, res, caller, { level: "study", root });
    case "search-series":
      return searchDicom(req, res, caller, { level: "series", root });
    case "search-instances":
      return searchDicom(req, res, caller, { level: "instance", root });
    case "search-study-series":
      return searchDicom(req, res, caller, { level: "series", root, study });
    case "search-study-instances":
    case "search-series-instances":
      return searchDicom(req, res, caller, { level: "instance", root, study, series: parameters.series });
    case "retrieve-study":
    case "retrieve-series":
    case "retrieve-instance":
      return retrieveInstances(req, res, caller, { ...target, root });
    case "metadata-study":
    case "metadata-series":
    case "metadata-instance":
      return retrieveMetadata(req, res, caller, { ...target, root });
    case "frames":
      return retrieveFrames(req, res, caller, { study, series, instance, frames, root });
    case "bulkdata":
      return retrieveBulkData(req, res, caller, { study, series, instance, path, root });
    case "rendered-instance":
    case "rendered-frame":
      return retrieveRendered(req, res, caller, { ...target, frames: parameters.frames, thumbnail: false });
    default:
      return retrieveRendered(req, res, caller, { ...target, frames: parameters.frames, thumbnail: true });
  }
}

/** The DICOMweb root by the name the caller used; the public root where that name is none of ours. */
function rootFor(req: IncomingMessage, orgSlug: string): string {
  const { publicUrl } = config().http;
  const usual = new URL(publicUrl);
  return `${usual.protocol}//${reachedHost(req) ?? usual.host}/dicomweb/${orgSlug}`;
}
