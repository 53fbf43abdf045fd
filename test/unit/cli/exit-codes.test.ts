import { describe, expect, it } from 'vitest';
import { EXIT, EXIT_MEANINGS, exitCodeForStatus } from '../../../src/cli/exit-codes.ts';
import { PROBLEMS } from '../../../src/doors/http/problems.ts';

describe('exit status', () => {
  it('has a documented meaning for each code', () => {
    expect(Object.keys(EXIT_MEANINGS).map(Number)).toEqual(Object.values(EXIT));
  });

  it.each([
    [200, EXIT.ok],
    [201, EXIT.ok],
    [204, EXIT.ok],
    [PROBLEMS.MALFORMED_ID.status, EXIT.usage],
    [PROBLEMS.INVALID_REQUEST.status, EXIT.usage],
    [PROBLEMS.UNAUTHORIZED.status, EXIT.usage],
    [PROBLEMS.UNSUPPORTED_MEDIA_TYPE.status, EXIT.usage],
    [PROBLEMS.SESSION_MISS.status, EXIT.no],
    [PROBLEMS.VERSION_CONFLICT.status, EXIT.no],
    [PROBLEMS.TOO_LARGE.status, EXIT.no],
    [PROBLEMS.LOCK_TIMEOUT.status, EXIT.no],
    [PROBLEMS.SESSION_BUSY.status, EXIT.no],
    [PROBLEMS.OWNER_UNREACHABLE.status, EXIT.unavailable],
    [PROBLEMS.IN_DOUBT.status, EXIT.unavailable],
    [PROBLEMS.INTERNAL.status, EXIT.internal],
  ])('for HTTP status %i is %i', (status, exitCode) => {
    expect(exitCodeForStatus(status)).toBe(exitCode);
  });

  it('tells a miss, a wrong call and a failure apart', () => {
    const codes = new Set([404, 400, 503].map(exitCodeForStatus));
    expect(codes.size).toBe(3);
  });
});
