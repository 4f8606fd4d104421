export const BASE44_CLI: string;
export const BASE44_COMPILED: string;
export function ensureBase44Cli(): Promise<void>;
