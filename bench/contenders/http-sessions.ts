import type { SessionClient } from '../../test/support/session-client.ts';
import type { RecordedAnswers } from './recorded-answers.ts';

const SESSIONS = 1000;
const AT_A_TIME = 50;

/** About 600 bytes of JSON, as a shop might have them. */
export const DATA = {
  user: 4711,
  cart: Array.from({ length: 8 }, (_, at) => ({ sku: `book-${1000 + at}`, count: at + 1, note: 'gift wrap, no card' })),
  csrf: 'c3f1a0d29b7e4c5f8a6b',
};

export async function mintSome(client: SessionClient): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < SESSIONS) {
    const some = await Promise.all(Array.from({ length: AT_A_TIME }, () => client.mint(DATA)));
    ids.push(...some.map(({ id }) => id));
  }
  return ids;
}

export async function recordAnswers(client: SessionClient): Promise<RecordedAnswers> {
  const minted = await client.mint(DATA);
  const put = await client.put(minted.id, DATA);
  return { mint: minted, put: put.body, open: await client.open(minted.id) };
}
