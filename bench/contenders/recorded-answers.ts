/** What a daemon answered to each of the calls that are measured. */
export interface RecordedAnswers {
  readonly open: object;
  readonly put: object;
  readonly mint: object;
}
