// The shell's proxies, as npm, pip and uv all take them.

const NAMED = /^(https?|all)_proxy$/i;
const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/**
 * curl and git take `host:port`, and mean HTTP. npm goes past such a proxy without a word, and pip refuses it where the
 * host is a name.
 */
export function withSchemes(env) {
  const all = { ...env };
  for (const [name, value] of Object.entries(env)) {
    if (!NAMED.test(name) || !value?.trim() || SCHEME.test(value.trim())) continue;
    all[name] = `http://${value.trim().replace(/^\/\//, '')}`;
  }
  return all;
}
