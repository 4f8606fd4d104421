/** Finds out whether the file of `coffer types` has the names of the vault, without a connection or an identity. */
import { join } from "node:path";
import { AppError } from "../../errors.ts";
import { namesIn } from "../../project/secrets/declared-names.ts";
import type { VaultDocument } from "../../vault/document/document.ts";
import { DECLARATION_FILE, readDeclarations } from "./declaration-file.ts";
import { declarationText, declaredIn, kindOf } from "./declaration-text.ts";

/** How the file differs from the vault. */
export interface OutOfDate {
	readonly file: string;
	/** Names that the vault has and the file lacks. */
	readonly added: readonly string[];
	/** Names that the file has and the vault lacks. Both lists are empty if other environments have a name now. */
	readonly removed: readonly string[];
	/** The command that writes the file again. */
	readonly run: string;
}

/** The file's text; undefined if there is none, or none that `coffer types` wrote. */
async function ownText(root: string): Promise<string | undefined> {
	try {
		return await readDeclarations(join(root, DECLARATION_FILE));
	} catch (error) {
		if (error instanceof AppError) return undefined;
		throw error;
	}
}

/**
 * Compares the file in the project's folder with a vault. A file that `--out` put elsewhere is not looked for.
 * @returns undefined if there is no such file, or if it is what `coffer types` would write
 */
export async function outOfDate(root: string, document: VaultDocument): Promise<OutOfDate | undefined> {
	const text = await ownText(root);
	if (text === undefined) return undefined;
	const present = declaredIn(text);
	const all = [...document.environments.keys()];
	const kept = present.chosen.filter((name) => document.environments.has(name));
	const declared = namesIn(document, kept.length > 0 ? kept : all);
	if (declarationText(declared, kept) === text) return undefined;
	const live = declared.names.filter((each) => kindOf(each) !== "deleted").map(({ name }) => name);
	return {
		file: DECLARATION_FILE,
		added: live.filter((name) => !present.names.includes(name)),
		removed: present.names.filter((name) => !live.includes(name)),
		run: ["coffer types", ...kept.map((name) => `-e ${name}`)].join(" "),
	};
}
