import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { DomainError } from "@overread/shared/errors";
import { z } from "zod";
import { config } from "#server/config.ts";

/** A signed text: what was written, by which key, and the signature over its bytes. */
const Sealed = z.object({
  /** Of our files. */
  kind: z.literal("overread-reader-profile"),
  signed: z.string(),
  /** Ed25519, SPKI in DER, base64. */
  publicKey: z.base64(),
  signature: z.base64(),
});

/** What makes 32 bytes a private key of Ed25519 in PKCS #8 (RFC 8410 §7). */
const pkcs8 = Buffer.from("302e020100300506032b657004220420", "hex");

function signingKey(): KeyObject {
  const seed = createHash("sha256").update(config().key("reader-profile")).digest();
  return createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: "der", type: "pkcs8" });
}

const publicPart = (key: KeyObject): Buffer => createPublicKey(key).export({ type: "spki", format: "der" });

/** Signs a text with this installation's key. @returns the file. */
export function seal(text: string): string {
  const key = signingKey();
  const file: z.output<typeof Sealed> = {
    kind: "overread-reader-profile",
    signed: text,
    publicKey: publicPart(key).toString("base64"),
    signature: sign(null, Buffer.from(text, "utf8"), key).toString("base64"),
  };
  return JSON.stringify(file, null, 2);
}

/**
 * The text of a signed file, exactly as it was written. The signature shows that nothing was changed since; who wrote it is known only of our own.
 *
 * @returns `ours`: signed by this installation.
 * @throws {DomainError} `hanging.unreadable-file`, `hanging.altered-file`
 */
export function unseal(file: string): { text: string; ours: boolean } {
  const { data } = Sealed.safeParse(asJson(file));
  if (!data) throw new DomainError("hanging.unreadable-file");
  const theirs = publicKeyOf(data.publicKey);
  const fits = theirs && verify(null, Buffer.from(data.signed, "utf8"), theirs, Buffer.from(data.signature, "base64"));
  if (!fits) throw new DomainError("hanging.altered-file");
  return { text: data.signed, ours: publicPart(signingKey()).equals(Buffer.from(data.publicKey, "base64")) };
}

function publicKeyOf(base64: string): KeyObject | null {
  try {
    const key = createPublicKey({ key: Buffer.from(base64, "base64"), format: "der", type: "spki" });
    return key.asymmetricKeyType === "ed25519" ? key : null;
  } catch {
    // No key at all: then nothing can have been signed with it.
    return null;
  }
}

/** Undefined for what is no JSON. */
export function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
