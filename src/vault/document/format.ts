/**
 * Parses and prints the text of `coffer.vault`, specified in docs/format.md. The parser is strict: every vault has
 * exactly one text, so `printVault(parseVault(text))` is `text`.
 */
import { isBase64Text } from "../../bytes.ts";
import { HASH_BYTES } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import { printable } from "../../printable.ts";
import { type Link, parseLink } from "../chains/chain.ts";
import { parseRecord, type SealedRecord } from "../records/record.ts";
import { scanRecord } from "../records/record-scanner.ts";
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
import { LineReader } from "./line-reader.ts";
import { type RecordOrder, RecordOrderCheck } from "./record-order.ts";
import { printRecords, TextRecords } from "./text-records.ts";

/** A line that git writes around the sides of a conflict. No valid line of a vault matches. */
export const CONFLICT_MARKER = /^(<{7}|={7}|>{7}|\|{7})( |$)/;
const HEADER = /^coffer-vault 1 ([A-Za-z0-9_-]{43})$/;
/** The beginning of the first line in every format version. The rest of the line depends on the version. */
const ANY_FORMAT = /^coffer-vault ([1-9][0-9]{0,3})( |$)/;
/** The format's number is within this many characters from the start of the file. */
const LATER_FORMAT_CHARACTERS = 32;
/** A record is its name, its second line and a blank line. */
const LINES_OF_RECORD = 3;
/** The number of characters of an unexpected line in an error. */
const SHOWN_CHARACTERS = 40;

function unexpected(reader: LineReader, expected: string): AppError {
	const { line } = reader;
	const text = reader.peek();
	if (reader.isLast && text === "")
		return malformed("VAULT_TRUNCATED", `the file ends where ${expected} is expected.`, line);
	if (text.startsWith("\uFEFF"))
		return malformed("VAULT_MALFORMED", "there is a byte order mark here, which an editor added.", line);
	if (text.endsWith("\r")) {
		return malformed(
			"VAULT_MALFORMED",
			"the line ends in CR LF, but lines of a vault end in LF.",
			line,
			"Add the line 'coffer.vault text eol=lf' to the end of .gitattributes, then: coffer vault resolve",
		);
	}
	const shown =
		text.length > SHOWN_CHARACTERS ? `${printable(text.slice(0, SHOWN_CHARACTERS))}…` : printable(text);
	return malformed("VAULT_MALFORMED", `expected ${expected}, found '${shown}'.`, line);
}

/** Consumes the expected line. @param description names it in the error */
function expectLine(reader: LineReader, expected: string, description: string): void {
	if (!reader.accept(expected)) throw unexpected(reader, description);
}

/** A file with git's conflict markers gets a separate error, because it is unfinished and not damaged. */
function refuseConflictMarkers(text: string): void {
	if (!text.includes("<<<<<<<") && !text.includes(">>>>>>>")) return;
	const index = text.split("\n").findIndex((line) => CONFLICT_MARKER.test(line));
	if (index < 0) return;
	throw new AppError({
		code: "VAULT_CONFLICTED",
		message: `coffer.vault, line ${index + 1}: git left a merge conflict here.`,
		hint: "Run 'coffer vault resolve': it merges the changes of both sides, and asks about names that both sides changed.",
		exit: EXIT.conflict,
		line: index + 1,
	});
}

/**
 * Rejects a later format. Only its number is read, because even lines that look like conflict markers may have another
 * meaning in it.
 */
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

/** The id on the first line of a vault's text; undefined if that line is not valid. */
export function vaultIdOf(text: string): string | undefined {
	const end = text.indexOf("\n");
	const vaultId = HEADER.exec(end < 0 ? text : text.slice(0, end))?.[1];
	return vaultId !== undefined && isBase64Text(vaultId, HASH_BYTES) ? vaultId : undefined;
}

