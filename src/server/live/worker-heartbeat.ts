/**
 * Where the worker leaves a sign of life: a Redis key set every `workerHeartbeatSeconds` with three times that as its time
 * to live, so that it is there exactly as long as a worker runs that reaches Redis.
 */
export const workerHeartbeatKey = "overread:worker:heartbeat";
export const workerHeartbeatSeconds = 5;
