type Variables = Readonly<Record<string, string | undefined>>;
export function withSchemes(env: Variables): Record<string, string | undefined>;
