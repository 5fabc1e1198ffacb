export { exportProfile } from "./export-profile.ts";
export { importDicomProtocol } from "./import-dicom-protocol.ts";
export { importProfile } from "./import-profile.ts";
export { ImportDicomProtocol, ImportProfile, OfProtocol, OrderProtocols, SaveProtocol } from "./inputs.ts";
export { listProtocols } from "./list-protocols.ts";
export { orderProtocols } from "./order-protocols.ts";
export { removeProtocol, restoreProtocol, saveProtocol } from "./save-protocol.ts";
