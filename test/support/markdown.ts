/** A page, an anchor, or both, as the link has it. */
export interface PageLink {
  readonly line: number;
  readonly target: string;
}

const FENCE = /^ {0,3}(?:```|~~~)/;
const LINK = /\]\(\s*([^()\s]+)(?:\s+"[^"]*")?\s*\)/g;

/** The anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(page: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const line of proseOf(page)) {
    const heading = /^#{1,6}\s+(.+?)\s*#*$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const slug = slugOf(heading);
    let anchor = slug;
    for (let copies = 1; anchors.has(anchor); copies += 1) anchor = `${slug}-${copies}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** All links of a page but those to other machines. */
export function linksOf(page: string): PageLink[] {
  return proseOf(page).flatMap((line, at) =>
    [...withoutCode(line).matchAll(LINK)]
      .map(([, target = '']) => ({ line: at + 1, target }))
      .filter(({ target }) => !/^[a-z][a-z0-9+.-]*:/i.test(target)),
  );
}

/** What stands between backticks, outside of code blocks. */
export function codeWordsOf(page: string): { readonly line: number; readonly text: string }[] {
  return proseOf(page).flatMap((line, at) =>
    [...line.matchAll(/`([^`]+)`/g)].map(([, text = '']) => ({ line: at + 1, text })),
  );
}

/** The page's lines, with those of code blocks left empty. */
function proseOf(page: string): string[] {
  let isCode = false;
  return page.split('\n').map((line) => {
    const isFence = FENCE.test(line);
    if (isFence) isCode = !isCode;
    return isCode || isFence ? '' : line;
  });
}

function withoutCode(line: string): string {
  return line.replace(/`[^`]*`/g, '``');
}

function slugOf(heading: string): string {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
    .replace(/ /g, '-');
}
