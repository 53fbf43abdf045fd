import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const TOKEN = readFileSync(join(import.meta.dirname, 'door-token'), 'utf8').trim();

/** What a call of a daemon's own door shows beside what it asks. */
export const DOOR_HEADERS = { authorization: `Bearer ${TOKEN}` };
