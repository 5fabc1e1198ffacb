import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import { type CommandElement, commandField, field } from "../../edge-router/src/dimse/command.ts";
import { lastResponse, Requestor } from "../../edge-router/src/dimse/requestor.ts";
import { defaultCaps, Scp } from "../../edge-router/src/dimse/scp.ts";
import { type DimseResponse, type DimseService, withWholeDataSet } from "../../edge-router/src/dimse/service.ts";
import { generalStatus } from "../../edge-router/src/dimse/status.ts";
import { dimseServices } from "../../edge-router/src/dimse-services.ts";
import { run, until } from "./edge-process.ts";

/** A service that this edge does not have, made up from the outside: a worklist, and steps that are made and refused. */
const WORKLIST = "1.2.840.10008.5.1.4.31";
const IMPLICIT = "1.2.840.10008.1.2";
const cFind = 0x0020;
const nCreate = 0x0140;
const patientIdOf = (identifier: Buffer): string => {
  const at = identifier.indexOf(Buffer.from([0x10, 0, 0x20, 0]));
  return identifier.toString("latin1", at + 8, at + 8 + identifier.readUInt32LE(at + 4)).trim();
};
const element = (group: number, number: number, value: string): Buffer => {
  const padded = Buffer.from(value.length % 2 ? `${value} ` : value, "latin1");
  const head = Buffer.alloc(8);
  head.writeUInt16LE(group, 0);
  head.writeUInt16LE(number, 2);
  head.writeUInt32LE(padded.length, 4);
  return Buffer.concat([head, padded]);
};

const asked: string[] = [];
let cancelled = 0;
let ended = 0;
const worklist: DimseService = {
  serves: (abstractSyntax) => abstractSyntax === WORKLIST,
  chooseTransferSyntax: (offered) => offered.find((uid) => uid === IMPLICIT),
  operations: {
    [cFind]: {
      dataSet: true,
      cancelable: true,
      begin: ({ signal }) =>
        withWholeDataSet(64 * 1024, async function* (identifier): AsyncGenerator<DimseResponse> {
          asked.push(patientIdOf(identifier));
          const isEndless = patientIdOf(identifier) === "ENDLESS";
          try {
            for (let at = 0; at < 3 || (isEndless && !signal.aborted); at++) {
              const dataSet = element(0x0008, 0x0050, `ACC${at}`);
              yield { status: generalStatus.pending, dataSet };
              // The answers of a database come one after the other too.
              await new Promise((resolve) => setImmediate(resolve));
            }
            if (signal.aborted) cancelled++;
            yield { status: signal.aborted ? generalStatus.cancel : generalStatus.success };
          } finally {
            ended++;
          }
        }),
    },
    [nCreate]: {
      dataSet: true,
      begin: () =>
        withWholeDataSet(1024, async (attributes) => {
          if (attributes.includes("TWICE")) throw new DomainError("dicom.uid-mismatch");
          return { status: generalStatus.success, elements: [[field.affectedSopInstanceUid, "UI", "1.2.3"]] };
        }),
    },
  },
  // PS3.7 §10.1.5.1.6: duplicate SOP instance.
  statuses: { "dicom.uid-mismatch": { status: 0x0111, comment: "step is there already" } },
};

const events: string[] = [];
let port = 0;
const scp = new Scp(
  {
    services: [
      worklist,
      ...dimseServices({
        begin: () => assert.fail("nobody stores here"),
        associationEnded: () => undefined,
        refused: () => undefined,
      }),
    ],
    policy: () => ({ calledAeTitles: ["EDGE"], allowedCallingAeTitles: "*" }),
    event: (name, details) => events.push(`${name} ${details.code ?? ""}`.trim()),
  },
  defaultCaps,
);
before(async () => {
  port = await scp.listen("127.0.0.1", 0);
});
after(() => scp.close(0));

const find = (patientId: string, ...options: string[]) =>
  run("findscu", [
    "-v",
    "-W",
    "-aec",
    "EDGE",
    ...options,
    "-k",
    "AccessionNumber",
    "-k",
    `PatientID=${patientId}`,
    "127.0.0.1",
    String(port),
  ]);

