const HEADER_BYTES = 24;
const REQUEST_MAGIC = 0x80;
const CAS_AT = 16;

const TEXT_CAS = /(?<=^cas \S+ \d+ -?\d+ \d+ )\d+/gm;
const META_CAS = /(?<=^m[sgda] [^\r\n]* C)\d+/gm;

/** A request with another cas in the place of each that it names. */
export function translateCas(request: Buffer, translate: (cas: bigint) => bigint): Buffer {
  if (request[0] === REQUEST_MAGIC) return translatePackets(request, translate);
  const text = request.toString('latin1');
  const replace = (digits: string): string => translate(BigInt(digits)).toString();
  // What is no cas at all stays what it is.
  const isCas = (digits: string): boolean => digits !== '0' && BigInt(digits) < 2n ** 64n;
  const translated = text
    .replace(TEXT_CAS, (digits) => (isCas(digits) ? replace(digits) : digits))
    .replace(META_CAS, (digits) => (isCas(digits) ? replace(digits) : digits));
  return Buffer.from(translated, 'latin1');
}

function translatePackets(request: Buffer, translate: (cas: bigint) => bigint): Buffer {
  const translated = Buffer.from(request);
  let at = 0;
  while (at + HEADER_BYTES <= request.length && request[at] === REQUEST_MAGIC) {
    const cas = request.readBigUInt64BE(at + CAS_AT);
    if (cas !== 0n) translated.writeBigUInt64BE(translate(cas), at + CAS_AT);
    at += HEADER_BYTES + request.readUInt32BE(at + 8);
  }
  return translated;
}
