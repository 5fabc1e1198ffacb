import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { EdgeConfig } from "@overread/shared/edge-contract/v1";
import { z } from "zod";

const identityFile = "identity.json";
const keyFile = "edge-key.pem";
const configFile = "portal-config.json";

const Identity = z.object({
  portal: z.url(),
  edgeId: z.uuid(),
  orgSlug: z.string().regex(/^[a-z0-9-]+$/),
  facilitySlug: z.string(),
  name: z.string(),
  enrolledAt: z.iso.datetime(),
});
/** Who this edge is to its portal. */
export type Identity = z.infer<typeof Identity>;

export type Enrolled = {
  identity: Identity;
  privateKey: KeyObject;
  config: EdgeConfig;
};

/** A new Ed25519 key; the private half never leaves this machine. */
export function makeKey(): { publicPem: string; privatePem: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return {
    publicPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
    privatePem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

export const isEnrolled = (stateDir: string): boolean => existsSync(path.join(stateDir, identityFile));

/** Keeps an enrolment; the identity is written last, so that half an enrolment is none. */
export function saveEnrolment(stateDir: string, identity: Identity, privatePem: string, config: EdgeConfig): void {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  writeDurably(path.join(stateDir, keyFile), privatePem);
  saveConfig(stateDir, config);
  writeDurably(path.join(stateDir, identityFile), `${JSON.stringify(identity, null, 2)}\n`);
}

/** Keeps where the portal is now; a router that runs goes there from its next start on. */
export function movePortal(stateDir: string, portal: string): void {
  const identity: Identity = { ...loadIdentity(stateDir), portal };
  writeDurably(path.join(stateDir, identityFile), `${JSON.stringify(identity, null, 2)}\n`);
}

/** Keeps what the portal decided, so that the edge starts and works without it. */
export function saveConfig(stateDir: string, config: EdgeConfig): void {
  writeDurably(path.join(stateDir, configFile), `${JSON.stringify(config, null, 2)}\n`);
}

export function loadIdentity(stateDir: string): Identity {
  return Identity.parse(JSON.parse(readFileSync(path.join(stateDir, identityFile), "utf8")));
}

export function loadEnrolment(stateDir: string): Enrolled {
  return {
    identity: loadIdentity(stateDir),
    privateKey: createPrivateKey(readFileSync(path.join(stateDir, keyFile), "utf8")),
    config: EdgeConfig.parse(JSON.parse(readFileSync(path.join(stateDir, configFile), "utf8"))),
  };
}

function writeDurably(file: string, text: string): void {
  const temporary = `${file}.new`;
  try {
    const fd = openSync(temporary, "w", 0o600);
    try {
      writeSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  const dir = openSync(path.dirname(file), "r");
  fsyncSync(dir);
  closeSync(dir);
}
