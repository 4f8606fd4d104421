/**
 * The vault's text: strict reading and writing. One text has one reading, and `printVault(parseVault(text))` is
 * `text`. Specified in docs/format.md.
 */
import { isBase64Text } from "../../bytes.ts";
import { HASH_BYTES } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import { printable } from "../../printable.ts";
import { type Link, parseLink } from "../chains/chain.ts";
import { formatRecord, parseRecord, type SealedRecord } from "../records/record.ts";
import { isSecretName } from "../syntax/secret-name.ts";
import {
	compareNames,
	FORMAT_VERSION,
	isEnvironmentName,
	LIMITS,
	MAGIC,
	malformed,
	requireSize,
} from "../syntax/syntax.ts";
import type { EnvironmentSection, VaultDocument } from "./document.ts";
import { type RecordOrder, RecordOrderCheck } from "./record-order.ts";

/** A line that git puts around the sides of a conflict. No line of a vault is like it. */
export const CONFLICT_MARKER = /^(<{7}|={7}|>{7}|\|{7})( |$)/;
const HEADER = /^coffer-vault 1 ([A-Za-z0-9_-]{43})$/;
/** How the first line of every format begins; what follows is that format's own. */
const ANY_FORMAT = /^coffer-vault ([1-9][0-9]{0,3})( |$)/;
/** Where the number of a format stands, at the latest. */
const LATER_FORMAT_CHARACTERS = 32;
/** How much of a strange line an error shows. */
const SHOWN_CHARACTERS = 40;

/** Reads line by line, and knows where it is. */
class LineReader {
	readonly #lines: readonly string[];
	readonly #numbers: readonly number[] | undefined;
	#index = 0;

	/** @param numbers of the lines, where they are not 1, 2, 3, … */
	constructor(text: string, numbers?: readonly number[]) {
		this.#lines = text.split("\n");
		this.#numbers = numbers;
	}

	/** 1-based number of the line that `peek` shows. */
	get line(): number {
		return this.#numbers?.[this.#index] ?? this.#index + 1;
	}

	/** Lines left, the empty one after the last LF included. */
	get left(): number {
		return this.#lines.length - this.#index;
	}

	/** 1-based number of a last line that no LF ends; undefined where one does. */
	get unended(): number | undefined {
		const last = this.#lines.length - 1;
		return this.#lines[last] === "" ? undefined : (this.#numbers?.[last] ?? last + 1);
	}

	peek(): string {
		return this.#lines[this.#index] ?? "";
	}

	take(): string {
		const line = this.peek();
		this.#index++;
		return line;
	}

	/** Takes the line if it is the expected one. What is behind the last LF is no line. */
	accept(expected: string): boolean {
		if (this.left <= 1 || this.peek() !== expected) return false;
		this.#index++;
		return true;
	}

	expect(expected: string, what: string): void {
		if (!this.accept(expected)) throw unexpected(this, what);
	}
}

function unexpected(reader: LineReader, what: string): AppError {
	const { line } = reader;
	const text = reader.peek();
	if (reader.left <= 1 && text === "")
		return malformed("VAULT_TRUNCATED", `the file ends where ${what} should stand.`, line);
	if (text.startsWith("\uFEFF"))
		return malformed("VAULT_MALFORMED", "a byte order mark stands here; an editor put it there.", line);
	if (text.endsWith("\r")) {
		return malformed(
			"VAULT_MALFORMED",
			"the line ends in CR LF; the vault's lines end in LF.",
			line,
			"Add 'coffer.vault text eol=lf' to .gitattributes and check the file out again.",
		);
	}
	const shown =
		text.length > SHOWN_CHARACTERS ? `${printable(text.slice(0, SHOWN_CHARACTERS))}…` : printable(text);
	return malformed("VAULT_MALFORMED", `${what} should stand here, not '${shown}'.`, line);
}

/** A conflict that git left is something to resolve, not damage. */
function refuseConflictMarkers(text: string): void {
	if (!text.includes("<<<<<<<") && !text.includes(">>>>>>>")) return;
	const index = text.split("\n").findIndex((line) => CONFLICT_MARKER.test(line));
	if (index < 0) return;
	throw new AppError({
		code: "VAULT_CONFLICTED",
		message: `coffer.vault, line ${index + 1}: git left a merge conflict here.`,
		hint: "Run 'coffer vault resolve': it unites what both sides changed, and asks where both changed one name.",
		exit: EXIT.conflict,
		line: index + 1,
	});
}

/** Of a later format nothing but its number is read: markers of conflicts neither, which may be something else there. */
function refuseLaterFormat(text: string): void {
	const version = ANY_FORMAT.exec(text.slice(0, LATER_FORMAT_CHARACTERS).split("\n", 1)[0] ?? "")?.[1];
	if (version === undefined || Number(version) === FORMAT_VERSION) return;
	throw new AppError({
		code: "VAULT_VERSION_UNKNOWN",
		message: `coffer.vault, line 1: the file has format ${version}; this version of Coffer reads format ${FORMAT_VERSION}.`,
		hint: "Install a newer Coffer.",
		exit: EXIT.failure,
		line: 1,
	});
}

