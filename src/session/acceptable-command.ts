import { isAcceptableJson, isJsonType } from './acceptable-json.ts';
import { MAX_GRACE_SECONDS, MAX_LIFE_SECONDS, type Content, type SessionCommand } from './command.ts';
import { isMintedForm } from './session-id.ts';

/** A media type, and nothing in it that could end a header. */
const MEDIA_TYPE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+[^\p{Cc}]*$/u;

/**
 * Whether a command could have come in at a door. Doors see to it by themselves; what a peer sends is not trusted to have
 * come in at one.
 */
export function isAcceptable(command: SessionCommand): boolean {
  switch (command.kind) {
    case 'put':
    case 'keep':
      return isLife(command.ttlSeconds) && isContent(command.content);
    case 'patch':
      return isLife(command.ttlSeconds) && isAcceptableJson(command.patch);
    case 'touch':
      return isLife(command.ttlSeconds);
    case 'rotate':
      return (command.graceSeconds ?? 0) <= MAX_GRACE_SECONDS;
    case 'succeed':
      return isMintedForm(command.successor);
    case 'get':
    case 'open':
    case 'destroy':
    case 'unlock':
    case 'lock':
    case 'flush':
    case 'item':
      // An item has no type, and its lives and sizes are cut or refused where it is stored.
      return true;
  }
}

/** How much has to be read for that. */
export function bytesToCheck(command: SessionCommand): number {
  if (command.kind === 'patch') return command.patch.length;
  const isJson = (command.kind === 'put' || command.kind === 'keep') && isJsonType(command.content.contentType);
  return isJson ? command.content.payload.length : 0;
}

function isLife(seconds = 0): boolean {
  return seconds <= MAX_LIFE_SECONDS;
}

function isContent({ contentType, payload }: Content): boolean {
  return MEDIA_TYPE.test(contentType) && (!isJsonType(contentType) || isAcceptableJson(payload));
}
