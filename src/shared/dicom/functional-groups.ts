import { type Attributes, items } from "./attributes.ts";
import { Tag } from "./tags.ts";

/**
 * The attributes of one frame of an enhanced object: its functional groups, shared then per frame, over the top level.
 * A single-frame object is returned as it is.
 *
 * @param frame from 1.
 * @see DICOM PS3.3 §C.7.6.16
 */
export function frameAttributes(instance: Attributes, frame: number): Attributes {
  const shared = items(instance, Tag.SharedFunctionalGroupsSequence)[0];
  const perFrame = items(instance, Tag.PerFrameFunctionalGroupsSequence)[frame - 1];
  if (!shared && !perFrame) return instance;
  const flat: Record<string, Attributes[string]> = { ...instance };
  delete flat[Tag.SharedFunctionalGroupsSequence];
  delete flat[Tag.PerFrameFunctionalGroupsSequence];
  // A per-frame macro replaces the shared one, it is not merged with it.
  const groups = { ...shared, ...perFrame };
  // Private sequences, as Philips writes them, hold whole headers of other objects.
  const standard = Object.keys(groups).filter((tag) => /^...[02468ACE]/.test(tag));
  for (const tag of standard) for (const item of items(groups, tag).slice(0, 1)) Object.assign(flat, item);
  return flat;
}
