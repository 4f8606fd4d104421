/**
 * Vault texts with git's conflict markers: splits a text into its two sides, and prints a vault with markers around the
 * records that a person has to decide about.
 */
import { AppError, EXIT } from "../../errors.ts";
import type { VaultDocument } from "../document/document.ts";
import { CONFLICT_MARKER, parseVault, printVault } from "../document/format.ts";
import { formatRecord, type SealedRecord } from "../records/record.ts";
import { requireSize } from "../syntax/syntax.ts";
import { requireMergeableChains } from "./merge-sections.ts";

/** The two sides of a conflicted text, each a whole vault. Line numbers are those of the conflicted text. */
export interface ConflictSides {
	readonly ours: VaultDocument;
	readonly theirs: VaultDocument;
	/**
	 * The lines of the merge base, which git's conflict styles `diff3` and `zdiff3` write between markers. Undefined if
	 * the text has none, or if git combined the merge base from several.
	 */
	readonly baseLines: ReadonlySet<string> | undefined;
}

type Part = "common" | "ours" | "ancestor" | "theirs";

/** Which part each marker begins, and which parts it may follow. */
const MARKERS: Readonly<Record<string, { begins: Part; after: readonly Part[] }>> = {
	"<": { begins: "ours", after: ["common"] },
	"|": { begins: "ancestor", after: ["ours"] },
	"=": { begins: "theirs", after: ["ours", "ancestor"] },
	">": { begins: "common", after: ["theirs"] },
};

/** Markers inside a merge base that git merged from several. Git makes them two characters longer. */
const INNER_MARKER = /^(<{9,}|>{9,}|={9,}|\|{9,})( |$)/;

function unreadable(line: number): AppError {
	return new AppError({
		code: "VAULT_CONFLICT_UNREADABLE",
		message: `coffer.vault, line ${line}: git's conflict markers are incomplete.`,
		hint: "Let git write them again: git checkout --merge -- coffer.vault",
		exit: EXIT.conflict,
		line,
	});
}

/** The error for two records of one name outside the markers: it is unknown which side each belongs to. */
function undecidable(line = 1): AppError {
	return new AppError({
		code: "VAULT_CONFLICT_UNREADABLE",
		message: `coffer.vault, line ${line}: git merged the file as text, which left conflicts and one name twice.`,
		hint: "Undo the merge (git merge --abort), run 'coffer git setup', and merge again: the merge driver merges secrets by name.",
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

/** Parses both sides. @throws AppError exit 5: an error of `mergeSections`, or a name that is twice on one side */
function parseSides(ours: Side, theirs: Side): Pick<ConflictSides, "ours" | "theirs"> {
	const [mine, yours] = [ours.parse(), theirs.parse()];
	const repeated = mine.repeated ?? yours.repeated;
	if (repeated) {
		// If the merge driver would reject these sides too, its error is the more useful one.
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
 * Splits a conflicted text. Each side is the text with that side's part of every conflict.
 * @throws AppError `VAULT_CONFLICT_UNREADABLE` (exit 5) if markers are missing or a name is twice on one side;
 *   `MEMBERSHIP_CONFLICT`, `ENVIRONMENT_CONFLICT` (exit 5) if a name is twice but the chains cannot be merged anyway;
 *   exit 7 if a side is not a valid vault
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

/** A name on which the sides differ and which a person has to decide. */
export interface RecordConflict {
	readonly environment: string;
	readonly name: string;
	readonly ours: SealedRecord | undefined;
	readonly theirs: SealedRecord | undefined;
	/** The side whose record cannot be taken, because its author is no longer a writer. */
	readonly refused: "ours" | "theirs" | undefined;
}

/** What `conflictWords` says of a conflict. */
type NamedConflict = Pick<RecordConflict, "environment" | "name"> & Partial<Pick<RecordConflict, "refused">>;

/** The names in conflict and the reasons, as sentences. @param conflicts one or more */
export function conflictWords(conflicts: readonly NamedConflict[]): string {
	const names = (of: typeof conflicts) => of.map(({ environment, name }) => `${name} (${environment})`);
	const changed = names(conflicts.filter(({ refused }) => refused === undefined));
	const refused = names(conflicts.filter((each) => each.refused !== undefined));
	const sentences = [
		changed.length > 0 ? `Both sides changed ${changed.join(", ")}.` : "",
		refused.length > 0
			? `The author of ${refused.join(", ")} on one side is no longer a writer: only the other side can be taken.`
			: "",
	];
	return sentences.filter((sentence) => sentence !== "").join(" ");
}

function block(record: SealedRecord | undefined): string {
	return record ? `${formatRecord(record)}\n\n` : "";
}

/**
 * Prints a vault with unresolved conflicts as git does: both records between markers.
 * @param document all other records; its records of the conflicting names are not printed
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
		// The text of a record occurs once in a file, because its nonce and signature are unique.
		const both = `<<<<<<< ours\n${block(ours)}=======\n${block(theirs)}>>>>>>> theirs\n`;
		text = text.replace(`\n${block(ours ?? theirs)}`, () => `\n${both}`);
	}
	return text;
}
