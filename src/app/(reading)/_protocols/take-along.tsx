"use client";

import { useRef, useState } from "react";
import { useTrpcClient } from "../../_trpc/client.tsx";
import { messageFor } from "../../_trpc/errors.ts";
import { Button } from "../../_ui/button.tsx";
import { plural } from "../../_ui/format.ts";

/** The reader's profile as a signed file, to take along and to bring; and hanging protocols of other systems. */
export function TakeAlong({ onImported }: { onImported: () => void }) {
  const client = useTrpcClient();
  const input = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState<{ lines: readonly string[]; isProblem: boolean } | null>(null);
  const tell = (...lines: string[]) => setSaid({ lines, isProblem: false });
  const refuse = (error: unknown) => setSaid({ lines: [messageFor(error)], isProblem: true });

  const download = async () => {
    try {
      const { file } = await client.hanging.exportProfile.query();
      saveFile(file, `reader-profile-${new Date().toISOString().slice(0, 10)}.json`);
      tell("Your protocols are in a signed file. It names no person and no patient.");
    } catch (error) {
      refuse(error);
    }
  };
  const take = async (file: File) => {
    try {
      const bytes = new Uint8Array(await file.arrayBuffer());
      // A DICOM file begins with a preamble of 128 bytes and these letters (PS3.10 §7.1).
      if (new TextDecoder("latin1").decode(bytes.subarray(128, 132)) === "DICM") {
        const { name, notKept } = await client.hanging.importDicom.mutate({ file: inBase64(bytes) });
        tell(`Kept: ${name}.`, ...notKept);
      } else {
        const done = await client.hanging.importProfile.mutate({ file: new TextDecoder().decode(bytes) });
        tell(
          done.kept.length > 0 ? `Kept: ${done.kept.join(", ")}.` : "Nothing new.",
          ...(done.same > 0 ? [`${plural(done.same, "protocol")} you have already.`] : []),
          ...(done.unread > 0 ? [`${plural(done.unread, "protocol")} of a newer release cannot be read.`] : []),
          done.ours ? "Signed here." : "Signed by another installation: it was not changed since.",
        );
      }
      onImported();
    } catch (error) {
      refuse(error);
    }
  };
  return (
    <div className="flex flex-col gap-2 border-t border-line pt-2">
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => void download()}>Export my profile</Button>
        <Button onClick={() => input.current?.click()}>Import a file…</Button>
        <input
          ref={input}
          type="file"
          aria-label="Profile or DICOM hanging protocol"
          accept=".json,.dcm,application/json,application/dicom"
          hidden
          onChange={({ currentTarget }) => {
            const [file] = currentTarget.files ?? [];
            if (file) void take(file);
            currentTarget.value = "";
          }}
        />
      </div>
      {said ? (
        <ul role={said.isProblem ? "alert" : "status"} className={said.isProblem ? "text-stat" : "text-quiet"}>
          {said.lines.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}

const inBase64 = (bytes: Uint8Array): string => {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
};

function saveFile(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
