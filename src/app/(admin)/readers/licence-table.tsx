"use client";

import type { ReactNode } from "react";
import { formatBytes } from "../../_ui/format.ts";
import { Exact } from "../../_ui/now.tsx";
import { Badge } from "../../_ui/status.tsx";
import { Table } from "../../_ui/table.tsx";
import { licenceStateWords, outcomeWords, type ReaderView } from "./words.ts";

type Licence = ReaderView["licences"][number];
const tones = { valid: "done", "not-yet": "urgent", ended: "stat", removed: "neutral" } as const;

/** Licences with the checks made of them; the newest check is in sight, the others unfold. */
export function LicenceTable({ licences, acts }: { licences: Licence[]; acts?: (licence: Licence) => ReactNode }) {
  if (licences.length === 0) return <p className="text-quiet">No licence is on file.</p>;
  return (
    <Table
      label="Licences"
      head={["Jurisdiction", "Number", "Valid", "State", "Document", "Checked", ...(acts ? [""] : [])]}
    >
      {licences.map((licence) => (
        <tr key={licence.licenceId}>
          <td className="font-medium">{licence.jurisdiction}</td>
          <td className="break-all">{licence.number}</td>
          <td className="tabular">
            {licence.validFrom || licence.validUntil
              ? `${licence.validFrom ?? "…"} to ${licence.validUntil ?? "no end"}`
              : "without end"}
          </td>
          <td>
            <Badge tone={tones[licence.state]}>{licenceStateWords[licence.state]}</Badge>
          </td>
          <td>
            <Documents licence={licence} />
          </td>
          <td>
            <Checked checks={licence.checks} />
          </td>
          {acts ? <td className="text-right">{acts(licence)}</td> : null}
        </tr>
      ))}
    </Table>
  );
}

const fileKinds: Record<string, string> = { "application/pdf": "PDF", "image/jpeg": "JPEG", "image/png": "PNG" };

/** What was uploaded, to save; and where anything else is kept. */
function Documents({ licence: { document, files } }: { licence: Licence }) {
  if (!document && files.length === 0) return <span className="text-quiet">none</span>;
  return (
    <div className="flex flex-col gap-1">
      {document ? <span>{document}</span> : null}
      {files.map(({ documentId, mediaType, sizeBytes, by, at }) => (
        <span key={documentId}>
          <a href={`/api/licence-documents/${documentId}`} download className="underline">
            {fileKinds[mediaType] ?? "File"}, {formatBytes(sizeBytes)}
          </a>
          <span className="block text-xs text-quiet">
            {by}, <Exact at={at} />
          </span>
        </span>
      ))}
    </div>
  );
}

function Checked({ checks }: { checks: Licence["checks"] }) {
  const [newest, ...older] = checks;
  if (!newest) return <span className="text-quiet">never</span>;
  return (
    <div>
      <Check check={newest} />
      {older.length > 0 ? (
        <details>
          <summary className="text-quiet">Earlier checks</summary>
          <ul className="flex flex-col gap-1">
            {older.map((check) => (
              <li key={String(check.at)}>
                <Check check={check} />
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </div>
  );
}

const Check = ({ check }: { check: Licence["checks"][number] }) => (
  <span>
    {outcomeWords[check.outcome as keyof typeof outcomeWords] ?? check.outcome} by {check.by}, <Exact at={check.at} />
    <span className="block text-quiet">
      {check.source}
      {check.note ? `: ${check.note}` : ""}
    </span>
  </span>
);
