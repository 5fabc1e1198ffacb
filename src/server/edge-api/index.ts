import { EDGE_API } from "@overread/shared/edge-contract/v1";
import { EDGE_API_V2 } from "@overread/shared/edge-contract/v2";
import { isUnder, type Mount } from "#server/http/protocol.ts";
import { edgeControl } from "./edge-control.ts";

/** The API of edge routers, by the edge contract. */
export const edgeApi: Mount = ({ live }) => ({
  name: "edge",
  answers: "data",
  match: (path) => isUnder(EDGE_API, path) || isUnder(EDGE_API_V2, path),
  limits: { body: { kind: "small" } },
  handle: (exchange) => edgeControl(exchange, live),
});
