import type { ErrorCode } from "@overread/shared/errors";
import type { z } from "zod";
import type { Account } from "../accounts.ts";

/** What is proven for: `sign` is every act that counts as a signature, `change-password` the change of the password itself. */
export type ProvenAct = "sign" | "change-password";

/** What a form of proof says to what it was given. */
export type Verdict =
  | { proven: true }
  | {
      proven: false;
      code: ErrorCode;
      /** The reason on the audit trail of what was a wrong answer, and counts as a guess; left out: nothing was wrong yet. */
      refusedAs?: "reauthentication" | "second-factor";
    };

/**
 * One way in which a signed-in person proves once more who they are. A form is a file of this folder and a line in `index.ts`; verbs and
 * routers know none of them.
 */
export type ProofForm<Fields extends z.ZodRawShape, Given = z.output<z.ZodObject<Fields>>> = {
  /** What a request brings for it, beside the fields of the act. */
  fields: Fields;
  /** Whether the account has to bring it. */
  askedOf: (account: Account) => boolean;
  /** May take its time: no transaction is open. An account that is not there takes as long as one that is. */
  check: (account: Account | null, given: Given, act: ProvenAct) => Promise<Verdict>;
};

export const proofForm = <Fields extends z.ZodRawShape>(form: ProofForm<Fields>): ProofForm<Fields> => form;
