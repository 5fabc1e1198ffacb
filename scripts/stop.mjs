// `npm run stop`: ends the stack of this data folder, or what is left of it.
import path from "node:path";
import { root } from "./lib/paths.mjs";
import { end } from "./lib/processes.mjs";
import { RunFile } from "./lib/run-file.mjs";
import { say } from "./lib/say.mjs";

const dataDir = path.resolve(root, process.env.OVERREAD_DATA_DIR ?? ".data");
const runFile = new RunFile(dataDir);
const supervisor = runFile.supervisor();
if (supervisor) {
  say("Stopping …");
  await end(supervisor, { deadlineMs: 120_000 });
}
const left = await runFile.endLeftovers();
say(supervisor || left > 0 ? "Stopped." : `Nothing runs on ${dataDir}.`);
