import assert from "node:assert/strict";
import { test } from "node:test";
import { Repairs, textDecoderFor, textEncoderFor } from "./character-set.ts";

const bytes = (latin1: string): Uint8Array => Uint8Array.from(latin1, (char) => char.charCodeAt(0));
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Reads under a declaration and tells in what set it was read in its place. */
function read(terms: string[], raw: Uint8Array): [text: string, repairedAs: string | null] {
  const repairs = new Repairs();
  const text = textDecoderFor(terms, repairs)(raw);
  return [text, [...repairs.labels][0] ?? null];
}

test("a name that is certainly in another set than its declaration says is read in that one", () => {
  const cases: [declared: string, raw: Uint8Array, text: string, label: string][] = [
    ["ISO_IR 192", bytes("\xcd\xf5^\xd0\xa1\xb6\xab"), "王^小东", "gb18030"],
    ["ISO_IR 192", bytes("Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab "), "Wang^XiaoDong=王^小东 ", "gb18030"],
    ["ISO_IR 192", bytes("\xd5\xc5^\xce\xb0"), "张^伟", "gb18030"],
    ["ISO_IR 192", bytes("M\xfcller^J\xf6rg"), "Müller^Jörg", "windows-1252"],
    ["ISO_IR 192", bytes("Gar\xe7on^Ren\xe9e"), "Garçon^Renée", "windows-1252"],
    ["ISO_IR 192", bytes("\x8eR\x93c^\x91\xbe\x98Y"), "山田^太郎", "shift_jis"],
    ["ISO_IR 100", bytes("O\x92Brien^Zo\xeb"), "O’Brien^Zoë", "windows-1252"],
    ["ISO_IR 100", bytes("\x8aimi\xe6^\x8eeljko"), "Šimiæ^Željko", "windows-1252"],
    ["ISO_IR 100", bytes("B\x9cuf^Ren\xe9"), "Bœuf^René", "windows-1252"],
    ["ISO_IR 100", utf8("Weiß^Jürgen"), "Weiß^Jürgen", "utf-8"],
    ["ISO_IR 100", bytes("\x8eR\x93c^\x91\xbe\x98Y"), "山田^太郎", "shift_jis"],
    ["ISO_IR 13", bytes("\x8eR\x93c^\x91\xbe\x98Y"), "山田^太郎", "shift_jis"],
    ["ISO_IR 13", bytes("\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x8eR\x93c^\x91\xbe\x98Y"), "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎", "shift_jis"],
    ["ISO 2022 IR 87", bytes("\xbb\xb3\xc5\xc4^\xc2\xc0\xcf\xba"), "山田^太郎", "euc-jp"],
    ["ISO 2022 IR 87", bytes("\x8eR\x93c^\x91\xbe\x98Y"), "山田^太郎", "shift_jis"],
    ["ISO_IR 101", bytes("\x8aimon\xe8i\xe8^\x8eiga"), "Šimončič^Žiga", "windows-1250"],
    ["GB18030", bytes("Ren\xe9"), "René", "windows-1252"],
    ["", bytes("O\x92Brien"), "O’Brien", "windows-1252"],
  ];
  for (const [declared, raw, text, label] of cases)
    assert.deepEqual(read(declared ? [declared] : [], raw), [text, label], `${declared}: ${text}`);
});

test("a backslash that is half of a character does not end a value", () => {
  assert.deepEqual(read(["ISO_IR 13"], bytes("\x95\x5c\x8eR")), ["表山", "shift_jis"]);
});

