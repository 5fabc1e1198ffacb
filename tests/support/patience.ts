/**
 * How long a test waits for what must come (ms). It says nothing of how quick the product is: where the machine has much
 * to do, or stands still for seconds, everything comes later, and a test that does not wait fails by chance.
 */
export const patienceMs = 120_000;
