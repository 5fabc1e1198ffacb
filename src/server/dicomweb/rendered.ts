import type { IncomingMessage, ServerResponse } from "node:http";
import type { Window } from "@overread/shared/dicom/pixels/description";
import { DomainError } from "@overread/shared/errors";
import { drawFrame, frameCount, type PictureOptions } from "#server/archive/index.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { type InstanceLocation, locateInstances } from "#server/domain/imaging/index.ts";
import { accepted, covers } from "#server/http/media-type.ts";
import { type Caller, findInstance, grantStudy } from "./grant.ts";
import { isDocument, retrieveDocument } from "./rendered-document.ts";
import { frameNumbers } from "./retrieve-frames.ts";
import type { Target } from "./routes.ts";
import { viewportOf } from "./viewport.ts";

const thumbnailBox = { width: 128, height: 128, enlarge: false, region: null };

/**
 * Rendered and thumbnail resources (PS3.18 §10.4.1.1.3, §10.4.1.1.4): a frame as JPEG, PNG or GIF; a document as text.
 * For a study or series the thumbnail shows the middle image, since the first and last are often empty.
 */
export async function retrieveRendered(
  req: IncomingMessage,
  res: ServerResponse,
  caller: Caller,
  { study, series, instance, frames, thumbnail }: Target & { frames?: string | undefined; thumbnail: boolean },
): Promise<void> {
  const numbers = frames === undefined ? undefined : frameNumbers(frames);
  if (numbers && numbers.length !== 1) throw new DomainError("request.invalid", { details: { parameter: "frames" } });
  const grant = await grantStudy(caller, study);
  const location =
    series && instance
      ? await findInstance(caller, grant, { series, instance })
      : await representative(caller, grant.studyId, series);
  if (!thumbnail && !numbers && isDocument(location)) return retrieveDocument(req, res, caller, location);
  const type = pictureType(req);
  const options = renderOptions(req.url ?? "", type, thumbnail);
  const number = numbers?.[0] ?? (thumbnail ? Math.max(1, Math.ceil(frameCount(location) / 2)) : 1);
  const picture = await drawFrame(caller.actor, location, number, options);
  res.writeHead(200, {
    "Content-Type": type,
    "Content-Length": picture.length,
    // The representative instance of a study changes while it arrives.
    "Cache-Control": instance ? "private, max-age=86400, immutable" : "private, max-age=60",
    Vary: "Accept",
    "X-Content-Type-Options": "nosniff",
  });
  res.end(picture);
}

async function representative(caller: Caller, studyId: string, series: string | undefined): Promise<InstanceLocation> {
  const found = await withTenantSql(
    caller.actor,
    (ctx) => locateInstances(ctx, { studyId, ...(series ? { seriesInstanceUid: series } : {}) }),
    { readOnly: true },
  );
  if (found.length === 0) throw new DomainError(series ? "series.not-found" : "study.not-found");
  const shown = found.filter((each) => frameCount(each) > 0);
  const middle = shown[Math.floor(shown.length / 2)];
  if (!middle) throw new DomainError("dicom.cannot-render");
  return middle;
}

function pictureType(req: IncomingMessage): PictureOptions["type"] {
  for (const { type } of accepted(req)) {
    if (covers(type, "image/jpeg")) return "image/jpeg";
    if (covers(type, "image/png")) return "image/png";
    if (covers(type, "image/gif")) return "image/gif";
  }
  throw new DomainError("request.not-acceptable");
}

/**
 * `window=center,width,function`, `viewport` ({@link viewportOf}), `quality=1…100` (PS3.18 §8.3.5).
 * @throws {DomainError} `request.invalid` with the parameter
 */
function renderOptions(url: string, type: PictureOptions["type"], thumbnail: boolean): PictureOptions {
  const query = new URLSearchParams(url.includes("?") ? url.slice(url.indexOf("?")) : "");
  const quality = Number(query.get("quality") ?? (thumbnail ? 80 : 90));
  if (!Number.isInteger(quality) || quality < 1 || quality > 100) throw bad("quality");
  return {
    type,
    quality,
    window: windowOf(query.get("window")),
    fit: viewportOf(query.get("viewport")) ?? (thumbnail ? thumbnailBox : null),
  };
}

const bad = (parameter: string): DomainError => new DomainError("request.invalid", { details: { parameter } });

function windowOf(text: string | null): Window | null {
  if (!text) return null;
  const [center, width, shape = "linear"] = text.split(",");
  const shapes: Record<string, Window["shape"]> = {
    linear: "LINEAR",
    "linear-exact": "LINEAR_EXACT",
    sigmoid: "SIGMOID",
  };
  const window = { center: Number(center), width: Number(width), shape: shapes[shape.toLowerCase()] };
  if (!Number.isFinite(window.center) || !(window.width > 0) || !window.shape) throw bad("window");
  return window as Window;
}
