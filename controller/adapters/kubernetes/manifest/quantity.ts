// Kubernetes quantities as numbers: `500m` is half a CPU, `16Gi` a number of bytes.

const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** 0 for what is absent; NaN for what is no quantity. */
export function amountOf(quantity: string | undefined): number {
  if (quantity === undefined) return 0;
  const parts = /^(\d+(?:\.\d+)?(?:e\d+)?)([a-zA-Z]{0,2})$/.exec(quantity);
  return parts ? Number(parts[1]) * (FACTORS[parts[2]!] ?? Number.NaN) : Number.NaN;
}
