import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { Tag } from "@overread/shared/dicom/tags";
import { newUid } from "@overread/shared/dicom/uids";
import { indexStudy } from "#server/archive/index.ts";
import { withMaintenance } from "#server/db/maintenance.ts";
import { systemActor } from "#server/system-actor.ts";
import { useTestArchive as ownArchive } from "#tests/archive.ts";
import { tinyInstance } from "#tests/factories/tiny-instance.ts";
import { say } from "../lib/say.mjs";
import { startTestServices } from "../lib/test-services.mjs";
import { loadavg, median } from "./ground.ts";
import { besidePeer } from "./viewer-beside.ts";
import { keyToImage } from "./viewer-key.ts";

/**
 * What a viewer asks until its first image: the series' metadata, then one frame, over HTTP, of a study whose metadata was prepared
 * ahead by the worker and of one where it was not, in turn. Without a browser, which needs as long for both; objects on this machine's
 * disk. With `--browser`: what a reader waits for, and what it saves him that his browser has fetched the next case while he looked at the list. With `--beside`: navigation to the
 * first image of a large CT, its bytes, scrolling and memory, beside OHIF where `--ohif` names its files.
 */
export async function bench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      images: { type: "string", default: "400" },
      rounds: { type: "string", default: "7" },
      browser: { type: "boolean", default: false },
      beside: { type: "boolean", default: false },
      ohif: { type: "string" },
      slices: { type: "string", default: "500" },
    },
  });
  if (values.beside)
    return besidePeer({ rounds: Number(values.rounds), slices: Number(values.slices), ohif: values.ohif });
  if (values.browser) return keyToImage(Number(values.rounds));
  const services = await startTestServices({ durable: true });
  Object.assign(process.env, services.env);
  const archive = await ownArchive();
  const ask = async (at: string, accept: string): Promise<void> => {
    const answer = await archive.request(at, { headers: { accept } });
    if (answer.status !== 200) throw new Error(`${answer.status} for ${at}`);
    await answer.arrayBuffer();
  };
  const times: Record<"ahead" | "cold", number[]> = { ahead: [], cold: [] };
  for (let round = 0; round <= Number(values.rounds); round++)
    for (const way of round % 2 ? (["ahead", "cold"] as const) : (["cold", "ahead"] as const)) {
      const uids = { study: newUid(), series: newUid() };
      const images = Array.from({ length: Number(values.images) }, () =>
        // As much in its header as a scanner writes.
        tinyInstance({
          ...uids,
          elements: { [Tag.ImageComments]: { vr: "LT", Value: [randomBytes(1500).toString("hex")] } },
        }),
      );
      for (let at = 0; at < images.length; at += 50)
        await archive.stow(images.slice(at, at + 50).map(({ part10 }) => part10));
      const { id, orgId } = await withMaintenance((tx) =>
        tx.study.findFirstOrThrow({ where: { studyInstanceUid: uids.study } }),
      );
      await indexStudy(systemActor(orgId, "bench"), { studyId: id });
      if (way === "cold") rmSync(path.join(archive.storage, "objects/metadata"), { recursive: true, force: true });
      const began = performance.now();
      const series = `/studies/${uids.study}/series/${uids.series}`;
      await ask(`${series}/metadata`, "application/dicom+json");
      await ask(
        `${series}/instances/${images[0]?.instance}/frames/1`,
        'multipart/related; type="application/octet-stream"; transfer-syntax=*',
      );
      // The first round warms up.
      if (round > 0) times[way].push(performance.now() - began);
    }
  await archive.close();
  await services.dispose();
  const [ahead, cold] = [median(times.ahead), median(times.cold)];
  say(
    `viewer: first image of ${values.images}: ${ahead.toFixed(0)} ms prepared ahead, ${cold.toFixed(0)} ms not (${(cold / ahead).toFixed(2)}×)`,
  );
  say(`load ${loadavg()[0]?.toFixed(1)}`);
}
