// The keys of a schema, flat: `limits.experiments`, `tolerations[].key`.
import { z } from 'zod';
import { code } from './wrapped.ts';

export interface Key {
  readonly path: string;
  readonly type: string;
  readonly required: boolean;
  readonly default?: unknown;
  readonly meaning: string;
  /** A mapping or a list whose keys follow. */
  readonly filled: boolean;
}

interface Json {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Json[];
  readonly items?: Json;
  readonly properties?: Readonly<Record<string, Json>>;
  readonly required?: readonly string[];
}

/** Throws where a key has no meaning: whoever adds one says what it is for. */
export function keysOf(schema: z.ZodType): Key[] {
  return keysIn(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json, '');
}

function keysIn({ properties = {}, required = [] }: Json, before: string): Key[] {
  return Object.entries(properties).flatMap(([name, json]) => {
    const path = before + name;
    if (!json.description) throw new Error(`${path} has no meaning; give its schema a .describe()`);
    const mapping = [json, ...(json.anyOf ?? [])].find((one) => one.properties) ?? json.items;
    const inner = mapping?.properties ? `${path}${mapping === json.items ? '[].' : '.'}` : null;
    const key = {
      path,
      type: typeOf(json),
      required: required.includes(name),
      ...(json.default === undefined || json.properties ? {} : { default: json.default }),
      meaning: json.description,
      filled: inner !== null,
    };
    return inner ? [key, ...keysIn(mapping!, inner)] : [key];
  });
}

const WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: 'true or false',
  integer: 'whole number',
  object: 'mapping',
  array: 'list',
};

function typeOf(json: Json): string {
  if (json.anyOf) return [...new Set(json.anyOf.map(typeOf))].join(' or ');
  if (json.enum) return json.enum.map((value) => code(value)).join(' or ');
  if (json.const !== undefined) return code(json.const);
  if (json.type === 'array' && json.items?.type) return `list of ${typeOf(json.items)}s`;
  const types = [json.type ?? 'anything'].flat();
  return types.map((type) => WORDS[type] ?? type).join(' or ');
}
