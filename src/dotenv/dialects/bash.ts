/**
 * bash, which runs the file (`set -a; . FILE`). This module knows assignments and their words. Everything else in a
 * file is a command, and is reported as such. Nothing is run.
 */
import { Needs } from "./expansion.ts";
import { Collector, LineCounter, type Reading } from "./reading.ts";
import { expandDollar } from "./shell-variables.ts";

/** A word of a command, with its quotes removed and its variables replaced. */
interface Word {
	/** Offset of its first character. */
	readonly start: number;
	/** The text up to the first quote or variable, by which an assignment is recognised. */
	readonly plain: string;
	readonly value: string;
	readonly needs: readonly string[];
	readonly runs: boolean;
}

const OPERATORS = "|&;<>()";
const ASSIGNMENT = /^([A-Za-z_][A-Za-z0-9_]*)(\+?)=/;

/** Reads a text as bash does. */
export function readAsBash(source: string): Reading {
	return new Shell(source).read();
}

class Shell {
	readonly #source: string;
	readonly #lines: LineCounter;
	readonly #found = new Collector();
	#at = 0;

	constructor(source: string) {
		this.#source = source;
		this.#lines = new LineCounter(source);
	}

	read(): Reading {
		while (this.#at < this.#source.length) if (!this.#command()) break;
		return this.#found.done();
	}

	/** Reads a command up to the end of its line. @returns whether bash goes on */
	#command(): boolean {
		let isOther = false;
		let exports = false;
		let count = 0;
		const start = this.#at;
		const assigned: Word[] = [];
		for (; ; count++) {
			this.#skipSpace();
			const next = this.#source.charAt(this.#at);
			if (next === "\n" || next === "") break;
			if (OPERATORS.includes(next)) {
				isOther = true;
				this.#at++;
				continue;
			}
			const word = this.#word();
			if (word === undefined) return false;
			if (ASSIGNMENT.test(word.plain)) assigned.push(word);
			else if (count === 0 && word.value === "export") exports = true;
			else if (!exports || !/^[A-Za-z_]\w*$/.test(word.value)) isOther = true;
		}
		this.#at++;
		if (isOther) this.#found.runsAt(this.#lines.at(this.#source.slice(0, start).length));
		else for (const word of assigned) this.#assign(word);
		return true;
	}

	#assign({ start, value, needs, runs }: Word): void {
		const [head = "", name = "", appends] = ASSIGNMENT.exec(value) ?? [];
		const before = appends === "+" ? (this.#found.get(name)?.value ?? "") : "";
		const line = this.#lines.at(start);
		this.#found.add(name, { value: before + value.slice(head.length), line, needs, runs });
	}

	#skipSpace(): void {
		const space = /(?:[ \t]|\\\n)*(?:#[^\n]*)?/y;
		space.lastIndex = this.#at;
		if (space.test(this.#source)) this.#at = space.lastIndex;
	}

	/** @returns undefined if a quote is not closed, which ends the file */
	#word(): Word | undefined {
		const start = this.#at;
		const needs = new Needs((name) => this.#found.get(name));
		let value = "";
		let plain: string | undefined;
		for (;;) {
			const character = this.#source.charAt(this.#at);
			if (character === "" || " \t\n".includes(character) || OPERATORS.includes(character)) break;
			if ("'\"$`\\".includes(character)) plain ??= value;
			const part = this.#part(character, needs, value);
			if (part === undefined) return undefined;
			value += part;
		}
		return { start, plain: plain ?? value, ...needs.expanded(value) };
	}

	#part(character: string, needs: Needs, before: string): string | undefined {
		switch (character) {
			case "'":
				return this.#single();
			case '"':
				return this.#double(needs);
			case "\\":
				this.#at += 2;
				return this.#source.charAt(this.#at - 1).replace("\n", "");
			case "$":
			case "`":
				return this.#dollar(needs, false);
			case "~":
				this.#at++;
				if (/(?:^[A-Za-z_]\w*\+?=|:)$/.test(before)) needs.get("HOME");
				return "~";
			default:
				this.#at++;
				return character;
		}
	}

	#dollar(needs: Needs, inQuotes: boolean): string | undefined {
		const found = expandDollar(this.#source, this.#at, needs, inQuotes);
		if (found === undefined) return undefined;
		this.#at = found.end;
		return found.value;
	}

	#single(): string | undefined {
		const end = this.#source.indexOf("'", this.#at + 1);
		if (end === -1) return undefined;
		const text = this.#source.slice(this.#at + 1, end);
		this.#at = end + 1;
		return text;
	}

	#double(needs: Needs): string | undefined {
		let text = "";
		this.#at++;
		for (;;) {
			const character = this.#source.charAt(this.#at);
			if (character === "") return undefined;
			if (character === '"') break;
			if (character === "$" || character === "`") {
				const part = this.#dollar(needs, true);
				if (part === undefined) return undefined;
				text += part;
			} else if (character === "\\") {
				const next = this.#source.charAt(this.#at + 1);
				if (next !== "\n") text += '$`"\\'.includes(next) && next !== "" ? next : `\\${next}`;
				this.#at += 2;
			} else {
				text += character;
				this.#at++;
			}
		}
		this.#at++;
		return text;
	}
}
