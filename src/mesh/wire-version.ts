import { OLDEST_WIRE_VERSION, WIRE_VERSION, type Hello } from './message.ts';

/** The last version whose hello names one version only. One that calls with it speaks no other. */
export const LAST_WITHOUT_RANGE = 3;

/** The first version that says why a request gets no answer. */
export const FIRST_WITH_REASONS = 4;

export type SpokenVersions = Pick<Hello, 'wireVersion' | 'oldestWireVersion'>;

export const OUR_VERSIONS: SpokenVersions = { wireVersion: WIRE_VERSION, oldestWireVersion: OLDEST_WIRE_VERSION };

/** The newest version that both speak; undefined where there is none. Both sides of a link come to the same. */
export function commonVersion(one: SpokenVersions, other: SpokenVersions): number | undefined {
  const newest = Math.min(one.wireVersion, other.wireVersion);
  return newest >= Math.max(one.oldestWireVersion, other.oldestWireVersion) ? newest : undefined;
}

/** The version that we speak with a peer which said this hello when it welcomed us. */
export function spokenWith(hello: Hello): number {
  return Math.min(WIRE_VERSION, hello.wireVersion);
}

export function hasRange(wireVersion: number): boolean {
  return wireVersion > LAST_WITHOUT_RANGE;
}

/** Our hello as a node understands it with which we speak this version. */
export function helloIn(version: number, hello: Hello): Hello {
  if (hasRange(version)) return hello;
  const { letter, to, software, incarnation, phase, mapDigest } = hello;
  return { wireVersion: version, oldestWireVersion: version, letter, to, software, incarnation, phase, mapDigest };
}

/** Why a link is up. */
export function describeWelcome(hello: Hello): string {
  const { letter, software } = hello;
  const version = spokenWith(hello);
  if (version === WIRE_VERSION) return `${letter} welcomed us`;
  return `${letter} welcomed us, in version ${version} of the wire (maglia ${software}): upgrade it as well`;
}

export function describeVersions({ wireVersion, oldestWireVersion }: SpokenVersions): string {
  if (wireVersion === oldestWireVersion) return `version ${wireVersion}`;
  return `versions ${oldestWireVersion} to ${wireVersion}`;
}
