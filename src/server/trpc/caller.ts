import { randomUUID } from "node:crypto";
import type { Actor } from "#server/context.ts";
import { createCallerFactory, type TrpcContext } from "./procedure.ts";
import { appRouter } from "./root.ts";

const factory = createCallerFactory(appRouter);

/** The procedures for server components, without HTTP: the same checks, the same transactions. */
export function createCaller(actor: Actor | null, prove: TrpcContext["prove"] = refuse, address = "unknown") {
  return factory({ actor, requestId: randomUUID(), address, prove });
}

/** Rendering a page never signs anything. */
const refuse: TrpcContext["prove"] = async () => {
  throw new Error("a server component cannot re-authenticate");
};
