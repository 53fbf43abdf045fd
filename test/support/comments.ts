import ts from 'typescript';

export interface Comment {
  readonly line: number;
  /** Of several lines one, without the stars that begin them. */
  readonly text: string;
}

/** Every comment of a TypeScript or JavaScript file; line comments that follow each other are one. */
export function commentsOf(path: string, text: string): Comment[] {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const ranges = new Map<number, ts.CommentRange>();
  const visit = (node: ts.Node): void => {
    for (const range of [
      ...(ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []),
      ...(ts.getTrailingCommentRanges(text, node.getEnd()) ?? []),
    ]) {
      ranges.set(range.pos, range);
    }
    for (const child of node.getChildren(tree)) visit(child);
  };
  visit(tree);

  const comments: { line: number; lastLine: number; text: string; isLine: boolean }[] = [];
  for (const { pos, end, kind } of [...ranges.values()].sort((one, other) => one.pos - other.pos)) {
    const line = tree.getLineAndCharacterOfPosition(pos).line + 1;
    const lastLine = tree.getLineAndCharacterOfPosition(end).line + 1;
    const isLine = kind === ts.SyntaxKind.SingleLineCommentTrivia;
    const words = text
      .slice(pos, end)
      .replace(/^\/[/*]+|\*\/$/g, '')
      .replace(/\n\s*\*? ?/g, ' ');
    const before = comments.at(-1);
    if (isLine && before?.isLine === true && before.lastLine === line - 1) {
      before.text += words;
      before.lastLine = lastLine;
    } else comments.push({ line, lastLine, text: words, isLine });
  }
  return comments.map(({ line, text: words }) => ({ line, text: words }));
}
