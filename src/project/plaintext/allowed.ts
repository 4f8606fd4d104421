/**
 * The list of texts that may be committed although they look like secrets: `.coffer-allow` at the top of the
 * repository.
 */
import { join } from "node:path";
import { FILE_BYTES } from "../../bounded-file.ts";
import { fromUtf8 } from "../../bytes.ts";
import { readWhole } from "../files/atomic-file.ts";
import type { Found } from "./search.ts";

export const ALLOW_FILE = ".coffer-allow";
/** Stands for an identity in that list. No secret can have this name. */
export const IDENTITY_WORD = "coffer-identity";
const ANY_FILE = "*";

/** The first words of the lines that allow a finding: one of them is enough. */
function allowWords({ secrets }: Found): string[] {
	return secrets?.map(({ name }) => name) ?? [IDENTITY_WORD];
}

/** Whether a finding is allowed in a file. */
export type Allowed = (path: string, found: Found) => boolean;

/**
 * Reads lines of the form `NAME PATH`: the value of the secret NAME may be in the file at PATH, relative to the
 * top of the repository. `*` means every file. A line that begins with `#` is a comment.
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
	return (path, found) =>
		allowWords(found).some((word) => [path, ANY_FILE].some((place) => lines.has(`${word} ${place}`)));
}
