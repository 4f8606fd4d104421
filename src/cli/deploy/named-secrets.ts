/** Finds secrets that configuration files name, and `.env` files from which missing secrets can be imported. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { FILE_BYTES, readBoundedSync } from "../../bounded-file.ts";
import { fromUtf8 } from "../../bytes.ts";
import { parseDotenv } from "../../dotenv/parse.ts";
import { inEnvironment } from "../../environment-hint.ts";
import { AppError } from "../../errors.ts";
import { SUPABASE_FUNCTIONS } from "../../modules/paths.ts";
import type { NamedSecret } from "../../project/functions/function-entry.ts";
import { MARKS } from "../shell/render.ts";
import type { Terminal } from "../shell/terminal.ts";

/** A `.env` file with names that the vault lacks. */
export interface EnvFileOffer {
	/** Relative to the project. */
	readonly file: string;
	/** Sorted. */
	readonly names: readonly string[];
}

/** The usual paths of `.env` files for functions. */
const FILES = [`${SUPABASE_FUNCTIONS}/.env`, "functions/.env", ".env"];

/**
 * The `.env` files that contain a missing name. Their values are not kept.
 * @param folder the folder of the functions that `coffer.json` names
 */
export function envFileOffers(
	root: string,
	folder: string | undefined,
	missing: readonly string[],
): EnvFileOffer[] {
	if (missing.length === 0) return [];
	const files = new Set([...(folder === undefined ? [] : [`${folder}/.env`]), ...FILES]);
	return [...files].flatMap((file) => {
		const held = namesIn(join(root, file));
		const names = missing.filter((name) => held.has(name)).sort();
		return names.length === 0 ? [] : [{ file, names }];
	});
}

/**
 * The names in a `.env` file. A file that cannot be read or parsed has no names: the import of a file is only a
 * suggestion, so this is not an error.
 */
function namesIn(path: string): ReadonlySet<string> {
	try {
		if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return new Set();
		const text = fromUtf8(readBoundedSync(path, FILE_BYTES.settings));
		return new Set(text === undefined ? [] : parseDotenv(text, path).pairs.map(({ name }) => name));
	} catch (error) {
		if (error instanceof AppError || (error as NodeJS.ErrnoException).code !== undefined) return new Set();
		throw error;
	}
}

export function renderNamed(named: readonly NamedSecret[], terminal: Terminal): void {
	for (const { file, line, name } of named)
		terminal.line(`${MARKS.pending} ${name} is named in ${file}:${line}, but not in the vault`);
}

export function renderOffers(offers: readonly EnvFileOffer[], environment: string, terminal: Terminal): void {
	for (const { file, names } of offers)
		terminal.line(
			`  ${file} has ${names.join(", ")}. To import that file: ${inEnvironment(`coffer secrets set --env-file ${file}`, environment)}`,
		);
}
