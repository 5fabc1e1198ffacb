/**
 * Why something is as it is, as the portal says it to a screen: a code and what belongs to it, never a sentence. Whoever shows it puts
 * it in words (`src/app/_ui/in-words.ts`), so that the words can be of another language and rows keep none. What goes wrong in a call
 * is in `errors.ts`, what keeps a delivery in `delivery-failure.ts`.
 */
type Params = {
  /** The class that the hospital asked for. */
  "asked-for": { priority: "stat" | "urgent" | "routine" };
  overdue: object;
  "due-within": { minutes: number };
  "head-ct": object;
  "pulmonary-embolism-ct": object;
  "emergency-named": object;
  "patient-under": { years: number };
  "waiting-over": { minutes: number };

  "same-modality": { modality: string };
  /** Regions as `body-regions.ts` names them. */
  "same-region": { regions: string[] };
  "neighbouring-region": { regions: string[] };
  "same-side": { side: string };
  "other-side": { side: string };
  earlier: { days: number };

  /** Images of one study name different patients. */
  "images-name-others": { differ: DifferingAttribute[] };
  /** Earlier studies under the patient ID name another patient than the study. */
  "priors-name-another": { differ: DifferingAttribute[] };
  /** This earlier study does. */
  "prior-names-another": { differ: DifferingAttribute[] };
  "too-little-known": object;
  "patient-id-names-nobody": object;

  /** So many came of so many; the others were refused for good. */
  "images-refused": { received: number; expected: number; refused: number };
  "images-damaged": { damaged: number };

  /** The SOP Instance UID belongs to an image of another series or study. */
  "uid-of-another-place": object;
  /** It came before with another data set. */
  "uid-with-other-content": object;
  /** It came before in another transfer syntax; both as PS3.6 names them. */
  "uid-in-other-syntax": { served: string; came: string };
};

/** What of a patient can differ between two headers; names of attributes, never their values. */
export type DifferingAttribute = "patient-id" | "issuer" | "name" | "birth-date" | "sex";
export type ReasonCode = keyof Params;
export type ReasonParams<C extends ReasonCode> = Params[C];
export type Reason<C extends ReasonCode = ReasonCode> = { [K in C]: { code: K; params: Params[K] } }[C];

/** Why it is not certain whose images these are. */
export type IdentityDoubt = Reason<"images-name-others" | "priors-name-another" | "patient-id-names-nobody">;

export const reason = <C extends ReasonCode>(
  code: C,
  ...[params]: Params[C] extends Record<string, unknown> ? [Params[C]] : []
): Reason<C> => ({ code, params: params ?? {} }) as Reason<C>;