test("where two sets would do, or the text is only damaged, nothing is guessed", () => {
  for (const [declared, raw] of [
    // Hangul in EUC-KR and Han in GB 2312 at once.
    ["ISO_IR 192", bytes("\xc8\xab^\xb1\xe6\xb5\xbf")],
    // Chinese in GB 2312 and in Big5 at once.
    ["ISO_IR 192", bytes("\xc0\xee^\xb8\xd5")],
    // UTF-8 that a device cut off at 64 bytes, or spoilt in the middle.
    ["ISO_IR 192", utf8("王小东").subarray(0, 8)],
    ["ISO_IR 192", utf8("Müller^Jörg").subarray(0, 10)],
    ["ISO_IR 192", Uint8Array.of(...utf8("王小"), 0xff, ...utf8("东"))],
    // Nothing at all.
    ["ISO_IR 192", bytes("\xff\xfe\xff")],
    ["ISO_IR 100", bytes("A\x81\x8dB")],
  ] as const)
    assert.equal(read([declared], raw)[1], null, `${declared} ${Buffer.from(raw).toString("hex")}`);
});

test("what is as it is declared is never repaired", () => {
  const names: [string[], string][] = [
    [["ISO_IR 192"], "Buc^Jérôme=王^小東"],
    [["ISO_IR 100"], "Äneas^Rüdiger"],
    [["ISO_IR 101"], "Wałęsa"],
    [["ISO_IR 126"], "Διονυσιος"],
    [["ISO_IR 127"], "قباني^لنزار"],
    [["ISO_IR 138"], "שרון^דבורה"],
    [["ISO_IR 144"], "Люкceмбypг"],
    [["ISO_IR 148"], "Çavuşoğlu"],
    [["ISO_IR 166"], "นาย"],
    [["ISO_IR 13"], "ﾔﾏﾀﾞ^ﾀﾛｳ"],
    [["GB18030"], "Wang=王^小东=𠀀㐀"],
    [["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동"],
    [["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"],
    [["", "ISO 2022 IR 58"], "Wang^Xiao=王^小东"],
    [[], "Rivers^Alder"],
  ];
  for (const [terms, name] of names)
    assert.deepEqual(read(terms, textEncoderFor(terms)(name)), [name, null], terms.join());
  assert.deepEqual(read([], bytes("M\xfcller")), ["Müller", null]);
  assert.deepEqual(read(["", "ISO 2022 IR 149"], bytes("\xb1\xe8\xc8\xf1\xc1\xdf")), ["김희중", null]);
});

test("a long value costs as much more as it is longer, whatever its bytes are", () => {
  /** Pairs that many sets take for letters, so that every rule is asked about all of them. */
  const pairs = (lead: number, trail: number, count: number) =>
    Uint8Array.from({ length: 2 * count }, (_, i) =>
      i % 2 === 0 ? lead + ((i >> 1) % 0x16) : trail + ((i >> 1) % 0x3e),
    );
  for (const declared of [
    "ISO_IR 192",
    "ISO_IR 100",
    "ISO_IR 6",
    "GB18030",
    "ISO_IR 13",
    "ISO 2022 IR 87",
    "ISO_IR 149",
  ])
    for (const [lead, trail] of [
      [0xa4, 0x40],
      [0xb0, 0xa1],
      [0x88, 0x9f],
      [0xc4, 0x20],
    ] as const) {
      const decode = textDecoderFor([declared]);
      const spent = (count: number): number => {
        const before = process.cpuUsage().user;
        decode(pairs(lead, trail, count));
        return process.cpuUsage().user - before;
      };
      spent(1000);
      assert.ok(spent(100_000) < 1_500_000, `${declared}, ${lead.toString(16)}: microseconds`);
    }
});

test("of one object only so much is tried: millions of misdeclared values hold up nobody", () => {
  const repairs = new Repairs();
  const decode = textDecoderFor(["ISO_IR 192"], repairs);
  const name = bytes("\xcd\xf5^\xd0\xa1\xb6\xab");
  assert.equal(decode(name), "王^小东");
  const before = process.cpuUsage().user;
  for (let i = 0; i < 2_000_000; i++) decode(name);
  assert.ok(process.cpuUsage().user - before < 8_000_000, "microseconds");
  assert.match(decode(name), /\ufffd/, "as an object is read that cannot be repaired");
  assert.equal(textDecoderFor(["ISO_IR 192"], new Repairs())(name), "王^小东", "the next object is another");
});
