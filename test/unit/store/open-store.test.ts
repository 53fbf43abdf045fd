import { pino } from 'pino';
import { expect, test } from 'vitest';
import { StoreTooLargeError } from '../../../src/errors.ts';
import { ENVELOPE_BYTES } from '../../../src/session/record.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { storeConfig } from '../../support/store-config.ts';

const CONFIG = storeConfig('/nowhere', { kind: 'memory', megabytes: 8 });

const DEPENDENCIES = {
  clock: new FakeClock(),
  log: pino({ level: 'silent' }),
  metrics: { observe: () => undefined },
  onLost: () => undefined,
};

test('the embedded store begins empty, and holds the largest session with its envelope', async () => {
  const opened = await openStore(CONFIG, DEPENDENCIES);
  const { store } = opened;
  expect(opened.kept).toBe('fresh');
  expect(store.describe()).toEqual({ kind: 'memory', state: 'up' });
  await store.set('k', Buffer.alloc(CONFIG.session.maxBytes + ENVELOPE_BYTES), 60);
  await expect(store.set('k', Buffer.alloc(CONFIG.session.maxBytes + ENVELOPE_BYTES + 1), 60)).rejects.toThrow(
    StoreTooLargeError,
  );
  await opened.close('stop');
  expect(store.describe().state).toBe('down');
});
