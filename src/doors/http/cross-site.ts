import type { IncomingHttpHeaders } from 'node:http';

/** Where a browser says that a request comes from which no person typed in: from a page of another site, or of a sibling. */
const FOREIGN_SITES: ReadonlySet<unknown> = new Set(['cross-site', 'same-site']);

/**
 * Whether a page in a browser sent this. A page may send some requests to any address without asking, this machine's
 * loopback among them, and a `POST` without a body is one: it could mint sessions. No client of a daemon sends these
 * headers, and no page can leave them out.
 */
export function isFromAPage(headers: IncomingHttpHeaders): boolean {
  return headers.origin !== undefined || FOREIGN_SITES.has(headers['sec-fetch-site']);
}
