/**
 * The worker's heartbeat: a Redis key set every `workerHeartbeatSeconds` with three times that as its time to live, so
 * that it exists exactly while a worker runs that reaches Redis.
 */
export const workerHeartbeatKey = "overread:worker:heartbeat";
export const workerHeartbeatSeconds = 5;
