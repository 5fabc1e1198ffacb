import { z } from "zod";
import { accountsWithPassword } from "../accounts.ts";
import { proofForm } from "./form.ts";

/** The account's password. One that somebody else has known cannot sign and is accepted only for changing itself. */
export const passwordProof = proofForm({
  fields: { password: z.string().min(1).max(1000) },
  askedOf: () => true,
  async check(account, { password }, act) {
    const [matched] = await accountsWithPassword(account ? [account] : [], password);
    if (!matched || matched.deactivated)
      return { proven: false, code: "auth.reauthentication-failed", refusedAs: "reauthentication" };
    if (matched.mustChange && act !== "change-password")
      return { proven: false, code: "auth.password-change-required" };
    return { proven: true };
  },
});
