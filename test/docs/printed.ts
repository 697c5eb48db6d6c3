// The texts in a program's source: strings, templates, and what `+` joins of them. An expression among them counts as
// one word, and a choice as the longer of its texts.
import { parseAst } from 'vitest/node';
import { wordsIn } from './sentences.ts';

interface Printed {
  readonly line: number;
  readonly text: string;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

const EXPRESSION = 'X';
/** Strings in these are names of modules, or types. */
const UNREAD =
  /^(?:ImportDeclaration|ImportExpression|ExportAllDeclaration|TSLiteralType|TSTemplateLiteralType)$/;

export function printedIn(path: string, source: string): Printed[] {
  const found: Printed[] = [];
  const visit = (node: Node) => {
    const text = node.type === 'ConditionalExpression' ? null : textOf(node);
    if (text !== null) found.push({ line: source.slice(0, node.start).split('\n').length, text });
    for (const child of text === null ? childrenOf(node) : expressionsOf(node)) visit(child);
  };
  visit(
    parseAst(source, {
      lang: path.endsWith('.mjs') ? 'js' : path.endsWith('.tsx') ? 'tsx' : 'ts',
    }) as unknown as Node,
  );
  return found;
}

/** Null where the node is no text. */
function textOf(node: Node): string | null {
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : null;
  if (node.type === 'ParenthesizedExpression') return textOf(node.expression as Node);
  if (node.type === 'TemplateLiteral') {
    const between = (node.expressions as Node[]).map((one) => textOf(one) ?? EXPRESSION);
    return quasisOf(node).reduce((text, quasi, i) => text + between[i - 1]! + quasi);
  }
  const sides = sidesOf(node);
  const texts = sides.map(textOf);
  if (texts.every((text) => text === null)) return null;
  const [one, other] = texts.map((text) => text ?? EXPRESSION) as [string, string];
  if (node.type === 'ConditionalExpression') return wordsIn(one) > wordsIn(other) ? one : other;
  return one + other;
}

const quasisOf = (node: Node) =>
  (node.quasis as { value: { cooked: string } }[]).map(({ value }) => value.cooked);

/** The two parts of a sum, or the two answers of a choice. */
function sidesOf(node: Node): Node[] {
  if (node.type === 'ConditionalExpression') return [node.consequent as Node, node.alternate as Node];
  if (node.type === 'BinaryExpression' && node.operator === '+')
    return [node.left as Node, node.right as Node];
  return [];
}

/** What stands in a text and may hold texts of its own. */
function expressionsOf(node: Node): Node[] {
  if (node.type === 'Literal') return [];
  if (node.type === 'ParenthesizedExpression') return expressionsOf(node.expression as Node);
  if (node.type === 'TemplateLiteral') return node.expressions as Node[];
  return sidesOf(node).flatMap((side) => (textOf(side) === null ? [side] : expressionsOf(side)));
}

function childrenOf(node: Node): Node[] {
  return Object.entries(node)
    .filter(([key]) => !(key === 'source' && node.type === 'ExportNamedDeclaration'))
    .flatMap(([, value]) => value)
    .filter((child): child is Node => typeof (child as Node | null)?.type === 'string')
    .filter(({ type }) => !UNREAD.test(type));
}
