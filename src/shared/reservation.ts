/** How many cases a reader keeps at most, besides the one that is being read. */
export const mostReserved = 3;
/** How long they stay without a sign of life from the reader. */
export const reservedMinutes = 5;
/** How long they stay after the last window was closed: a page that is only loaded again is back by then. */
export const closedSeconds = 15;
/** How long they stay in any case. */
export const longestReservedMinutes = 30;
