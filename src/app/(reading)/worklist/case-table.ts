import {
  columnOrderingFeature,
  columnResizingFeature,
  columnSizingFeature,
  columnVisibilityFeature,
  createColumnHelper,
  tableFeatures,
} from "@tanstack/react-table";
import type { WorklistItem } from "../../_trpc/types.ts";
import { caseColumns } from "./columns.tsx";

/** What the worklist's table can do. Sorting and filtering are the server's: the list is longer than what is here. */
export const caseFeatures = tableFeatures({
  columnOrderingFeature,
  columnResizingFeature,
  columnSizingFeature,
  columnVisibilityFeature,
});
export type CaseFeatures = typeof caseFeatures;

const helper = createColumnHelper<CaseFeatures, WorklistItem>();
export const caseTableColumns = helper.columns(
  caseColumns.map(({ id, label }) => helper.display({ id, header: label })),
);
