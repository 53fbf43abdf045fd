import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../src/errors.ts';
import { faultsOf, load, problemsOf, SECRET, THREE_NODES, withFile, type FakeMachine } from './fake-sources.ts';

function withFlags(flags: Record<string, string | boolean>, more: FakeMachine = {}): FakeMachine {
  return { ...more, flags: { ...THREE_NODES, ...flags } };
}

describe('the layers', () => {
  test('the file gives way to variables, variables to flags', async () => {
    const file = '{"session": {"ttlSeconds": 11, "maxBytes": 12, "lockSeconds": 13}}';
    const config = await load(
      withFile(file, {
        env: { MAGLIA_SESSION_TTL_SECONDS: '21', MAGLIA_SESSION_MAX_BYTES: '22' },
        flags: { ...THREE_NODES, sessionTtlSeconds: '31' },
      }),
    );
    expect(config.session).toMatchObject({ ttlSeconds: 31, maxBytes: 22, lockSeconds: 13, tombstoneSeconds: 60 });
  });

  test('the file is named by flag or variable, the flag first; relative to the working folder', async () => {
    const files = {
      '/work/one.json': { text: '{"log": {"level": "warn"}}' },
      '/two.json': { text: '{"log": {"level": "error"}}' },
    };
    const env = { MAGLIA_CONFIG: '/two.json' };
    expect((await load(withFlags({}, { files, env }))).log.level).toBe('error');
    expect((await load(withFlags({ config: 'one.json' }, { files, env }))).log.level).toBe('warn');
  });

  test('a value that a later layer replaces is still checked', async () => {
    expect(await faultsOf(withFlags({ logLevel: 'info' }, { env: { MAGLIA_LOG_LEVEL: 'loud' } }))).toEqual([
      'MAGLIA_LOG_LEVEL: "loud"',
    ]);
  });

  test('every problem is told at once, under the name that it was given by', async () => {
    const file = '{"session": {"ttlSeconds": "1440", "maxBytes": 1.5}, "doors": {"http": "x"}, "store": 1}';
    const machine = withFile(file, {
      env: { MAGLIA_STORE_KIND: 'redis', MAGLIA_MESH_PLAIN: 'yes', MAGLIA_TIMINGS_PING_MS: '0x10' },
      flags: { ...THREE_NODES, limitsQueuePerSession: '-1', doorsHttp: '127.0.0.1:1,oops,/a b', letter: true },
    });
    const problems = await problemsOf(machine);
    expect(problems.map(({ path, found, expected }) => `${path}: ${found}; ${expected}`)).toEqual([
      'session.ttlSeconds: "1440"; a whole number from 1 to 31536000',
      'session.maxBytes: 1.5; a whole number from 1 to 67108864',
      'doors.http: "x"; a list, not empty, of host:port, [IPv6]:port, or the absolute path of a unix socket',
      'store: a number; an object of options',
      'MAGLIA_STORE_KIND: "redis"; one of memcached, memory',
      'MAGLIA_MESH_PLAIN: "yes"; true or false',
      'MAGLIA_TIMINGS_PING_MS: "0x10"; a whole number from 1 to 60000',
      '--letter: true, which is not a letter; one character of a-z, A-Z, 0-9',
      '--doors-http 1: malformed port "oops"; host:port with a port from 1 to 65535; or the absolute path of a unix socket',
      '--limits-queue-per-session: "-1"; a whole number from 1 to 65536',
    ]);
    await expect(load(machine)).rejects.toThrow(ConfigError);
    await expect(load(machine)).rejects.toThrow(/store: found a number; expected an object of options\n/);
  });

  test('an unknown key is told with the nearest that exists', async () => {
    const file =
      '{"sesion": {}, "session": {"ttlSecond": 1}, "doors": {"memcache": []}, "config": "x", "log.level": "info"}';
    const problems = await problemsOf(withFile(file, { flags: THREE_NODES }));
    expect(problems.map(({ path, found, expected }) => `${path}: ${found}; ${expected}`)).toEqual([
      'sesion: an unknown key; a known name; the nearest is session',
      'session.ttlSecond: an unknown key; a known name; the nearest is session.ttlSeconds',
      'doors.memcache: an unknown key; a known name; the nearest is doors.memcached',
      'config: an unknown key; a known name; the nearest is log',
      'log.level: a key with a dot; an object in an object, as in {"session": {"ttlSeconds": 1440}}',
    ]);
  });

  test('an unknown variable is told with the nearest that exists, and without its value', async () => {
    const env = { MAGLIA_SESSION_TTL: '5', MAGLIA_SECRET: SECRET, OTHER: 'x', PATH: '/bin' };
    const problems = await problemsOf(withFlags({}, { env }));
    expect(problems.map(({ path, found, expected }) => `${path}: ${found}; ${expected}`)).toEqual([
      'MAGLIA_SESSION_TTL: an unknown variable; a known name; the nearest is MAGLIA_SESSION_TTL_SECONDS',
      'MAGLIA_SECRET: an unknown variable; a known name; the nearest is MAGLIA_SECRET_FILE',
    ]);
    expect(JSON.stringify(problems)).not.toContain(SECRET);
  });

  test('variables that Kubernetes and Docker make for a service called maglia are nobody’s mistake', async () => {
    const env = {
      MAGLIA_SERVICE_HOST: '10.1.1.1',
      MAGLIA_SERVICE_PORT: '7420',
      MAGLIA_SERVICE_PORT_HTTP: '7420',
      MAGLIA_PORT: 'tcp://10.1.1.1:7420',
      MAGLIA_A_PORT_7420_TCP_ADDR: '10.1.1.1',
    };
    expect(await faultsOf(withFlags({}, { env }))).toEqual([]);
    expect(await faultsOf(withFlags({}, { env: { MAGLIA_MESH_PORT: '7421' } }))).toEqual([
      'MAGLIA_MESH_PORT: an unknown variable',
    ]);
  });

  test('flags of no option are the command’s own business', async () => {
    expect(await faultsOf(withFlags({ json: true, nodes: '3' }))).toEqual([]);
  });

  test('what is loaded is frozen to the last leaf', async () => {
    const config = await load(withFlags({}));
    const frozen: unknown[] = [config, config.mesh, config.mesh.listen, config.mesh.security, config.doors];
    frozen.push(
      config.doors.http,
      config.doors.http[0],
      config.session,
      config.timings,
      config.map,
      config.map.letters,
    );
    expect(frozen.every((part) => Object.isFrozen(part))).toBe(true);
  });
});

