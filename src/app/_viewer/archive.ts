import type { Attributes } from "@overread/shared/dicom/attributes";
import { api } from "dicomweb-client";
import { aheadHeaders } from "./ahead.ts";
import { ViewerError } from "./viewer-error.ts";

const deadlineMs = 30_000;

/**
 * Metadata of every instance of a series, from the archive.
 *
 * @param dicomwebRoot same origin, `/dicomweb/<org>`; the browser sends the session cookie.
 * @throws {ViewerError}
 */
export function seriesMetadata(
  dicomwebRoot: string,
  studyInstanceUID: string,
  seriesInstanceUID: string,
  signal?: AbortSignal,
): Promise<Attributes[]> {
  return guarded(signal, "json", async (request) => {
    const headers = aheadHeaders(`${dicomwebRoot}/studies/${studyInstanceUID}/`);
    const body: unknown = await client(dicomwebRoot, headers).retrieveSeriesMetadata({
      studyInstanceUID,
      seriesInstanceUID,
      request,
    });
    // A sign-in page instead of JSON comes back as null.
    if (!Array.isArray(body))
      throw new ViewerError("unreadable", "The archive answered with something that is no image information.");
    return body as Attributes[];
  });
}

/** A bulk value by its BulkDataURI. */
export function bulkData(dicomwebRoot: string, uri: string, signal?: AbortSignal): Promise<ArrayBuffer> {
  return guarded(signal, "arraybuffer", async (request) => {
    const parts = (await client(dicomwebRoot, aheadHeaders(uri)).retrieveBulkData({
      BulkDataURI: onOurOrigin(uri, dicomwebRoot),
      mediaTypes: [{ mediaType: "application/octet-stream" }],
      byteRange: undefined as unknown as string,
      request,
    })) as unknown;
    const first: unknown = Array.isArray(parts) ? parts[0] : parts;
    if (!(first instanceof ArrayBuffer) || first.byteLength === 0)
      throw new ViewerError("unreadable", "The archive sent this object empty.");
    return first;
  });
}

/**
 * Uses only the path of a BulkDataURI: behind a proxy the archive may know another origin, and no other origin is
 * contacted.
 */
function onOurOrigin(uri: string, dicomwebRoot: string): string {
  const { pathname, search } = new URL(uri, new URL(`${dicomwebRoot}/`, window.location.origin));
  return new URL(`${pathname}${search}`, window.location.origin).href;
}

/** An HTTP status as an error for the reader; 0 means no answer at all. */
export function errorForStatus(status: number): ViewerError {
  if (status === 401) return new ViewerError("signed-out", "Your session ended. Sign in again.");
  if (status === 403 || status === 404)
    return new ViewerError("not-there", "These images are not in the archive, or you may not see them.");
  if (status === 0) return new ViewerError("unreachable", "The archive does not answer. Check the connection.");
  if (status >= 500) return new ViewerError("unreachable", `The archive has a fault (${status}).`);
  return new ViewerError("unreadable", `The archive refused these images (${status}).`);
}

type ClientRequest = Parameters<InstanceType<typeof api.DICOMwebClient>["retrieveSeriesMetadata"]>[0]["request"];

const clients = new Map<string, InstanceType<typeof api.DICOMwebClient>>();

function client(dicomwebRoot: string, headers: Record<string, string>): InstanceType<typeof api.DICOMwebClient> {
  const key = `${dicomwebRoot} ${JSON.stringify(headers)}`;
  const known = clients.get(key);
  if (known) return known;
  // `verbose` writes failed answers, which may name a patient, to the console.
  const options = {
    url: new URL(dicomwebRoot, window.location.origin).href,
    verbose: false,
    singlepart: false,
    headers,
  };
  const made = new api.DICOMwebClient(options as unknown as ConstructorParameters<typeof api.DICOMwebClient>[0]);
  clients.set(key, made);
  return made;
}

/** dicomweb-client has neither timeout nor abort, never settles on a broken multipart body, and accepts any 200. */
async function guarded<T>(
  signal: AbortSignal | undefined,
  body: "json" | "arraybuffer",
  run: (request: ClientRequest) => Promise<T>,
): Promise<T> {
  const xhr = new XMLHttpRequest();
  const request = { instance: xhr, withCredentials: false, responseType: body } as unknown as ClientRequest;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stopped = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new ViewerError("unreachable", "The archive took too long to answer."));
      xhr.abort();
    }, deadlineMs);
    signal?.addEventListener("abort", () => {
      reject(signal.reason);
      xhr.abort();
    });
  });
  const answered = run(request).catch((error: unknown) => {
    if (error instanceof ViewerError) throw error;
    throw errorForStatus(xhr.status);
  });
  try {
    const result = await Promise.race([answered, stopped]);
    const type = xhr.getResponseHeader("Content-Type") ?? "";
    if (xhr.status === 200 && /text\/html/i.test(type)) throw errorForStatus(401);
    return result;
  } finally {
    clearTimeout(timer);
  }
}
