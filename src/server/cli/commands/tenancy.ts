import { randomBytes } from "node:crypto";
import { DomainError } from "@overread/shared/errors";
import { createApiToken, revokeApiToken, tokenScopes } from "#server/auth/api-token.ts";
import { hashPassword } from "#server/auth/password.ts";
import { config } from "#server/config.ts";
import type { Tx } from "#server/context.ts";
import { OrganizationKind, Role } from "#server/db/generated/enums.ts";
import { withMaintenance } from "#server/db/maintenance.ts";
import { issueEnrollmentCodeAsOperator } from "#server/domain/edge/index.ts";
import {
  createContract,
  createFacility,
  createOrganization,
  insertAccount,
  makeResetLinkAsOperator,
} from "#server/domain/tenancy/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { type Command, listOf, need, optional, passwordFrom, slug, UsageError } from "../command.ts";

const by = "cli";

async function orgBySlug(tx: Tx, orgSlug: string) {
  const org = await tx.organization.findUnique({ where: { slug: orgSlug } });
  if (!org) throw new DomainError("org.not-found");
  return org;
}

/** A time zone of the IANA list, or undefined where none was given. */
function timeZoneOf(values: Parameters<typeof optional>[0]): string | undefined {
  const timeZone = optional(values, "time-zone");
  if (timeZone && timeZone !== "UTC" && !Intl.supportedValuesOf("timeZone").includes(timeZone))
    throw new UsageError(`${timeZone} is not a time zone`);
  return timeZone;
}

/** Options shared by organisations and facilities. */
const place = { slug: { type: "string" }, name: { type: "string" }, "time-zone": { type: "string" } } as const;

/** @throws {UsageError} when the slug is taken. */
function assertFree(taken: unknown, shortName: string): void {
  if (taken) throw new UsageError(`${shortName} exists already`);
}

const orgCreate: Command = {
  name: "org create",
  usage: "--slug <short name> --name <name> --kind hospital|reading_group [--time-zone <zone>]",
  summary: "Create an organisation",
  options: { ...place, kind: { type: "string" } },
  async run({ values }) {
    const input = { slug: slug(need(values, "slug")), name: need(values, "name") };
    const [kind] = listOf(need(values, "kind"), Object.values(OrganizationKind), "kind");
    const timeZone = timeZoneOf(values);
    const { id } = await withMaintenance(async (tx) => {
      assertFree(await tx.organization.findUnique({ where: { slug: input.slug } }), input.slug);
      return createOrganization(tx, { ...input, kind: kind!, ...(timeZone ? { timeZone } : {}) }, by);
    });
    return { json: { orgId: id, slug: input.slug }, lines: [`Organisation ${input.slug} created.`] };
  },
};

const facilityCreate: Command = {
  name: "facility create",
  usage: "--org <slug> --slug <short name> --name <name> [--time-zone <zone>]",
  summary: "Add a facility to a hospital organisation",
  options: { ...place, org: { type: "string" } },
  async run({ values }) {
    const facilitySlug = slug(need(values, "slug"));
    const zone = timeZoneOf(values);
    const { id } = await withMaintenance(async (tx) => {
      const org = await orgBySlug(tx, need(values, "org"));
      const timeZone = zone ?? org.timeZone;
      if (org.kind !== "hospital") throw new UsageError(`${org.slug} is no hospital`);
      const known = await tx.facility.findUnique({ where: { orgId_slug: { orgId: org.id, slug: facilitySlug } } });
      assertFree(known, facilitySlug);
      return createFacility(tx, org.id, { slug: facilitySlug, name: need(values, "name"), timeZone }, by);
    });
    return {
      json: { facilityId: id, slug: facilitySlug },
      lines: [`Facility ${facilitySlug} created. It accepts no calling AE title until its administrator lists some.`],
    };
  },
};

const contractCreate: Command = {
  name: "contract create",
  usage: "--hospital <slug> --group <slug> [--facility <slug>]",
  summary: "Let a reading group read for a hospital",
  options: { hospital: { type: "string" }, group: { type: "string" }, facility: { type: "string" } },
  async run({ values }) {
    const { id } = await withMaintenance(async (tx) => {
      const hospital = await orgBySlug(tx, need(values, "hospital"));
      const group = await orgBySlug(tx, need(values, "group"));
      if (hospital.kind !== "hospital") throw new UsageError(`${hospital.slug} is no hospital`);
      if (group.kind !== "reading_group") throw new UsageError(`${group.slug} is no reading group`);
      const facilitySlug = optional(values, "facility");
      const facility = facilitySlug
        ? await tx.facility.findUnique({ where: { orgId_slug: { orgId: hospital.id, slug: facilitySlug } } })
        : null;
      if (facilitySlug && !facility) throw new DomainError("facility.not-found");
      return createContract(tx, { orgId: hospital.id, readerOrgId: group.id, facilityId: facility?.id ?? null }, by);
    });
    return { json: { contractId: id }, lines: ["Contract created."] };
  },
};

