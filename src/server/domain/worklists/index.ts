export { countLists } from "./count-lists.ts";
export { OfList, SaveList, WatchList } from "./inputs.ts";
export { listLists } from "./list-lists.ts";
export { matchWatches, orgsWithWatches } from "./match-watches.ts";
export { removeList, restoreList, saveList } from "./save-list.ts";
export { watchList } from "./watch-list.ts";
