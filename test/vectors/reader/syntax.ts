/** The second reader: the file's text, by docs/format.md, sections 2, 3 and 7. */
import { bytesOf } from "../primitives.ts";
import { Fault } from "./fault.ts";

export interface Link {
	readonly text: string;
	readonly line: number;
	readonly index: number;
	readonly previous: string;
	readonly change: readonly string[];
	readonly signer: string;
	readonly signature: string;
}

export interface Entry {
	readonly name: string;
	/** Of the name. */
	readonly line: number;
	readonly body: string;
	readonly version: number;
	readonly kind: string;
	readonly epoch: string;
	readonly since: number;
	readonly author: string;
	readonly sealed: string;
	readonly signature: string;
}

export interface Section {
	readonly name: string;
	readonly line: number;
	readonly links: readonly Link[];
	readonly entries: readonly Entry[];
}

export interface VaultText {
	readonly id: string;
	readonly links: readonly Link[];
	readonly sections: readonly Section[];
}

/** The number in an epoch's id; undefined if it is not valid. */
export function epochNumber(id: string | undefined): number | undefined {
	const [, number, random] = /^([1-9][0-9]{0,5})\.([A-Za-z0-9_-]{11})$/.exec(id ?? "") ?? [];
	return bytesOf(random, 8) ? Number(number) : undefined;
}

function parseLink(text: string, line: number): Link {
	const words = text.split(" ");
	const [, index = "", previous = ""] = words;
	const [signer = "", signature = ""] = words.slice(-2);
	const formed =
		words.length >= 6 &&
		words.every((word) => /^[!-~]+$/.test(word)) &&
		/^(0|[1-9][0-9]{0,3})$/.test(index) &&
		(previous === "-" || bytesOf(previous, 32)) &&
		bytesOf(signer, 32) &&
		bytesOf(signature, 64);
	if (!formed) throw new Fault("VAULT_LINK_MALFORMED", line);
	return { text, line, index: Number(index), previous, change: words.slice(3, -2), signer, signature };
}

function parseEntry(name: string, body: string, line: number): Entry {
	const words = body.split(" ");
	const [version = "", kind = "", epoch = "", since = "", author = "", sealed = "", signature = ""] = words;
	const length = Math.floor((sealed.length * 3) / 4);
	const blocks = (length - 40) / 64;
	const formed =
		words.length === 7 &&
		/^v[1-9][0-9]{0,8}$/.test(version) &&
		(kind === "live" || kind === "deleted") &&
		/^[1-9][0-9]{0,5}$/.test(since) &&
		Number(since) <= (epochNumber(epoch) ?? 0) &&
		bytesOf(author, 32) &&
		Number.isInteger(blocks) &&
		blocks >= 1 &&
		blocks <= 1025 &&
		bytesOf(sealed, length) &&
		bytesOf(signature, 64);
	if (!formed) throw new Fault("VAULT_RECORD_MALFORMED", line + 1);
	const numbers = { version: Number(version.slice(1)), since: Number(since) };
	return { name, line, body, kind, epoch, author, sealed, signature, ...numbers };
}

/** Reads lines in order. */
class Lines {
	readonly #lines: readonly string[];
	/** 1-based, of the line that is read next. */
	line = 1;

	constructor(lines: readonly string[]) {
		this.#lines = lines;
	}

	get atEnd(): boolean {
		return this.line > this.#lines.length;
	}

	/** The next line. */
	next(): string {
		const text = this.#lines[this.line - 1];
		if (text === undefined) throw new Fault("VAULT_TRUNCATED", this.line);
		return text;
	}

	take(): string {
		const text = this.next();
		this.line++;
		return text;
	}

	require(expected: string): void {
		if (this.next() !== expected) throw new Fault("VAULT_MALFORMED", this.line);
		this.line++;
	}

