/** Append only: a record has the place of its reason. Why a session is not there any more (S9). Each reset is counted and logged under one of these. */
export const RESET_REASONS = [
  /** its owner was declared dead */
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
  /** its owner was stopped, and came back with an empty store in which it is not */
  'restarted',
  /** its owner said goodbye and is not back */
  'left',
] as const;

export type ResetReason = (typeof RESET_REASONS)[number];
