import assert from "node:assert/strict";
import { test } from "node:test";
import { formatPersonName, normalisePersonName, personNameWritings } from "./person-name.ts";

test("a name is shown as a radiologist writes it, with the ideographic writing beside it", () => {
  assert.equal(formatPersonName("Doe^Jane^A.^Dr.^MD"), "DOE, Dr. Jane A. (MD)");
  assert.equal(formatPersonName("Παπαδοπούλου^Ελένη"), "ΠΑΠΑΔΟΠΟΥΛΟΥ, Ελένη");
  assert.equal(formatPersonName("Yamada^Tarou=山田^太郎=やまだ^たろう"), "YAMADA, Tarou · 山田 太郎");
  assert.equal(formatPersonName({ alphabetic: "", phonetic: "やまだ^たろう" }), "やまだ たろう");
  assert.equal(formatPersonName("SCSARAB"), "SCSARAB");
  assert.equal(formatPersonName("^^^^"), "");
  assert.equal(formatPersonName(undefined), "");
});

test("names match whatever the accents, case and punctuation", () => {
  assert.equal(normalisePersonName("BUC^Jérôme"), normalisePersonName("buc^jerome"));
  assert.equal(normalisePersonName("O'Neill-Straße^Zoë"), "o neill strasse zoe");
  assert.equal(normalisePersonName("Yamada^Tarou=山田^太郎", true), "yamada tarou 山田 太郎");
  assert.notEqual(normalisePersonName("がき"), normalisePersonName("かき"));
});

test("every writing that was sent is there, the one people read first at the head", () => {
  assert.deepEqual(personNameWritings("Yamada^Tarou=山田^太郎=やまだ^たろう"), [
    "YAMADA, Tarou",
    "山田 太郎",
    "やまだ たろう",
  ]);
  assert.deepEqual(personNameWritings({ alphabetic: "", ideographic: "김^희중" }), ["김 희중"]);
  assert.deepEqual(personNameWritings("^^"), []);
});