describe('the configuration file', () => {
  test('a file that is not there is told, and nothing that it would have said', async () => {
    expect(await faultsOf({ flags: { config: 'gone.json' } })).toEqual([
      '--config: no such file (ENOENT): /work/gone.json',
    ]);
    expect(await faultsOf({ env: { MAGLIA_CONFIG: '/gone.json' } })).toEqual([
      'MAGLIA_CONFIG: no such file (ENOENT): /gone.json',
    ]);
  });

  test('a file that is no JSON is told with its place', async () => {
    expect(await faultsOf(withFile('{\n  "letters": {,\n}'))).toEqual([
      '--config: no JSON at line 2, column 15 of /etc/maglia/cluster.json',
    ]);
  });

  test('a secret named in place of the configuration is not shown', async () => {
    for (const text of [SECRET, '12345678901234567890', `"${SECRET}"`, `["${SECRET}"]`]) {
      const problems = await problemsOf({ flags: { ...THREE_NODES, config: '/s' }, files: { '/s': { text } } });
      expect(problems).toHaveLength(1);
      expect(JSON.stringify(problems)).not.toContain(text.replaceAll(/[["\]]/g, '').slice(0, 6));
    }
  });

  test('bytes that are no UTF-8 are refused; a byte order mark is not', async () => {
    const flags = { ...THREE_NODES, config: '/c' };
    expect(await faultsOf({ flags, files: { '/c': { text: Buffer.from([0x22, 0xff, 0x22]) } } })).toEqual([
      '--config: bytes that are not UTF-8, in /c',
    ]);
    expect(await faultsOf({ flags, files: { '/c': { text: '\ufeff{}' } } })).toEqual([]);
  });

  test('a duplicate key at any level is refused', async () => {
    const file = '{"log": {"level": "info", "level": "warn"}, "log": {}}';
    expect(await faultsOf(withFile(file, { flags: THREE_NODES }))).toEqual([
      'log.level: a duplicate key',
      'log: a duplicate key',
    ]);
  });

  test('a path or a program with a control character in it is a slip of the pen', async () => {
    const flags = { ...THREE_NODES, runtimeDirectory: '/a\nb', storeProgram: 'memcached\r' };
    expect(await faultsOf({ flags })).toEqual(['--runtime-directory: a text', '--store-program: "memcached\\r"']);
  });

  test('an empty path, or a flag without one, is told', async () => {
    expect(await faultsOf(withFlags({ config: '' }))).toEqual(['--config: an empty text']);
    expect(await faultsOf(withFlags({ config: true }))).toEqual(['--config: true']);
  });
});

describe('the secret', () => {
  const security = async (machine: FakeMachine) => (await load(machine)).mesh.security;

  test('what editors put around it is not part of it: newlines, blanks, a byte order mark', async () => {
    const texts = [SECRET, `${SECRET}\n`, `${SECRET}\r\n`, `${SECRET}\n\n`, `\uFEFF${SECRET}\n`, `  ${SECRET}\t \n`];
    for (const text of texts) {
      expect(await security(withFlags({}, { files: { '/etc/maglia/secret': { text } } }))).toEqual({
        kind: 'psk',
        secret: Buffer.from(SECRET),
      });
    }
  });

  test('a relative path begins at the file that it stands in, else at the working folder', async () => {
    const files = {
      '/etc/maglia/near': { text: 'the one near the file' },
      '/work/near': { text: 'the one near the shell' },
    };
    const { map, letter } = THREE_NODES;
    const secretOf = async (machine: FakeMachine) => {
      const chosen = await security(machine);
      return chosen.kind === 'psk' ? chosen.secret.toString() : chosen.kind;
    };
    const byFile = withFile('{"secretFile": "near"}', { flags: { map, letter }, files });
    expect(await secretOf({ ...byFile, files: { ...byFile.files, ...files } })).toBe('the one near the file');
    expect(await secretOf({ flags: { map, letter, secretFile: 'near' }, files })).toBe('the one near the shell');
    expect(await secretOf({ flags: { map, letter }, env: { MAGLIA_SECRET_FILE: 'near' }, files })).toBe(
      'the one near the shell',
    );
  });

  test('a map of several letters demands it', async () => {
    const { map, letter } = THREE_NODES;
    expect(await faultsOf({ flags: { map, letter } })).toEqual(['secretFile: no secret']);
  });

  test('a node that is alone in its map draws one that nobody else has', async () => {
    expect(await security({ flags: { map: 'a=>10.0.0.1' } })).toEqual({
      kind: 'psk',
      secret: Buffer.from('drawn by this node alone'),
    });
  });

  test.each([
    ['too short', { text: 'fifteen bytes!!\n', mode: 0o100600 }, '15 bytes'],
    ['empty', { text: '', mode: 0o100600 }, '0 bytes'],
    ['readable by everybody', { text: SECRET, mode: 0o100644 }, 'a file that everybody may read (mode 0644)'],
    ['writable by everybody', { text: SECRET, mode: 0o100602 }, 'a file that others may write (mode 0602)'],
    ['writable by its group', { text: SECRET, mode: 0o100620 }, 'a file that others may write (mode 0620)'],
    ["somebody else's", { text: SECRET, owner: 33 }, 'a file of user 33'],
    ['one letter, sixteen times', { text: 'a'.repeat(16) }, 'a secret that can be guessed'],
    ['one word, twice', { text: 'passwordpassword' }, 'a secret that can be guessed'],
  ])('one that is %s is refused, and not shown', async (_, file, found) => {
    const problems = await problemsOf(withFlags({}, { files: { '/etc/maglia/secret': file } }));
    expect(problems).toMatchObject([{ path: 'secretFile', found }]);
    if (file.text !== '') expect(JSON.stringify(problems)).not.toContain(file.text.trim());
  });

  test('one of random bytes or hexadecimal digits is accepted, also the shortest', async () => {
    for (const text of [Buffer.from('0f1e2d3c4b5a69788796a5b4c3d2e1f0', 'hex'), 'c0ffee5ad0b1e7249836']) {
      expect(await faultsOf(withFlags({}, { files: { '/etc/maglia/secret': { text } } }))).toEqual([]);
    }
  });

  test('one of root, or of the user who runs the daemon, is accepted', async () => {
    for (const owner of [0, 1000]) {
      expect(await faultsOf(withFlags({}, { files: { '/etc/maglia/secret': { text: SECRET, owner } } }))).toEqual([]);
    }
  });

  test.each([
    [{ mode: 0o100666 }, 'a file that others may write (mode 0666)'],
    [{ mode: 0o100664 }, 'a file that others may write (mode 0664)'],
    [{ owner: 33 }, 'a file of user 33'],
  ])('a configuration that others may change is refused, as it names programs to run: %o', async (file, found) => {
    const text = '{"store": {"program": "/tmp/theirs"}}';
    const machine = withFlags(
      { config: '/etc/maglia/cluster.json' },
      { files: { '/etc/maglia/cluster.json': { text, ...file } } },
    );
    expect(await faultsOf(machine)).toContain(`--config: ${found}: /etc/maglia/cluster.json`);
  });

  test('one that its group may read is accepted', async () => {
    const files = { '/etc/maglia/secret': { text: SECRET, mode: 0o100640 } };
    expect(await faultsOf(withFlags({}, { files }))).toEqual([]);
  });

  test('the secret itself in place of its path is refused, and not shown', async () => {
    const byText = await problemsOf(withFlags({ secretFile: SECRET }));
    const byNumber = await problemsOf(
      withFile('{"secretFile": ["' + SECRET + '"]}', { flags: { map: 'a=>10.0.0.1' } }),
    );
    expect(byText).toMatchObject([{ path: 'secretFile', found: 'no such file (ENOENT)' }]);
    expect(byNumber).toMatchObject([{ path: 'secretFile', found: 'a list' }]);
    expect(JSON.stringify([byText, byNumber])).not.toContain(SECRET);
  });

  test('plain needs no secret, and is for loopback only', async () => {
    const loopback = { map: 'a=>127.0.0.1:1,b=>[::1]:2,c=>localhost:3', letter: 'a', meshPlain: true };
    expect(await security({ flags: loopback })).toEqual({ kind: 'plain' });
    expect(await faultsOf({ flags: { ...loopback, map: `${loopback.map},d=>10.0.0.4,e=>web5` } })).toEqual([
      'mesh.plain: true, with mesh addresses that are not loopback: 10.0.0.4:7421, web5:7421',
    ]);
    expect(await faultsOf({ flags: { ...loopback, meshListen: '0.0.0.0:7421' } })).toEqual([
      'mesh.plain: true, with mesh addresses that are not loopback: 0.0.0.0:7421',
    ]);
  });
});

describe('the doors', () => {
  const token = { '/etc/maglia/token': { text: 'a-token-of-the-doors\n' } };

  test('host and port, IPv6 and unix sockets can be listened on', async () => {
    const config = await load(withFlags({ doorsHttp: '127.0.0.1:80, [::1]:81,/run/maglia/http.sock' }));
    expect(config.doors.http).toEqual([
      { kind: 'tcp', host: '127.0.0.1', port: 80 },
      { kind: 'tcp', host: '::1', port: 81 },
      { kind: 'unix', path: '/run/maglia/http.sock' },
    ]);
  });

  test('the memcached door is shut unless it is asked for', async () => {
    expect((await load(withFlags({}))).doors.memcached).toEqual([]);
    const file = '{"doors": {"memcached": ["127.0.0.1:11211", "/run/maglia/memcached.sock"]}}';
    expect((await load(withFile(file, { flags: THREE_NODES }))).doors.memcached).toEqual([
      { kind: 'tcp', host: '127.0.0.1', port: 11_211 },
      { kind: 'unix', path: '/run/maglia/memcached.sock' },
    ]);
  });

  test('a memcached door that other machines reach demands users and passwords', async () => {
    const open = { doorsMemcached: '127.0.0.1:1,/run/m.sock,0.0.0.0:2' };
    expect(await faultsOf(withFlags(open))).toEqual([
      'doors.memcached: 0.0.0.0:2, which other machines reach, and no credentials',
    ]);
    const files = {
      '/sasl': { text: '# web hosts\nshop:first:password:of-shop\r\n\nblog:second-password-of-blog\n', mode: 0o600 },
    };
    const config = await load(withFlags({ ...open, doorsUsersFile: '/sasl' }, { files }));
    expect(config.doors.credentials).toEqual([
      { user: 'shop', password: 'first:password:of-shop' },
      { user: 'blog', password: 'second-password-of-blog' },
    ]);
  });

  test.each([
    ['readable by everybody', 'shop:a-good-password', 0o644, 'a file that everybody may read (mode 0644)'],
    ['without a password', 'shop-and-its-password', 0o600, 'something else in line 1'],
    [
      'with a password of 15 characters',
      'someone:long-enough-by-one\nother:fifteen-letters',
      0o600,
      'a password of fewer than 16 characters in line 2',
    ],
    ['with a space', 'someone:long enough, but two', 0o600, 'something else in line 1'],
    [
      'with one user twice',
      'shop:long-enough-by-one\nshop:long-enough-by-more',
      0o600,
      'the same user again in line 2',
    ],
    ['with comments only', '# nobody may come in\n', 0o600, 'no user'],
  ])('a file of passwords %s is refused, and not shown', async (_, text, mode, found) => {
    const problems = await problemsOf(withFlags({ doorsUsersFile: '/sasl' }, { files: { '/sasl': { text, mode } } }));
    expect(problems).toMatchObject([{ path: 'doors.usersFile', found }]);
    expect(JSON.stringify(problems)).not.toMatch(/long-enough|long enough|a-good-password|fifteen/);
  });

  test.each<[string, FakeMachine]>([
    ['in the file', withFile('{"doors": {"saslFile": "/sasl"}}', { flags: THREE_NODES })],
    ['as a variable', withFlags({}, { env: { MAGLIA_DOORS_SASL_FILE: '/sasl' } })],
    ['as a flag', withFlags({ doorsSaslFile: '/sasl' })],
  ])('doors.saslFile, the former name of doors.usersFile, is taken %s', async (_, machine) => {
    const sasl = { text: 'shop:first:password:of-shop\n', mode: 0o600 };
    const config = await load({ ...machine, files: { ...machine.files, '/sasl': sasl } });
    expect(config.doors.credentials).toEqual([{ user: 'shop', password: 'first:password:of-shop' }]);
  });

  test('both names of one option in one place are refused; in two places the stronger one wins', async () => {
    const files = { '/sasl': { text: 'a:first:password:of-shop\n', mode: 0o600 } };
    const both = '{"doors": {"saslFile": "/sasl", "usersFile": "/sasl"}}';
    expect(await problemsOf(withFile(both, { flags: THREE_NODES, files }))).toEqual([
      { path: 'doors.usersFile', found: 'doors.saslFile beside it', expected: 'one of the two: they name one option' },
    ]);
    const flagged = withFile('{"doors": {"saslFile": "/gone"}}', {
      flags: { ...THREE_NODES, doorsUsersFile: '/sasl' },
      files,
    });
    expect((await load(flagged)).doors.credentials).toHaveLength(1);
  });

  test('prefixes of keys are a list in the file, and have commas elsewhere; it may be empty', async () => {
    const file = '{"doors": {"keyPrefixes": ["a,b:", "c."], "lockPrefixes": []}}';
    expect((await load(withFile(file, { flags: THREE_NODES }))).doors).toMatchObject({
      keyPrefixes: ['a,b:', 'c.'],
      lockPrefixes: [],
    });
    const { doors } = await load(withFlags({ doorsKeyPrefixes: 'a:, b:', doorsLockPrefixes: '' }));
    expect(doors).toMatchObject({ keyPrefixes: ['a:', 'b:'], lockPrefixes: [] });
  });

  test('a prefix that no key can begin with, or that is there twice, is refused', async () => {
    const keyPrefixes = ['', 'a b', 'ä:', 'x'.repeat(201), 'ok:', 'ok:'];
    expect(
      await faultsOf(
        withFile(JSON.stringify({ doors: { keyPrefixes, lockPrefixes: 'lock.' } }), { flags: THREE_NODES }),
      ),
    ).toEqual([
      'doors.keyPrefixes.0: ""',
      'doors.keyPrefixes.1: "a b"',
      'doors.keyPrefixes.2: "ä:"',
      `doors.keyPrefixes.3: "${'x'.repeat(60)}…"`,
      'doors.keyPrefixes.5: "ok:" again',
      'doors.lockPrefixes: "lock."',
    ]);
  });

  test('the sockets of the doors take a mode, and a group by name or number', async () => {
    const files = { '/etc/group': { text: 'root:x:0:\nwww-data:x:33:me\n' } };
    const access = async (flags: Record<string, string>): Promise<unknown> =>
      (await load(withFlags(flags, { files }))).doors.socketAccess;
    expect(await access({ doorsSocketMode: '0600', doorsSocketGroup: 'www-data' })).toEqual({ mode: 0o600, group: 33 });
    expect(await access({ doorsSocketMode: '770', doorsSocketGroup: '1234' })).toEqual({ mode: 0o770, group: 1234 });
  });

  test.each([
    [{ doorsSocketMode: '0440' }, '--doors-socket-mode: "0440"'],
    [{ doorsSocketMode: '0668' }, '--doors-socket-mode: "0668"'],
    [{ doorsSocketMode: '4660' }, '--doors-socket-mode: "4660"'],
    [{ doorsSocketGroup: 'no group' }, '--doors-socket-group: "no group"'],
    [{ doorsSocketGroup: 'nobody-has-it' }, 'doors.socketGroup: group nobody-has-it, which is not in /etc/group'],
  ])('sockets with %j are refused', async (flags, fault) => {
    expect(await faultsOf(withFlags(flags, { files: { '/etc/group': { text: 'root:x:0:\n' } } }))).toEqual([fault]);
  });

  test('a door that other machines reach demands a token', async () => {
    const open = { doorsHttp: '127.0.0.1:1,0.0.0.0:2,web1:3' };
    expect(await faultsOf(withFlags(open))).toEqual([
      'doors.http: 0.0.0.0:2, web1:3, which other machines reach, and no token',
    ]);
    const config = await load(withFlags({ ...open, doorsTokenFile: '/etc/maglia/token' }, { files: token }));
    expect(config.doors.token).toBe('a-token-of-the-doors');
  });

  test('a token that cannot be used is told once, under its own name, and not shown', async () => {
    const cases: readonly (readonly [string, string])[] = [
      ['with a space in between', 'a token that cannot stand in an HTTP header'],
      ['tökens-are-ASCII-only', 'a token that cannot stand in an HTTP header'],
      ['two-lines-of-it\nand-another', 'a token that cannot stand in an HTTP header'],
      ['short', '5 bytes'],
    ];
    for (const [text, found] of cases) {
      const flags = { doorsHttp: '0.0.0.0:1', doorsTokenFile: '/t' };
      const problems = await problemsOf(withFlags(flags, { files: { '/t': { text } } }));
      expect(problems).toMatchObject([{ path: 'doors.tokenFile', found }]);
      expect(JSON.stringify(problems)).not.toContain(text);
    }
  });

  test('a list that is empty, has one address twice, or a socket path that is too long, is refused', async () => {
    expect(await faultsOf(withFlags({ doorsHttp: '' }))).toEqual(['--doors-http: an empty list']);
    expect(await faultsOf(withFile('{"doors": {"http": []}}', { flags: THREE_NODES }))).toEqual([
      'doors.http: an empty list',
    ]);
    expect(
      await faultsOf(withFile('{"doors": {"http": ["[::1]:1", "[0::1]:1", "/x", "/x"]}}', { flags: THREE_NODES })),
    ).toEqual(['doors.http.1: duplicate address [::1]:1', 'doors.http.3: duplicate address /x']);
    expect(await faultsOf(withFlags({ doorsHttp: `/${'x'.repeat(107)}` }))).toEqual([
      '--doors-http 0: a socket path of 108 bytes',
    ]);
    expect(await faultsOf(withFlags({ doorsHttp: `/${'x'.repeat(106)}` }))).toEqual([]);
  });
});

describe('what options must agree on', () => {
  test.each([
    [{ sessionTtlSeconds: '100', sessionMaxTtlSeconds: '99' }, 'session.ttlSeconds: 100'],
    [{ sessionLockSeconds: '61' }, 'session.lockSeconds: 61'],
    [{ timingsOperationMs: '501' }, 'timings.operationMs: 501'],
    [{ timingsStoreMs: '251' }, 'timings.storeMs: 251'],
    [{ timingsDialMs: '5001' }, 'timings.dialMs: 5001'],
    [{ timingsSuspectAfterMs: '99' }, 'timings.suspectAfterMs: 99'],
    [{ timingsSuspectAfterMs: '400' }, 'timings.deadAfterMs: 400'],
    [{ timingsDeadAfterMs: '401' }, 'timings.deadAfterMs: 401'],
    [{ storeMegabytes: '2' }, 'store.megabytes: 2'],
    [{ limitsClientMegabytes: '2' }, 'limits.clientMegabytes: 2'],
    [{ storeKind: 'memory', storeAddress: '127.0.0.1:11211' }, 'store.address: 127.0.0.1:11211 with store.kind memory'],
  ])('%j is one problem', async (flags, fault) => {
    expect(await faultsOf(withFlags(flags))).toEqual([fault]);
  });

  test.each([
    [{ timingsSuspectAfterMs: '100' }],
    [{ timingsPingMs: '10', timingsDeadAfterMs: '480' }],
    [{ timingsHardCapMs: '1000', timingsOperationMs: '1000', timingsDeadAfterMs: '900' }],
    [{ sessionLockSeconds: '60' }],
    [{ storeMegabytes: '3' }],
    [{ storeMegabytes: '2', sessionMaxBytes: '900000' }],
    [{ storeMegabytes: '2', storeAddress: '/run/memcached.sock' }],
  ])('%j is none', async (flags) => {
    expect(await faultsOf(withFlags(flags))).toEqual([]);
  });

  test('an option that is wrong by itself is told once', async () => {
    expect(await faultsOf(withFlags({ timingsDeadAfterMs: 'never', sessionMaxTtlSeconds: '0' }))).toEqual([
      '--session-max-ttl-seconds: "0"',
      '--timings-dead-after-ms: "never"',
    ]);
  });
});

describe('what follows from other options', () => {
  test('the mesh listens on its own address in the map unless told otherwise', async () => {
    expect((await load(withFlags({ letter: 'b' }))).mesh.listen).toEqual({ host: '10.0.0.2', port: 7421 });
    expect((await load(withFlags({ meshListen: '0.0.0.0:7000' }))).mesh.listen).toEqual({
      host: '0.0.0.0',
      port: 7000,
    });
  });

  test('the runtime directory is the system’s for root, the login’s for a user, else one in the temporary folder', async () => {
    const folderOf = async (machine: FakeMachine) => (await load(withFlags({}, machine))).runtimeDirectory;
    expect(await folderOf({ userId: 0, env: { XDG_RUNTIME_DIR: '/run/user/0' } })).toBe('/run/maglia-a');
    expect(await folderOf({ env: { XDG_RUNTIME_DIR: '/run/user/1000' } })).toBe('/run/user/1000/maglia-a');
    expect(await folderOf({ env: { XDG_RUNTIME_DIR: 'relative' } })).toBe('/tmp/maglia-1000-a');
    expect(await folderOf({})).toBe('/tmp/maglia-1000-a');
  });
});
