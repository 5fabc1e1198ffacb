import type { ImagingAction } from "#server/domain/imaging/index.ts";

/** The UIDs of a URL. */
export type Target = { study: string; series?: string | undefined; instance?: string | undefined };

export type DicomwebRoute = {
  method: "GET" | "POST";
  /** Below `/dicomweb/{org}`; `{name}` is one segment, `{path*}` the rest. */
  pattern: string;
  name: string;
  action: ImagingAction;
};

const get = (pattern: string, name: string, action: ImagingAction = "study.read"): DicomwebRoute => ({
  method: "GET",
  pattern,
  name,
  action,
});
const ofSeries = "/studies/{study}/series/{series}";
const ofInstance = `${ofSeries}/instances/{instance}`;

/** All routes. The router serves these only; the cross-tenant test walks them. */
export const dicomwebRoutes: readonly DicomwebRoute[] = [
  { method: "POST", pattern: "/studies", name: "store", action: "study.store" },
  { method: "POST", pattern: "/studies/{study}", name: "store-study", action: "study.store" },
  get("/studies", "search-studies", "study.search"),
  get("/series", "search-series", "study.search"),
  get("/instances", "search-instances", "study.search"),
  get("/studies/{study}/series", "search-study-series"),
  get("/studies/{study}/instances", "search-study-instances"),
  get(`${ofSeries}/instances`, "search-series-instances"),
  get("/studies/{study}", "retrieve-study"),
  get(ofSeries, "retrieve-series"),
  get(ofInstance, "retrieve-instance"),
  get("/studies/{study}/metadata", "metadata-study"),
  get(`${ofSeries}/metadata`, "metadata-series"),
  get(`${ofInstance}/metadata`, "metadata-instance"),
  get(`${ofInstance}/frames/{frames}`, "frames"),
  get(`${ofInstance}/bulkdata/{path*}`, "bulkdata"),
  get(`${ofInstance}/rendered`, "rendered-instance"),
  get(`${ofInstance}/frames/{frames}/rendered`, "rendered-frame"),
  get("/studies/{study}/thumbnail", "thumbnail-study"),
  get(`${ofSeries}/thumbnail`, "thumbnail-series"),
  get(`${ofInstance}/thumbnail`, "thumbnail-instance"),
  get(`${ofInstance}/frames/{frames}/thumbnail`, "thumbnail-frame"),
];

const compiled = dicomwebRoutes.map((route) => ({
  route,
  expression: new RegExp(
    `^${route.pattern.replace(/\{(\w+)(\*?)\}/g, (_, name: string, rest: string) => `(?<${name}>${rest ? ".+" : "[^/]+"})`)}/?$`,
  ),
}));

/** @returns undefined for an unknown path; `allow` when the method is wrong, or for OPTIONS. */
export function matchRoute(
  method: string,
  path: string,
): { route: DicomwebRoute; parameters: Record<string, string> } | { allow: string } | undefined {
  const allowed = new Set<string>();
  for (const { route, expression } of compiled) {
    const match = expression.exec(path);
    if (!match) continue;
    // A HEAD is a GET without a body (RFC 9110 §9.3.2).
    if (route.method === (method === "HEAD" ? "GET" : method)) return { route, parameters: { ...match.groups } };
    allowed.add(route.method);
    if (route.method === "GET") allowed.add("HEAD");
  }
  return allowed.size > 0 ? { allow: [...allowed, "OPTIONS"].join(", ") } : undefined;
}
