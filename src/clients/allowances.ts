/** A new visitor's first session, and the one that begins with the login. */
export const IDS_PER_REQUEST = 2;

/** Ids that are set apart for one request. */
export interface Allowance {
  left: number;
  /** How many are still to be minted for it. */
  owed: number;
  isOver: boolean;
  readonly since: number;
}

/** What requests that are under way may draw without waiting, whatever others draw. */
export class Allowances {
  readonly #byRequest = new Map<object, Allowance>();
  #setApart = 0;

  /** How many ids nobody else may have. */
  get setApart(): number {
    return this.#setApart;
  }

  of(request: object | undefined): Allowance | undefined {
    return request === undefined ? undefined : this.#byRequest.get(request);
  }

  begin(request: object, now: number): Allowance {
    const allowance = { left: 0, owed: 0, isOver: false, since: now };
    this.#byRequest.set(request, allowance);
    return allowance;
  }

  give(allowance: Allowance, count: number): void {
    if (allowance.isOver) return;
    allowance.left += count;
    this.#setApart += count;
  }

  /** Whether there was one left. */
  take(allowance: Allowance): boolean {
    if (allowance.left === 0) return false;
    allowance.left -= 1;
    this.#setApart -= 1;
    return true;
  }

  /** The request is answered, or was under way for too long to have ids kept for it. */
  end(request: object): void {
    const allowance = this.#byRequest.get(request);
    if (allowance === undefined) return;
    this.#byRequest.delete(request);
    this.#setApart -= allowance.left;
    allowance.left = 0;
    allowance.isOver = true;
  }

  endThoseBefore(moment: number): void {
    for (const [request, { since }] of this.#byRequest) {
      if (since >= moment) return;
      this.end(request);
    }
  }

  endAll(): void {
    this.endThoseBefore(Infinity);
  }

  /** The ids are gone, and with them what was set apart. Returns the allowances, all of them empty. */
  empty(): readonly Allowance[] {
    const all = [...this.#byRequest.values()];
    for (const allowance of all) allowance.left = 0;
    this.#setApart = 0;
    return all;
  }
}
