import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { PrismaPg } from "@prisma/adapter-pg";
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from "@prisma/driver-adapter-utils";
import * as engineBindings from "@prisma/schema-engine-wasm/schema_engine_bg";
import pg from "pg";

/**
 * Prisma migrations without Prisma's downloaded engine: uses the same schema engine as WebAssembly, so that a machine
 * that reaches only the npm registry can migrate. Writes `_prisma_migrations` as `prisma migrate deploy` does.
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

const [oneLetter, text] = [18, 25];
/** System catalogues have columns of type "char", which the adapter refuses and the engine expects as characters. */
class CataloguePool extends pg.Pool {
  /** Positions of such columns in the newest result. */
  characters = new Set<number>();
  // biome-ignore lint/suspicious/noExplicitAny: passes on whatever forms of query the adapter uses
  override async query(...args: any[]): Promise<any> {
    const result = await (super.query as (...all: unknown[]) => Promise<pg.QueryResult>)(...args);
    const fields = result?.fields ?? [];
    this.characters = new Set(fields.flatMap(({ dataTypeID }, at) => (dataTypeID === oneLetter ? [at] : [])));
    for (const at of this.characters) (fields[at] as pg.FieldDef).dataTypeID = text;
    return result;
  }
}

/**
 * The pg adapter splits scripts at every semicolon, which breaks function bodies. Here a script is sent as a whole: the
 * simple protocol runs it as one implicit transaction, so a migration applies entirely or not at all.
 */
class WholeScriptAdapterFactory extends PrismaPg {
  readonly #pool: CataloguePool;
  constructor(ownerUrl: string) {
    const pool = new CataloguePool({ connectionString: ownerUrl, max: 2 });
    super(pool, { disposeExternalPool: true });
    this.#pool = pool;
  }
  override async connect(): ReturnType<PrismaPg["connect"]> {
    const adapter = await super.connect();
    adapter.executeScript = async (script) => void (await this.#pool.query(script));
    const ask = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (query) => {
      const answer = await ask(query);
      const { characters } = this.#pool;
      const columnTypes = answer.columnTypes.map((type, at) => (characters.has(at) ? ColumnTypeEnum.Character : type));
      return { ...answer, columnTypes };
    };
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

/** Applies pending migrations, in order. @returns the names applied now. */
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

/**
 * The SQL that would turn the migrated database into the schema files' state; empty when they agree. For writing a
 * migration, and for the test that none is missing. Indexes on expressions, triggers, policies and grants are unknown
 * to Prisma and do not count.
 */
export async function schemaDiffSql(ownerUrl: string): Promise<string> {
  const { engine, close } = await openEngine(ownerUrl);
  try {
    const { stdout } = await engine.diff({
      from: { tag: "schemaDatasource", files: schemaFiles(), configDir: prismaDir },
      to: { tag: "schemaDatamodel", files: schemaFiles() },
      script: true,
      exitCode: null,
      filters: noFilter,
    });
    return (stdout ?? "").trim();
  } finally {
    await close();
  }
}
