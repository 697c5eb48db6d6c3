/** The environment of a person who has set nothing up: without our own node_modules on the PATH. */
export function plainEnv(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const path = (process.env.PATH ?? '').split(':').filter((folder) => !folder.includes('node_modules'));
  const ours = /^(npm_|NODE|VITEST|VITE|AUTORESEARCH_|ANTHROPIC_)/;
  const kept = Object.entries(process.env).filter(([name]) => !ours.test(name));
  return { ...Object.fromEntries(kept), PATH: path.join(':'), ...extra };
}
