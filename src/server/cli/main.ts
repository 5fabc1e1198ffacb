import { closeDatabase } from "#server/db/clients.ts";
import { toDomainError } from "#server/errors.ts";
import { type Command, parse, UsageError } from "./command.ts";
import { assignmentCommands } from "./commands/assignment.ts";
import { backupCommands } from "./commands/backup.ts";
import { databaseCommands } from "./commands/database.ts";
import { importCommands } from "./commands/import.ts";
import { jobsCommands } from "./commands/jobs.ts";
import { tenancyCommands } from "./commands/tenancy.ts";
import { verifyCommands } from "./commands/verify.ts";

/** Operator commands: `npm run cli -- <noun> <verb> …`. What they do to a tenant is on that tenant's audit trail. */
const commands: Command[] = [
  ...tenancyCommands,
  ...verifyCommands,
  ...backupCommands,
  ...importCommands,
  ...jobsCommands,
  ...databaseCommands,
  ...assignmentCommands,
];

function help(): string {
  const lines = commands.map(({ name, usage, summary }) => `  ${name} ${usage}\n      ${summary}`);
  return `Usage: npm run cli -- <command> [options]\n\n${lines.join("\n")}\n\n  --json   print one JSON document on stdout\n  --help   print this, or the use of one command\n`;
}

function find(argv: string[]): { command: Command; rest: string[] } | null {
  for (const command of commands) {
    const words = command.name.split(" ");
    if (words.every((word, i) => argv[i] === word)) return { command, rest: argv.slice(words.length) };
  }
  return null;
}

async function main(argv: string[]): Promise<number> {
  const found = find(argv);
  if (!found) {
    const asked = argv.length === 0 || argv.includes("--help") || argv.includes("-h");
    (asked ? process.stdout : process.stderr).write(
      asked ? help() : `There is no command "${argv.slice(0, 2).join(" ")}".\n\n${help()}`,
    );
    return asked ? 0 : 2;
  }
  const { command, rest } = found;
  let asJson = rest.includes("--json");
  try {
    const args = parse(command, rest);
    asJson = args.values.json === true;
    if (args.values.help) {
      process.stdout.write(`Usage: npm run cli -- ${command.name} ${command.usage}\n\n${command.summary}.\n`);
      return 0;
    }
    const { json, lines, failed } = await command.run(args, { say: (line) => process.stderr.write(`${line}\n`) });
    process.stdout.write(asJson ? `${JSON.stringify(json)}\n` : `${lines.join("\n")}\n`);
    return failed ? 1 : 0;
  } catch (error) {
    const usage = error instanceof UsageError;
    const known = toDomainError(error);
    const code = usage ? "usage" : known.code;
    // An operator on the server may read the cause; it is not sent anywhere.
    const cause = known.code === "internal" && known.cause instanceof Error ? known.cause.message : known.code;
    const message = usage ? error.message : cause;
    if (asJson) process.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
    process.stderr.write(
      usage ? `${message}\nUsage: npm run cli -- ${command.name} ${command.usage}\n` : `${command.name}: ${message}\n`,
    );
    return usage ? 2 : 1;
  } finally {
    await closeDatabase();
  }
}

process.exit(await main(process.argv.slice(2)));
