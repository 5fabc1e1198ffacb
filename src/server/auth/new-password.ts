import { DomainError } from "@overread/shared/errors";
import { zxcvbn, zxcvbnOptions } from "@zxcvbn-ts/core";
import * as common from "@zxcvbn-ts/language-common";
import * as english from "@zxcvbn-ts/language-en";
import { z } from "zod";
import { normalisePassword } from "./password.ts";

/** Characters. Length is what counts most (NIST SP 800-63B §5.1.1). */
const shortestPassword = 12;
const longestPassword = 200;
/** zxcvbn's scale of 0 to 4: 3 is more than 10^8 guesses, more than the rate limits allow. */
const neededScore = 3;

/** A new password as input; {@link assertGoodPassword} decides about it. */
export const NewPassword = z.string().max(1000);

/** Control and invisible formatting characters, which cannot be typed everywhere. */
const invisible = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/u;

let ready = false;

/**
 * Refuses a new password that is too short, cannot be typed everywhere, equals the current one, or is easily guessed: a
 * known password, a pattern, or made of facts about the person.
 *
 * @param about words that an attacker would try first: name, address, organisation.
 * @param present the password it replaces.
 * @throws {DomainError} `user.password-weak` with `reason`: `too-short`, `too-long`, `characters`, `same`, `guessable`.
 */
export function assertGoodPassword(
  password: string,
  { about = [], present }: { about?: string[]; present?: string } = {},
): void {
  const reason = weaknessOf(normalisePassword(password), about, present);
  if (reason) throw new DomainError("user.password-weak", { details: { reason } });
}

function weaknessOf(password: string, about: string[], present: string | undefined): string | null {
  const length = [...password].length;
  if (invisible.test(password)) return "characters";
  if (length > longestPassword) return "too-long";
  if ([...password.trim()].length < shortestPassword) return "too-short";
  if (present !== undefined && normalisePassword(present) === password) return "same";
  const known = ["overread", "radiology", ...about.flatMap((each) => each.split(/[\s@.\-_^]+/))]
    .map((word) => word.toLowerCase())
    .filter((word) => word.length > 2);
  if (!ready) {
    const dictionary = { ...common.dictionary, ...english.dictionary };
    zxcvbnOptions.setOptions({ dictionary, graphs: common.adjacencyGraphs });
    ready = true;
  }
  // The rest of a long password only adds to the strength of its beginning.
  const beginning = password.slice(0, 72);
  if (zxcvbn(beginning, known).score < neededScore) return "guessable";
  // Name and organisation with little else.
  const rest = known.reduce((left, word) => left.replaceAll(word, ""), password.toLowerCase());
  return rest.length < password.length && [...rest].length < 8 ? "guessable" : null;
}
