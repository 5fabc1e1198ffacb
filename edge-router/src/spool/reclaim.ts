import type { DiskGauge } from "./disk.ts";
import type { Intake } from "./intake.ts";
import type { Journal } from "./journal.ts";
import type { Outgoing } from "./outgoing.ts";
import { madeAt } from "./segment-file.ts";

/** Segments are made beforehand only while nothing came for this long. */
const idleMs = 3_000;
/** What the archive has confirmed stays until its room is needed: the archive may ask for it again. */
const keepForwardedSegments = 8;
const keepForwardedMs = 14 * 24 * 3_600_000;

export type ReclaimParts = {
  journal: Journal;
  intake: Intake;
  outgoing: Outgoing;
  disk: DiskGauge;
  segmentBytes: number;
};

const liveSegments = ({ outgoing, intake }: ReclaimParts): Set<string> => {
  const live = outgoing.liveSegments();
  for (const { segment } of intake.unindexed) if (segment) live.add(segment);
  return live;
};

/**
 * Gives back segments of which nothing is needed any more, or keeps them for use again. Needs no room and no write of the
 * index: it is what gives them room.
 */
export async function reclaimSegments(parts: ReclaimParts): Promise<void> {
  const { journal, intake, disk, segmentBytes } = parts;
  journal.preallocate(idleMs);
  const isShort = !disk.hasRoomFor(segmentBytes);
  if (isShort) await journal.dropSpares();
  const isDrained = (): boolean => intake.isIdle && !liveSegments(parts).has(journal.activeSegment);
  if (isShort) await journal.renew(isDrained, true);
  // A twentieth of what is free, at most, is spent on what is needed no more.
  const keeps = disk.hasRoomFor(20 * keepForwardedSegments * segmentBytes);
  const isKept = (segment: string): boolean => keeps && madeAt(segment) > Date.now() - keepForwardedMs;
  if (!isShort && journal.isIdle(idleMs) && !isKept(journal.activeSegment) && isDrained())
    await journal.renew(isDrained, false);
  // What was committed meanwhile may lie in a segment that looked drained.
  if (!intake.isIdle) return;
  const live = liveSegments(parts);
  const drained = [...journal.sealed].filter((name) => !live.has(name)).sort();
  const newest = new Set(drained.slice(-keepForwardedSegments));
  for (const segment of drained) {
    if (newest.has(segment) && isKept(segment)) continue;
    // Asked for again meanwhile.
    if (liveSegments(parts).has(segment)) continue;
    await journal.reclaim(segment, !isShort);
  }
}
