import { z } from "zod";

/**
 * Everything the edge router and the portal say to each other, version 1.
 *
 * Both sides compile against this file. All calls go from the edge to the portal (no inbound port at
 * the hospital). After enrolment every call but `enroll` and `token` carries
 * `Authorization: Bearer <accessToken>`. Objects travel by DICOMweb (`/dicomweb/{org}/studies`) with
 * the same bearer.
 *
 * | call | body → answer |
 * |---|---|
 * | `POST /api/edge/v1/enroll` | EnrollRequest → EnrollResponse; one-time code, key made on the edge |
 * | `POST /api/edge/v1/token` | TokenRequest → TokenResponse; EdDSA assertion, single use `jti` |
 * | `GET /api/edge/v1/config` | → EdgeConfig |
 * | `POST /api/edge/v1/heartbeat` | Heartbeat → HeartbeatResponse |
 * | `POST /api/edge/v1/confirm` | ConfirmRequest → ConfirmResponse; what the archive holds, by hash |
 * | `POST /api/edge/v1/refused` | RefusedObjects → `{}`; all that is refused at present, whenever that changes; before `complete` |
 * | `POST /api/edge/v1/studies/complete` | StudyComplete → `{}`; idempotent |
 * | `GET /api/edge/v1/deliveries?waitSeconds=25` | → DeliveryList; long poll, leased for 60 s |
 * | `POST /api/edge/v1/deliveries/{deliveryId}/outcome` | DeliveryOutcome → `{}`; idempotent |
 *
 * Errors: `{ error: { code, message } }` with a DomainError code and a fitting HTTP status; 401 asks
 * for a new token, 403 `edge.revoked` is final, 429 and 5xx are retried with backoff.
 */
export const EDGE_API = "/api/edge/v1";
export const ASSERTION_AUDIENCE = "overread-portal";

/**
 * Header of every STOW request of an edge: the purpose of the study, by the called AE title. With `prior` it is
 * archived and never put on a worklist. Without it a new study is to be read, and an existing one is unchanged.
 */
export const PURPOSE_HEADER = "overread-purpose";
export const StudyPurpose = z.enum(["read", "prior"]);
export type StudyPurpose = z.infer<typeof StudyPurpose>;

