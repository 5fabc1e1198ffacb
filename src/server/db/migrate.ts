import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { PrismaPg } from "@prisma/adapter-pg";
import { bindMigrationAwareSqlAdapterFactory } from "@prisma/driver-adapter-utils";
import * as engineBindings from "@prisma/schema-engine-wasm/schema_engine_bg";
import pg from "pg";

/**
 * Prisma migrations without Prisma's downloaded engine: the same schema engine as WebAssembly, so that
 * a machine that reaches nothing but the npm registry can migrate. Writes `_prisma_migrations` as
 * `prisma migrate deploy` does.
 */
const prismaDir = fileURLToPath(new URL("../../../prisma/", import.meta.url));
const migrationsDir = path.join(prismaDir, "migrations");
const noFilter = { externalTables: [], externalEnums: [] };

function schemaFiles() {
  const dir = path.join(prismaDir, "schema");
  return readdirSync(dir)
    .filter((name) => name.endsWith(".prisma"))
    .sort()
    .map((name) => ({ path: path.join(dir, name), content: readFileSync(path.join(dir, name), "utf8") }));
}

function migrationList() {
  const names = existsSync(migrationsDir)
    ? readdirSync(migrationsDir, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
        .sort()
    : [];
  const lockfile = path.join(migrationsDir, "migration_lock.toml");
  return {
    baseDir: migrationsDir,
    lockfile: { path: "migration_lock.toml", content: existsSync(lockfile) ? readFileSync(lockfile, "utf8") : null },
    shadowDbInitScript: "",
    migrationDirectories: names.map((name) => ({
      path: name,
      migrationFile: {
        path: "migration.sql",
        content: { tag: "ok" as const, value: readFileSync(path.join(migrationsDir, name, "migration.sql"), "utf8") },
      },
    })),
  };
}

/**
 * The pg adapter cuts scripts at every semicolon, which tears function bodies apart. Here a script goes to the
 * server whole: the simple protocol runs it as one implicit transaction, so a migration applies entirely or not at all.
 */
class WholeScriptAdapterFactory extends PrismaPg {
  readonly #pool: pg.Pool;
  constructor(ownerUrl: string) {
    const pool = new pg.Pool({ connectionString: ownerUrl, max: 2 });
    super(pool, { disposeExternalPool: true });
    this.#pool = pool;
  }
  override async connect(): ReturnType<PrismaPg["connect"]> {
    const adapter = await super.connect();
    adapter.executeScript = async (script) => void (await this.#pool.query(script));
    return adapter;
  }
  end() {
    return this.#pool.end();
  }
}

let instantiated = false;
async function openEngine(ownerUrl: string) {
  if (!instantiated) {
    const bindings = createRequire(import.meta.url).resolve("@prisma/schema-engine-wasm/schema_engine_bg");
    const wasmPath = path.join(path.dirname(bindings), "schema_engine_bg.wasm");
    const { instance } = await WebAssembly.instantiate(readFileSync(wasmPath), {
      "./schema_engine_bg.js": engineBindings,
    });
    engineBindings.__wbg_set_wasm(instance.exports);
    (instance.exports.__wbindgen_start as () => void)();
    instantiated = true;
  }
  const factory = new WholeScriptAdapterFactory(ownerUrl);
  const datamodels = schemaFiles().map((file) => [file.path, file.content] as [string, string]);
  const engine = await engineBindings.SchemaEngine.new(
    { datamodels },
    () => {},
    bindMigrationAwareSqlAdapterFactory(factory),
  );
  return {
    engine,
    async close() {
      engine.free();
      await factory.end().catch(() => {}); // already ended when the engine disposed of its connection
    },
  };
}

/** Applies what is not applied yet, in order. @returns the names applied now. */
export async function applyMigrations(ownerUrl: string): Promise<string[]> {
  const { engine, close } = await openEngine(ownerUrl);
  try {
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList: migrationList(),
      filters: noFilter,
    });
    return appliedMigrationNames;
  } finally {
    await close();
  }
}

/** SQL that leads from nothing, or from the database as it stands, to the schema files. For writing migrations. */
export async function sqlFromEmpty(ownerUrl: string): Promise<string> {
  const { engine, close } = await openEngine(ownerUrl);
  try {
    const result = await engine.diff({
      from: { tag: "empty" },
      to: { tag: "schemaDatamodel", files: schemaFiles() },
      script: true,
      exitCode: null,
      filters: noFilter,
    });
    return result.stdout ?? "";
  } finally {
    await close();
  }
}
