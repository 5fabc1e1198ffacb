import { z } from "zod";

/**
 * Why a delivery has not arrived: a code of ours and its parameters, such as the status that a PACS answered. Never
 * text of a peer, never a value of a data set. The text is made where it is shown.
 */
export const DeliveryFailure = z.object({
  code: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,59}$/),
  params: z.record(z.string().regex(/^[a-zA-Z]{1,30}$/), z.union([z.string().max(60), z.number()])).default({}),
});
export type DeliveryFailure = z.output<typeof DeliveryFailure>;

export const failure = (code: string, params: DeliveryFailure["params"] = {}): DeliveryFailure => ({ code, params });

/** Codes whose single parameter is appended to the code in version 1 of the edge contract and on the command line. */
const singleParameterCodes = [
  { code: "dimse-status", param: "status", spelt: "status-", value: /^[0-9a-f]{4}$/ },
  { code: "retrieve-http", param: "status", spelt: "retrieve-http-", value: /^\d{3}$/ },
] as const;

/** A failure as one code, such as `connection-refused` or `status-a700`. */
export function reasonOf({ code, params }: DeliveryFailure): string {
  const known = singleParameterCodes.find((each) => each.code === code);
  return known && params[known.param] !== undefined ? `${known.spelt}${params[known.param]}` : code;
}

/** The failure for a single code; an unknown code becomes `unknown`. */
export function failureOfReason(reason: string): DeliveryFailure {
  for (const { code, param, spelt, value } of singleParameterCodes) {
    const rest = reason.slice(spelt.length);
    if (reason.startsWith(spelt) && value.test(rest)) return failure(code, { [param]: rest });
  }
  return DeliveryFailure.safeParse({ code: reason }).data ?? failure("unknown");
}