function readHeader(reader: LineReader): string {
	const vaultId = vaultIdOf(reader.text);
	if (vaultId === undefined) throw unexpected(reader, `'${MAGIC} ${FORMAT_VERSION} VAULT-ID'`);
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
		const line = reader.line;
		const scanned = scanRecord(reader.text, reader.offset, line);
		const record = scanned?.record ?? readRecord(reader, end);
		const isWanted = place.keeps(record);
		if (scanned) reader.skip(LINES_OF_RECORD, scanned.end);
		else expectLine(reader, "", "a blank line");
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

/** Reads the two lines of a record, and finds the fault if they are not valid. */
function readRecord(reader: LineReader, end: string): SealedRecord {
	if (reader.isLast) throw unexpected(reader, `a record or '${end}'`);
	const line = reader.line;
	const name = reader.take();
	// If the name is invalid and the second line is missing too, the error is about the name.
	if (reader.isLast && isSecretName(name)) throw unexpected(reader, `the second line of ${name}`);
	return parseRecord(name, reader.take(), line);
}

/** A text that this device has parsed or printed before. */
export interface KnownText {
	readonly digest: string;
}

/** Takes the records of a known text without parsing them. No line of a record equals the last line of a section. */
function takeRecords(reader: LineReader, end: string, { digest }: KnownText): TextRecords {
	const { line, offset: start, text } = reader;
	const last = text.indexOf(`\n${end}\n`, start - 1) + 1;
	const records = TextRecords.of(text, { start, end: last }, { line, digest });
	const next = last + end.length + 1;
	// Counting the records takes time, and no line number is needed after the last section.
	reader.skip(next < text.length ? LINES_OF_RECORD * records.size + 1 : 0, next);
	return records;
}

function readEnvironment(reader: LineReader, order: RecordOrder | KnownText): EnvironmentSection {
	const line = reader.line;
	const name = /^environment (.*)$/.exec(reader.peek())?.[1];
	if (name === undefined || !isEnvironmentName(name)) throw unexpected(reader, "'environment NAME'");
	reader.take();
	const links = readLinks(reader);
	expectLine(reader, "", "a blank line");
	const end = `end ${name}`;
	const records =
		typeof order === "object" ? takeRecords(reader, end, order) : readRecords(reader, end, order);
	return { name, line, links, records };
}

/**
 * Parses a vault. Checks the whole syntax, but no signature.
 * @param numbers the number of each line, if the text is a part of a longer text
 * @param order the order of records to accept: `sorted`, or another one to repair a file. A `KnownText` instead: its
 *   records are not parsed again
 * @throws AppError with the line: exit 7 for a syntax fault, `VAULT_CONFLICTED` (exit 5) for git's conflict markers,
 *   `VAULT_VERSION_UNKNOWN` (exit 1) for a later format
 */
export function parseVault(
	text: string,
	numbers?: readonly number[],
	order: RecordOrder | KnownText = "sorted",
): VaultDocument {
	refuseLaterFormat(text);
	requireSize(text);
	refuseConflictMarkers(text);
	const reader = new LineReader(text, numbers);
	const vaultId = readHeader(reader);
	if (reader.unended !== undefined)
		throw malformed("VAULT_TRUNCATED", "the last line has no line feed.", reader.unended);
	expectLine(reader, "", "a blank line");
	expectLine(reader, "vault", "'vault'");
	const links = readLinks(reader);
	expectLine(reader, "end vault", "a membership link or 'end vault'");
	const environments = new Map<string, EnvironmentSection>();
	let before = "";
	while (!reader.isLast) {
		expectLine(reader, "", "a blank line");
		const section = readEnvironment(reader, order);
		if (compareNames(section.name, before) <= 0) {
			throw malformed(
				"VAULT_UNSORTED",
				`environment '${section.name}' is there twice or not in the order of names.`,
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

/** Prints a vault, sorted by name; the inverse of `parseVault`. */
export function printVault(document: VaultDocument): string {
	const parts = [`${MAGIC} ${FORMAT_VERSION} ${document.vaultId}\n\nvault\n`];
	for (const link of document.links) parts.push(link.text, "\n");
	parts.push("end vault\n");
	for (const section of [...document.environments.values()].sort((a, b) => compareNames(a.name, b.name))) {
		parts.push(`\nenvironment ${section.name}\n`);
		for (const link of section.links) parts.push(link.text, "\n");
		parts.push("\n");
		parts.push(printRecords(section.records));
		parts.push(`end ${section.name}\n`);
	}
	return parts.join("");
}
