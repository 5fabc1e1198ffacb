import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { link, mkdir, open, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { config } from "#server/config.ts";

/**
 * The key that signs the anchors of the audit chains (Ed25519, PKCS #8). A file, never in the database, so that whoever
 * can write the database, its owner included, cannot make an anchor. The public key is stored beside it and beside
 * every file of anchors.
 */
function auditKeyFile(): string {
  const { dataDir, audit } = config();
  return path.resolve(audit.keyFile ?? path.join(dataDir, "keys", "audit-anchors.pem"));
}

let key: { file: string; made: Promise<KeyObject> } | undefined;

/** The signing key, created on first use. */
export function auditKey(): Promise<KeyObject> {
  const file = auditKeyFile();
  if (key?.file !== file) {
    const made = readOrMake(file);
    key = { file, made };
    made.catch(() => {
      key = undefined;
    });
  }
  return key.made;
}

async function readOrMake(file: string): Promise<KeyObject> {
  const known = await readText(file);
  if (known) return createPrivateKey(known);
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync("ed25519");
  const part = `${file}.${process.pid}.part`;
  await writeDurably(part, privateKey.export({ type: "pkcs8", format: "pem" }).toString());
  try {
    // Two processes at once: the first file stays, and both read it.
    await link(part, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(part, { force: true });
  }
  const made = createPrivateKey(await readFile(file, "utf8"));
  await writeDurably(`${file}.pub`, publicPem(made));
  return made;
}

/** The public key of this installation; null before anything was signed. */
export async function auditPublicKey(): Promise<KeyObject | null> {
  const text = (await readText(auditKeyFile())) ?? (await readText(`${auditKeyFile()}.pub`));
  return text ? createPublicKey(text) : null;
}

export function publicPem(of: KeyObject): string {
  const half = of.type === "private" ? createPublicKey(of) : of;
  return half.export({ type: "spki", format: "pem" }).toString();
}

type Signed = { at: string; orgId: string; seq: string; hash: string };
/** No field can contain a line break: `readAnchors` checks the format of each. */
const signedText = ({ at, orgId, seq, hash }: Signed): Buffer =>
  Buffer.from(["overread-audit-anchor-1", at, orgId, seq, hash].join("\n"));

export const signAnchor = (anchor: Signed, by: KeyObject): string =>
  sign(null, signedText(anchor), by).toString("base64url");

export const isSignedBy = (anchor: Signed, signature: string, by: KeyObject): boolean =>
  verify(null, signedText(anchor), by, Buffer.from(signature, "base64url"));

async function readText(file: string): Promise<string | null> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, "w", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
