/**
 * The list of what may be committed although it looks like a secret: `.coffer-allow` at the top of the repository.
 */
import { join } from "node:path";
import { FILE_BYTES } from "../../bounded-file.ts";
import { fromUtf8 } from "../../bytes.ts";
import { readWhole } from "../files/atomic-file.ts";
import type { Found } from "./search.ts";

export const ALLOW_FILE = ".coffer-allow";
/** Stands for an identity; no secret can be called so. */
export const IDENTITY_WORD = "coffer-identity";
const ANY_FILE = "*";

/** The first word of the line that lets something pass. */
export function allowWord({ secret }: Found): string {
	return secret?.name ?? IDENTITY_WORD;
}

/** Whether something may stand in a file. */
export type Allowed = (path: string, found: Found) => boolean;

/**
 * Reads lines of the form `NAME PATH`: the value of the secret NAME may stand in the file at PATH, from the top of the
 * repository; `*` is any file. A line that begins with `#` says nothing.
 * @throws AppError `FILE_UNREADABLE`, `FILE_TOO_LARGE` (exit 1)
 */
export async function readAllowed(top: string): Promise<Allowed> {
	const bytes = await readWhole(join(top, ALLOW_FILE), FILE_BYTES.text);
	const text = bytes && fromUtf8(bytes);
	const lines = new Set(
		(text ?? "").split(/\r?\n/).flatMap((line) => {
			const [, word, path] = /^([^#\s]\S*)\s+(.*\S)\s*$/.exec(line) ?? [];
			return word === undefined ? [] : [`${word} ${path}`];
		}),
	);
	return (path, found) => [path, ANY_FILE].some((place) => lines.has(`${allowWord(found)} ${place}`));
}
