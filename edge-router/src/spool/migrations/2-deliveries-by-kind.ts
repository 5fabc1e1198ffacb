import type { DatabaseSync } from "node:sqlite";

/**
 * Deliveries are of a kind, and what the receiver answered is whatever that kind's receivers answer. Before, all were objects for the PACS,
 * and the answer a DIMSE status.
 */
export function deliveriesByKind(db: DatabaseSync): void {
  db.exec("alter table delivery add column receipt text");
  db.exec("update delivery set receipt = json_object('dimseStatus', dimseStatus) where dimseStatus is not null");
  db.exec(`update delivery set offer = json_object(
      'deliveryId', deliveryId, 'kind', 'dicom', 'destination', json_extract(offer, '$.destination'),
      'subject', json_remove(offer, '$.deliveryId', '$.destination'))
    where json_extract(offer, '$.kind') is null`);
  db.exec("alter table delivery drop column dimseStatus");
  db.exec("alter table delivery drop column file");
}
