import { connect as connectTcp, type LookupFunction } from 'node:net';
import { connect as connectTls, type TlsOptions, type TLSSocket } from 'node:tls';
import type { MeshConfig } from '../config/config.ts';
import { HandshakeRefusedError } from '../errors.ts';
import type { Letter, MeshAddress } from '../session/letter.ts';
import { letterOfIdentity, meshKey, pskIdentity } from './psk.ts';
import type { DialledSocket } from './transport.ts';

export type MeshSecurity = MeshConfig['security'];

/** The hash of the cipher is the hash of an external pre-shared key, which is SHA-256 (RFC 8446, 4.2.11). */
const PROTOCOL = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256' } as const;

/**
 * Begins to connect. No session is ever resumed and no early data sent: each dial proves the secret anew.
 *
 * A TLS client that offers a pre-shared key accepts a certificate, too, if the server answers with one. So that nothing
 * but the secret counts, no authority is trusted (`ca: []`), and a certificate of any name is refused
 * (`checkServerIdentity` is not asked where the key was used).
 */
export function dialSocket(
  security: MeshSecurity,
  address: MeshAddress,
  own: Letter,
  lookup: LookupFunction,
): DialledSocket {
  const target = { host: address.host, port: address.port, lookup };
  if (security.kind === 'plain') return { socket: connectTcp(target), readyEvent: 'connect' };
  const psk = meshKey(security.secret);
  const socket = connectTls({
    ...target,
    ...PROTOCOL,
    ca: [],
    pskCallback: () => ({ psk, identity: pskIdentity(own) }),
    checkServerIdentity: () => new HandshakeRefusedError('wrong-secret', CERTIFICATE_SHOWN),
  });
  return { socket, readyEvent: 'secureConnect' };
}

/** Options of a TLS server that takes nothing but the key; `onIdentity` hears what the caller says that it is. */
export function serverTlsOptions(
  secret: Buffer,
  handshakeTimeout: number,
  onIdentity: (socket: TLSSocket, letter: Letter) => void,
): TlsOptions {
  const psk = meshKey(secret);
  return {
    ...PROTOCOL,
    handshakeTimeout,
    pskCallback: (socket, identity) => {
      const letter = letterOfIdentity(identity);
      if (letter === undefined) return null;
      onIdentity(socket, letter);
      return psk;
    },
  };
}

const CERTIFICATE_SHOWN =
  'what answers there shows a certificate instead of knowing the secret, so it is no maglia node: ' +
  'correct the address in the map';

const CERTIFICATE_CODES = /CERT|ISSUER|SIGNATURE|_CA$/;

/**
 * Why a TLS dial failed, where it is for want of the same secret; undefined for any other failure. The codes are those
 * that Node.js 20 to 26 give, found by trying: a wrong key is `ERR_SSL_SSLV3_ALERT_ILLEGAL_PARAMETER`, a server with
 * neither key nor certificate `…_ALERT_HANDSHAKE_FAILURE`, a peer that speaks plain `ERR_SSL_WRONG_VERSION_NUMBER`.
 */
export function explainDialError(error: Error, own: Letter, peer: Letter): string | undefined {
  if (error instanceof HandshakeRefusedError) return error.message;
  const code = codeOf(error);
  if (code.startsWith('ERR_SSL_')) {
    return code.includes('_ALERT_')
      ? `${own} and ${peer} do not have the same secret: give both the same secretFile (${code})`
      : `${peer} answers ${own} without encryption: give both a secretFile, or set mesh.plain on both (${code})`;
  }
  return CERTIFICATE_CODES.test(code) ? `${CERTIFICATE_SHOWN} (${code})` : undefined;
}

/**
 * The same on the acceptor's side: a wrong key is `ERR_SSL_BINDER_DOES_NOT_VERIFY`, a caller that speaks plain
 * `ERR_SSL_WRONG_VERSION_NUMBER` or `ERR_SSL_HTTP_REQUEST`. Undefined where the caller only went away or said nothing.
 */
export function explainCallerError(error: Error, own: Letter, caller: Letter | undefined): string | undefined {
  const code = codeOf(error);
  if (!code.startsWith('ERR_SSL_')) return undefined;
  if (caller !== undefined) {
    return `${caller} and ${own} do not have the same secret: give both the same secretFile (${code})`;
  }
  return explainForeigner(own, code);
}

/** @param what it speaks, or how TLS names what was wrong */
export function explainForeigner(own: Letter, what: string): string {
  return (
    `a caller of ${own} does not speak maglia's encryption (${what}): ` +
    'if it is a node, give both a secretFile, or set mesh.plain on both'
  );
}

export function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
