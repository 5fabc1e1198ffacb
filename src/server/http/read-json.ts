import type { IncomingMessage } from "node:http";
import { DomainError } from "@overread/shared/errors";
import type { z } from "zod";

/**
 * Reads a small JSON body.
 *
 * @param limitBytes the most that is read, whatever content-length says.
 * @throws {DomainError} `request.too-large`, `request.unsupported-media-type`, `request.invalid` naming the fields
 */
export async function readJson<S extends z.ZodType>(
  req: IncomingMessage,
  schema: S,
  limitBytes: number,
): Promise<z.output<S>> {
  const type = (req.headers["content-type"] ?? "").split(";", 1)[0]!.trim().toLowerCase();
  if (type !== "application/json") throw new DomainError("request.unsupported-media-type");
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limitBytes) throw new DomainError("request.too-large");
    chunks.push(chunk);
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch (cause) {
    throw new DomainError("request.invalid", { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const fields = [...new Set(parsed.error.issues.map((issue) => issue.path.join(".") || "body"))].join(", ");
  throw new DomainError("request.invalid", { details: { fields: fields.slice(0, 500) } });
}
