/** What a reader has of a file, or null if it refuses it. */
export type Answer = [name: string, value: string][] | null;

export interface Reader {
	/** The installed version. */
	version(): string;
	/** Reads each text as a file of its own. */
	read(texts: readonly string[]): Answer[];
}

export const bash: Reader;
export const deno: Reader;
export const direnv: Reader;
export const godotenv: Reader;
export const php: Reader;
export const python: Reader;
export const ruby: Reader;
