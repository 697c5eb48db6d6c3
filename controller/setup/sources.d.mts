export const BUNDLE: string;
export function bundleHere(): string;