const open = (abstractSyntax = WORKLIST) =>
  Requestor.open({ host: "127.0.0.1", port, calledAeTitle: "EDGE", callingAeTitle: "MODALITY", answerMs: 10_000 }, [
    { id: 1, abstractSyntax, transferSyntaxes: [IMPLICIT] },
  ]);
const command = (kind: number): CommandElement[] => [
  [field.affectedSopClassUid, "UI", WORKLIST],
  [field.commandField, "US", kind],
  [field.priority, "US", 0],
];
const dataSet = (bytes: Buffer) => ({ lengthBytes: bytes.length, pieces: [bytes] });

test("a service that is only listed answers DCMTK's query, match by match", async () => {
  const { code, output } = await find("PAT7");
  assert.equal(code, 0, output);
  assert.equal(asked.at(-1), "PAT7");
  assert.deepEqual(output.match(/ACC\d/g), ["ACC0", "ACC1", "ACC2"]);
  assert.match(output, /Received Final Find Response \(Success\)/);
});

test("a query that DCMTK cancels ends, and is answered as cancelled", async () => {
  const { code, output } = await find("ENDLESS", "--cancel", "5");
  assert.equal(code, 0, output);
  await until("the service has ended", () => cancelled === 1);
  assert.match(output, /Cancel/);
});

test("a peer that hangs up in the middle of the answers ends them too", async () => {
  const endedBefore = ended;
  const requestor = await open();
  const responses = requestor.request(1, command(cFind), dataSet(element(0x0010, 0x0020, "ENDLESS")));
  assert.equal((await responses.next()).value?.status, generalStatus.pending);
  requestor.abort();
  await until("the service has ended", () => ended === endedBefore + 1);
});

test("our own requestor reads each match and what comes with it, and cancels", async () => {
  const requestor = await open();
  const seen: string[] = [];
  for await (const response of requestor.request(1, command(cFind), dataSet(element(0x0010, 0x0020, "ENDLESS")))) {
    if (response.dataSet) seen.push(response.dataSet.toString("latin1", 8));
    else seen.push(response.status.toString(16));
    if (seen.length === 4) requestor.cancel();
  }
  assert.deepEqual(seen.slice(0, 4), ["ACC0", "ACC1", "ACC2", "ACC3"]);
  assert.equal(seen.at(-1), "fe00");
  await requestor.release();
});

test("each service has statuses of its own, and a command that it has not is answered 0211", async () => {
  const requestor = await open();
  const ask = (kind: number, text: string) =>
    lastResponse(requestor.request(1, command(kind), dataSet(Buffer.from(text, "latin1"))));
  const made = await ask(nCreate, "ONCE");
  assert.deepEqual([made.status, made.command.uid(field.affectedSopInstanceUid)], [0, "1.2.3"]);
  assert.equal(made.command.number(field.commandField), nCreate | commandField.response);
  assert.equal((await ask(nCreate, "TWICE!")).status, 0x0111);
  assert.ok(events.includes("request refused dicom.uid-mismatch"));
  assert.equal((await ask(commandField.cStore, "object")).status, generalStatus.unrecognizedOperation);
  // Whoever has the association open may ask whether we are there.
  const echo = await lastResponse(requestor.request(1, [[field.commandField, "US", commandField.cEcho]]));
  assert.equal(echo.status, generalStatus.success);
  await requestor.release();
});

test("a data set beyond what the service takes is refused and not kept", async () => {
  const requestor = await open();
  const pieces = Array.from({ length: 64 }, () => Buffer.alloc(1024));
  const { status } = await lastResponse(requestor.request(1, command(nCreate), { lengthBytes: 64 * 1024, pieces }));
  assert.equal(status, generalStatus.processingFailure);
  assert.equal((await lastResponse(requestor.request(1, command(nCreate), dataSet(Buffer.from("ONCE"))))).status, 0);
  await requestor.release();
});

test("a context of a service that nobody lists is refused", async () => {
  const requestor = await open("1.2.840.10008.3.1.2.3.3");
  assert.equal(requestor.accepted.size, 0);
  await requestor.release();
});
