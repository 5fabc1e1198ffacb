import { z } from "zod";

/**
 * Why something that leaves the portal has not arrived: a code of ours and what belongs to it, such as the status that a PACS answered.
 * Never text of a peer, never a value out of a data set. The words are made where they are shown.
 */
export const DeliveryFailure = z.object({
  code: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,59}$/),
  params: z.record(z.string().regex(/^[a-zA-Z]{1,30}$/), z.union([z.string().max(60), z.number()])).default({}),
});
export type DeliveryFailure = z.output<typeof DeliveryFailure>;

export const failure = (code: string, params: DeliveryFailure["params"] = {}): DeliveryFailure => ({ code, params });

/** Codes whose one parameter version 1 of the edge contract, and the command line, spell in one word with the code. */
const singleParameterCodes = [
  { code: "dimse-status", param: "status", spelt: "status-", value: /^[0-9a-f]{4}$/ },
  { code: "retrieve-http", param: "status", spelt: "retrieve-http-", value: /^\d{3}$/ },
] as const;

/** A failure in one word, such as `connection-refused` or `status-a700`. */
export function reasonOf({ code, params }: DeliveryFailure): string {
  const known = singleParameterCodes.find((each) => each.code === code);
  return known && params[known.param] !== undefined ? `${known.spelt}${params[known.param]}` : code;
}

/** The failure that a reason in one word stands for; what is no code of ours becomes `unknown`. */
export function failureOfReason(reason: string): DeliveryFailure {
  for (const { code, param, spelt, value } of singleParameterCodes) {
    const rest = reason.slice(spelt.length);
    if (reason.startsWith(spelt) && value.test(rest)) return failure(code, { [param]: rest });
  }
  return DeliveryFailure.safeParse({ code: reason }).data ?? failure("unknown");
}
