import path from "node:path";
import { fileURLToPath } from "node:url";

/** Where the archive keeps its objects. */
export type StorageAddress =
  | { kind: "file"; root: string }
  | { kind: "s3"; bucket: string; endpoint: string | undefined; region: string; pathStyle: boolean };

const parameters = ["endpoint", "region", "path-style"];

/**
 * Parses OVERREAD_STORAGE: `file:<folder>`, or `s3://<bucket>?endpoint=<url>&region=<name>&path-style=<0|1>`.
 *
 * @param region from the environment, for an address that names none.
 * @throws {Error} what is wrong with it, as text to follow the variable's name.
 */
export function storageAddress(text: string, region: string | undefined): StorageAddress {
  if (text.startsWith("file:"))
    return {
      kind: "file",
      root: path.resolve(text.startsWith("file://") ? fileURLToPath(text) : text.slice("file:".length)),
    };
  if (!text.startsWith("s3:")) throw new Error("begins with neither file: nor s3://");
  const url = URL.parse(text);
  if (!url?.host) throw new Error("names no bucket: s3://<bucket>?endpoint=<url>&region=<name>");
  if (url.username || url.password)
    throw new Error("holds credentials: they belong into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
  if (url.port || !/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(url.hostname))
    throw new Error(`names "${url.host}", which is no bucket's name`);
  if (!["", "/"].includes(url.pathname) || url.hash)
    throw new Error("names a folder: the archive has a bucket of its own");
  const unknown = [...url.searchParams.keys()].find((name) => !parameters.includes(name));
  if (unknown) throw new Error(`has an unknown parameter "${unknown}"; known are ${parameters.join(", ")}`);
  const endpoint = url.searchParams.get("endpoint") ?? undefined;
  if (endpoint !== undefined) {
    const at = URL.parse(endpoint);
    if (!at || !/^https?:$/.test(at.protocol) || at.username || at.search)
      throw new Error("has an endpoint that is no http or https address");
  }
  const pathStyle = url.searchParams.get("path-style");
  if (pathStyle !== null && !["0", "1"].includes(pathStyle))
    throw new Error("has a path-style that is neither 0 nor 1");
  const named = url.searchParams.get("region") ?? region ?? (endpoint === undefined ? undefined : "us-east-1");
  if (!named) throw new Error("names no region, and neither does AWS_REGION");
  return {
    kind: "s3",
    bucket: url.hostname,
    endpoint,
    region: named,
    // Self-hosted servers seldom have a host name per bucket.
    pathStyle: pathStyle === null ? endpoint !== undefined : pathStyle === "1",
  };
}
