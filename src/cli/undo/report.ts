/**
 * The report of changes that this device has seen and the vault lacks. Its JSON is stable: other programs
 * rely on it.
 */

import { currentFolder, findRoot, fromHere, VAULT_FILE } from "../../project/files/project-root.ts";
import type { Diagnosis } from "../../project/undo/accept.ts";
import type { Acceptance } from "../../project/undo/acceptance.ts";
import type { LocatedItem } from "../../project/undo/search.ts";
import { describeNote } from "../../vault/undo/link-note.ts";
import { count, MARKS } from "../shell/render.ts";
import type { Terminal } from "../shell/terminal.ts";

export interface LackingRow {
	environment: string;
	/**
	 * `undone`: made on this device, and found neither in this clone nor on a platform. `elsewhere`: found at `where`.
	 * `missing`: sent once, or made by somebody else, and found neither in this clone nor on a platform.
	 */
	kind: LocatedItem["kind"];
	/** The secret; null for a change of members or environments. */
	name: string | null;
	/** The version that this device has seen; null for a change of members or environments. */
	version: number | null;
	/** A description of the change. */
	what: string;
	/** The name of the member who signed it; null if this device does not know. */
	by: string | null;
	/** Where the change is, or was last known to be; null if unknown. */
	where: string | null;
}

export interface LetInRow {
	environment: string;
	/** The member's name; null if this device does not know it. */
	name: string | null;
	as: "member" | "owner";
	removedBy: string | null;
}

export interface AcceptReport {
	/** Whether this device forgot the changes. */
	accepted: boolean;
	/** The ids of the previous vault in this folder and of the current one; null if the vault is the same. */
	replaced: { before: string; now: string } | null;
	/** Removed members who get access again, because the removal is forgotten. */
	letIn: LetInRow[];
	forgotten: LackingRow[];
	/** Changes that this device still remembers and the vault still lacks. */
	kept: LackingRow[];
	/** The suggested commands, the best first. */
	ways: { words: string; commands: readonly string[] }[];
}

/** The names of all members that this device's notes or the file mention, by signing key. */
function namesOf({ document, surveys }: Diagnosis): Map<string, string> {
	const names = new Map<string, string>();
	for (const { memory } of surveys)
		for (const { subjects, signer } of memory.notes.values())
			for (const { sign, name } of [...subjects, signer]) names.set(sign, name);
	for (const { links } of document.environments.values())
		for (const { change } of links) {
			const [sign, , name] =
				change[0] === "genesis" ? change.slice(4) : change[0] === "add" ? change.slice(2) : [];
			if (sign !== undefined && name !== undefined && !names.has(sign)) names.set(sign, name);
		}
	return names;
}

function rowOf(
	{ environment, kind, lacking, where }: LocatedItem,
	names: ReadonlyMap<string, string>,
): LackingRow {
	const common = { environment, kind, where: where === "" ? null : where };
	if (lacking.kind === "link") {
		const { chain, note } = lacking;
		const what = note
			? describeNote(note)
			: `changed ${chain === "vault" ? "the vault's owners or environments" : "the members"} (this device has no details)`;
		return { ...common, name: null, version: null, what, by: note?.signer.name ?? null };
	}
	const { mark, name, present } = lacking;
	const now =
		present === undefined
			? "absent here"
			: present === mark.version
				? "another value here"
				: `version ${present} here`;
	const author = mark.author;
	const by = author === undefined ? null : (names.get(author) ?? `${author.slice(0, 8)}…`);
	return { ...common, name, version: mark.version, what: `${name}, version ${mark.version} (${now})`, by };
}

/** A row for each change that the vault lacks. */
export function lackingRows(diagnosis: Diagnosis, found: readonly LocatedItem[]): LackingRow[] {
	const names = namesOf(diagnosis);
	// Two identities of this device may remember the same change.
	const rows = new Map(found.map((each) => [JSON.stringify(rowOf(each, names)), rowOf(each, names)]));
	return [...rows.values()];
}

export function acceptReport(diagnosis: Diagnosis, plan: Acceptance, accepted: boolean): AcceptReport {
	const letIn = plan.letIn.map(({ environment, name = null, as, removedBy = null }) => ({
		environment,
		name,
		as,
		removedBy,
	}));
	return {
		accepted,
		replaced: null,
		letIn,
		forgotten: lackingRows(diagnosis, plan.forgotten),
		kept: lackingRows(diagnosis, plan.kept),
		ways: diagnosis.ways.map(({ words, commands }) => ({ words, commands })),
	};
}

