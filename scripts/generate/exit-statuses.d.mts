export const COMMON_STATUSES: Readonly<Record<string, string>>;
export const STATUSES: Readonly<Record<string, Readonly<Record<string, string>>>>;
export function statusesOf(id: string): Readonly<Record<string, string>>;