const uid = z
  .string()
  .max(64)
  .regex(/^\d+(\.\d+)*$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const aeTitle = z.string().min(1).max(16);

export const DicomNode = z.object({ aeTitle, host: z.string().min(1), port: z.number().int().min(1).max(65535) });
export type DicomNode = z.infer<typeof DicomNode>;

/** Settings of an edge; stored on the edge's disk so that it works through an outage. */
export const EdgeConfig = z.object({
  version: z.number().int(),
  facilitySlug: z.string(),
  /** `"*"` accepts every calling AE title (the demo); a real facility lists its modalities. */
  allowedCallingAeTitles: z.union([z.literal("*"), z.array(aeTitle)]),
  /** AE titles the edge answers to; an association that calls another one is refused (A-ASSOCIATE-RJ 1/1/7). */
  calledAeTitles: z.array(aeTitle).min(1),
  /** Called AE titles whose studies are filed as priors: archived, never a case. */
  priorAeTitles: z.array(aeTitle),
  /** A study is complete when its associations have ended and nothing came for this long. */
  quietSeconds: z.number().min(0),
  heartbeatSeconds: z.number().min(1),
  /** The facility's own PACS, where results are returned to. */
  localPacs: DicomNode.nullable(),
});
export type EdgeConfig = z.infer<typeof EdgeConfig>;

export const EnrollRequest = z.object({
  code: z.string().min(8).max(64),
  /** Ed25519 public key, SPKI in PEM. The private key never leaves the edge. */
  publicKey: z.string().max(400),
  name: z.string().min(1).max(80),
  softwareVersion: z.string().max(40),
});
export type EnrollRequest = z.infer<typeof EnrollRequest>;
export const EnrollResponse = z.object({
  edgeId: z.uuid(),
  orgSlug: z.string(),
  facilitySlug: z.string(),
  config: EdgeConfig,
});
export type EnrollResponse = z.infer<typeof EnrollResponse>;

/** `assertion`: compact JWS, alg EdDSA; claims `iss` = edgeId, `aud` = ASSERTION_AUDIENCE, `iat`, `exp` (at most 120 s later), `jti`. */
export const TokenRequest = z.object({ edgeId: z.uuid(), assertion: z.string().max(2000) });
export type TokenRequest = z.infer<typeof TokenRequest>;
export const TokenResponse = z.object({ accessToken: z.string(), expiresInSeconds: z.number() });
export type TokenResponse = z.infer<typeof TokenResponse>;

export const Heartbeat = z.object({
  softwareVersion: z.string().max(40),
  at: z.iso.datetime(),
  startedAt: z.iso.datetime(),
  configVersion: z.number().int(),
  queue: z.object({ instances: z.number().int(), bytes: z.number(), oldestReceivedAt: z.iso.datetime().nullable() }),
  /** Objects that were refused permanently, by the edge on receipt or by the archive; the edge keeps the latter. */
  refused: z.number().int().optional(),
  disk: z.object({ freeBytes: z.number(), totalBytes: z.number() }),
  lastReceivedAt: z.iso.datetime().nullable(),
  lastForwardedAt: z.iso.datetime().nullable(),
  /** Results waiting for the local PACS, and the last reason it gave (no patient data). */
  returns: z.object({ waiting: z.number().int(), lastError: z.string().max(200).nullable() }),
  dimse: z.object({ listening: z.boolean(), port: z.number().int(), aeTitle }),
});
export type Heartbeat = z.infer<typeof Heartbeat>;
/**
 * `dataSetSha256`: of the bytes after group 0002, as received; `transferSyntaxUid`: the syntax they came in; without it
 * any syntax matches.
 */
export const InstanceDigest = z.object({
  sopInstanceUid: uid,
  dataSetSha256: sha256,
  transferSyntaxUid: uid.optional(),
});
export type InstanceDigest = z.infer<typeof InstanceDigest>;
export const HeartbeatResponse = z.object({
  now: z.iso.datetime(),
  configVersion: z.number().int(),
  /** Stored once and damaged since: to be sent again if the edge still has the bytes. */
  resend: z.array(InstanceDigest).max(100).optional(),
});
export type HeartbeatResponse = z.infer<typeof HeartbeatResponse>;
export const ConfirmRequest = z.object({ instances: z.array(InstanceDigest).max(1000) });
export type ConfirmRequest = z.infer<typeof ConfirmRequest>;
/** `held`: durable in the archive with exactly this hash and syntax (stored or quarantined); `missing`: send (again). */
export const ConfirmResponse = z.object({ held: z.array(InstanceDigest), missing: z.array(InstanceDigest) });
export type ConfirmResponse = z.infer<typeof ConfirmResponse>;

/** One permanently refused object, with those UIDs that could be read. */
export const RefusedObject = z.object({
  sopInstanceUid: uid.optional(),
  studyInstanceUid: uid.optional(),
  /** A code such as `dicom.malformed` or `archive-c000`; no patient data. */
  reason: z.string().regex(/^[a-z0-9.-]{1,60}$/),
  callingAeTitle: z.string().max(16),
  receivedAt: z.iso.datetime(),
});
/** At most this many are listed, the newest. */
export const MOST_REFUSED = 2000;
/** The whole list: objects no longer on it have been accepted meanwhile. */
export const RefusedObjects = z.object({
  total: z.number().int().min(0),
  objects: z.array(RefusedObject).max(MOST_REFUSED),
});
export type RefusedObjects = z.infer<typeof RefusedObjects>;

/** Sent once every instance received so far is held by the archive; sent again when late images were forwarded. */
export const StudyComplete = z.object({
  studyInstanceUid: uid,
  purpose: z.enum(["read", "prior"]),
  instanceCount: z.number().int().min(1),
  callingAeTitle: aeTitle,
  firstReceivedAt: z.iso.datetime(),
  lastReceivedAt: z.iso.datetime(),
});
export type StudyComplete = z.infer<typeof StudyComplete>;

/** One object to return to the hospital. Fetched at `retrievePath` (WADO-RS instance, same origin, same bearer). */
export const Delivery = z.object({
  deliveryId: z.uuid(),
  studyInstanceUid: uid,
  seriesInstanceUid: uid,
  sopInstanceUid: uid,
  sopClassUid: uid,
  transferSyntaxUid: uid,
  dataSetSha256: sha256,
  retrievePath: z.string().startsWith("/dicomweb/"),
  destination: DicomNode,
});
export type Delivery = z.infer<typeof Delivery>;
export const DeliveryList = z.object({ deliveries: z.array(Delivery) });
export type DeliveryList = z.infer<typeof DeliveryList>;
export const DeliveryOutcome = z.object({
  status: z.enum(["delivered", "waiting"]),
  /** DIMSE status of the C-STORE, when one came. */
  dimseStatus: z.number().int().optional(),
  /** Why it waits, e.g. `connection-refused`, `association-rejected`; never peer text, never patient data. */
  reason: z.string().max(80).optional(),
  at: z.iso.datetime(),
});
export type DeliveryOutcome = z.infer<typeof DeliveryOutcome>;
