/** Why a session is not there any more (S9). Each reset is counted and logged under one of these. */
export const RESET_REASONS = [
  /** its owner is dead or has left */
  'owner-dead',
  /** it outlived its time to live */
  'expired',
  /** the store dropped it to make room */
  'evicted',
  /** somebody destroyed or rotated it */
  'destroyed',
  /** no trace of it: never minted, or forgotten since */
  'unknown',
  /** the text cannot be a session id */
  'malformed',
  /** the owner's store died, or held something that cannot be trusted */
  'store-lost',
] as const;

export type ResetReason = (typeof RESET_REASONS)[number];
