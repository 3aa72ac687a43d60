// Divides the 64 buckets among the live workers, so that each bucket has one owner and no worker needs to ask another.

/** How many buckets there are; a webhook's is `webhook_id & 63`. */
export const BUCKET_COUNT = 64;

/**
 * The buckets that a worker owns: rendezvous hashing, so that a worker that comes or goes moves only its own share.
 * Ownership is for speed, not safety: two workers that disagree for a moment are kept apart by row locks.
 */
export function ownedBuckets(workerId: number, liveWorkerIds: readonly number[]): number[] {
  const owned: number[] = [];
  for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) {
    const mine = weight(workerId, bucket);
    const isMine = liveWorkerIds.every((id) => id === workerId || weight(id, bucket) < mine);
    if (isMine) owned.push(bucket);
  }
  return owned;
}

/** A 32-bit mix (the finalizer of MurmurHash3), with the id below it to break ties. */
function weight(workerId: number, bucket: number): number {
  let h = (workerId ^ Math.imul(bucket + 1, 0x9e3779b1)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) * 0x200000 + (workerId % 0x200000);
}