const HEADINGS: Readonly<Record<LocatedItem["kind"], string>> = {
	undone: "made on this device, and not found in this clone",
	elsewhere: "found elsewhere",
	missing: "not found in this clone, although somebody else had it",
};

function renderRow({ by, kind, name, what, where }: LackingRow, terminal: Terminal): void {
	const who = name === null ? `${by ?? "somebody"} ${what}` : `${what}, by ${by ?? "somebody"}`;
	const place = where === null ? "" : kind === "elsewhere" ? ` — in ${where}` : ` — last known in ${where}`;
	terminal.line(`      ${who}${place}`);
}

/** Prints the rows, grouped by environment and kind. */
export function renderLacking(rows: readonly LackingRow[], terminal: Terminal): void {
	for (const environment of new Set(rows.map((row) => row.environment))) {
		terminal.line(`  ${environment}`);
		for (const kind of ["missing", "elsewhere", "undone"] as const) {
			const matching = rows.filter((row) => row.environment === environment && row.kind === kind);
			if (matching.length > 0) terminal.line(`    ${HEADINGS[kind]}:`);
			for (const row of matching) renderRow(row, terminal);
		}
	}
}

/** Prints the removed members who would get access again. */
export function renderLetIn(rows: readonly LetInRow[], terminal: Terminal): void {
	for (const { as, environment, name, removedBy } of rows) {
		const who = name ?? "A member whose name this device does not know";
		const access = as === "owner" ? "owns the vault again" : `can read '${environment}' again`;
		const by = removedBy === null ? "" : ` by ${removedBy}`;
		const effect = name === null ? `may be able to read '${environment}' again` : access;
		terminal.line(`${MARKS.failed} ${who} was removed${by}, and ${effect}: the removal is forgotten`);
	}
}

/** The suggested commands, one line for each: the hint of an error. */
export function waysHint(ways: AcceptReport["ways"]): string {
	const root = findRoot(currentFolder());
	// Those of git name the vault's file, and those of Coffer find it from every folder below.
	const isForFolder = (command: string) => command.includes(VAULT_FILE);
	return ways
		.map(({ words, commands }) => {
			const line = commands.join(" && ");
			return `${words}: ${root !== undefined && isForFolder(line) ? fromHere(line, root) : line}`;
		})
		.join("\n");
}

/** Prints that this folder contains another vault than before. */
function renderReplaced(
	{ before, now }: { before: string; now: string },
	accepted: boolean,
	terminal: Terminal,
): void {
	terminal.line(`  before  ${before}`);
	terminal.line(`  now     ${now}`);
	if (accepted) terminal.line(`${MARKS.ok} Accepted the current vault for this folder`);
	else
		terminal.line(
			"This folder had another vault before. Compare the id of the current one with a teammate's",
		);
}

/** Prints the forgotten changes, and the changes that the vault still lacks. */
function renderAccepted(
	{ forgotten, kept, letIn, ways }: AcceptReport,
	terminal: Terminal,
	isShown: boolean,
): void {
	if (!isShown) {
		renderLetIn(letIn, terminal);
		renderLacking(forgotten, terminal);
	}
	terminal.line(`${MARKS.ok} Forgot ${count(forgotten.length, "change")} that coffer.vault does not have`);
	if (kept.length === 0) return;
	terminal.line(
		`${MARKS.failed} coffer.vault still lacks ${count(kept.length, "change")} that this device remembers:`,
	);
	if (!isShown) renderLacking(kept, terminal);
	const hint = waysHint(ways);
	if (hint !== "") for (const line of hint.split("\n")) terminal.line(line);
}

/**
 * Prints the result of `coffer vault accept`, or a preview of it.
 * @param isShown whether the changes were printed before, above a question
 */
export function renderAccept(report: AcceptReport, terminal: Terminal, isShown: boolean): void {
	const { accepted, forgotten, kept, letIn, replaced } = report;
	if (replaced) {
		renderReplaced(replaced, accepted, terminal);
		return;
	}
	if (accepted) {
		renderAccepted(report, terminal, isShown);
		return;
	}
	renderLetIn(letIn, terminal);
	if (forgotten.length > 0) {
		terminal.line("Will be forgotten:");
		renderLacking(forgotten, terminal);
	}
	if (kept.length > 0) {
		terminal.line("Will stay remembered:");
		renderLacking(kept, terminal);
	}
	if (forgotten.length + kept.length === 0)
		terminal.line("There is nothing to accept: coffer.vault has every change that this device has seen");
}
