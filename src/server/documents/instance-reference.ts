/** An object of the archive, as evidence names it. */
export type InstanceReference = { seriesInstanceUid: string; sopInstanceUid: string; sopClassUid: string };
