import { hash, verify } from "@node-rs/argon2";

/** Normalises a password, since keyboards compose characters differently (NIST SP 800-63B §5.1.1.2). */
export const normalisePassword = (typed: string): string => typed.normalize("NFKC");

// argon2id (the package's default) with 19 MiB and two passes: OWASP's minimum, about 30 ms here.
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** @returns an argon2id hash in PHC form. */
export function hashPassword(password: string): Promise<string> {
  return hash(normalisePassword(password), cost);
}

let decoy: Promise<string> | undefined;

/**
 * Verifies a password. Without a stored hash (no such account) the same work is done against a decoy, so that the
 * duration does not disclose whether the account exists.
 */
export async function verifyPassword(storedHash: string | null, password: string): Promise<boolean> {
  decoy ??= hashPassword("an account that does not exist");
  const against = storedHash ?? (await decoy);
  // Older hashes are of the password as typed, not normalised.
  const forms = new Set([normalisePassword(password), password]);
  const verdicts = await Promise.all([...forms].map((form) => verify(against, form).catch(() => false)));
  return storedHash !== null && verdicts.includes(true);
}
