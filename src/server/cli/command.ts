import type { ParseArgsOptionsConfig } from "node:util";
import { parseArgs } from "node:util";
import { namedVariable } from "#server/config.ts";

/** A mistake of the user: printed with the command's usage, without a stack. */
export class UsageError extends Error {}

type Output = {
  /** A line for a person, on stderr under `--json`. */
  say(line: string): void;
};

export type Command = {
  name: string;
  /** The arguments in the usage line: `--org <slug> --scopes <list>`. */
  usage: string;
  summary: string;
  options: ParseArgsOptionsConfig;
  /** How many positional arguments are allowed. */
  positionals?: number;
  /**
   * @returns the document that `--json` prints, and the lines that a person reads. `failed` makes the process exit with
   * 1: the command ran, and found something wrong.
   */
  run(
    args: { values: Record<string, string | boolean | undefined>; positionals: string[] },
    output: Output,
  ): Promise<{ json: Record<string, unknown>; lines: string[]; failed?: boolean }>;
};

export function parse(command: Command, argv: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      options: { ...command.options, json: { type: "boolean" }, help: { type: "boolean", short: "h" } },
      allowPositionals: (command.positionals ?? 0) > 0,
    });
    if (positionals.length > (command.positionals ?? 0)) throw new Error(`too many words: ${positionals.join(" ")}`);
    return { values: values as Record<string, string | boolean | undefined>, positionals };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** A required option's text. */
export function need(values: Record<string, string | boolean | undefined>, name: string): string {
  const value = values[name];
  if (typeof value !== "string" || value.trim() === "") throw new UsageError(`--${name} is missing`);
  return value.trim();
}

export function optional(values: Record<string, string | boolean | undefined>, name: string): string | undefined {
  const value = values[name];
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}

/** `a,b c` → `["a", "b", "c"]`, each one of `allowed`. */
export function listOf<T extends string>(text: string, allowed: readonly T[], what: string): T[] {
  const words = text.split(/[\s,]+/).filter(Boolean);
  for (const word of words)
    if (!allowed.includes(word as T))
      throw new UsageError(`${word} is not a ${what}; there are: ${allowed.join(", ")}`);
  if (words.length === 0) throw new UsageError(`no ${what} was given`);
  return words as T[];
}

export function slug(text: string): string {
  if (!/^[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?$/.test(text))
    throw new UsageError(`"${text}" cannot be a short name: use lower-case letters, digits and dashes`);
  return text;
}

/**
 * A password, taken from an environment variable that the arguments name: every user of the machine can read arguments.
 */
export function passwordFrom(variable: string | undefined): string | undefined {
  if (!variable) return undefined;
  const password = namedVariable(variable);
  if (!password) throw new UsageError(`the environment variable ${variable} is not set`);
  if (password.length < 8) throw new UsageError(`the password in ${variable} is shorter than 8 characters`);
  return password;
}
