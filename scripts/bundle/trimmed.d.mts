export const PINNED: Readonly<Record<string, string>>;
export function requirePinned(versionOf?: (name: string) => string): void;
export function replaceOnce(source: string, from: string, to: string, path: string): string;
