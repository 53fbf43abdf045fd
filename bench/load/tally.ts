/** What all connections of a run counted since it was last cleared. */
export class Tally {
  operations = 0;
  misses = 0;
  errors = 0;
  firstError: string | undefined;

  wrong(what: string): void {
    this.errors += 1;
    this.firstError ??= what;
  }

  clear(): void {
    this.operations = 0;
    this.misses = 0;
    this.errors = 0;
    this.firstError = undefined;
  }
}
