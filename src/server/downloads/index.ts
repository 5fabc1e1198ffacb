import { DomainError } from "@overread/shared/errors";
import type { Exchange, Mount } from "#server/http/protocol.ts";
import { licenceDocument } from "./licence-document.ts";
import { quarantinedFile } from "./quarantined-file.ts";
import { reportPdf } from "./reports-pdf.ts";

const uuid = "([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})";
/** Each address contains one of our own keys. */
const files: { address: RegExp; send: (exchange: Exchange, id: string) => Promise<void> }[] = [
  { address: new RegExp(`^/api/reports/${uuid}/pdf$`), send: reportPdf },
  { address: new RegExp(`^/api/licence-documents/${uuid}$`), send: licenceDocument },
  { address: new RegExp(`^/api/quarantine/${uuid}$`), send: quarantinedFile },
];

/** Files that a person opens from a page, below `/api`. */
export const downloads: Mount = () => ({
  name: "downloads",
  answers: "data",
  match: (path) => files.some(({ address }) => address.test(path)),
  limits: { methods: ["GET", "HEAD"], body: { kind: "small" } },
  async handle(exchange) {
    for (const { address, send } of files) {
      const id = address.exec(exchange.path)?.[1];
      if (id) return send(exchange, id);
    }
    throw new DomainError("resource.not-found");
  },
});
