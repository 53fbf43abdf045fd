import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';

const OWNER_ONLY = 0o600;
const DRAFT_NAME_BYTES = 8;

/** Where a draft's name is taken, or a link lies, opening it fails: nobody's file is written through it. */
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Puts a file of mode 0600 with this text at `path`, whole or not at all. What is there already is replaced, a link as well;
 * what a link points to stays as it is. Where it rejects, as on a full disk, the former file is there still, and no draft.
 */
export async function writeFileAtomically(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(DRAFT_NAME_BYTES).toString('hex')}.draft`;
  const file = await open(draft, NEW_FILE, OWNER_ONLY);
  try {
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
