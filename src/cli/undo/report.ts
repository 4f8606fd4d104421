/**
 * What the vault lacks of what this device has seen, as commands report it. Stable: other programs rely on it.
 */

import type { Diagnosis } from "../../project/undo/accept.ts";
import type { Acceptance } from "../../project/undo/acceptance.ts";
import type { Found } from "../../project/undo/whereabouts.ts";
import { describeNote } from "../../vault/undo/link-note.ts";
import { MARKS } from "../shell/render.ts";
import type { Terminal } from "../shell/terminal.ts";

export interface LackingRow {
	environment: string;
	/** `undone`: made here, and nowhere else. `elsewhere`: kept where `where` says. `missing`: it left once, or others made it, and it is gone. */
	kind: Found["kind"];
	/** The secret; null for a change of members or environments. */
	name: string | null;
	/** The secret's version that was seen. */
	version: number | null;
	/** What it is, in words. */
	what: string;
	/** Who signed it; null where this device has no note of that. */
	by: string | null;
	/** Where it is, or was last known to be; null where nothing is known. */
	where: string | null;
}

export interface LetInRow {
	environment: string;
	/** Null where this device has no note of the name. */
	name: string | null;
	as: "member" | "owner";
	removedBy: string | null;
}

export interface AcceptReport {
	/** Whether it was forgotten. */
	accepted: boolean;
	/** Ids of the vault that the folder held before and of the one that it holds now; null where it is one and the same. */
	replaced: { before: string; now: string } | null;
	/** Whose removal is forgotten with it. */
	letIn: LetInRow[];
	forgotten: LackingRow[];
	/** What this device goes on to remember, and the vault to lack. */
	kept: LackingRow[];
	/** Commands, the best first. */
	ways: { words: string; commands: readonly string[] }[];
}

/** Names by signing key, of everybody whom this device's notes or the file name. */
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

function rowOf({ environment, kind, lacking, where }: Found, names: ReadonlyMap<string, string>): LackingRow {
	const common = { environment, kind, where: where === "" ? null : where };
	if (lacking.kind === "link") {
		const { chain, note } = lacking;
		const what = note
			? describeNote(note)
			: `changed ${chain === "vault" ? "the vault's owners or environments" : "the members"} (no note of how)`;
		return { ...common, name: null, version: null, what, by: note?.signer.name ?? null };
	}
	const { mark, name, present } = lacking;
	const now =
		present === undefined
			? "absent here"
			: present === mark.version
				? "another one here"
				: `version ${present} here`;
	const author = mark.author;
	const by = author === undefined ? null : (names.get(author) ?? `${author.slice(0, 8)}…`);
	return { ...common, name, version: mark.version, what: `${name}, version ${mark.version} (${now})`, by };
}

/** The rows of all that is lacking. */
export function lackingRows(diagnosis: Diagnosis, found: readonly Found[]): LackingRow[] {
	const names = namesOf(diagnosis);
	// Two identities of this device may remember the same.
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

const HEADINGS: Readonly<Record<Found["kind"], string>> = {
	undone: "made on this device, and nowhere else",
	elsewhere: "kept elsewhere",
	missing: "not found anywhere, although it was not made here alone",
};

function renderRow({ by, kind, name, what, where }: LackingRow, terminal: Terminal): void {
	const who = name === null ? `${by ?? "somebody"} ${what}` : `${what}, by ${by ?? "somebody"}`;
	const place = where === null ? "" : kind === "elsewhere" ? ` — in ${where}` : ` — last known in ${where}`;
	terminal.line(`      ${who}${place}`);
}

/** Prints rows, by environment and kind. */
export function renderLacking(rows: readonly LackingRow[], terminal: Terminal): void {
	for (const environment of new Set(rows.map((row) => row.environment))) {
		terminal.line(`  ${environment}`);
		for (const kind of ["missing", "elsewhere", "undone"] as const) {
			const own = rows.filter((row) => row.environment === environment && row.kind === kind);
			if (own.length > 0) terminal.line(`    ${HEADINGS[kind]}:`);
			for (const row of own) renderRow(row, terminal);
		}
	}
}

/** Prints whose removal would be forgotten. */
export function renderLetIn(rows: readonly LetInRow[], terminal: Terminal): void {
	for (const { as, environment, name, removedBy } of rows) {
		const who = name ?? "Somebody whose name this device has not noted";
		const what = as === "owner" ? "owns the vault again" : `can read '${environment}' again`;
		const by = removedBy === null ? "" : ` by ${removedBy}`;
		const end = name === null ? "may be able to read it again" : what;
		terminal.line(`${MARKS.failed} ${who} was removed${by}, and ${end}: the removal is forgotten`);
	}
}

/** The ways on, one line each, as an error's hint. */
export function waysHint(ways: AcceptReport["ways"]): string {
	return ways.map(({ words, commands }) => `${words}: ${commands.join(" && ")}`).join("\n");
}
