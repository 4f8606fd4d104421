export const BASE44_CLI: string;
export function ensureBase44Cli(): void;
