import { pino } from 'pino';
import { beforeEach, describe, expect, test } from 'vitest';
import { HotRecords } from '../../../src/engine/hot-records.ts';
import { Recall } from '../../../src/engine/recall.ts';
import { Vault } from '../../../src/engine/vault.ts';
import { StoreInDoubtError, StoreTooLargeError, StoreUnavailableError } from '../../../src/errors.ts';
import { encodeRecord, type LiveRecord, type Tombstone } from '../../../src/session/record.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeStore } from '../../support/fake-store.ts';
import { ID, json } from './engine-setup.ts';

const OTHER_ID = 'az123456789abcdefghijklmnop';

describe('the vault', () => {
  let clock: FakeClock;
  let store: FakeStore;
  let recall: Recall;
  let logged: string[];
  let vault: Vault;

  beforeEach(() => {
    clock = new FakeClock();
    store = new FakeStore(clock);
    recall = new Recall(100);
    logged = [];
    vault = new Vault({
      ...{ store, recall, clock },
      hot: new HotRecords(0),
      log: pino({}, { write: (line: string) => void logged.push(line) }),
    });
  });

  function live(version = 5, id = ID): LiveRecord {
    return { kind: 'live', id, version, expiresAt: clock.now() + 60_000, ttlSeconds: 60, content: json({ version }) };
  }

  function tombstone(version = 6): Tombstone {
    return {
      kind: 'tombstone',
      id: ID,
      version,
      expiresAt: clock.now() + 60_000,
      reason: 'destroyed',
      successorUntil: 0,
      readableUntil: 0,
    };
  }

  test('gives back what was saved', async () => {
    await vault.save(live());
    await expect(vault.load(ID)).resolves.toEqual({ kind: 'record', record: live() });
  });

  test('reserves an id only where it is free, and leaves what stands there', async () => {
    await expect(vault.reserve(live(5))).resolves.toBe(true);
    await expect(vault.reserve(live(6))).resolves.toBe(false);
    await expect(vault.load(ID)).resolves.toMatchObject({ record: { version: 5 } });
    expect(recall.isStale(ID, 5)).toBe(false);
  });

  test('an expired record is a miss at once, and can still be explained while the store keeps it', async () => {
    await vault.save(live());
    clock.advance(60_000);
    await expect(vault.load(ID)).resolves.toEqual({ kind: 'absent', reason: 'expired' });
    clock.advance(59_000);
    await expect(store.peek(ID)).resolves.toBeDefined();
    await expect(vault.load(ID)).resolves.toEqual({ kind: 'absent', reason: 'expired' });
    clock.advance(2000);
    await expect(store.peek(ID)).resolves.toBeUndefined();
    await expect(vault.load(ID)).resolves.toEqual({ kind: 'absent', reason: 'expired' });
  });

  test('an expired tombstone is a miss for its own reason', async () => {
    await vault.save({ ...tombstone(), reason: 'owner-dead' });
    clock.advance(60_000);
    await expect(vault.load(ID)).resolves.toEqual({ kind: 'absent', reason: 'owner-dead' });
  });

  test('S0 yours only: a whole record of another id under the key is never answered', async () => {
    await store.plant(ID, encodeRecord(live(5, OTHER_ID)));
    await expect(vault.load(ID)).resolves.toEqual({ kind: 'absent', reason: 'store-lost' });
    expect(logged.join('')).toContain('cannot be trusted');
  });

  test('S0 yours only: bytes that are no record are never answered', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('hello'), encodeRecord(live()).subarray(0, -1)]) {
      await store.plant(ID, bytes);
      await expect(vault.load(ID)).resolves.toEqual({ kind: 'absent', reason: 'store-lost' });
    }
  });

  test('S1 never old: a record older than the one last saved is never answered', async () => {
    await vault.save(live(7));
    await store.plant(ID, encodeRecord(live(6)));
    await expect(vault.load(ID)).resolves.toEqual({ kind: 'absent', reason: 'store-lost' });
    expect(logged.join('')).toContain('older version');
  });

  test('S1 never old: a record older than one that was read is never answered', async () => {
    await store.plant(ID, encodeRecord(live(7)));
    await vault.load(ID);
    await store.plant(ID, encodeRecord(live(6)));
    await expect(vault.load(ID)).resolves.toEqual({ kind: 'absent', reason: 'store-lost' });
  });

  test('S5 destroyed stays destroyed: an older record over a tombstone reads as destroyed', async () => {
    await vault.save(tombstone(6));
    await store.plant(ID, encodeRecord(live(5)));
    await expect(vault.load(ID)).resolves.toEqual({ kind: 'absent', reason: 'destroyed' });
  });

  test('S5 destroyed stays destroyed: also when the store has lost the tombstone', async () => {
    await vault.save(tombstone());
    await store.evict(ID);
    expect(vault.graveOf(ID)).toMatchObject({ version: tombstone().version });
    clock.advance(60_000);
    expect(vault.graveOf(ID)).toBeUndefined();
  });

  test('a write that was not acknowledged is not remembered as done', async () => {
    await vault.save(live(5));
    store.failNext('set', 'in-doubt', 'unavailable', 'too-large');
    await expect(vault.save(live(6))).rejects.toBeInstanceOf(StoreInDoubtError);
    await expect(vault.save(live(7))).rejects.toBeInstanceOf(StoreUnavailableError);
    await expect(vault.save(live(8))).rejects.toBeInstanceOf(StoreTooLargeError);
    await expect(vault.load(ID)).resolves.toMatchObject({ record: { version: 5 } });
  });

  test('S3 a failure is never a miss, and a read that got no answer is not in doubt: it did nothing', async () => {
    store.failNext('get', 'unavailable', 'in-doubt');
    await expect(vault.load(ID)).rejects.toBeInstanceOf(StoreUnavailableError);
    await expect(vault.load(ID)).rejects.toBeInstanceOf(StoreUnavailableError);
  });

  test('S9 explained: no log line has more of an id than its letter and four characters', async () => {
    await vault.save(live(7));
    await store.plant(ID, encodeRecord(live(6)));
    await vault.load(ID);
    await store.plant(ID, encodeRecord(live(5, OTHER_ID)));
    await vault.load(ID);
    expect(logged).toHaveLength(2);
    for (const line of logged) {
      expect(line).toContain('"a0123…"');
      expect(line).not.toContain(ID.slice(0, 6));
      expect(line).not.toContain(OTHER_ID.slice(0, 6));
    }
  });
});
