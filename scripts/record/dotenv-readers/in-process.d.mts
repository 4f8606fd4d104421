import type { Reader } from "./programs.mjs";

export const node20: Reader;
export const dotenv: Reader;
export const dotenvx: Reader;
export const next: Reader;
