import assert from "node:assert/strict";
import { test } from "node:test";
import { dataHeader, encodeReleaseRequest, ProtocolError } from "./pdu.ts";
import { PduReader } from "./pdu-reader.ts";

type Seen = {
  events: string[];
  reader: PduReader;
};
function read(onEvent?: (reader: PduReader, event: string) => void): Seen {
  const seen: Seen = { events: [], reader: null as unknown as PduReader };
  const note = (event: string): void => {
    seen.events.push(event);
    onEvent?.(seen.reader, event);
  };
  seen.reader = new PduReader({
    control: (type, body) => note(`control ${type} ${body.length}`),
    fragment: (id, isCommand, bytes, last) => note(`${isCommand ? "command" : "data"} ${id} ${bytes} ${last}`),
  });
  return seen;
}
const data = (text: string, last: boolean): Buffer =>
  Buffer.concat([dataHeader(3, text.length, false, last), Buffer.from(text)]);

test("PDUs come out the same however the network cuts them", () => {
  const stream = Buffer.concat([data("hello", false), data("", false), data("you", true), encodeReleaseRequest()]);
  for (let step = 1; step <= stream.length; step++) {
    const { events, reader } = read();
    for (let at = 0; at < stream.length; at += step) reader.push(stream.subarray(at, at + step));
    const text = events
      .filter((event) => event.startsWith("data"))
      .map((event) => event.split(" ")[2])
      .join("");
    assert.equal(text, "helloyou");
    assert.equal(events.filter((event) => event.endsWith("true")).length, 1);
    assert.equal(events.at(-1), "control 5 4");
  }
});

test("two PDVs in one PDU are both found", () => {
  const pdv = (text: string, flags: number): Buffer => {
    const head = Buffer.alloc(6);
    head.writeUInt32BE(text.length + 2);
    head[4] = 3;
    head[5] = flags;
    return Buffer.concat([head, Buffer.from(text)]);
  };
  const body = Buffer.concat([pdv("ab", 1 | 2), pdv("cd", 2)]);
  const head = Buffer.from([4, 0, 0, 0, 0, body.length]);
  const { events, reader } = read();
  reader.push(Buffer.concat([head, body]));
  assert.deepEqual(events, ["command 3 ab true", "data 3 cd true"]);
});

test("what comes behind a message that is not answered yet is kept in order and unread", () => {
  const seen = read((reader, event) => {
    if (event === "data 3 one true") reader.hold();
  });
  seen.reader.push(Buffer.concat([data("one", true), data("two", true)]));
  seen.reader.push(data("three", true));
  assert.deepEqual(seen.events, ["data 3 one true"]);
  assert.equal(seen.reader.backlog, true);
  seen.reader.resume();
  assert.deepEqual(seen.events, ["data 3 one true", "data 3 two true", "data 3 three true"]);
  assert.equal(seen.reader.backlog, false);
});

test("lengths beyond the caps and stray types are protocol errors before any of their bytes come", () => {
  for (const head of [
    [4, 0, 0xff, 0xff, 0xff, 0xff],
    [1, 0, 0xff, 0xff, 0xff, 0xff],
    [5, 0, 0, 1, 0, 0],
    [9, 0, 0, 0, 0, 4],
    [4, 0, 0, 0, 0, 2],
  ])
    assert.throws(() => read().reader.push(Buffer.from(head)), ProtocolError);
  const longPdv = Buffer.from([4, 0, 0, 0, 0, 10, 0, 0, 0, 50, 3, 2]);
  assert.throws(() => read().reader.push(longPdv), ProtocolError);
});