	links(): Link[] {
		const links: Link[] = [];
		while (links.length === 0 || (!this.atEnd && this.next().startsWith("link "))) {
			if (!this.next().startsWith("link ")) throw new Fault("VAULT_MALFORMED", this.line);
			if (links.length === 10_000) throw new Fault("VAULT_TOO_LARGE", this.line);
			links.push(parseLink(this.next(), this.line++));
		}
		return links;
	}
}

function readEntries(lines: Lines, environment: string): Entry[] {
	const entries: Entry[] = [];
	while (lines.next() !== `end ${environment}`) {
		const line = lines.line;
		const name = lines.take();
		if (!/^[A-Za-z0-9_]{1,128}$/.test(name)) throw new Fault("VAULT_NAME_INVALID", line);
		const entry = parseEntry(name, lines.take(), line);
		const before = entries.at(-1)?.name ?? "";
		if (name === before) throw new Fault("VAULT_NAME_DUPLICATE", line);
		if (name < before) throw new Fault("VAULT_UNSORTED", line);
		lines.require("");
		if (entries.push(entry) > 10_000) throw new Fault("VAULT_TOO_LARGE", line);
	}
	lines.take();
	return entries;
}

function readSection(lines: Lines): Section {
	lines.require("");
	const line = lines.line;
	const name = /^environment ([a-z0-9][a-z0-9-]{0,62})$/.exec(lines.next())?.[1];
	if (name === undefined) throw new Fault("VAULT_MALFORMED", line);
	lines.take();
	const links = lines.links();
	lines.require("");
	return { name, line, links, entries: readEntries(lines, name) };
}

/** The 1-based line of the first conflict marker; undefined if the file is not in conflict. */
function conflictLine(lines: readonly string[]): number | undefined {
	const marker = (text: string, letter: string) =>
		text === letter.repeat(7) || text.startsWith(`${letter.repeat(7)} `);
	if (!lines.some((text) => marker(text, "<") || marker(text, ">"))) return undefined;
	return 1 + lines.findIndex((text) => ["<", "|", "=", ">"].some((letter) => marker(text, letter)));
}

/** The lines of a UTF-8 file. @throws Fault at the first line that is not UTF-8 */
function decode(bytes: Uint8Array): string {
	const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
	let start = 0;
	for (let line = 1; ; line++) {
		const end = bytes.indexOf(0x0a, start);
		try {
			decoder.decode(bytes.subarray(start, end < 0 ? bytes.length : end));
		} catch {
			throw new Fault("VAULT_MALFORMED", line);
		}
		if (end < 0) return decoder.decode(bytes);
		start = end + 1;
	}
}

/** Reads the syntax of a whole vault. @throws Fault */
export function readText(bytes: Uint8Array): VaultText {
	const text = decode(bytes);
	const all = text.split("\n");
	const version = /^coffer-vault ([1-9][0-9]{0,3})( |$)/.exec(all[0] ?? "")?.[1];
	if (version !== undefined && version !== "1") throw new Fault("VAULT_VERSION_UNKNOWN", 1);
	const conflict = conflictLine(all);
	if (conflict !== undefined) throw new Fault("VAULT_CONFLICTED", conflict);
	const id = /^coffer-vault 1 (\S+)$/.exec(all[0] ?? "")?.[1];
	if (text !== "" && !bytesOf(id, 32)) throw new Fault("VAULT_MALFORMED", 1);
	if (all.pop() !== "") throw new Fault("VAULT_TRUNCATED", all.length + 1);
	const lines = new Lines(all);
	lines.take();
	lines.require("");
	lines.require("vault");
	const links = lines.links();
	lines.require("end vault");
	const sections: Section[] = [];
	while (!lines.atEnd) {
		const section = readSection(lines);
		if (section.name <= (sections.at(-1)?.name ?? "")) throw new Fault("VAULT_UNSORTED", section.line);
		if (sections.push(section) > 100) throw new Fault("VAULT_TOO_LARGE", section.line);
	}
	return { id: id ?? "", links, sections };
}
