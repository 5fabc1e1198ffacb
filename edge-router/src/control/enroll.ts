import { EDGE_API, EnrollResponse } from "@overread/shared/edge-contract/v1";
import { request } from "undici";
import { softwareVersion } from "../version.ts";
import { type Identity, isEnrolled, makeKey, movePortal, saveEnrolment } from "./identity.ts";
import { codeIn, parseAnswer, portalAgent, readText, reasonOf } from "./portal.ts";

/** Enrolment did not work; the message is shown to the person at the command line. */
export class EnrolError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "EnrolError";
  }
}

/**
 * Makes this machine's key and introduces it to the portal with a one-time code.
 *
 * @param portal origin of the portal; https, but for loopback.
 * @param code from the facility's administrator in the portal.
 * @param replace gives up an enrolment that is there; the spool stays.
 * @throws {EnrolError}
 */
export async function enroll(options: {
  stateDir: string;
  portal: string;
  code: string;
  name: string;
  replace: boolean;
}): Promise<Identity> {
  const portal = portalOrigin(options.portal);
  if (isEnrolled(options.stateDir) && !options.replace)
    throw new EnrolError("this edge is enrolled already; add --replace to enrol it anew");
  const { publicPem, privatePem } = makeKey();
  const body = JSON.stringify({
    code: options.code,
    publicKey: publicPem,
    name: options.name,
    softwareVersion,
  });
  const agent = portalAgent();
  try {
    const response = await request(new URL(`${EDGE_API}/enroll`, portal), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      dispatcher: agent,
    }).catch((error: unknown) => {
      throw new EnrolError(`the portal at ${portal} does not answer (${reasonOf(error)})`);
    });
    const text = await readText(response.body);
    if (response.statusCode !== 200) {
      const code = codeIn(text);
      throw new EnrolError(
        code === "edge.code-invalid"
          ? "the code is wrong, used, or too old; ask for a new one in the portal"
          : `the portal refused (${code ?? `HTTP ${response.statusCode}`})`,
      );
    }
    const { edgeId, orgSlug, facilitySlug, config } = parseAnswer(EnrollResponse, text);
    const enrolledAt = new Date().toISOString();
    const identity: Identity = { portal, edgeId, orgSlug, facilitySlug, name: options.name, enrolledAt };
    saveEnrolment(options.stateDir, identity, privatePem, config);
    return identity;
  } finally {
    await agent.destroy();
  }
}

/**
 * Tells an enrolled edge that its portal has another address: key, enrolment and spool stay.
 *
 * @throws {EnrolError}
 */
export function move(options: { stateDir: string; portal: string }): void {
  const portal = portalOrigin(options.portal);
  if (!isEnrolled(options.stateDir)) throw new EnrolError('this edge is not enrolled; run "enroll"');
  movePortal(options.stateDir, portal);
}

/** @throws {EnrolError} when it is no origin, or plain http to another machine: tokens would be readable on the way. */
function portalOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !["https:", "http:"].includes(url.protocol)) throw new EnrolError("--portal must be an https address");
  const loopback = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (url.protocol === "http:" && !loopback) throw new EnrolError("--portal must be https, except on this machine");
  return url.origin;
}
