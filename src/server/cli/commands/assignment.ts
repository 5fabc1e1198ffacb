import { withMaintenance } from "#server/db/maintenance.ts";
import { replayRun } from "#server/domain/assignment/index.ts";
import { type Command, UsageError } from "../command.ts";

const replay: Command = {
  name: "assignment replay",
  usage: "<run>",
  summary: "Let the assignment engine decide a kept run once more, and hold its answer against the kept one",
  options: {},
  positionals: 1,
  async run({ positionals: [id] }) {
    if (!id || !/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(id)) throw new UsageError("name one run by its id");
    const { runId, at, cases, readers, same, kept, replayed } = await withMaintenance((tx) => replayRun(tx, id));
    return {
      json: { runId, at, cases, readers, same, kept, replayed },
      lines: [
        `Run of ${at}: ${cases} cases, ${readers} readers.`,
        `kept      ${kept}`,
        `replayed  ${replayed}`,
        same ? "The same, byte for byte." : "NOT the same.",
      ],
      failed: !same,
    };
  },
};

export const assignmentCommands = [replay];
