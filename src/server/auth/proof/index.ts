import { DomainError } from "@overread/shared/errors";
import { z } from "zod";
import type { UserActor } from "#server/context.ts";
import { findAccounts } from "../accounts.ts";
import { returnAttempt, type Throttle, takeAttempt } from "../rate-limit.ts";
import { recordRefusal } from "../record-sign-in.ts";
import type { ProofForm, ProvenAct } from "./form.ts";
import { oneTimeCodeProof } from "./one-time-code.ts";
import { passwordProof } from "./password.ts";

export type { ProvenAct } from "./form.ts";

/** The re-authentication fields of a request: those of every form, of which an account needs its own. */
export const Proof = z.object({ ...passwordProof.fields, ...oneTimeCodeProof.fields });
export type Proof = z.output<typeof Proof>;

/**
 * The forms, in the order in which they are checked. A passkey or an identity provider would be one more file and line.
 */
const forms: readonly ProofForm<z.ZodRawShape, Proof>[] = [passwordProof, oneTimeCodeProof];

/**
 * Re-authenticates a signed-in person before an act that counts as a signature, by every form that the account
 * requires. Wrong answers count against this session only: whoever attacks the account from elsewhere cannot prevent a
 * report from being signed. Slow by design (argon2id), so it runs before any transaction is open.
 *
 * @throws {DomainError} `auth.reauthentication-failed`; `auth.rate-limited`; `auth.second-factor-required` and
 * `auth.second-factor-invalid`; `auth.password-change-required` where somebody else has known the password.
 */
export async function prove(actor: UserActor, given: Proof, act: ProvenAct = "sign"): Promise<void> {
  const throttles: Throttle[] = [{ kind: "session", value: actor.sessionId }];
  const accounts = await findAccounts("id", actor.userId);
  const account = accounts[0] ?? null;
  await takeAttempt(throttles);
  for (const form of forms) {
    if (account && !form.askedOf(account)) continue;
    const verdict = await form.check(account, given, act);
    if (verdict.proven) continue;
    if (verdict.refusedAs)
      await recordRefusal(accounts, { email: actor.email, address: null, reason: verdict.refusedAs });
    else await returnAttempt(throttles);
    throw new DomainError(verdict.code);
  }
  await returnAttempt(throttles);
}
