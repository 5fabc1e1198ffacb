import manifest from "../package.json" with { type: "json" };

/** As the portal shows it beside the edge. */
export const softwareVersion: string = manifest.version;