const userCreate: Command = {
  name: "user create",
  usage:
    "--org <slug> --email <address> --name <name> --roles <list> [--qualification <letters>] [--password-env <variable>]",
  summary:
    "Create an account; prints its first password once, unless a variable holds one. It signs nothing until the person has changed it",
  options: {
    org: { type: "string" },
    email: { type: "string" },
    name: { type: "string" },
    roles: { type: "string" },
    qualification: { type: "string" },
    "password-env": { type: "string" },
  },
  async run({ values }) {
    const given = passwordFrom(optional(values, "password-env"));
    const password = given ?? randomBytes(12).toString("base64url");
    const account = {
      email: need(values, "email"),
      displayName: need(values, "name"),
      roles: listOf(need(values, "roles"), Object.values(Role), "role"),
      qualification: optional(values, "qualification") ?? "",
      passwordHash: await hashPassword(password),
      // Operators may know it.
      mustChange: true,
    };
    const { id } = await withMaintenance(async (tx) => {
      const org = await orgBySlug(tx, need(values, "org"));
      return insertAccount(tx, systemActor(org.id, by), org.id, account);
    });
    return {
      json: { userId: id, email: account.email.toLowerCase(), ...(given ? {} : { password }) },
      lines: [`Account ${account.email} created.`, ...(given ? [] : [`First password (shown this once): ${password}`])],
    };
  },
};

const userResetLink: Command = {
  name: "user reset-link",
  usage: "--org <slug> --email <address>",
  summary: "Print a single-use link (24 hours) with which the person of an account sets a new password",
  options: { org: { type: "string" }, email: { type: "string" } },
  async run({ values }) {
    const email = need(values, "email");
    const { token, expiresAt } = await withMaintenance(async (tx) => {
      const org = await orgBySlug(tx, need(values, "org"));
      return makeResetLinkAsOperator(tx, systemActor(org.id, by), email);
    });
    const link = new URL(`/invitation#${token}`, config().http.publicUrl).href;
    return { json: { link, expiresAt: expiresAt.toISOString() }, lines: [link] };
  },
};

const tokenCreate: Command = {
  name: "token create",
  usage: `--org <slug> --scopes <list> [--name <name>] [--days <number>]`,
  summary: `Create a bearer token and print it once (scopes: ${tokenScopes.join(", ")})`,
  options: { org: { type: "string" }, scopes: { type: "string" }, name: { type: "string" }, days: { type: "string" } },
  async run({ values }) {
    const scopes = listOf(need(values, "scopes"), tokenScopes, "scope");
    const days = Number(optional(values, "days") ?? "0");
    if (!Number.isInteger(days) || days < 0) throw new UsageError("--days must be a whole number");
    const expiresAt = days > 0 ? new Date(Date.now() + days * 86_400_000) : null;
    const name = optional(values, "name") ?? "cli";
    const { token, tokenId } = await createApiToken(need(values, "org"), scopes, name, { expiresAt, actorName: by });
    return { json: { token, tokenId, scopes, expiresAt: expiresAt?.toISOString() ?? null }, lines: [token] };
  },
};

const tokenRevoke: Command = {
  name: "token revoke",
  usage: "--id <token id>",
  summary: "End a bearer token; it stops working at once",
  options: { id: { type: "string" } },
  async run({ values }) {
    const id = need(values, "id");
    if (!/^[0-9a-f-]{36}$/.test(id)) throw new UsageError("--id is not a token id");
    const revoked = await revokeApiToken(id, by);
    return { json: { revoked }, lines: [revoked ? "Revoked." : "There is no such open token."], failed: !revoked };
  },
};

const edgeEnrollCode: Command = {
  name: "edge enroll-code",
  usage: "--facility <slug> [--org <slug>]",
  summary:
    "Print a one-time code with which an edge router enrols (24 hours); --org where several hospitals have a facility of that name",
  options: { facility: { type: "string" }, org: { type: "string" } },
  async run({ values }) {
    const facilitySlug = need(values, "facility");
    const orgSlug = optional(values, "org");
    const { code, expiresAt } = await withMaintenance((tx) =>
      issueEnrollmentCodeAsOperator(tx, { facilitySlug, orgSlug, by }),
    ).catch((error: unknown) => {
      if (error instanceof DomainError && error.code === "request.invalid")
        throw new UsageError(`several hospitals have a facility ${facilitySlug}: say which with --org`);
      throw error;
    });
    return { json: { code, expiresAt: expiresAt.toISOString(), facility: facilitySlug }, lines: [code] };
  },
};

export const tenancyCommands = [
  orgCreate,
  facilityCreate,
  contractCreate,
  userCreate,
  userResetLink,
  tokenCreate,
  tokenRevoke,
  edgeEnrollCode,
];
