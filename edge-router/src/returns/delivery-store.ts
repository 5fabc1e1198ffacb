import type { DatabaseSync } from "node:sqlite";
import type { DeliveryFailure } from "@overread/shared/delivery-failure";
import { OfferedDelivery } from "@overread/shared/edge-contract/v2";
import type { OrderedWrites } from "../spool/faces.ts";

/** `waiting` for its destination; `delivered`: that answered success, which the portal may not know yet. */
export type DeliveryRow = {
  offer: OfferedDelivery;
  state: "waiting" | "delivered";
  /** What the receiver answered. */
  receipt: DeliveryFailure["params"];
  attempts: number;
  deliveredAt: number | null;
};

/** The contract leases an offer for a minute: beyond it another edge router of the facility may have it. */
const LEASE_MS = 60_000;
const LEASE_MARGIN_MS = 5_000;

/** What is to be returned to the hospital, and what has been. */
export class DeliveryStore {
  readonly #db: DatabaseSync;
  readonly #owed: OrderedWrites | null;

  /** @param owed null to read only. */
  constructor(db: DatabaseSync, owed: OrderedWrites | null = null) {
    this.#db = db;
    this.#owed = owed;
  }

  /** The index is behind what happened: nothing is begun that it could not keep the end of. */
  get #behind(): boolean {
    return this.#owed?.any ?? false;
  }

  /**
   * Notes offers of the portal. One that was delivered before is only to be reported again, one that waits gets
   * the newest destination.
   *
   * @returns how many were not known; none when the index cannot take them now, the portal offers them again.
   */
  note(offers: OfferedDelivery[], now: number): number {
    if (offers.length === 0) return 0;
    let fresh = 0;
    return this.#owed?.tryNow(() => {
      fresh = this.#note(offers, now);
    })
      ? fresh
      : 0;
  }

  #note(offers: OfferedDelivery[], now: number): number {
    let fresh = 0;
    const leasedUntil = now + LEASE_MS - LEASE_MARGIN_MS;
    for (const offer of offers) {
      const known = this.#db.prepare("select state, offer from delivery where deliveryId = ?").get(offer.deliveryId) as
        | { state: string; offer: string }
        | undefined;
      const text = JSON.stringify(offer);
      if (!known) {
        fresh++;
        this.#db
          .prepare(
            "insert into delivery (deliveryId, offer, state, receivedAt, leasedUntil) values (?, ?, 'waiting', ?, ?)",
          )
          .run(offer.deliveryId, text, now, leasedUntil);
      } else if (known.state === "delivered")
        this.#db
          .prepare("update delivery set reported = 0 where deliveryId = ? and state = 'delivered'")
          .run(offer.deliveryId);
      else
        this.#db
          .prepare("update delivery set offer = ?, leasedUntil = ? where deliveryId = ?")
          .run(text, leasedUntil, offer.deliveryId);
    }
    return fresh;
  }

  due(now: number): DeliveryRow[] {
    if (this.#behind) return [];
    return this.#rows(
      "state = 'waiting' and nextAttemptAt <= ?1 and leasedUntil > ?1 order by receivedAt, rowid limit 50",
      now,
    );
  }

  waitingIds(): string[] {
    const rows = this.#db.prepare("select deliveryId from delivery where state = 'waiting'").all();
    return (rows as unknown as { deliveryId: string }[]).map(({ deliveryId }) => deliveryId);
  }

  unreported(): DeliveryRow[] {
    if (this.#behind) return [];
    return this.#rows("state = 'delivered' and reported = 0 order by deliveredAt limit 50");
  }

  /**
   * The receiver has answered success. This survives a power cut before it returns, so that nothing is delivered a second time; where the
   * disk cannot take it, nothing is delivered until it can.
   */
  delivered(deliveryId: string, receipt: DeliveryFailure["params"], now: number): void {
    this.#enter(
      "update delivery set state = 'delivered', receipt = ?, reason = null, deliveredAt = ? where deliveryId = ?",
      [JSON.stringify(receipt), now, deliveryId],
      true,
    );
  }

  waitUntil(deliveryId: string, at: number, reason: string): void {
    this.#enter("update delivery set attempts = attempts + 1, nextAttemptAt = ?, reason = ? where deliveryId = ?", [
      at,
      reason,
      deliveryId,
    ]);
  }

  reported(deliveryId: string): void {
    this.#enter("update delivery set reported = 1 where deliveryId = ?", [deliveryId]);
  }

  /** Gives a delivery back to the portal, which has been told that it waits and will offer it again, to us or another. */
  giveBack(deliveryId: string): void {
    this.#enter("update delivery set leasedUntil = 0 where deliveryId = ?", [deliveryId]);
  }

  #enter(sql: string, values: (string | number)[], durable = false): void {
    this.#owed?.enter(() => void this.#db.prepare(sql).run(...values), durable);
  }

  summary(): { waiting: number; lastError: string | null } {
    const { waiting } = this.#db.prepare("select count(*) as waiting from delivery where state = 'waiting'").get() as {
      waiting: number;
    };
    const last = this.#db
      .prepare(
        "select reason from delivery where state = 'waiting' and reason is not null order by nextAttemptAt desc limit 1",
      )
      .get() as { reason: string } | undefined;
    return { waiting, lastError: last?.reason ?? null };
  }

  /** Forgets what was reported long ago. */
  forget(before: number): void {
    this.#owed?.tryNow(() => {
      this.#db
        .prepare("delete from delivery where state = 'delivered' and reported = 1 and deliveredAt < ?")
        .run(before);
    });
  }

  #rows(where: string, ...values: number[]): DeliveryRow[] {
    const rows = this.#db
      .prepare(`select offer, state, receipt, attempts, deliveredAt from delivery where ${where}`)
      .all(...values) as unknown as (Omit<DeliveryRow, "offer" | "receipt"> & {
      offer: string;
      receipt: string | null;
    })[];
    return rows.map(({ offer, receipt, ...row }) => ({
      ...row,
      offer: OfferedDelivery.parse(JSON.parse(offer)),
      receipt: JSON.parse(receipt ?? "{}"),
    }));
  }
}
