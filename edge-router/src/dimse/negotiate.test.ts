import assert from "node:assert/strict";
import { test } from "node:test";
import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { answerContext } from "./negotiate.ts";
import { ServiceRegistry } from "./service.ts";
import { type ObjectStore, storageService } from "./services/storage.ts";
import { verificationService } from "./services/verification.ts";

const registry = new ServiceRegistry([verificationService, storageService({} as ObjectStore)]);
const ctImageStorage = "1.2.840.10008.5.1.4.1.1.2";
const answer = (transferSyntaxes: string[], abstractSyntax = ctImageStorage): string => {
  const { result, transferSyntax } = answerContext(registry, { id: 1, abstractSyntax, transferSyntaxes }).answer;
  return `${result} ${transferSyntax}`;
};
const unknown = "1.3.46.670589.33.1.4.9";

test("of the syntaxes a modality offers the first that can be read is taken, an unknown one only when it stands alone", () => {
  assert.equal(answer([TS.jpegLosslessSv1, TS.explicitLittleEndian]), `0 ${TS.jpegLosslessSv1}`);
  assert.equal(answer([unknown, TS.implicitLittleEndian]), `0 ${TS.implicitLittleEndian}`);
  assert.equal(answer([unknown, TS.gePrivate, TS.explicitBigEndian]), `0 ${TS.explicitBigEndian}`);
  assert.equal(answer([unknown, TS.gePrivate]), `0 ${TS.gePrivate}`);
  assert.equal(answer([unknown]), `0 ${unknown}`);
  assert.equal(answer(["nonsense"]), `4 ${TS.implicitLittleEndian}`);
  assert.equal(answer([]), `4 ${TS.implicitLittleEndian}`);
});

test("objects that belong to no study are refused before they are sent, not after", () => {
  for (const nonPatient of [
    "1.2.840.10008.5.1.4.38.1", // hanging protocol
    "1.2.840.10008.5.1.4.39.1", // colour palette
    "1.2.840.10008.5.1.4.43.1", // generic implant template
    "1.2.840.10008.5.1.4.44.1",
    "1.2.840.10008.5.1.4.45.1",
    "1.2.840.10008.5.1.4.1.1.200.1", // CT defined procedure protocol
    "1.2.840.10008.5.1.4.1.1.200.3", // protocol approval
    "1.2.840.10008.5.1.4.1.1.200.7", // XA defined procedure protocol
    "1.2.840.10008.5.1.4.1.1.201.1", // inventory
  ])
    assert.equal(answer([TS.explicitLittleEndian], nonPatient), `3 ${TS.explicitLittleEndian}`, nonPatient);
  assert.equal(answer([TS.explicitLittleEndian], "1.2.840.10008.5.1.4.1.1.200.2"), `0 ${TS.explicitLittleEndian}`);
});
