// The few pieces of SVG that the pictures are written with: plain text, no DOM.
import { printable } from '../../std/text.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text from anybody as XML text or attribute value: escaped, without what XML 1.0 has no place for. */
export function escaped(text: string): string {
  return printable(text.replace(/[\t\r\n]+/g, ' '))
    .replace(/[\ufffe\uffff]/g, '')
    .replace(/[&<>"']/g, (c) => ENTITIES[c]!);
}

/** A coordinate, to a tenth of a pixel. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** An element. Attributes must be safe already: numbers, names, or `escaped`; children are markup. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  children = '',
): string {
  const list = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${typeof value === 'number' ? px(value) : value}"`,
  );
  return children === '' ? `<${name}${list.join('')}/>` : `<${name}${list.join('')}>${children}</${name}>`;
}

/** A text element with escaped content. */
export function label(content: string, attributes: Readonly<Record<string, string | number>>): string {
  return element('text', attributes, escaped(content));
}
