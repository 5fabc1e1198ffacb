import type { ErrorCode } from "@overread/shared/errors";
import type { z } from "zod";
import type { Account } from "../accounts.ts";

/**
 * What is proven for: `sign` is every act that counts as a signature, `change-password` the change of the password
 * itself.
 */
export type ProvenAct = "sign" | "change-password";

/** The verdict of a form of proof. */
type Verdict =
  | { proven: true }
  | {
      proven: false;
      code: ErrorCode;
      /** The audited reason of a wrong answer, which counts as a guess; omitted: nothing was wrong yet. */
      refusedAs?: "reauthentication" | "second-factor";
    };

/**
 * One form in which a signed-in person re-authenticates. A form is a file of this folder and a line in `index.ts`;
 * verbs and routers know none of them.
 */
export type ProofForm<Fields extends z.ZodRawShape, Given = z.output<z.ZodObject<Fields>>> = {
  /** The fields it adds to a request. */
  fields: Fields;
  /** Whether the account requires it. */
  askedOf: (account: Account) => boolean;
  /** May be slow: no transaction is open. A missing account takes as long as an existing one. */
  check: (account: Account | null, given: Given, act: ProvenAct) => Promise<Verdict>;
};

export const proofForm = <Fields extends z.ZodRawShape>(form: ProofForm<Fields>): ProofForm<Fields> => form;
