import { DomainError } from "@overread/shared/errors";
import type { UserActor } from "#server/context.ts";
import type { Exchange, Mount } from "#server/http/protocol.ts";
import { caseDocument } from "./case-document.ts";
import { licenceDocument } from "./licence-document.ts";
import { isOwnPage } from "./own-page.ts";
import { signedIn } from "./signed-in.ts";

const uuid = "([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})";
/** Each address names what the document belongs to. */
const places: { address: RegExp; take: (exchange: Exchange, actor: UserActor, id: string) => Promise<void> }[] = [
  { address: new RegExp(`^/api/cases/${uuid}/documents$`), take: caseDocument },
  { address: new RegExp(`^/api/licences/${uuid}/documents$`), take: licenceDocument },
];
/** Documents that are in memory at the same time, with their pixels. */
const mostAtOnce = 6;
/** Of one person: whose line is slow, or who only begins, leaves room for everybody else. */
const mostOfOne = 3;
let atOnce = 0;
const ofPerson = new Map<string, number>();

/** Documents that a person adds from a page: the bytes of one file as the body of a POST. */
export const uploads: Mount = () => ({
  name: "uploads",
  answers: "data",
  match: (path) => places.some(({ address }) => address.test(path)),
  limits: {
    methods: ["POST"],
    ownNameOnly: true,
    // A body is received for whoever may add one there, and for nobody else.
    body: { kind: "streamed" },
  },
  async handle(exchange) {
    // The session cookie comes with whatever page sends it: only our own may.
    if (!isOwnPage(exchange.req.headers)) throw new DomainError("auth.forbidden");
    const actor = await signedIn(exchange);
    const { userId } = actor;
    const own = ofPerson.get(userId) ?? 0;
    if (own >= mostOfOne) throw new DomainError("request.rate-limited");
    if (atOnce >= mostAtOnce) throw new DomainError("storage.unavailable");
    atOnce++;
    ofPerson.set(userId, own + 1);
    try {
      for (const { address, take } of places) {
        const id = address.exec(exchange.path)?.[1];
        if (id) return await take(exchange, actor, id);
      }
    } finally {
      atOnce--;
      const left = (ofPerson.get(userId) ?? 1) - 1;
      if (left > 0) ofPerson.set(userId, left);
      else ofPerson.delete(userId);
    }
    throw new DomainError("resource.not-found");
  },
});
