// `npm run cli -- <noun> <verb>`: operator commands. Beside a running `npm start` they use its settings; elsewhere DATABASE_URL and
// OVERREAD_SECRET say where to work.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { root } from "./lib/paths.mjs";

const dataDir = path.resolve(root, process.env.OVERREAD_DATA_DIR ?? ".data");
process.env.OVERREAD_DATA_DIR = dataDir;
const settings = path.join(dataDir, "settings.json");
if (!process.env.DATABASE_URL && existsSync(settings)) {
  for (const [name, value] of Object.entries(JSON.parse(readFileSync(settings, "utf8")))) process.env[name] ??= value;
}
if (!process.env.DATABASE_URL && process.argv.length > 2 && !process.argv.includes("--help")) {
  process.stderr.write(
    "No database: nothing runs on this data folder and DATABASE_URL is not set.\n→ Run `npm start` in another terminal first, or set DATABASE_URL and OVERREAD_SECRET.\n",
  );
  process.exit(1);
}
await import("../src/server/cli/main.ts");
