export { OfProtocol, SaveProtocol } from "./inputs.ts";
export { listProtocols } from "./list-protocols.ts";
export { removeProtocol, restoreProtocol, saveProtocol } from "./save-protocol.ts";
