/**
 * A vault's text with git's conflict markers in it: taken apart into its two sides, and written with markers around
 * the records that nobody but a person can decide.
 */
import { AppError, EXIT } from "../../errors.ts";
import type { VaultDocument } from "../document/document.ts";
import { CONFLICT_MARKER, parseVault, printVault } from "../document/format.ts";
import { formatRecord, type SealedRecord } from "../records/record.ts";
import { requireSize } from "../syntax/syntax.ts";
import { requireMergeableChains } from "./merge-sections.ts";

/** The two sides of a conflicted text, each a whole vault. Lines are those of the conflicted text. */
export interface ConflictSides {
	readonly ours: VaultDocument;
	readonly theirs: VaultDocument;
	/**
	 * The lines of the common ancestor that stand between markers of git's styles `diff3` and `zdiff3`; undefined
	 * where the text has none, or where the ancestor itself was put together from several.
	 */
	readonly baseLines: ReadonlySet<string> | undefined;
}

type Part = "common" | "ours" | "ancestor" | "theirs";

/** Which part each marker begins, and after which parts it may stand. */
const MARKERS: Readonly<Record<string, { begins: Part; after: readonly Part[] }>> = {
	"<": { begins: "ours", after: ["common"] },
	"|": { begins: "ancestor", after: ["ours"] },
	"=": { begins: "theirs", after: ["ours", "ancestor"] },
	">": { begins: "common", after: ["theirs"] },
};

/** Markers of a merge of ancestors, inside an ancestor: git makes them longer by two. */
const INNER_MARKER = /^(<{9,}|>{9,}|={9,}|\|{9,})( |$)/;

function unreadable(line: number): AppError {
	return new AppError({
		code: "VAULT_CONFLICT_UNREADABLE",
		message: `coffer.vault, line ${line}: git's conflict markers are not whole.`,
		hint: "Let git write them anew: git checkout --merge -- coffer.vault",
		exit: EXIT.conflict,
		line,
	});
}

/** Of two records of one name beside markers nobody knows whose they are. */
function undecidable(line = 1): AppError {
	return new AppError({
		code: "VAULT_CONFLICT_UNREADABLE",
		message: `coffer.vault, line ${line}: git's merge of the text has put a name in twice, beside conflicts.`,
		hint: "Take the merge back (git merge --abort), run 'coffer git setup', and merge again: the driver merges name by name.",
		exit: EXIT.conflict,
		line,
	});
}

/** Lines with their 1-based numbers. */
class Side {
	readonly lines: string[] = [];
	readonly numbers: number[] = [];

	push(line: string, number: number): void {
		this.lines.push(line);
		this.numbers.push(number);
	}

	parse(): { document: VaultDocument; repeated: AppError | undefined } {
		const text = this.lines.join("\n");
		try {
			return { document: parseVault(text, this.numbers, "any"), repeated: undefined };
		} catch (error) {
			if (!(error instanceof AppError) || error.code !== "VAULT_NAME_DUPLICATE") throw error;
			return { document: parseVault(text, this.numbers, "first"), repeated: error };
		}
	}
}

/** Both sides. @throws AppError exit 5: what `uniteSections` refuses, or a name that stands twice on a side */
function parseSides(ours: Side, theirs: Side): Pick<ConflictSides, "ours" | "theirs"> {
	const [mine, yours] = [ours.parse(), theirs.parse()];
	const repeated = mine.repeated ?? yours.repeated;
	if (repeated) {
		// Where the driver would refuse too, its reason is the one to hear.
		requireMergeableChains(mine.document, yours.document);
		throw undecidable(repeated.line);
	}
	return { ours: mine.document, theirs: yours.document };
}

/** Whether the text has conflict markers. @throws AppError `VAULT_TOO_LARGE` (exit 7) */
export function isConflicted(text: string): boolean {
	requireSize(text);
	return text.split("\n").some((line) => CONFLICT_MARKER.test(line));
}

/**
 * Takes a conflicted text apart. Each side is the text with its part of every conflict.
 * @throws AppError `VAULT_CONFLICT_UNREADABLE` (exit 5) where markers are missing, or a name
 *   stands twice on a side; `MEMBERSHIP_CONFLICT`, `ENVIRONMENT_CONFLICT` (exit 5) where that is beside the point; exit 7 where a side is no vault
 */
export function splitConflicts(text: string): ConflictSides {
	requireSize(text);
	const sides = { ours: new Side(), theirs: new Side(), ancestor: new Side() };
	let part: Part = "common";
	let begun = 0;
	for (const [index, line] of text.split("\n").entries()) {
		const marker = CONFLICT_MARKER.test(line) ? MARKERS[line.charAt(0)] : undefined;
		if (marker) {
			if (!marker.after.includes(part)) throw unreadable(index + 1);
			part = marker.begins;
			begun = index + 1;
		} else {
			for (const name of part === "common" ? (["ours", "theirs"] as const) : [part])
				sides[name].push(line, index + 1);
		}
	}
	if (part !== "common") throw unreadable(begun);
	const { lines } = sides.ancestor;
	const usable = lines.length > 0 && !lines.some((line) => INNER_MARKER.test(line));
	return {
		...parseSides(sides.ours, sides.theirs),
		baseLines: usable ? new Set(lines) : undefined,
	};
}

/** A record that both sides changed, or that one side may not have. */
export interface RecordConflict {
	readonly environment: string;
	readonly name: string;
	readonly ours: SealedRecord | undefined;
	readonly theirs: SealedRecord | undefined;
}

function block(record: SealedRecord | undefined): string {
	return record ? `${formatRecord(record)}\n\n` : "";
}

/**
 * Writes a vault in which some records are still in conflict, as git would: both, between markers.
 * @param document everything else; what it holds under those names is not written
 */
export function printConflicted(document: VaultDocument, conflicts: readonly RecordConflict[]): string {
	const environments = new Map(document.environments);
	for (const { environment, name, ours, theirs } of conflicts) {
		const section = environments.get(environment);
		const either = ours ?? theirs;
		if (section && either)
			environments.set(environment, { ...section, records: new Map(section.records).set(name, either) });
	}
	let text = printVault({ ...document, environments });
	for (const { ours, theirs } of conflicts) {
		// A record's text stands once in a file: its nonce and signature are its own.
		const both = `<<<<<<< ours\n${block(ours)}=======\n${block(theirs)}>>>>>>> theirs\n`;
		text = text.replace(`\n${block(ours ?? theirs)}`, () => `\n${both}`);
	}
	return text;
}
