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

/** What a person gives once more before an act that counts: the fields of every form, of which an account needs its own. */
export const Proof = z.object({ ...passwordProof.fields, ...oneTimeCodeProof.fields });
export type Proof = z.output<typeof Proof>;

/** What signs, in the order in which it is asked for. A passkey or the word of an identity provider is one file and one line more. */
const forms: readonly ProofForm<z.ZodRawShape, Proof>[] = [passwordProof, oneTimeCodeProof];

/**
 * Asks a signed-in person to prove once more who they are, before an act that counts as a signature: by every form that the account is
 * asked for. Wrong answers count against this session alone: whoever guesses at the account from elsewhere stops no report from being
 * signed. Slow by design (argon2id), so it runs before any transaction is open.
 *
 * @throws {DomainError} `auth.reauthentication-failed`; `auth.rate-limited`; `auth.second-factor-required` and
 *   `auth.second-factor-invalid`; `auth.password-change-required` where the password was given out by somebody else.
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
