import { z } from "zod";
import { spendSecondFactor } from "../second-factor.ts";
import { proofForm } from "./form.ts";

/** A code of the account's authenticator app (RFC 6238), or a recovery code. Each works once. */
export const oneTimeCodeProof = proofForm({
  fields: { totp: z.string().max(40).optional() },
  askedOf: (account) => account.secondFactor,
  async check(account, { totp }) {
    if (!account || !totp?.trim()) return { proven: false, code: "auth.second-factor-required" };
    if (await spendSecondFactor(account.userId, totp)) return { proven: true };
    return { proven: false, code: "auth.second-factor-invalid", refusedAs: "second-factor" };
  },
});