function readHeader(reader: LineReader): string {
	const vaultId = HEADER.exec(reader.peek())?.[1];
	if (vaultId === undefined || !isBase64Text(vaultId, HASH_BYTES))
		throw unexpected(reader, `'${MAGIC} ${FORMAT_VERSION} VAULT-ID'`);
	reader.take();
	return vaultId;
}

function readLinks(reader: LineReader): Link[] {
	const links: Link[] = [];
	while (reader.peek().startsWith("link ")) {
		const line = reader.line;
		if (links.length >= LIMITS.linksPerChain)
			throw malformed("VAULT_TOO_LARGE", `a chain has more than ${LIMITS.linksPerChain} links.`, line);
		links.push(parseLink(reader.take(), line));
	}
	if (links.length === 0) throw unexpected(reader, "a membership link");
	return links;
}

function readRecords(reader: LineReader, end: string, order: RecordOrder): Map<string, SealedRecord> {
	const records = new Map<string, SealedRecord>();
	const place = new RecordOrderCheck(order);
	while (!reader.accept(end)) {
		if (reader.left <= 1) throw unexpected(reader, `a record or '${end}'`);
		const line = reader.line;
		const name = reader.take();
		// Of a name that is none, and has no second line, the name is the fault.
		if (reader.left <= 1 && isSecretName(name)) throw unexpected(reader, `the second line of ${name}`);
		const record = parseRecord(name, reader.take(), line);
		const isWanted = place.keeps(record);
		reader.expect("", "a blank line");
		if (records.size >= LIMITS.recordsPerEnvironment) {
			throw malformed(
				"VAULT_TOO_LARGE",
				`the environment has more than ${LIMITS.recordsPerEnvironment} records.`,
				line,
			);
		}
		if (isWanted) records.set(record.name, record);
	}
	return records;
}

function readEnvironment(reader: LineReader, order: RecordOrder): EnvironmentSection {
	const line = reader.line;
	const name = /^environment (.*)$/.exec(reader.peek())?.[1];
	if (name === undefined || !isEnvironmentName(name)) throw unexpected(reader, "'environment NAME'");
	reader.take();
	const links = readLinks(reader);
	reader.expect("", "a blank line");
	return { name, line, links, records: readRecords(reader, `end ${name}`, order) };
}

/**
 * Reads a vault. Checks the whole syntax, no signature.
 * @param numbers of the text's lines, where it is a part of a longer text
 * @param order other than `sorted` to repair a vault alone
 * @throws AppError with the line: exit 7 for a fault, exit 5 `VAULT_CONFLICTED` for git's conflict markers,
 *   exit 1 `VAULT_VERSION_UNKNOWN` for a newer format
 */
export function parseVault(
	text: string,
	numbers?: readonly number[],
	order: RecordOrder = "sorted",
): VaultDocument {
	refuseLaterFormat(text);
	requireSize(text);
	refuseConflictMarkers(text);
	const reader = new LineReader(text, numbers);
	const vaultId = readHeader(reader);
	if (reader.unended !== undefined)
		throw malformed("VAULT_TRUNCATED", "the last line has no line feed.", reader.unended);
	reader.expect("", "a blank line");
	reader.expect("vault", "'vault'");
	const links = readLinks(reader);
	reader.expect("end vault", "a membership link or 'end vault'");
	const environments = new Map<string, EnvironmentSection>();
	let before = "";
	while (reader.left > 1) {
		reader.expect("", "a blank line");
		const section = readEnvironment(reader, order);
		if (compareNames(section.name, before) <= 0) {
			throw malformed(
				"VAULT_UNSORTED",
				`environment '${section.name}' stands twice or out of order.`,
				section.line,
			);
		}
		if (environments.size >= LIMITS.environments)
			throw malformed(
				"VAULT_TOO_LARGE",
				`the vault has more than ${LIMITS.environments} environments.`,
				section.line,
			);
		environments.set(section.name, section);
		before = section.name;
	}
	return { vaultId, links, environments };
}

/** Writes a vault, sorted; the inverse of `parseVault`. */
export function printVault(document: VaultDocument): string {
	const parts = [`${MAGIC} ${FORMAT_VERSION} ${document.vaultId}\n\nvault\n`];
	for (const link of document.links) parts.push(link.text, "\n");
	parts.push("end vault\n");
	for (const section of [...document.environments.values()].sort((a, b) => compareNames(a.name, b.name))) {
		parts.push(`\nenvironment ${section.name}\n`);
		for (const link of section.links) parts.push(link.text, "\n");
		parts.push("\n");
		for (const record of [...section.records.values()].sort((a, b) => compareNames(a.name, b.name))) {
			parts.push(formatRecord(record), "\n\n");
		}
		parts.push(`end ${section.name}\n`);
	}
	return parts.join("");
}
