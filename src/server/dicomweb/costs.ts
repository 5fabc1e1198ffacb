/**
 * The cost of a request, in units of one frame read from the disk. A viewer that loads a study of ten thousand frames
 * spends a twelfth of its saved-up units; a program in an endless loop of searches is slowed down.
 */
const costs: Record<string, number> = {
  "search-studies": 10,
  "search-series": 10,
  "search-instances": 10,
  "search-study-series": 5,
  "search-study-instances": 5,
  "search-series-instances": 5,
  "retrieve-study": 50,
  "retrieve-series": 20,
  "retrieve-instance": 1,
  "metadata-study": 10,
  "metadata-series": 5,
  "metadata-instance": 1,
  frames: 1,
  bulkdata: 1,
  // Decoded and rendered here.
  "rendered-instance": 10,
  "rendered-frame": 10,
  "thumbnail-study": 10,
  "thumbnail-series": 10,
  "thumbnail-instance": 10,
  "thumbnail-frame": 10,
  // Storing is free: a refused sender would only have to send again.
  store: 0,
  "store-study": 0,
};
/** @param frames the frame list of the URL, if there is one: `1,2,3` is three. */
export function costOf(route: string, frames = ""): number {
  return (costs[route] ?? 10) * (frames === "" ? 1 : frames.split(",").length);
}
